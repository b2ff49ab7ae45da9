#!/usr/bin/env python3
"""Holds the directions of the rooms (docs/design.md) over every #include of the tree.

Prints one line a room, "ok - ..." or "not ok - ...". Run from the top of the tree.
"""
import os
import re
import sys

# Room of a file: the longest prefix wins.
ROOMS = [
    ("proto/", "proto"),
    ("stub/crypto/", "crypto"),
    ("stub/policy/", "policy"),
    ("stub/engine/", "engine"),
    ("stub/session/", "session"),
    ("stub/conformance/", "conformance"),
    ("stub/ports/", "ports"),
    ("stub/ports/sim/options.def", "words"),
    ("stub/examples/", "ports"),
    ("stub/app/", "app"),
    ("stub/include/gapseal/config.h", "config"),
    ("stub/include/gapseal/crypto.h", "crypto"),
    ("stub/include/gapseal/policy.h", "policy"),
    ("stub/include/gapseal/trailer.h", "policy"),
    ("stub/include/gapseal/port.h", "port-face"),
    ("stub/include/gapseal/session", "session"),
    ("stub/include/gapseal/", "engine"),
    ("host/pem/", "pem"),
    ("host/include/", "host-face"),
    ("host/lib/", "host"),
    ("host/cli/", "cli"),
    ("host/sign/", "sign"),
    ("host/words/", "words"),
    ("host/sign/commands.def", "words"),
    ("host/sign/options.def", "words"),
    ("host/verify/", "verify"),
    ("host/verify/options.def", "words"),
]

# What a room may include besides itself.
MAY = {
    "proto": set(),
    "config": set(),
    "port-face": {"proto", "config"},
    "crypto": {"proto", "config"},
    "policy": {"proto", "config", "crypto"},
    "engine": {"proto", "config", "crypto", "policy", "port-face"},
    "session": {"proto", "config", "crypto", "policy", "port-face", "engine"},
    "conformance": {"proto", "config", "crypto", "policy", "port-face", "engine"},
    "ports": {"proto", "config", "crypto", "policy", "port-face", "engine", "session", "pem", "words"},
    "app": {"proto", "config", "port-face", "engine"},
    "pem": {"proto", "crypto", "config"},
    "host-face": {"proto"},
    "host": {"proto", "config", "crypto", "policy", "port-face", "pem", "host-face"},
    "words": set(),
    "cli": {"host-face", "words"},
    "sign": {"words", "proto", "config", "crypto", "policy", "pem", "host", "host-face"},
    "verify": {"proto", "config", "crypto", "pem", "words"},
}

# Rooms that run without an operating system, and the system headers they may use.
FREESTANDING = {"proto", "config", "port-face", "policy", "engine", "session", "app", "conformance"}
FREESTANDING_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "limits.h",
                        "pb.h", "pb_encode.h", "pb_decode.h", "pb_common.h"}
# Files inside such a room that are for the host only.
HOSTED = {"proto/status_text.c", "proto/status_text.h"}

# A library is known to one place.
OWNERS = [
    (re.compile(r"^(psa|mbedtls)/"), "mbedTLS", ("stub/crypto/", "host/pem/")),
    (re.compile(r"^libusb"), "libusb", ("host/lib/link_usb.c",)),
    (re.compile(r"^libserialport"), "libserialport", ("host/lib/link_serial.c",)),
    (re.compile(r"^pb(_\w+)?\.h$"), "nanopb", ("proto/", "stub/", "host/lib/", "host/sign/",
                                               "host/verify/", "host/pem/")),
]

SEARCH = ["proto", "stub/include", "stub", "stub/crypto", "stub/policy", "stub/engine",
          "stub/session", "stub/ports", "stub/ports/common", "stub/ports/mcu", "stub/ports/sim",
          "stub/examples", "host", "host/include", "host/lib", "host/pem", "host/sign", "host/cli",
          "host/verify", "host/words"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    best = ("", None)
    for prefix, room in ROOMS:
        if path.startswith(prefix) and len(prefix) > len(best[0]):
            best = (prefix, room)
    return best[1]


def resolve(name, including):
    for base in [os.path.dirname(including)] + SEARCH:
        path = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(path):
            return path
    if name.startswith("gapseal/v1/") and name.endswith(".pb.h"):
        return "proto/" + name
    return None


def sources():
    for top in ("proto", "stub", "host"):
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def")):
                    yield os.path.join(folder, name)


def check(path, room):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            where = "%s:%d includes %s" % (path, number, name)
            for pattern, library, places in OWNERS:
                if pattern.match(name) and not path.startswith(places):
                    yield "%s, but %s belongs to %s" % (where, library, ", ".join(places))
            if kind == "<":
                if (room in FREESTANDING and path not in HOSTED
                        and name not in FREESTANDING_HEADERS):
                    yield "%s, which a freestanding room may not" % where
                continue
            if INCLUDED_LIBRARY.match(name):
                continue
            target = resolve(name, path)
            if target is None:
                yield "%s, which is nowhere" % where
                continue
            other = room_of(target)
            if other is None:
                yield "%s, which belongs to no room" % where
            elif other != room and other not in MAY[room]:
                yield "%s: %s may not look at %s" % (where, room, other)


INCLUDED_LIBRARY = re.compile(r"^(pb(_\w+)?\.h|psa/|mbedtls/|cjson/|cJSON\.h)")


def main():
    faults, count = {room: [] for room in MAY}, {room: 0 for room in MAY}
    strays = []
    for path in sources():
        room = room_of(path)
        if room is None:
            strays.append(path)
            continue
        count[room] += 1
        faults[room] += check(path, room)
    failed = 0
    for room in MAY:
        if count[room] == 0:
            continue
        if faults[room]:
            failed = 1
            print("not ok - %s includes only what it may" % room)
            for fault in faults[room]:
                print("#   " + fault)
        else:
            print("ok - %s includes only what it may (%d files)" % (room, count[room]))
    if strays:
        failed = 1
        print("not ok - every source file has a room")
        for path in strays:
            print("#   " + path)
    return failed


sys.exit(main())
