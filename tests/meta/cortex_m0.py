#!/usr/bin/env python3
"""Compiles the freestanding archives for a Cortex-M0 and measures them.

usage: cortex_m0.py BUILD_DIR WORK_DIR [--table]

BUILD_DIR tells which files belong to which archive (compile_commands.json, freestanding.txt).
Prints a line an archive; --table prints the tables of docs/sizes.md instead. Without it, the figures
in docs/sizes.md must be near those measured: SLACK per cent with the compiler that it names, SLACK_OTHER
with another.
"""
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

CC = "arm-none-eabi-gcc"
FLAGS = ["-mcpu=cortex-m0", "-mthumb", "-Os", "-std=c11", "-ffreestanding", "-ffunction-sections",
         "-fdata-sections", "-fno-common", "-Wall", "-Wextra", "-Werror", "-Wstack-usage=2048"]
CONTEXTS = [("struct gs_engine", "gapseal/engine_types.h"),
            ("struct gs_session", "gapseal/session_types.h"),
            ("struct gs_manifest", "objects.h"),
            ("struct gs_keyring", "objects.h"),
            ("struct gs_signed", "signed.h")]

DOCUMENT = os.path.join("docs", "sizes.md")
SLACK, SLACK_OTHER = 4, 15


def run(command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def includes_of(command):
    """The include folders of ours; the system's are for another processor."""
    words = shlex.split(command)
    out = []
    for i, word in enumerate(words):
        path = None
        if word.startswith("-I") and len(word) > 2:
            path = word[2:]
        elif word in ("-I", "-isystem") and i + 1 < len(words):
            path = words[i + 1]
        if path and not path.startswith("/usr/"):
            out += ["-I", path]
        if word.startswith("-D") and "_FORTIFY_SOURCE" not in word:
            out.append(word)
    return out


def measure(objects):
    out = run(["arm-none-eabi-size", "-t"] + objects).stdout.splitlines()[-1].split()
    return [int(n) for n in out[:3]]


def main():
    build, work = sys.argv[1:3]
    table = sys.argv[3:] == ["--table"]
    if table:
        sys.stdout = io.StringIO()
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(build, "freestanding.txt"), encoding="utf-8") as f:
        targets = ["gs_messages"] + [line.split()[0] for line in f if line.strip()]
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        commands = json.load(f)
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as f:
        nanopb = re.search(r"^Nanopb_INCLUDE_DIR:PATH=(.*)$", f.read(), re.M).group(1)
    for name in ("pb.h", "pb_common.h", "pb_encode.h", "pb_decode.h"):
        shutil.copy(os.path.join(nanopb, name), work)
    base = [CC] + FLAGS + ["-I", os.path.join(here, "cortex_m0"), "-isystem", work]
    failed, rows, all_includes, stacks = 0, [], [], []
    for target in targets:
        objects = []
        errors = []
        for entry in commands:
            if "/%s.dir/" % target not in entry["command"]:
                continue
            include = includes_of(entry["command"])
            all_includes += include
            name = re.sub(r"[^A-Za-z0-9]", "_", target + "_" + os.path.basename(entry["file"]))
            out = os.path.join(work, name + ".o")
            result = run(base + include + ["-fstack-usage", "-c", entry["file"], "-o", out])
            if result.returncode != 0:
                errors.append(result.stdout)
            else:
                objects.append(out)
                usage = out[:-2] + ".su"
                if os.path.exists(usage):
                    with open(usage, encoding="utf-8") as f:
                        for line in f:
                            where, size, _ = line.rstrip("\n").split("\t")
                            stacks.append((int(size), where.split(":")[-1]))
        if errors or not objects:
            failed = 1
            print("not ok - %s compiles for a Cortex-M0" % target)
            for error in errors:
                print("\n".join("#   " + line for line in error.splitlines()[:20]))
            continue
        text, data, bss = measure(objects)
        rows.append((target, text, data, bss))
        print("ok - %s compiles for a Cortex-M0: %d bytes of code and constants" % (target, text))
        if target != "gs_messages" and data + bss:
            failed = 1
            print("not ok - %s has no writable data: %d + %d" % (target, data, bss))
    contexts = []
    for thing, header in CONTEXTS:
        source = os.path.join(work, "context.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write('#include "%s"\nchar gs_size_of[sizeof(%s)];\n' % (header, thing))
        out = os.path.join(work, "context.o")
        result = run(base + all_includes + ["-c", source, "-o", out])
        if result.returncode != 0:
            if header.endswith("_types.h") and "No such file" in result.stdout:
                continue
            failed = 1
            print("not ok - %s can be placed by a caller" % thing)
            print("\n".join("#   " + line for line in result.stdout.splitlines()[:10]))
            continue
        for line in run(["arm-none-eabi-nm", "-S", out]).stdout.splitlines():
            if line.endswith("gs_size_of"):
                contexts.append((thing, int(line.split()[1], 16)))
    for thing, size in contexts:
        print("# %-20s %6d bytes" % (thing, size))
    stacks.sort(reverse=True)
    for size, function in stacks[:5]:
        print("# stack of %-24s %6d bytes" % (function, size))
    version = run([CC, "-dumpfullversion"]).stdout.strip()
    if table and not failed:
        sys.stdout = sys.__stdout__
        print_tables(version, rows, contexts, stacks[:5])
    elif not failed:
        failed = compare(version, [(row[0], row[1]) for row in rows] + contexts)
    return failed


def compare(version, measured):
    """Is the document near what was measured?"""
    with open(DOCUMENT, encoding="utf-8") as f:
        text = f.read()
    slack = SLACK if CC + " " + version in text else SLACK_OTHER
    told = {name: int(n.replace(",", "")) for name, n in re.findall(r"^\| `([^`]+)`[^|]*\| ([\d,]+) \|$", text, re.M)}
    wrong = ["%s: %s there, %d measured" % (name, told.get(name, "nothing"), n) for name, n in measured
             if abs(told.get(name, 0) - n) * 100 > slack * n]
    print("%s - %s is within %d %% of what %s %s makes (sh tests/meta/cortex_m0.sh --table)"
          % ("not ok" if wrong else "ok", DOCUMENT, slack, CC, version))
    for line in wrong:
        print("#   " + line)
    return 1 if wrong else 0


def print_tables(version, rows, contexts, stacks):
    print("%s %s, %s\n" % (CC, version, " ".join(FLAGS[:3])))
    print("| archive | code and constants, bytes |\n|---|---|")
    for target, text, _, _ in rows:
        print("| `%s` | %s |" % (target, format(text, ",")))
    print("\n| context | bytes of RAM |\n|---|---|")
    for thing, size in contexts:
        print("| `%s` | %s |" % (thing, format(size, ",")))
    print("\n| deepest frames of ours | bytes of stack |\n|---|---|")
    for size, function in stacks:
        print("| `%s` | %s |" % (function, format(size, ",")))


sys.exit(main())
