#!/usr/bin/env python3
"""Says what a firmware costs, by module, as it was linked.

usage: sizes.py ELF [--limit-flash BYTES] [--limit-ram BYTES] [--table]

Flash is code, constants and initial data; RAM is all that is placed, with the stack that the linker
script gives. Ends with 1 where a limit is passed. Modules come from the debug information; what has
none (text constants, the compiler's library) is counted under "others".
"""
import argparse
import collections
import re
import subprocess

MODULES = [("nanopb, runtime", r"/pb_(common|encode|decode)\.c"),
           ("mbedTLS: SHA-256 and p256-m", r"mbedtls-"),
           ("messages", r"\.pb\.c"),
           ("proto", r"/proto/"),
           ("crypto", r"/stub/crypto/"),
           ("policy", r"/stub/policy/"),
           ("engine", r"/stub/engine/"),
           ("session", r"/stub/session/"),
           ("conformance", r"/stub/conformance/"),
           ("port: shared", r"/stub/ports/(mcu|common)/"),
           ("port: board", r"/stub/ports/"),
           ("application", r"/stub/examples/")]


def run(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout


def sections(elf):
    """Name, size, address of those that are placed, and whether they are stored."""
    out = []
    lines = run("arm-none-eabi-objdump", "-h", elf).splitlines()
    for head, flags in zip(lines, lines[1:]):
        m = re.match(r"\s*\d+ (\S+)\s+([0-9a-f]+)\s+([0-9a-f]+)", head)
        if m and "ALLOC" in flags:
            out.append((m.group(1), int(m.group(2), 16), int(m.group(3), 16), "LOAD" in flags))
    return out


def module_of(place):
    for name, pattern in MODULES:
        if re.search(pattern, place):
            return name
    return None


def by_module(elf):
    flash, ram = collections.Counter(), collections.Counter()
    for line in run("arm-none-eabi-nm", "-S", "-l", elf).splitlines():
        m = re.match(r"[0-9a-f]+ ([0-9a-f]+) (\w) (\S+)(?:\s+(\S+))?", line)
        if not m:
            continue
        size, kind, symbol, place = int(m.group(1), 16), m.group(2).lower(), m.group(3), m.group(4) or ""
        name = module_of(place)
        if name is None and symbol.startswith("gapseal_v1_"):
            name = "messages"
        if name is None:
            continue
        if kind in "bd":
            ram[name] += size
        if kind in "trdvw":
            flash[name] += size
    return flash, ram


def main():
    p = argparse.ArgumentParser()
    p.add_argument("elf")
    p.add_argument("--limit-flash", type=int)
    p.add_argument("--limit-ram", type=int)
    p.add_argument("--table", action="store_true")
    a = p.parse_args()
    placed = sections(a.elf)
    flash, ram = by_module(a.elf)
    all_flash = sum(size for name, size, at, stored in placed if stored)
    all_ram = sum(size for name, size, at, stored in placed if name in (".data", ".bss", ".stack"))
    stack = sum(size for name, size, at, stored in placed if name == ".stack")
    flash["others"] = all_flash - sum(flash.values())
    ram["stack"] = stack
    ram["others"] = all_ram - sum(ram.values())
    form = "| %s | %s | %s |" if a.table else "%-30s %8s %8s"
    print(form % ("module", "flash", "RAM"))
    if a.table:
        print("|---|---|---|")
    for name in sorted(set(flash) | set(ram), key=lambda n: -flash[n] - ram[n] / 1e6):
        print(form % (name, format(flash[name], ","), format(ram[name], ",")))
    print(form % ("all", format(all_flash, ","), format(all_ram, ",")))
    over = 0
    for what, used, limit in (("flash", all_flash, a.limit_flash), ("RAM", all_ram, a.limit_ram)):
        if limit is not None and used > limit:
            over = 1
            print("%s: %d bytes of %d: %d too many" % (what, used, limit, used - limit))
    return over


raise SystemExit(main())
