#!/usr/bin/env python3
"""replay.py - one side of a session that was recorded with --trace (docs/spec/trace.md).

  replay.py device TRACE SOCKET          the device's part, on a unix socket, for the same command run again
  replay.py host TRACE SOCKET [NAME...]  the host's part, to a device at SOCKET

device: what the host sends must be the recorded bytes, all of them and in their order; time plays no part. What the
device said is said once the host has sent what it had sent before that. Prints "ready" once it listens. Exit 0: all
was as recorded; 1: it was not, and standard error says where.

host: sends the recorded frames one after another, and prints for each request its name and the status of the reply,
or "closed", or "silent". With NAMEs (confirm, reboot, ...) it sends the hello and of all others only those requests.
"""
import json
import os
import select
import socket
import sys

sys.dont_write_bytecode = True
import frames

PATIENCE_S = 60  # nothing in here waits that long unless something is wrong
REPLY_S = 5


def read_trace(path):
    """Its connections: lists of lines."""
    connections = {}
    with open(path, encoding="utf-8") as f:
        head = json.loads(f.readline())
        if head.get("schema") != "gapseal.trace.1":
            sys.exit("%s: not a trace" % path)
        for line in f:
            entry = json.loads(line)
            if "hex" in entry:
                data = bytes.fromhex(entry["hex"])
                entry["raw"] = data if entry["type"] == "bytes" else frames.encode(data)
            if "conn" in entry:
                connections.setdefault(entry["conn"], []).append(entry)
    return [connections[n] for n in sorted(connections)]


def describe(raw):
    content = frames.decode(raw) if raw.endswith(b"\0") else None
    return "%s, %s" % (frames.name(content), content.hex()) if content else "bytes %s" % raw[:64].hex()


class Mismatch(Exception):
    pass


class Device:
    def __init__(self, number, entries):
        self.number = number
        self.expected = [e["raw"] for e in entries if e.get("to") == "device"]
        self.stream = b"".join(self.expected)
        self.heard = 0
        self.says = []  # (bytes of the host that come first, bytes to say)
        before = 0
        for e in entries:
            if e.get("to") == "device":
                before += len(e["raw"])
            elif e.get("to") == "host":
                self.says.append((before, e["raw"]))
        self.hangs_up = any(e.get("event") == "lost" for e in entries)

    def take(self, data):
        want = self.stream[self.heard:self.heard + len(data)]
        if data == want:
            self.heard += len(data)
            return
        at = 0
        for i, raw in enumerate(self.expected):
            if at + len(raw) > self.heard + next((k for k in range(len(want)) if data[k] != want[k]), len(want)):
                got = (self.stream[:self.heard] + data)[at:]
                raise Mismatch("connection %d, piece %d from the host: recorded was\n  %s\nand it sent\n  %s" % (
                    self.number, i + 1, describe(raw), describe(got[:got.find(b"\0") + 1] or got)))
            at += len(raw)
        raise Mismatch("connection %d: the host says more than was recorded: %s" % (self.number, describe(data)))

    def speak(self, connection):
        while self.says and self.says[0][0] <= self.heard:
            connection.sendall(self.says.pop(0)[1])
        return not self.says and self.heard == len(self.stream)

    def play(self, connection):
        connection.settimeout(PATIENCE_S)
        while True:
            done = self.speak(connection)
            if done and self.hangs_up:
                return
            data = connection.recv(65536)
            if not data:
                break
            self.take(data)
        if not self.speak(connection):
            raise Mismatch("connection %d: the host ended it after %d of %d bytes" % (
                self.number, self.heard, len(self.stream)))


def play_device(trace, path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    listener.settimeout(PATIENCE_S)
    print("ready", flush=True)
    try:
        for number, entries in enumerate(trace, 1):
            connection, _ = listener.accept()
            with connection:
                Device(number, entries).play(connection)
    finally:
        os.unlink(path)


def ask(device, raw, request_id):
    """The status of the reply, or why there is none."""
    rest = b""
    try:
        device.sendall(raw)
        while select.select([device], [], [], REPLY_S)[0]:
            data = device.recv(65536)
            if not data:
                return "closed"
            *found, rest = (rest + data).split(b"\0")
            for content in (frames.decode(f) for f in found if f):
                if content and content[0] == frames.REPLY and frames.fields(content).get(1) == request_id:
                    return str(frames.fields(content).get(2, 0))
    except OSError:
        return "closed"
    return "silent"


def play_host(trace, path, names):
    for entries in trace:
        with socket.socket(socket.AF_UNIX) as device:
            device.connect(path)
            for e in entries:
                if e.get("to") != "device" or (names and e.get("name") not in ["hello", *names]):
                    continue
                if e["type"] != "request":
                    try:
                        device.sendall(e["raw"])
                    except OSError:
                        break
                    continue
                print(e["name"], ask(device, e["raw"], e["id"]), flush=True)


def main():
    side, trace, path = sys.argv[1], read_trace(sys.argv[2]), sys.argv[3]
    if side == "host":
        play_host(trace, path, sys.argv[4:])
        return
    try:
        play_device(trace, path)
    except (Mismatch, OSError) as e:
        sys.exit("replay: %s" % e)


main()
