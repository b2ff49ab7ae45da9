#!/usr/bin/env python3
"""Runs the examples of the documentation as they are written, and compares what is shown.

usage: examples.py PAGE...          Markdown, mdoc, or PROGRAM--help for the example lines of its help

An example is a line that begins with "$ " in a fenced block of Markdown or between .Bd and .Ed of
mdoc; a backslash continues it. What follows it up to the next one is the output to compare, standard
output and error as they come; with nothing shown nothing is compared. The examples of a page run in
one bash, one after another, in a folder of their own with HOME in it. Commands that a reader does not
see stand in comments, one a line: <!-- $ command --> and .\\" $ command; what they may use stands in
examples_setup.inc. A block after <!-- not run: reason --> is passed over, and that is said.

Each command must exit with 0, or with the code that its output shows in brackets; doctor may find
something wrong with a port of the machine that runs this. The output is the same if it is so after
this, done to both:

    "  ..." or "..." as a line     any lines
    digests and key ids            16 and more hexadecimal digits, or "4960..d1"
    times                          "20261122T214112Z", "2026-11-22 21:41:12Z" and the like;
                                   "in 0.0 s", "59 s left"
    rates                          "(46.1 MB/s)"
    receipts of one second         "-4960e1aa-2.gsr"
    ports of the machine           the lines that list tells of them, "  /dev/ttyS0: ..."
    the folder of the run          "~" for HOME in it

"$ cat FILE" of a file that is not there yet makes it of the lines shown: the page says what is in it.
Where a page names the serial adapter /dev/ttyUSB0, the run has the simulator's socket dev1.sock.
Programs come from GAPSEAL_BIN. Run from the top of the tree.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import definitions

PATIENCE_S = 60
ADAPTER, SOCKET = "serial:/dev/ttyUSB0", "unix:dev1.sock"
HIDDEN = re.compile(r'^(?:<!-- \$ (.*) -->|\.\\" \$ (.*))$')
NOT_RUN = re.compile(r'^(?:<!-- not run: (.*) -->|\.\\" not run: (.*))$')


class Example:
    def __init__(self, line, command, hidden=False):
        self.line, self.command, self.hidden, self.shown = line, command, hidden, []


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read().split("\n")


def examples_in(path):
    """The examples of a page, in order; a text instead of one: a block that is not run, and why."""
    mdoc = not path.endswith(".md")
    inside = indent = False
    reason = example = None
    for number, line in enumerate(lines_of(path), 1):
        hidden, passed = HIDDEN.match(line), NOT_RUN.match(line)
        fence = re.match(r"^\.(Bd|Ed)\b", line) if mdoc else re.match(r"^ *```", line)
        if passed:
            reason = passed.group(1) or passed.group(2)
        elif hidden:
            yield Example(number, hidden.group(1) or hidden.group(2), hidden=True)
        elif fence:
            inside, example = not inside, None
            if not inside and reason:
                yield "%s:%d # SKIP %s" % (path, number, reason)
                reason = None
        elif inside and not reason:
            line = line.replace("\\e", "\\").replace("\\&", "") if mdoc else line
            if example and not example.shown and example.command.endswith("\\"):
                example.command = example.command[:-1] + line.lstrip()
            elif line.startswith("$ "):
                example = Example(number, line[2:])
                yield example
            elif example:
                example.shown.append(line)


def examples_of(page):
    """All of a page. They are collected first: what is shown is known only at a block's end."""
    if not page.endswith("--help"):
        return list(examples_in(page))
    program = next(p for p in definitions.programs() if p.name + "--help" == page)
    found = []
    for line in program.examples:
        name = re.sub(r"[^a-z]", "_", " ".join(w for w in line.split()[:3] if w.isalpha() or w == program.name))
        found += [Example(0, "! declare -F before_%s >/dev/null || before_%s" % (name, name), hidden=True),
                  Example(0, line)]
    return [Example(0, "help_" + program.name.replace("-", "_"), hidden=True)] + found


