#!/usr/bin/env python3
"""Holds tests/hostile/rows.md against the tests, both ways.

Each row of groups F, H, J and M stands there once and names at least one test, unless it says why it is not in this
version. Each named file is there and holds what is named: of a table of attacks a row with that id, of a C program a
function, of anything else these very words. Each id in a table of attacks is named by its row, with that table.
usage: rows.py [TABLE [FOLDER OF ATTACKS]], from the top of the tree.
"""
import os
import re
import sys

ROWS = {
    "F": [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25],
    "H": [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19, 20, 21],
    "J": [1, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24],
    "M": [1, 4, 5, 6, 7, 8, 9, 10],
}
NOT_YET = {"F17", "H05", "H07", "H08", "H09", "H11", "H13", "H15", "H19", "H20", "H21", "J18"}
LINE = re.compile(r"^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \| (.*?) ?\|$")
IDS = re.compile(r'"((?:[A-Z]\d\d|INV-\d+)(?: (?:[A-Z]\d\d|INV-\d+))*)",')


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def ids_of(text):
    return {i for found in IDS.findall(text) for i in found.split()}


def holds(path, name, text):
    if re.search(r"attacks_\w+\.py$", path):
        return name in ids_of(text)
    if path.endswith(".c"):
        return re.search(r"\b%s" % re.escape(name), text) is not None
    return name in text


def named_wrong(row, cell, folder):
    """What a row's last cell names, and is not there."""
    wrong = []
    for token in re.findall(r"`([^`]+)`", cell):
        path, _, name = token.partition(": ")
        place = os.path.join(folder, os.path.basename(path)) if "/attacks_" in path else path
        if not os.path.isfile(place):
            wrong.append("%s names %s, which is not there" % (row, path))
        elif not name or not holds(path, name, read(place)):
            wrong.append("%s names %s in %s, which is not there" % (row, name or "nothing", path))
    return wrong


def attacks_wrong(table, folder):
    """Attacks that no row names."""
    wrong = []
    for file in sorted(f for f in os.listdir(folder) if f.startswith("attacks_")):
        for row in sorted(i for i in ids_of(read(os.path.join(folder, file))) if i[0] in ROWS and i[1].isdigit()):
            if not any("`tests/hostile/%s: %s`" % (file, row) in cells[-1] for cells in table.get(row, [])):
                wrong.append("%s does not name its attacks in %s" % (row, file))
    return wrong


def main():
    table_path = sys.argv[1] if len(sys.argv) > 1 else "tests/hostile/rows.md"
    folder = sys.argv[2] if len(sys.argv) > 2 else "tests/hostile"
    table, wrong, tests = {}, [], 0
    for line in read(table_path).splitlines():
        found = LINE.match(line)
        if found:
            table.setdefault(found.group(1), []).append(found.groups()[1:])
    expected = ["%s%02d" % (group, n) for group, numbers in ROWS.items() for n in numbers]
    for row in expected:
        cells = table.get(row, [])
        if len(cells) != 1:
            wrong.append("%s stands %d times in the table" % (row, len(cells)))
            continue
        _, does, seen_by = cells[0]
        tests += seen_by.count("`") // 2
        if row in NOT_YET and not does.startswith("not in this version: "):
            wrong.append("%s does not say why nothing tries it" % row)
        if row not in NOT_YET and "`" not in seen_by:
            wrong.append("%s names no test" % row)
        wrong += named_wrong(row, seen_by, folder)
    wrong += ["%s is no row" % row for row in table if row not in expected]
    wrong += attacks_wrong(table, folder)
    for fault in wrong:
        print("#   " + fault)
    print("%s - %d rows of groups F, H, J and M name %d tests" % ("not ok" if wrong else "ok", len(expected), tests))
    return 1 if wrong else 0


sys.exit(main())
