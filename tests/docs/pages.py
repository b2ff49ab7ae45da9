#!/usr/bin/env python3
"""The tables in docs/cli and docs/man say what the .def files say, and the words of these pages exist.

usage: pages.py [--write]

A table stands between two marks and is made anew by --write; everything else is written by hand:

    <!-- table: options -->            .\\" table: options
    <!-- end -->                       .\\" end

Checked besides: each page has its tables; every option and exit code that the rest of a page names
is there; ENVIRONMENT names what the code reads; --help of the programs in GAPSEAL_BIN, where that is
set, tells the same options and exit codes. Run from the top of the tree.
"""
import glob
import os
import re
import subprocess
import sys

import definitions
import tables

MARKS = {
    ".md": re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end -->\n)", re.S),
    ".1": re.compile(r'(\.\\" table: (\S+)\n)(.*?)(\.\\" end\n)', re.S),
    ".7": re.compile(r'(\.\\" table: (\S+)\n)(.*?)(\.\\" end\n)', re.S),
}
SOURCES = {"gapseal": ("host/cli", "host/lib"), "gapseal-sign": ("host/sign",),
           "gapseal-verify": ("host/verify",), "gapseal-sim": ("stub/ports/sim",)}
failed = False


def say(what, faults):
    global failed
    failed |= bool(faults)
    print("%s - %s" % ("not ok" if faults else "ok", what))
    for fault in faults:
        print("#   " + fault)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def check_tables(path, program, wanted, write):
    """Each wanted table is there once and up to date."""
    suffix = os.path.splitext(path)[1]
    text = read(path)
    made = MARKS[suffix].sub(lambda m: m[1] + tables.table(suffix, m[2], program) + m[4], text)
    if write and made != text:
        with open(path, "w", encoding="utf-8") as f:
            f.write(made)
        text = made
    there = [m[1] for m in MARKS[suffix].findall(text)]
    faults = ["no table: " + name for name in wanted if there.count(name) != 1]
    if made != text:
        old, new = text.splitlines(), made.splitlines()
        faults += ["line %d: %s" % (i + 1, a) for i, (a, b) in enumerate(zip(old, new)) if a != b][:5]
        faults.append("write it again: sh tests/docs/pages.sh --write")
    say("%s has its tables, as they are in the .def files" % path, faults)


def check_words(path, program, known, all_of_them=True):
    """What is written by hand names nothing that is not there; a page names all_of_them."""
    suffix = os.path.splitext(path)[1]
    faults = []
    named = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)" if suffix == ".md" else r"\bFl -([a-z][a-z-]+)",
                           read(path)))
    every = {o.name for o in program.all_options()} if all_of_them else set()
    faults += ["--%s is not named" % name for name in sorted(every - named)]
    text = re.sub(r"`cmake [^`]*`", "", MARKS[suffix].sub("", read(path)))
    written = re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text) if suffix == ".md" else re.findall(
        r"\bFl -([a-z][a-z-]+)", text)
    faults += ["there is no option --" + name for name in sorted(set(written) - known)]
    codes = {code for code, _ in program.exits}
    named = re.findall(r"\b[Ee]xits?(?: code| with)?(?: code)? (\d+)\b", text)
    faults += ["there is no exit code " + code for code in sorted(set(named)) if int(code) not in codes]
    say("%s names only options and exit codes that there are" % path, faults)


def check_environment(program):
    """What the code reads is in ENVIRONMENT, and nothing else."""
    read_there = set()
    for folder in SOURCES[program.name]:
        for path in glob.glob(folder + "/*.c"):
            source = read(path)
            read_there |= set(re.findall(r'getenv\("(\w+)"\)', source))
            read_there |= set(re.findall(r'"((?:XDG|GAPSEAL)_[A-Z_]+)"', source))
    page = read("docs/man/%s.1" % program.name)
    section = re.search(r"^\.Sh ENVIRONMENT\n(.*?)^\.Sh ", page, re.S | re.M)
    written = set(re.findall(r"^\.It Ev (\w+)", section.group(1), re.M)) if section else set()
    faults = ["%s is read, and not in ENVIRONMENT" % name for name in sorted(read_there - written)]
    faults += ["%s is in ENVIRONMENT, and not read" % name for name in sorted(written - read_there)]
    manual = read("docs/cli/%s.md" % program.name)
    faults += ["%s is read, and not in docs/cli" % name for name in sorted(read_there)
               if name not in manual]
    say("%s: the variables that the code reads are in the manual, and no others" % program.name, faults)


