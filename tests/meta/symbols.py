#!/usr/bin/env python3
"""The freestanding archives may need nothing but memcpy's kin, nanopb and the layers below them.

usage: symbols.py BUILD_DIR. Prints one line an archive. BUILD_DIR must be built without sanitizers.
"""
import os
import re
import subprocess
import sys

LIBRARY = {"memcpy", "memmove", "memset", "memcmp", "strlen",
           "__memcpy_chk", "__memmove_chk", "__memset_chk",
           "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
NANOPB = re.compile(r"^pb_\w+$")
# From the bottom up; an archive may use those before it.
LAYERS = ["gs_messages", "gs_proto", "gs_crypto", "gs_policy", "gs_engine", "gs_session"]


def symbols(archive, option):
    out = subprocess.run(["nm", "-A", "-P", option, archive], check=True, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in out.splitlines():
        place, name, kind = line.split(" ")[:3]
        yield re.sub(r".*\[|\]:$", "", place), name, kind


def defined(archive):
    return {name for _, name, kind in symbols(archive, "-g") if kind not in "Uw"}


def writable(archive):
    """Sections of data that could be written; constants that hold addresses are none."""
    out = subprocess.run(["size", "-A", archive], check=True, text=True, stdout=subprocess.PIPE).stdout
    member = "?"
    for line in out.splitlines():
        words = line.split()
        if line and not line.startswith((".", " ")) and words[-1].endswith(":"):
            member = words[0]
        elif (len(words) == 3 and words[0].startswith((".data", ".bss", ".tbss", ".tdata"))
              and not words[0].startswith(".data.rel.ro") and int(words[1])):
            yield member, "%s bytes of writable data in %s" % (words[1], words[0])


def main():
    build = sys.argv[1]
    with open(os.path.join(build, "freestanding.txt"), encoding="utf-8") as f:
        freestanding = [line.split(" ", 1) for line in f.read().splitlines() if line]
    archives = {}
    for folder, _, names in os.walk(build):
        for name in names:
            if name.startswith("lib") and name.endswith(".a"):
                archives[name[3:-2]] = os.path.join(folder, name)
    failed = 0
    for target, archive in freestanding:
        allowed = set(LIBRARY) | defined(archive)
        position = LAYERS.index(target) if target in LAYERS else len(LAYERS)
        for lower in LAYERS[:position]:
            if lower in archives:
                allowed |= defined(archives[lower])
        faults = sorted({(member, name) for member, name, kind in symbols(archive, "-u")
                         if name not in allowed and not NANOPB.match(name)})
        # The caller owns every context.
        faults += writable(archive)
        if faults:
            failed = 1
            print("not ok - %s needs nothing from an operating system" % target)
            for member, name in faults:
                print("#   %s: %s" % (member, name))
        else:
            print("ok - %s needs nothing from an operating system" % target)
    if not freestanding:
        failed = 1
        print("not ok - there are freestanding archives")
    return failed


sys.exit(main())
