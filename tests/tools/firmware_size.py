#!/usr/bin/env python3
"""How large is a whole firmware? Compiles everything that a bootloader with the stub needs for a
Cortex-M, links it with --gc-sections and tells where the bytes are.

usage: firmware_size.py --build DIR --mbedtls DIR --nanopb DIR --work DIR
                        [--cpu cortex-m0|cortex-m3] [--lto] [--symbols N] [--define FLAG]
                        [--table | --check]

--build    a configured build of this tree whose gs_messages was built
--mbedtls  unpacked source of mbedTLS 3.6 (p256-m in 3rdparty)
--nanopb   unpacked source of nanopb

--table    the rows of docs/sizes.md; --check: are they near what was measured?

The firmware is stub/ports/null/firmware.c: all of proto, crypto, policy, engine and session, start-up,
and drivers that have no hardware. A real UART and flash driver take 1 to 3 KiB more.
"""
import argparse
import collections
import glob
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests", "tools", "firmware_size")
CC = "arm-none-eabi-gcc"
CPUS = ["cortex-m0", "cortex-m3"]
SLACK = 4  # per cent
MBEDTLS = ["platform_util", "sha256", "constant_time"]
NANOPB = ["pb_common"]
# What hosts use, and what has another file in its place on a small device.
LEFT_OUT = ["status_text.c", "flow_kept.c", "crypto_psa.c", "ecdsa_psa.c"]


def sources(args):
    """(module, file) pairs."""
    out = []
    for module, pattern in (("proto", "proto/*.c"), ("crypto", "stub/crypto/*.c"), ("policy", "stub/policy/*.c"),
                            ("engine", "stub/engine/*.c"), ("session", "stub/session/*.c"),
                            ("port", "stub/ports/null/*.c")):
        out += [(module, f) for f in sorted(glob.glob(os.path.join(TOP, pattern)))]
    out = [(m, f) for m, f in out if os.path.basename(f) not in LEFT_OUT]
    if args.cpu == "cortex-m0":
        out.append(("port", os.path.join(TOP, "stub/ports/common/divide_v6m.c")))
    out += [("messages", f) for f in sorted(glob.glob(os.path.join(args.build, "proto/gapseal/v1/*.pb.c")))]
    out += [("mbedtls", os.path.join(args.mbedtls, "library", n + ".c")) for n in MBEDTLS]
    p256 = os.path.join(args.mbedtls, "3rdparty", "p256-m")
    out.append(("p256-m", os.path.join(p256, "p256-m", "p256-m.c")))
    out += [("nanopb", os.path.join(args.nanopb, n + ".c")) for n in NANOPB]
    return out


def shorter(cpu):
    """The optimizations that are switched off, as the toolchain file lists them."""
    with open(os.path.join(TOP, "cmake", "arm-none-eabi.cmake"), encoding="utf-8") as f:
        return re.search(r'set\(shorter_%s "([^"]*)"\)' % cpu, f.read()).group(1).split()


def flags(args):
    include = [os.path.join(TOP, d) for d in ("proto", "stub/include", "stub/session", "stub/ports/null",
                                              "stub/ports/common")]
    include += [os.path.join(args.build, "proto"), args.nanopb, os.path.join(TOP, "stub/ports/mcu/crypto"),
                os.path.join(args.mbedtls, "include"), os.path.join(args.mbedtls, "library")]
    p256 = os.path.join(args.mbedtls, "3rdparty", "p256-m")
    include += [p256, os.path.join(p256, "p256-m")]
    out = [CC, "-mcpu=" + args.cpu, "-mthumb", "-Os", "-std=c11", "-ffunction-sections", "-fdata-sections",
           "-fno-common", "-fstack-usage", "--specs=picolibc.specs", "-DPB_NO_ERRMSG",
           '-DMBEDTLS_CONFIG_FILE="gs_mcu_mbedtls.h"',
           "-DGS_SHA256_STATE_BYTES=112u", "-DGS_CELL_MAX=256u",
           "-DGS_MCU_FRAME_DATA=384u"]
    out += ["-flto"] if args.lto else []
    out += shorter(args.cpu)
    out += args.define
    for path in include:
        out += ["-I", path]
    return out