def plain(lines, folder):
    """What is compared of an output."""
    text = "\n".join(line.rstrip() for line in lines).rstrip("\n")
    text = text.replace(SOCKET, ADAPTER).replace(folder, "~")
    text = re.sub(r"^  /dev/tty\w+: .*\n?", "", text, flags=re.M)
    for pattern, instead in ((r"\b\d{8}T\d{6}Z\b", "TIME"),
                             (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", "TIME"),
                             (r"\b[0-9a-f]{16,}\b", "DIGEST"),
                             (r"\b[0-9a-f]{4}\.\.[0-9a-f]{2}\b", "DIGEST"),
                             (r"(?<=-)[0-9a-f]{8}(?:-\d+)?(?=\.gsr)", "DIGEST"),
                             (r"\bin \d+\.\d s\b|\b\d+ s left\b", "in TIME"),
                             (r"\b\d+(\.\d)? (B|kB|MB)/s", "RATE")):
        text = re.sub(pattern, instead, text)
    return text.split("\n") if text else []


def same(shown, got):
    """Line by line; "..." stands for any lines."""
    if not shown:
        return not got
    if shown[0].strip() == "...":
        return any(same(shown[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and shown[0] == got[0] and same(shown[1:], got[1:])


def wanted_exits(example):
    codes = re.findall(r" \[(\d+) [a-z-]+\]$", "\n".join(example.shown), re.M)
    return [int(codes[0])] if codes else [0, 5, 6] if example.command == "gapseal doctor" else [0]


class Session:
    """One bash; each command is read from a file, and its output goes to another."""

    def __init__(self, folder, programs):
        self.folder, self.count = folder, 0
        environment = {"PATH": programs + ":" + os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8",
                       "ASAN_OPTIONS": "exitcode=99", "TERM": "dumb"}
        self.shell = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=folder, env=environment,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, start_new_session=True)
        shutil.copy("tests/docs/examples_setup.inc", os.path.join(folder, ".setup"))
        self.run(Example(0, ". ./.setup", hidden=True))

    def run(self, example):
        """Its exit code, and the file with what it says."""
        self.count += 1
        path = os.path.join(self.folder, ".said-%d" % self.count)
        with open(os.path.join(self.folder, ".command"), "w", encoding="utf-8") as f:
            f.write(example.command.replace(ADAPTER, SOCKET) + "\n")
        self.shell.stdin.write(". ./.command >.said-%d 2>&1 </dev/null; echo $?\n" % self.count)
        self.shell.stdin.flush()
        answer = self.shell.stdout.readline()
        return (int(answer) if answer.strip().isdigit() else -1), path

    def end(self):
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()


def compare(example, path, folder):
    """What was said, and whether it is what is shown. A command in the background may take a while:
    what it shows, or else its first line, is waited for."""
    background = example.command.rstrip().endswith("&") and not example.command.endswith("&&")
    shown, end = plain(example.shown, folder), time.monotonic() + PATIENCE_S
    while True:
        with open(path, encoding="utf-8", errors="replace") as f:
            said = f.read()
        good = same(shown, plain(said.split("\n"), folder)) if shown else bool(said) or not background
        if good or not background or time.monotonic() > end:
            return good, said.split("\n")
        time.sleep(0.02)


def tell(good, where, example, got=()):
    print("%s - %s: $ %s" % ("ok" if good else "not ok", where, example.command))
    if not good:
        for line in example.shown:
            print("#   shown: " + line)
        for line in got:
            print("#   said:  " + line)
    sys.stdout.flush()
    return good


def prepare(folder):
    """Files that pages take as given; the same bytes each time."""
    with open(os.path.join(folder, "fw.bin"), "wb") as f:
        f.write(bytes((i * i // 251 + i) & 0xFF for i in range(116224)))
    with open(os.path.join(folder, "CHANGES.md"), "w", encoding="utf-8") as f:
        f.write("# 1.0.0\nFirst release.\n")
    with open(os.path.join(folder, "sbom.cdx.json"), "w", encoding="utf-8") as f:
        f.write('{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}\n')


def run_page(page, programs):
    folder = tempfile.mkdtemp(prefix="gapseal-examples.")
    session, count, good = None, 0, True
    try:
        prepare(folder)
        session = Session(folder, programs)
        for example in examples_of(page):
            if isinstance(example, str):
                print("ok - " + example)
                continue
            where = "%s:%d" % (page, example.line) if example.line else page
            made = re.match(r"^cat (\S+)$", example.command)
            if made and not os.path.exists(os.path.join(folder, made.group(1))):
                with open(os.path.join(folder, made.group(1)), "w", encoding="utf-8") as f:
                    f.write("\n".join(example.shown) + "\n")
            code, path = session.run(example)
            right, said = compare(example, path, folder)
            if example.hidden:
                if code != 0:
                    good = tell(False, where + " (hidden)", example, said)
                    break
                continue
            count += 1
            if code not in wanted_exits(example):
                right, said = False, said + ["(exit code %d, not %d)" % (code, wanted_exits(example)[0])]
            good &= tell(right, where, example, said)
    finally:
        if session:
            session.end()
        shutil.rmtree(folder, ignore_errors=True)
    if count == 0:
        print("not ok - %s has examples" % page)
    return good and count > 0


def main():
    programs = os.path.abspath(os.environ.get("GAPSEAL_BIN", "build/release/bin"))
    good = True
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # what a page started ends with it
    for page in sys.argv[1:]:
        good &= run_page(page, programs)
    return 0 if good else 1


sys.exit(main())
