#!/usr/bin/env python3
"""on_reply.py - something happens to a device just after it answered, for use with exec:

  gapseal ... 'port:exec:python3 on_reply.py [--drop] [--before] SOCKET REQUEST FLAG COMMAND'

Carries bytes between gapseal and the device at SOCKET. When the device's first answer to REQUEST (begin, finish,
install, confirm, reject, rollback, cancel, reboot, ...) comes, COMMAND is run by the shell, the answer is passed on
(--drop: it is not) and the line breaks. --before: at the request, before it reaches the device; it is not passed on.
FLAG is a file that remembers that it happened; from then on everything passes.
"""
import argparse
import os
import select
import socket
import subprocess

BODIES = ["hello", "ident", "status", "load", "link", "check", "begin", "needs", "finish", "install", "confirm",
          "reject", "rollback", "cancel", "reboot", "keyring", "log", "receipt"]


def decode(data):
    """The content of an encoded frame (COBS) without its zero and its CRC."""
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1:at + code]
        at += code
        if code != 255 and at < len(data):
            out.append(0)
    return bytes(out[:-4])


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def request_id_and_body(content):
    """The number of the request, and which one it is (None in a reply without a body)."""
    message = content[4:4 + int.from_bytes(content[2:4], "little")]
    at, number = 0, None
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 2:
            return number, BODIES[(tag >> 3) - 2] if 2 <= tag >> 3 < 2 + len(BODIES) else None
        value, at = varint(message, at)
        if tag >> 3 == 1:
            number = value
    return number, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--drop", action="store_true")
    parser.add_argument("--before", action="store_true")
    parser.add_argument("socket")
    parser.add_argument("request", choices=BODIES)
    parser.add_argument("flag")
    parser.add_argument("command")
    o = parser.parse_args()
    device = socket.socket(socket.AF_UNIX)
    device.connect(o.socket)
    asked = set()
    rest = {0: b"", device.fileno(): b""}
    armed = not os.path.exists(o.flag)

    def happen():
        open(o.flag, "w", encoding="ascii").close()
        subprocess.run(o.command, shell=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    while True:
        for fd in select.select(list(rest), [], [])[0]:
            data = os.read(fd, 65536)
            if not data:
                return
            *frames, rest[fd] = (rest[fd] + data).split(b"\0")
            for frame in frames:
                content = decode(frame) if frame else b""
                if armed and fd == 0 and content[:1] == b"\x01":
                    number, body = request_id_and_body(content)
                    if body == o.request:
                        asked.add(number)
                        if o.before:
                            return happen()
                due = armed and fd != 0 and content[:1] == b"\x02" and request_id_and_body(content)[0] in asked
                if due:
                    happen()
                if not (due and o.drop):
                    (device.sendall if fd == 0 else lambda b: os.write(1, b))(frame + b"\0")
                if due:
                    return None


main()
