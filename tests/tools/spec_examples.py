#!/usr/bin/env python3
"""Worked examples in docs/spec are the bytes of the vector they name.

A page puts "<!-- example: NAME -->" before a fenced block; each line of the block starts with hex
bytes, two blanks end them. Prints one line an example. Run from the top of the tree.
"""
import os
import re
import sys

EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\n(.*?)```", re.S)
BYTES = re.compile(r"^\s*((?:[0-9a-f]{2}(?: |$))+)")


def main():
    failed = count = 0
    for name in sorted(os.listdir("docs/spec")):
        with open(os.path.join("docs/spec", name), encoding="utf-8") as f:
            page = f.read()
        for vector, block in EXAMPLE.findall(page):
            count += 1
            shown = ""
            for line in block.splitlines():
                match = BYTES.match(line)
                shown += match.group(1) if match else "no bytes"
            with open("proto/vectors/%s.vec" % vector, encoding="ascii") as f:
                want = f.read().split("hex:\n")[1]
            same = shown.replace(" ", "") == want.replace("\n", "")
            failed |= not same
            print("%s - docs/spec/%s shows %s" % ("ok" if same else "not ok", name, vector))
    if count == 0:
        failed = 1
        print("not ok - docs/spec has examples")
    return failed


sys.exit(main())