def compile_one(args, base, module, path):
    folder = os.path.join(args.work, module)
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, os.path.basename(path)[:-2] + ".o")
    own = ["-ffreestanding"] if module in ("proto", "policy", "engine", "session", "port") else []
    own += ["-fno-lto"] if "divide" in path else []  # the compiler itself calls it
    result = subprocess.run(base + own + ["-c", path, "-o", out], text=True, capture_output=True)
    if result.returncode != 0:
        sys.exit("%s\n%s" % (path, result.stderr))
    return out


def read_map(path):
    """[(section, size, module, symbol)] of what was linked."""
    out, in_memory = [], False
    pending = None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("Linker script and memory map"):
                in_memory = True
            if not in_memory:
                continue
            match = re.match(r"^ (\.\S+)\s*$", line)
            if match:
                pending = match.group(1)
                continue
            match = re.match(r"^ (\.\S+|\s+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", line)
            if not match:
                continue
            name = match.group(1).strip() or pending
            pending = None
            size = int(match.group(3), 16)
            if name is None or size == 0 or not re.match(r"\.(text|rodata|data|bss|vectors|ARM.exidx)", name):
                continue
            found = re.search(r"/(\w[\w-]*)/[^/]*\.o$", match.group(4))
            module = found.group(1) if found and ".a(" not in match.group(4) else "libc/gcc"
            out.append((name, size, module, os.path.basename(match.group(4))))
    return out


# Calls through pointers: the session's handlers, decisions and schemes, and the port's functions.
POINTERS = {
    "gs_dispatch": r"gs_on_\w+$",
    "gs_on_(confirm|reject|rollback)": r"gs_engine_(confirm|reject|rollback)$",
    "gs_evidence_(ident|receipt)|sign_tail": r"flash_key_sign$",
    "gs_nonce_renew": r"seed_entropy$",
    "decide": r"gs_engine_(confirm|reject|rollback)$",
}
PORT = r"null_\w+$"


def frames(args):
    """Bytes of stack that each function takes for itself."""
    out = {}
    for path in glob.glob(os.path.join(args.work, "*", "*.su")):
        with open(path, encoding="utf-8") as f:
            for line in f:
                where, size, _ = line.rstrip("\n").split("\t")
                name = where.split(":")[-1]
                out[name] = max(out.get(name, 0), int(size))
    return out


def calls(elf):
    """Who calls whom, by the instructions."""
    out, current, pointers = {}, None, set()
    text = subprocess.run(["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", elf], text=True,
                          capture_output=True).stdout
    for line in text.splitlines():
        match = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if match:
            current = out.setdefault(match.group(1), set())
            name = match.group(1)
            continue
        match = re.search(r"\tb(?:l|\.n|\.w)?\t[0-9a-f]+ <([^+>]*)>", line)
        if match and current is not None and match.group(1) != name:
            current.add(match.group(1))
        elif re.search(r"\tblx\tr", line) and current is not None and not name.startswith("mbedtls_"):
            pointers.add(name)
    for name in pointers:
        for caller, callees in POINTERS.items():
            if re.match(caller + "(\\.|$)", name):
                out[name] |= {n for n in out if re.match(callees, n)}
        out[name] |= {n for n in out if re.match(PORT, n)}
    return out


def deepest(args, elf):
    """The chain of calls that takes most stack. Nothing here calls itself."""
    own, graph, known = frames(args), calls(elf), {}

    def bound(name, above):
        if name in above:
            sys.exit("%s calls itself" % name)
        if name not in known:
            inner = [bound(n, above | {name}) for n in graph.get(name, ())]
            best = max(inner, default=(0, []), key=lambda b: b[0])
            size = own.get(re.sub(r"\..*", "", name), own.get(name, 8))
            known[name] = (size + best[0], ["%s %d" % (name, size)] + best[1])
        return known[name]

    return bound("gs_start", frozenset())