def check_files():
    """What the host library keeps under a name of its own is in FILES and in docs/cli."""
    sources = {path: read(path) for path in glob.glob("host/lib/*.[ch]")}
    defined = dict(re.findall(r'^#define (\w+) "([^"]+)"', "\n".join(sources.values()), re.M))
    kept = set()
    for source in sources.values():
        for name in re.findall(r"gsh_path_join\([^;]*?_dir, ([\w\".-]+), &?\w+\)", source):
            kept.add(name.strip('"') if name.startswith('"') else defined.get(name))
    kept -= {None}
    page, manual = read("docs/man/gapseal.1"), read("docs/cli/gapseal.md")
    written = re.findall(r"^\.It Pa ~/\S+/gapseal/([\w.-]+)", page, re.M)
    faults = ["%s is kept, and not in FILES" % name for name in sorted(kept - set(written))]
    faults += ["%s is in FILES, and not kept" % name for name in sorted(set(written) - kept - {"receipts"})]
    faults += ["%s is kept, and not in docs/cli" % name for name in sorted(kept) if name not in manual]
    if len(kept) < 4:
        faults.append("the files that are kept are not found in the code any more")
    say("gapseal: the files that it keeps are in the manual, and no others", faults)


def check_links(program):
    """links.def has what the library opens."""
    opened = set(re.findall(r'\{"(\w+:)", gsh_link_open_\w+\}', read("host/lib/link.c")))
    named = {scheme for scheme, _, _ in program.links}
    say("gapseal: the links that it opens are those of links.def",
        ["%s is in one of both only" % scheme for scheme in sorted(opened ^ named)])


def check_codes(program):
    """The exit codes to know that help shows with a command exist, and each command has a row."""
    codes, names = {code for code, _ in program.exits}, {c.name for c in program.commands}
    faults = []
    for name, _, *shown in (row for _, row in definitions.rows("host/cli/help.def", "GSC_HELP")):
        faults += ["%s: %s is no exit code" % (name, code) for code in shown if int(code) not in codes]
        faults += ["%s is no command, or has two rows" % name] if name not in names else []
        names.discard(name)
    say("gapseal: each command has one example, and exit codes that there are",
        faults + ["%s has no row in help.def" % name for name in sorted(names)])


def check_operations(program):
    """Every exit code has its row in the table of what to do."""
    rows = re.findall(r"^\| (\d+) \|", read("docs/operations.md"), re.M)
    codes = [str(code) for code, _ in program.exits]
    say("docs/operations.md has a row for each exit code of %s" % program.name,
        ["%s has no row" % code for code in codes if code not in rows] +
        ["%s is no exit code" % row for row in rows if row not in codes])


def check_help(program, folder):
    """The programs say the same of themselves."""
    faults = []

    def options_in(text):
        return set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", text, re.M))

    def helped(*words):
        text = subprocess.run([os.path.join(folder, program.name), *words, "--help"], check=False,
                              capture_output=True, text=True).stdout
        faults.extend("wider than 80 columns: " + line for line in text.splitlines() if len(line) > 80)
        return text

    overview = helped()
    for command in program.commands:
        text = helped(*command.name.split())
        if "usage: %s %s" % (program.name, command.name) not in text or "\nexample:\n" not in text:
            faults.append("%s --help lacks its usage or example" % command.name)
        for name in {o.name for o in command.options} ^ options_in(text):
            faults.append("%s: --%s is in one of help and .def only" % (command.name, name))
        if command.name not in overview:
            faults.append("--help does not name %s" % command.name)
    if not program.commands:
        known = {o.name for o in program.all_options()}
        faults += ["--%s is in one of help and .def only" % name for name in known ^ options_in(overview)]
    said = re.findall(r"^ +(\d+)  \S", overview, re.M)
    if said and [int(code) for code in said] != [code for code, _ in program.exits]:
        faults.append("--help has other exit codes")
    say("%s: --help tells the same commands, options and exit codes" % program.name, faults)


def main():
    write = sys.argv[1:] == ["--write"]
    programs = definitions.programs()
    folder = os.environ.get("GAPSEAL_BIN")
    if folder and not os.path.isdir(folder):
        sys.exit("not ok - there are programs in GAPSEAL_BIN: " + folder)
    known = {o.name for p in programs for o in p.all_options()}
    for program in programs:
        for path, wanted in (("docs/cli/%s.md" % program.name, tables.wanted(program)),
                             ("docs/man/%s.1" % program.name, tables.wanted(program))):
            check_tables(path, program, wanted, write)
            check_words(path, program, known)
        check_environment(program)
        if folder:
            check_help(program, folder)
    check_files()
    check_links(programs[0])
    check_codes(programs[0])
    check_operations(programs[0])
    check_words("docs/operations.md", programs[0], known, all_of_them=False)
    check_tables("docs/man/gapseal-status.7", programs[0], ["statuses"], write)
    return failed


sys.exit(main())
