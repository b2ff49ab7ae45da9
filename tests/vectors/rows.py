#!/usr/bin/env python3
"""Holds proto/vectors/rows.md against vectors and tests, both ways.

Each row of groups A to D stands there once, and names at least one vector or test, unless it says
why it is not in this version. Each name is of something that is there. Each vector of a row is
named by it. usage: rows.py [TABLE [VECTORS]], from the top of the tree.
"""
import fnmatch
import os
import re
import sys

ROWS = {
    "A": [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28, 30,
          32, 33, 34, 35],
    "B": [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25],
    "C": [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12],
    "D": [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 20],
}
NOT_YET = {"A35", "C11", "C12", "D15"}
VECTORS_MIN = 150
ROW = re.compile(r"^\| ([A-Z]\d\d) \| (.*) \| (.*) \|$")


def read_table(path):
    table = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            match = ROW.match(line)
            if match:
                table.setdefault(match.group(1), []).append(match.group(3))
    return table


def read_vectors(folder):
    vectors = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".vec"):
            with open(os.path.join(folder, name), encoding="ascii") as f:
                rows = re.search(r"^rows: (.*)$", f.read(), re.M)
            vectors[name[:-4]] = rows.group(1).split() if rows else []
    return vectors


def named(cell, vectors, faults, row):
    """The vectors that a row's last cell names."""
    found = set()
    for token in re.findall(r"`([^`]+)`", cell):
        path, _, test = token.partition(": ")
        if "/" in path:
            if not os.path.isfile(path):
                faults.append("%s names %s, which is not there" % (row, path))
            elif test:
                with open(path, encoding="utf-8") as f:
                    if not re.search(r"\b%s\b" % re.escape(test), f.read()):
                        faults.append("%s names %s in %s, which is not there" % (row, test, path))
            continue
        matching = set(fnmatch.filter(vectors, token))
        if not matching:
            faults.append("%s names %s, and there is no such vector" % (row, token))
        found |= matching
    return found


def main():
    table_path = sys.argv[1] if len(sys.argv) > 1 else "proto/vectors/rows.md"
    folder = sys.argv[2] if len(sys.argv) > 2 else "proto/vectors"
    table, vectors, faults = read_table(table_path), read_vectors(folder), []
    expected = ["%s%02d" % (group, n) for group, numbers in ROWS.items() for n in numbers]
    seen = set()
    for row in expected:
        cells = table.get(row, [])
        if len(cells) != 1:
            faults.append("%s stands %d times in the table" % (row, len(cells)))
            continue
        if row in NOT_YET:
            if "not in this version" not in cells[0]:
                faults.append("%s does not say why nothing tries it" % row)
            continue
        if "`" not in cells[0]:
            faults.append("%s names neither vector nor test" % row)
        found = named(cells[0], vectors, faults, row)
        seen |= found
        for name in sorted(name for name, rows in vectors.items() if row in rows):
            if name not in found:
                faults.append("%s does not name its vector %s" % (row, name))
    faults += ["%s is no row" % row for row in table if row not in expected]
    for name, rows in vectors.items():
        prefix = name[:3].upper()
        if prefix in expected and prefix not in rows:
            faults.append("%s does not say that it stands for %s" % (name, prefix))
        faults += ["%s stands for %s, which is no row" % (name, row) for row in rows
                   if row[0] in ROWS and row not in expected]
    if len(seen) < VECTORS_MIN:
        faults.append("%d vectors are named, and %d must be" % (len(seen), VECTORS_MIN))
    for fault in faults:
        print("#   " + fault)
    print("%s - %d rows of groups A to D name %d vectors and the tests beside them"
          % ("not ok" if faults else "ok", len(expected), len(seen)))
    return 1 if faults else 0


sys.exit(main())
