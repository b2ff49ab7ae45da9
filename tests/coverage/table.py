#!/usr/bin/env python3
"""The table of branch coverage: table.py CORE.TXT GCOVR.JSON. Exit code 1 below 100 %.

Every branch that gcc made counts; none is left out as "unreachable". A line that is marked
GCOV_EXCL... or GCOVR_EXCL... is not counted, so each is listed with its reason, and a core file may
have only as many as EXCLUDED_MAX."""
import glob
import json
import re
import sys

EXCLUDED_MAX = 3


def read_core(path):
    """[(group, file)] in the order of the list; a pattern stands for its files."""
    core = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                group, pattern = line.split()
                names = sorted(glob.glob(pattern))
                core += [(group, name) for name in names or [pattern]]
    return core


class Counts:
    def __init__(self):
        self.lines = self.lines_run = self.branches = self.taken = 0
        self.missed = []

    def add(self, other):
        self.lines += other.lines
        self.lines_run += other.lines_run
        self.branches += other.branches
        self.taken += other.taken

    def whole(self):
        return self.lines > 0 and self.lines_run == self.lines and self.taken == self.branches

    def __str__(self):
        return "%d of %d branches, %d of %d lines" % (self.taken, self.branches, self.lines_run, self.lines)


def count(lines):
    """One file's lines. Where a line stands more than once (per function, in newer versions of
    gcovr), its branches are those of all."""
    c = Counts()
    run = {}
    for line in lines:
        if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
            continue
        number = line["line_number"]
        branches = [b for b in line["branches"] if not b.get("gcovr/excluded")]
        taken = sum(1 for b in branches if b["count"] > 0)
        c.branches += len(branches)
        c.taken += taken
        run[number] = run.get(number, False) or line["count"] > 0
        if taken != len(branches) or line["count"] == 0:
            c.missed.append(number)
    c.lines = len(run)
    c.lines_run = sum(run.values())
    return c


def percent(part, whole):
    return "%.1f %%" % (100.0 * part / whole) if whole else "no"


def markers(names):
    found = []
    for name in names:
        with open(name, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if re.search(r"GCOVR?_EXCL", line):
                    found.append("%s:%d %s" % (name, number, line.strip()))
    return found


def tell_core(core, files):
    """A line a file and a line a group. Returns the sum and how many are below 100 %."""
    total, below = Counts(), 0
    for group in dict.fromkeys(group for group, _ in core):
        names = [name for g, name in core if g == group]
        whole = Counts()
        for name in names:
            c = files.get(name)
            if c is None:
                print("not ok - %s: %s is not built, or no test links it" % (group, name))
                below += 1
                continue
            whole.add(c)
            said = "" if c.whole() else ": missed at line " + " ".join(map(str, sorted(set(c.missed))))
            below += not c.whole()
            print("%s - %s: %s, %s%s" % ("ok" if c.whole() else "not ok", group, name, c, said))
        print("# %-14s %s (%s)" % (group, whole, percent(whole.taken, whole.branches)))
        total.add(whole)
    return total, below


def main(core_path, json_path):
    core = read_core(core_path)
    with open(json_path, encoding="utf-8") as f:
        files = {entry["file"]: count(entry["lines"]) for entry in json.load(f)["files"]}
    total, below = tell_core(core, files)
    marked = markers(sorted({name for _, name in core if name in files}))
    for where in marked:
        print("# left out: " + where)
    good = below == 0 and bool(core) and len(marked) <= EXCLUDED_MAX
    print("%s - the core: %s of its branches (%s), %d places left out"
          % ("ok" if good else "not ok", percent(total.taken, total.branches), total, len(marked)))
    rest, held = {}, {name for _, name in core}
    for name, c in sorted(files.items()):
        if name not in held:
            rest.setdefault(name.rpartition("/")[0], Counts()).add(c)
    for folder, c in rest.items():
        print("ok - not held to it: %s, %s of %d branches, %s of %d lines"
              % (folder, percent(c.taken, c.branches), c.branches, percent(c.lines_run, c.lines), c.lines))
    return 0 if good else 1


sys.exit(main(*sys.argv[1:]))
