#!/usr/bin/env python3
"""stranger.py SOCKET refused N | nonces N | follows N - a host that nobody sent, at a device's link.

refused  asks N times for what needs a nonce, without one, and prints each status that came, once
nonces   asks N times who the device is, prints its nonce each time, in hex, and uses it upfollows  N times: asks much, reads nothing, and goes; and the next one comes at once, whose hello must be answered
"""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import frames
import messages
from messages import Message, Reply

HELLO, IDENT, STATUS = 2, 3, 4
DECISIONS = [12, 14, 15]  # wire.proto: confirm, rollback, cancel
DEVICE_NONCE = 5  # of an ident


class Device:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.rest, self.id = b"", 0
        if self.ask(HELLO, {1: 1, 2: 1, 3: 65552}).message.get(2, 0) != 0:
            raise SystemExit("hello is refused")

    def request(self, kind, fields):
        self.id += 1
        data = Message({1: self.id, kind: Message(fields).build()}).build()
        return b"\0" + frames.encode(struct.pack("<BBH", 1, 0, len(data)) + data)

    def ask(self, kind, fields):
        self.socket.sendall(self.request(kind, fields))
        while True:
            data = self.socket.recv(65536)
            if not data:
                raise SystemExit("turned away")
            *found, self.rest = (self.rest + data).split(b"\0")
            for content in (frames.decode(f) for f in found if f):
                if content and content[0] == frames.REPLY and Reply(content).message.get(1) == self.id:
                    return Reply(content)


def follows(path):
    device = Device(path)
    device.socket.sendall(b"".join(device.request(STATUS, {}) for _ in range(300)))
    device.socket.close()
    Device(path).socket.close()


def main():
    if sys.argv[2] == "follows":
        for _ in range(int(sys.argv[3])):
            follows(sys.argv[1])
        return
    device, count = Device(sys.argv[1]), int(sys.argv[3])
    if sys.argv[2] == "refused":
        said = {device.ask(DECISIONS[i % len(DECISIONS)], {1: bytes(16), 2: bytes(32)}).message.get(2, 0) for i in range(count)}
        print(*sorted(said))
    else:
        for _ in range(count):
            answer = device.ask(IDENT, {1: os.urandom(32)})
            nonce = messages.body_of(answer.tail[:answer.body[1]])[DEVICE_NONCE]
            device.ask(STATUS, {1: 1, 2: nonce})
            print(nonce.hex())


main()
