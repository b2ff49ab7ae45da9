"""Frames of docs/spec/wire.md for test tools: COBS, CRC-32, and what a request or reply is about."""
import zlib

REQUESTS = ["hello", "ident", "status", "load", "link", "check", "begin", "needs", "finish", "install", "confirm",
            "reject", "rollback", "cancel", "reboot", "keyring", "log", "receipt"]
REQUEST, REPLY, BLOCK, ACK, BUSY = 0x01, 0x02, 0x10, 0x11, 0x12


def decode(data):
    """The content of an encoded frame, with or without its zero; None where it is none."""
    data = data.removesuffix(b"\0")
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
    """A frame as gs_frame_encode makes it."""
    data = content + zlib.crc32(content).to_bytes(4, "little")
    out, group = bytearray(), bytearray()
    full = False
    for byte in data:
        full = False
        if byte == 0:
            out.append(len(group) + 1)
            out += group
            group.clear()
            continue
        group.append(byte)
        if len(group) == 254:
            out.append(255)
            out += group
            group.clear()
            full = True
    if group or not full:
        out.append(len(group) + 1)
        out += group
    return bytes(out) + b"\0"


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(content):
    """{number: value} of a request's or reply's message; of a message in it, its bytes."""
    message = content[4:4 + int.from_bytes(content[2:4], "little")]
    at, found = 0, {}
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 2:
            size, at = varint(message, at)
            found[tag >> 3] = message[at:at + size]
            at += size
        else:
            found[tag >> 3], at = varint(message, at)
    return found


def name(content):
    """What a person would call it: "request confirm", "block 7"."""
    kind = content[0] if content else 0
    if kind == REQUEST:
        body = [n for n in fields(content) if 2 <= n < 2 + len(REQUESTS)]
        return "request " + (REQUESTS[body[0] - 2] if body else "?")
    if kind == REPLY:
        return "reply, status %d" % fields(content).get(2, 0)
    if kind == BLOCK:
        return "block frame %d" % int.from_bytes(content[4:8], "little")
    return {ACK: "acknowledgement", BUSY: "busy"}.get(kind, "%d bytes" % len(content))
