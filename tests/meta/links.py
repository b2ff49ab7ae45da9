#!/usr/bin/env python3
"""Every relative link of the documentation leads to a file that is there."""
import os
import re
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def main():
    failed = pages = links = 0
    dead = []
    for folder, names in [(".", ["README.md"])] + [(f, n) for f, _, n in os.walk("docs")]:
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not name.endswith(".md") or not os.path.isfile(path):
                continue
            pages += 1
            with open(path, encoding="utf-8") as f:
                for number, line in enumerate(f, 1):
                    for target, _ in LINK.findall(line):
                        if re.match(r"^[a-z]+:", target):
                            continue
                        links += 1
                        if not os.path.exists(os.path.join(folder, target)):
                            dead.append("%s:%d leads to %s" % (path, number, target))
    failed = bool(dead) or pages == 0
    print("%s - %d links on %d pages lead somewhere" % ("not ok" if failed else "ok", links, pages))
    for line in dead:
        print("#   " + line)
    return failed


sys.exit(main())
