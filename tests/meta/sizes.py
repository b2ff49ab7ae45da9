#!/usr/bin/env python3
"""How large files and functions are. Over the soft bound they are named, over the hard one they fail."""
import os
import re
import sys

FILE_SOFT, FILE_HARD = 400, 900
FUNCTION_SOFT, FUNCTION_HARD = 80, 150


def functions(lines):
    """Definitions end in a "}" in the first column; they begin at the line after the last blank, comment
    or closing line before their opening brace."""
    begin, name = None, None
    for number, line in enumerate(lines, 1):
        if begin is None:
            match = re.match(r"^(?!#|typedef|struct \w+ \{|enum|static const|const|union)[A-Za-z_][^;=]*?"
                             r"(\w+)\(", line)
            if match and not line.rstrip().endswith(";"):
                begin, name = number, match.group(1)
        elif line.startswith("}"):
            yield name, begin, number - begin + 1
            begin = None
        elif line.rstrip().endswith(";") and not line.startswith(" "):
            begin = None
        elif re.match(r"^\s+[^{]*\);\s*$", line) and begin == number - 1:
            begin = None


def main():
    files, bodies = [], []
    for top in ("proto", "stub", "host"):
        for folder, _, names in os.walk(top):
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as f:
                        lines = f.read().splitlines()
                    files.append((len(lines), path))
                    bodies += [(length, "%s:%d %s" % (path, at, function))
                               for function, at, length in functions(lines)]
    failed = 0
    for what, found, soft, hard in (("file", files, FILE_SOFT, FILE_HARD),
                                    ("function", bodies, FUNCTION_SOFT, FUNCTION_HARD)):
        found.sort(reverse=True)
        for length, where in found:
            if length > soft:
                print("# %d lines: %s" % (length, where))
        over = [entry for entry in found if entry[0] > hard]
        failed |= bool(over)
        print("%s - no %s is longer than %d lines (%d looked at)"
              % ("not ok" if over or not found else "ok", what, hard, len(found)))
    return failed


sys.exit(main())
