#!/usr/bin/env python3
"""hostile.py STAGE TABLE... - gapseal against devices that are not what they should be, one run a row.

Whatever they do, gapseal ends within the row's time and with one of the row's exit codes; nothing raw from outside
reaches its output or its files; it takes no more memory than it should; what it keeps is whole; and afterwards the
same command against the device itself completes. HOSTILE_ONLY=NAME runs one row and shows what it said.
"""
import concurrent.futures
import importlib
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import messages
import peer
import stage

ONLY = os.environ.get("HOSTILE_ONLY", "")
LONG = bool(os.environ.get("GAPSEAL_LONG"))
WORKERS = 2 * (os.cpu_count() or 1)
INSTALL = "gapseal install v2.gsp DEV --timeout 3 --json"
ADDRESS_SPACE = 64 * 2**20  # of one gapseal: libraries, and what it takes whatever a device says
# Marks that show nothing, or turn the writing round; escapes and C1 are of category Cc.
BAD_MARKS = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
                       "\U000e0000-\U000e0fff]")


class Row:
    """ids     rows of the catalogue of attacks that this one stands for, "J01 F04"
    name    what the peer does
    attack  a class of peer.Attack, or a function of the run that makes one
    codes   exit codes that are right
    command, device  what is run, and on which device of the stage; seconds: within which it ends
    check   more to look at: a function of (run, result, attack) that gives a list of what is wrong
    first   a command that is run before, through the same peer; a connection or more of the attack's
    again   the exit code of the same command, afterwards, against the device itself; None: it is not run
    """

    def __init__(self, ids, name, attack, codes, command=INSTALL, device="one", seconds=20, check=None, again=0,
                 first=None, long=False):
        self.ids, self.name, self.attack, self.command = ids, name, attack, command
        self.codes = {codes} if isinstance(codes, int) else set(codes)
        self.device, self.seconds, self.check, self.again, self.first, self.long = device, seconds, check, again, first, long


def raw_wrong(where, data):
    """What must not come out of gapseal, whatever went in."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        return ["%s is not UTF-8: %s" % (where, e)]
    wrong = ["%s holds %r" % (where, c) for c in set(text) if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    return wrong + ["%s holds %r" % (where, c) for c in set(BAD_MARKS.findall(text))]


def files_wrong(row, run):
    wrong = run.home_wrong()
    for path, data in stage.tree(run.home).items():
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", path):
            wrong.append("a file is called %r" % path)
        if path.endswith((".jsonl", ".txt")):
            wrong += raw_wrong(path, data)
    for path in stage.tree(run.files):
        if path not in run.files_before and path not in row.command.split():
            wrong.append("litter: %s" % path)
    return wrong


def judge(row, run, result, attack):
    if result.code is None:
        return ["not finished in %d s" % (3 * row.seconds)]
    wrong = []
    if result.code not in row.codes:
        wrong.append("exit code %s, and not one of %s: %s" % (result.code, sorted(row.codes),
                                                             result.err.decode(errors="replace").splitlines()[-5:]))
    if result.seconds > row.seconds:
        wrong.append("took %.1f s, and %d s are enough" % (result.seconds, row.seconds))
    if result.code != 0 and not result.err.decode(errors="replace").splitlines()[-1].startswith("  do: "):
        wrong.append("the last line is no next step")
    if "--json" in row.command.split() and (result.json is None or result.json["exit"] != result.code):
        wrong.append("no JSON object, or one of another exit code")
    wrong += raw_wrong("standard output", result.out) + raw_wrong("standard error", result.err) + files_wrong(row, run)
    return wrong + (row.check(run, result, attack) if row.check else [])


def sanitized(found=[]):
    """Are the programs built with a sanitizer, which needs memory of its own?"""
    if not found:
        path = next(os.path.join(d, "gapseal") for d in os.environ["PATH"].split(":")
                    if os.path.exists(os.path.join(d, "gapseal")))
        found.append(b"__asan_init" in stage.read(path))
    return found[0]


def perform(stage_dir, row):
    run = stage.Run(stage_dir, row.device)
    try:
        run.device_key = messages.Key.read(os.path.join(run.device.place, "device.key"))
        run.maker_key = messages.Key.read(os.path.join(run.files, "maker.pem"))
        attack = row.attack(run)
        path = os.path.join(run.place, "peer.sock")
        middle = run.middle = peer.Peer(path, attack, run.device.socket)
        run.link = "port:unix:" + path
        if row.first:
            run.command(row.first.split())
        result = run.command(row.command.split(), limit_s=3 * row.seconds,
                             address_space=None if sanitized() else ADDRESS_SPACE)
        middle.close()
        wrong = judge(row, run, result, attack)
        if row.again is not None:
            run.link = "port:unix:" + run.device.socket
            again = run.command(row.command.split())
            if again.code != row.again:
                wrong.append("afterwards, with the device itself, it ends with %s: %s"
                             % (again.code, again.err.decode(errors="replace").splitlines()[-5:]))
            wrong += ["afterwards: " + w for w in files_wrong(row, run)]
        return result, wrong
    finally:
        run.close()


def attempt(stage_dir, row):
    try:
        return perform(stage_dir, row)
    except Exception as e:  # the stage, not the row
        return None, ["the run itself broke: %r" % e]


def tell(row, result, wrong):
    how = "exit %s, %.1f s" % (result.code, result.seconds) if result else "-"
    print("%sok - %s: %s (%s)" % ("not " if wrong else "", row.ids, row.name, how))
    for w in wrong[:6]:
        print("#   %s" % w)
    if wrong:
        print("#   alone: HOSTILE_ONLY='%s' sh %s" % (row.name, os.environ.get("HOSTILE_SCRIPT", "")))
    if ONLY and result:
        print(result.out.decode(errors="replace"), result.err.decode(errors="replace"))
    sys.stdout.flush()


def main():
    stage_dir, tables = sys.argv[1], sys.argv[2:]
    rows = [row for table in tables for row in importlib.import_module("attacks_" + table).ROWS]
    rows = [row for row in rows if (row.name == ONLY if ONLY else LONG or not row.long)]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for row, future in [(row, pool.submit(attempt, stage_dir, row)) for row in rows]:
            result, wrong = future.result()
            tell(row, result, wrong)
            bad += bool(wrong)
    return bad > 0 or not rows


if __name__ == "__main__":
    sys.modules["hostile"] = sys.modules["__main__"]  # the tables import this file
    sys.exit(main())
