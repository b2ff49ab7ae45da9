#!/usr/bin/env python3
"""docs/status-codes.md and docs/exit-codes.md are what proto/status.def and host/cli/exit_codes.def say;
numbers and names are unique, and each status leads to a known exit code.

usage: statuses.py [--write]
"""
import re
import sys

ROW = re.compile(r'^GS_STATUS\((\d+), (\w+), "([^"]+)", (\w+), (\d+), "([^"]+)", "([^"]+)"\)$')
EXIT = re.compile(r'^GSC_EXIT\((\d+), "([^"]+)"\)$')
CLASSES = {
    "NONE": "nobody: nothing is wrong",
    "CALLER": "the makers of this software: a mistake of ours",
    "REFUSED": "whoever chose the package: a rule says no",
    "DAMAGED": "whoever brought the bytes: they are not what was made",
    "DEVICE": "service: the hardware failed",
    "LINK": "whoever holds the cable",
    "BUSY": "nobody yet: later, or after another command",
    "UNSUPPORTED": "whoever may update the stub or this tool",
    "HOST": "whoever runs this computer",
}


def exit_page(exits, rows):
    out = ["# Exit codes", "",
           "Generated from `host/cli/exit_codes.def` and `proto/status.def` by `sh tests/meta/statuses.sh --write`. They are",
           "those of `gapseal`, `gapseal-sign` and `gapseal-verify`; a program that starts them needs nothing else to decide",
           "what to do next. The name behind the number is `code` in `--json`.", "",
           "| exit | meaning | statuses |", "|---|---|---|"]
    for code, meaning in exits:
        names = ", ".join("`%s`" % row[2] for row in rows if row[4] == code)
        out.append("| %s | %s | %s |" % (code, meaning, names or "reserved"))
    return "\n".join(out) + "\n"


def status_page(rows):
    out = ["# Status codes", "",
           "Generated from `proto/status.def` by `sh tests/meta/statuses.sh --write`. Numbers are on the wire, in logs and",
           "in receipts; they are never given to anything else. Devices say 1 to 255, the host alone 256 and above.", "",
           "| class | who must act |", "|---|---|"]
    out += ["| %s | %s |" % (name.lower(), who) for name, who in CLASSES.items()]
    out += ["", "| number | name | class | exit | what is wrong | what to do |", "|---|---|---|---|---|---|"]
    out += ["| %s | `%s` | %s | %s | %s | %s |" % (number, name, kind.lower(), code, what, do)
            for number, _, name, kind, code, what, do in rows]
    return "\n".join(out) + "\n"


def main():
    rows, failed = [], 0
    with open("proto/status.def", encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.startswith("GS_STATUS("):
                continue
            match = ROW.match(line.rstrip("\n"))
            if match:
                rows.append(match.groups())
            else:
                failed = 1
                print("not ok - proto/status.def:%d is one row" % number)
    for column, what in ((0, "number"), (1, "identifier"), (2, "name")):
        values = [row[column] for row in rows]
        twice = sorted({v for v in values if values.count(v) > 1})
        failed |= bool(twice)
        print("%s - each status has a %s of its own %s"
              % ("not ok" if twice else "ok", what, " ".join(twice)))
    strange = sorted({row[3] for row in rows} - set(CLASSES))
    failed |= bool(strange)
    print("%s - each class is a known one %s" % ("not ok" if strange else "ok", " ".join(strange)))
    with open("host/cli/exit_codes.def", encoding="utf-8") as f:
        exits = [match.groups() for match in map(EXIT.match, f.read().splitlines()) if match]
    unknown = sorted({row[4] for row in rows} - {code for code, _ in exits})
    failed |= bool(unknown)
    print("%s - each status leads to a known exit code %s" % ("not ok" if unknown else "ok", " ".join(unknown)))
    for path, text in (("docs/status-codes.md", status_page(rows)),
                       ("docs/exit-codes.md", exit_page(exits, rows))):
        if sys.argv[1:] == ["--write"]:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        try:
            with open(path, encoding="utf-8") as f:
                same = f.read() == text
        except FileNotFoundError:
            same = False
        failed |= not same
        print("%s - %s is up to date (sh tests/meta/statuses.sh --write)"
              % ("ok" if same else "not ok", path))
    return failed


sys.exit(main())
