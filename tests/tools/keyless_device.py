#!/usr/bin/env python3
"""A device without any key: answers hello, and every other request with one bare status, or not.

    keyless_device.py SOCKET STATUS|silent

It listens on a unix socket until it is killed. What a host makes of it must never be success.
"""
import os
import socket
import struct
import sys
import zlib


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def encode(content):
    """CRC, COBS, and the zero that ends a frame."""
    out = b""
    for part in (content + struct.pack("<I", zlib.crc32(content))).split(b"\0"):
        while len(part) >= 254:
            out += b"\xff" + part[:254]
            part = part[254:]
        out += bytes([len(part) + 1]) + part
    return out + b"\0"


def decode(frame):
    out, at = b"", 0
    while at < len(frame):
        code = frame[at]
        out += frame[at + 1:at + code]
        at += code
        if code < 255 and at < len(frame):
            out += b"\0"
    return out[:-4]


def first_fields(message):
    """id, and the field number of the body, of a Request."""
    at, value, shift = 1, 0, 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return value, message[at] >> 3 | (message[at + 1] << 4 if message[at] & 0x80 else 0)


def reply(request_id, status, body=b""):
    message = number(1, request_id) + (number(2, status) if status else b"") + body
    return encode(struct.pack("<BBH", 2, 0, len(message)) + message)


HELLO = (number(1, 1) + number(2, 16384) + number(3, 65536)
         + text(4, number(1, 4096) + number(2, 8192) + number(4, 65536) + number(5, 4))
         + text(7, b"keyless") + text(8, b"\1" * 16) + number(9, 1) + number(10, 1))


def serve(connection, status):
    rest = b""
    while True:
        data = connection.recv(65536)
        if not data:
            return
        *frames, rest = (rest + data).split(b"\0")
        for content in (decode(frame) for frame in frames if frame):
            if content[0] != 1:
                continue
            request_id, kind = first_fields(content[4:])
            hello = kind == 2
            if hello:
                connection.sendall(reply(request_id, 0, text(3, HELLO)))
            elif status is not None:
                connection.sendall(reply(request_id, status))


def main():
    path, status = sys.argv[1], None if sys.argv[2] == "silent" else int(sys.argv[2])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            serve(connection, status)
        except OSError:
            pass
        connection.close()


if __name__ == "__main__":
    try:
        main()
    finally:
        if len(sys.argv) > 1 and os.path.exists(sys.argv[1]):
            os.unlink(sys.argv[1])