def link(args, cpu, lto):
    """Compile and link; the program and its map."""
    args.cpu, args.lto = cpu, lto
    base = flags(args)
    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(lambda s: compile_one(args, base, *s), sources(args)))
    elf, map_file = os.path.join(args.work, "firmware.elf"), os.path.join(args.work, "firmware.map")
    result = subprocess.run(base + objects + ["-nostartfiles", "-Wl,--gc-sections", "-Wl,-Map=" + map_file,
                                              "-T", os.path.join(HERE, "link.ld"), "-o", elf],
                            text=True, capture_output=True)
    if result.returncode != 0:
        sys.exit(result.stderr)
    return elf, map_file


def measure(args, cpu, lto=False):
    """Flash, RAM and, without -flto, stack and modules."""
    elf, map_file = link(args, cpu, lto)
    sizes = subprocess.run(["arm-none-eabi-size", elf], text=True, capture_output=True).stdout
    text, data, bss = (int(n) for n in sizes.splitlines()[1].split()[:3])
    out = {"elf": elf, "flash": text + data, "ram": data + bss}
    if lto:
        return out
    out["stack"], out["chain"] = deepest(args, elf)
    out["modules"] = collections.Counter()
    for section, size, module, _ in read_map(map_file):
        out["modules"][module] += 0 if section.startswith((".bss", ".data")) else size
    return out


def show(args):
    got = measure(args, args.cpu, args.lto)
    print("%s%s: flash %d, RAM without stack %d"
          % (args.cpu, " -flto" if args.lto else "", got["flash"], got["ram"]))
    if args.lto:
        return
    print("  stack %d: %s" % (got["stack"], ", ".join(got["chain"])))
    print("  RAM with stack %d" % (got["ram"] + got["stack"]))
    for module, size in got["modules"].most_common():
        print("  %-10s %6d" % (module, size))
    lines = subprocess.run(["arm-none-eabi-nm", "-S", "--size-sort", "-r", got["elf"]], text=True,
                           capture_output=True).stdout.splitlines()
    for line in lines[:args.symbols]:
        _, size, kind, name = line.split()
        print("    %6d %s %s" % (int(size, 16), kind, name))


def table(args):
    """The rows of docs/sizes.md: (name, bytes on M0, bytes on M3)."""
    plain = [measure(args, cpu) for cpu in CPUS]
    small = [measure(args, cpu, True) for cpu in CPUS]
    rows = [("flash", [g["flash"] for g in plain]),
            ("flash, with `-flto`", [g["flash"] for g in small]),
            ("RAM without the stack", [g["ram"] for g in plain]),
            ("deepest stack, by the call graph", [g["stack"] for g in plain]),
            ("RAM with the stack", [g["ram"] + g["stack"] for g in plain])]
    for module, _ in plain[0]["modules"].most_common():
        rows.append(("of the flash: " + module, [g["modules"][module] for g in plain]))
    return ["| %s | %s |" % (name, " | ".join(format(n, ",") for n in both)) for name, both in rows]


def check(args):
    """Are the document's figures near those measured?"""
    with open(os.path.join(TOP, "docs", "sizes.md"), encoding="utf-8") as f:
        told = {line.split("|")[1].strip(): numbers(line) for line in f if line.count("|") == 4}
    wrong = 0
    for row in table(args):
        name, measured = row.split("|")[1].strip(), numbers(row)
        near = name in told and all(abs(a - b) * 100 <= SLACK * b for a, b in zip(told[name], measured))
        print("%s - %s: %s measured, %s in docs/sizes.md"
              % ("ok" if near else "not ok", name, measured, told.get(name, "nothing")))
        wrong |= not near
    return wrong


def numbers(row):
    return [int(n.replace(",", "")) for n in re.findall(r"\| ([\d,]+)(?= \|)", row)]


def main():
    parser = argparse.ArgumentParser()
    for name in ("build", "mbedtls", "nanopb", "work"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cpu", default=CPUS[0], choices=CPUS)
    parser.add_argument("--lto", action="store_true")
    parser.add_argument("--symbols", type=int, default=0)
    parser.add_argument("--define", action="append", default=[])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        return check(args)
    if args.table:
        print("\n".join(table(args)))
    else:
        show(args)
    return 0


sys.exit(main())
