#!/usr/bin/env python3
"""spoil_link.py - somebody on the cable between gapseal and a device, for use with exec:

  gapseal ... 'port:exec:python3 spoil_link.py SOCKET MODE [FILE]'

Reads frames (COBS, CRC-32, docs/spec/wire.md) from both ends and passes them on, but for what MODE says:

  pass           everything passes
  requests       as pass; the kind of each frame to the device is appended to FILE
  alter-hello    another serial number in the device's hello
  alter-blocks   one byte of each block altered, the CRC made to fit
  slow           100 ms for each block frame
  gone           after a reboot was answered nobody is there any more; FILE remembers it
  lie            the device's answers to requests are replaced by one of another kind
"""
import os
import select
import socket
import sys
import time
import zlib

BODIES = {2: "hello", 3: "ident", 4: "status", 5: "load", 6: "link", 7: "check", 8: "begin", 9: "needs",
          10: "finish", 11: "install", 12: "confirm", 13: "reject", 14: "rollback", 15: "cancel",
          16: "reboot", 17: "keyring", 18: "log", 19: "receipt"}


def decode(data):
    """The content of an encoded frame without its zero, or None."""
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1:at + code]
        at += code
        if code != 255 and at < len(data):
            out.append(0)
    if len(out) < 5 or zlib.crc32(out[:-4]) != int.from_bytes(out[-4:], "little"):
        return None
    return bytes(out[:-4])


def encode(content):
    data = content + zlib.crc32(content).to_bytes(4, "little")
    out, at = bytearray(), 0
    while True:
        end = data.find(b"\0", at)
        end = len(data) if end < 0 else end
        while end - at >= 254:
            out += b"\xff" + data[at:at + 254]
            at += 254
        out.append(end - at + 1)
        out += data[at:end]
        if end >= len(data):
            return bytes(out) + b"\0"
        at = end + 1


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def kind(content):
    """What a request or reply is about: the number of its message body."""
    if content[0] not in (1, 2):
        return 0
    message = content[4:4 + int.from_bytes(content[2:4], "little")]
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 2:
            return tag >> 3
        _, at = varint(message, at)
    return 0


class Spoiler:
    def __init__(self, mode, path):
        self.mode, self.path, self.rebooting = mode, path, False

    def to_device(self, content):
        if self.mode == "requests":
            with open(self.path, "a", encoding="ascii") as f:
                f.write("block\n" if content[0] == 0x10 else BODIES.get(kind(content), "?") + "\n")
        if self.mode == "alter-blocks" and content[0] == 0x10 and not content[11] & 0x80:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if self.mode == "slow" and content[0] == 0x10:
            time.sleep(0.1)
        self.rebooting = content[0] == 1 and kind(content) == 16
        return content

    def to_host(self, content):
        if self.mode == "alter-hello" and content[0] == 2 and kind(content) == 3:
            at = content.find(b"sn-")
            content = content[:at] + b"SN-" + content[at + 3:]
        if self.mode == "lie" and content[0] == 2 and kind(content) == 4:
            message = content[4:4 + int.from_bytes(content[2:4], "little")]
            _, at = varint(message, 1)
            message = message[:at] + bytes([11 << 3 | 2, 0])
            content = bytes([2, 0]) + len(message).to_bytes(2, "little") + message
        return content


def main():
    path, mode = sys.argv[1], sys.argv[2]
    spoiler = Spoiler(mode, sys.argv[3] if len(sys.argv) > 3 else None)
    if mode == "gone" and os.path.exists(spoiler.path):
        return
    device = socket.socket(socket.AF_UNIX)
    device.connect(path)
    ends = {0: (b"", device.sendall, spoiler.to_device),
            device.fileno(): (b"", lambda data: os.write(1, data), spoiler.to_host)}
    while True:
        for fd in select.select(list(ends), [], [])[0]:
            data = os.read(fd, 4096)
            if not data:
                return
            rest, send, spoil = ends[fd]
            *frames, rest = (rest + data).split(b"\0")
            ends[fd] = (rest, send, spoil)
            for frame in frames:
                content = decode(frame) if frame else None
                send(frame + b"\0" if content is None else encode(spoil(content)))
                if mode == "gone" and spoiler.rebooting and fd != 0 and content and content[0] == 2:
                    open(spoiler.path, "w", encoding="ascii").close()
                    return


main()
