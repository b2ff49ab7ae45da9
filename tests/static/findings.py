#!/usr/bin/env python3
"""What the scripts of this folder share.

  findings.py files TOP BUILD [FILE...]   the product's C files of a build, largest first
  findings.py judge TOP LIST              findings on stdin that are not in LIST; exit code 1 where
                                          there are any

A finding is "PATH:LINE:COLUMN: warning|error: TEXT [CHECK]", as gcc and clang print them. A line of LIST
is "PATH CHECK reason"; it must have a reason, and must name a file that is there."""
import json
import os
import re
import sys

FINDING = re.compile(r"^(?P<path>[^ :]+):(?P<line>\d+):(?:\d+:)? (?:warning|error): (?P<text>.*) \[(?P<check>[^\]]*)\]$")


def files(top, build, wanted):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        paths = {os.path.relpath(os.path.join(c["directory"], c["file"]), top) for c in json.load(f)}
    found = [p for p in paths if p.split("/")[0] in ("proto", "stub", "host") and (not wanted or p in wanted)]
    found.sort(key=lambda p: (-os.path.getsize(os.path.join(top, p)), p))
    print("\n".join(found))
    return 0 if found else 1


def read_list(top, path):
    reasons, bad = {}, []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split(None, 2)
            if not words or line.startswith("#"):
                continue
            if len(words) < 3 or not os.path.exists(os.path.join(top, words[0])):
                bad.append("%s:%d: no reason, or no such file" % (os.path.basename(path), number))
            reasons[tuple(words[:2])] = words[-1].strip()
    return reasons, bad


def judge(top, list_path):
    reasons, bad = read_list(top, list_path)
    used, left = {}, {}
    for line in sys.stdin:
        match = FINDING.match(line.rstrip("\n"))
        if not match:
            continue
        path = os.path.relpath(os.path.realpath(match["path"]), os.path.realpath(top))
        checks = [c for c in re.split(r"[ ,]+", match["check"]) if c and not c.startswith(("-warn", "CWE-"))]
        excused = [(path, c) for c in checks if (path, c) in reasons]
        where = "%s:%s: %s [%s]" % (path, match["line"], match["text"], ",".join(checks))
        if excused:
            used.setdefault(excused[0], set()).add(where)
        else:
            left.setdefault(path, set()).add(where)
    for key, places in sorted(used.items()):
        print("# let be, %d: %s %s: %s" % (len(places), *key, reasons[key]))
    for line in bad:
        print("# " + line)
    for path in sorted(left):
        for where in sorted(left[path]):
            print("#   " + where)
    return 1 if left or bad else 0


def main(argv):
    if argv[1] == "files":
        return files(argv[2], argv[3], set(argv[4:]))
    return judge(argv[2], argv[3])


sys.exit(main(sys.argv))
