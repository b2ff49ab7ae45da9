#!/usr/bin/env python3
"""Sends a file with sz to rz over two ends of a line and measures it (Python 3, standard library).

usage: zmodem.py HOST_TTY DEVICE_TTY FILE WORK_DIR

Prints {"bytes": n, "seconds": s, "whole_seconds": s}. "seconds" runs from the first bytes that rz wrote to
the last, for the bytes between, which leaves sz's start and negotiation out; "whole_seconds" holds them too.

sz is not waited for: a pty's tcdrain returns at once, so that sz loses its goodbye when it exits, and rz
would wait for it. The file is compared instead.
"""
import json
import os
import subprocess
import sys
import time

host, device, path, work = sys.argv[1:5]
path = os.path.abspath(path)
total = os.path.getsize(path)
got_path = os.path.join(os.path.abspath(work), os.path.basename(path))


def on(tty, command, cwd=None):
    fd = os.open(tty, os.O_RDWR | os.O_NOCTTY)
    process = subprocess.Popen(command, stdin=fd, stdout=fd, stderr=subprocess.DEVNULL, cwd=cwd)
    os.close(fd)
    return process


def size():
    try:
        return os.stat(got_path).st_size
    except FileNotFoundError:
        return 0


receiver = on(device, ["rz", "-b", "-y", "-q"], cwd=work)
begin = time.monotonic()
sender = on(host, ["sz", "-b", "-q", path])
first = None
try:
    limit = begin + 600
    while True:
        now, n = time.monotonic(), size()
        if n and first is None:
            first = (now, n)
        if n >= total:
            break
        if now > limit or (receiver.poll() is not None and size() < total):
            sys.exit("zmodem: the transfer did not end")
        time.sleep(0.0005)
finally:
    for process in (sender, receiver):
        process.kill()
        process.wait()
with open(path, "rb") as a, open(got_path, "rb") as b:
    if a.read() != b.read():
        sys.exit("zmodem: the file arrived damaged")
seconds = now - first[0]
if total > first[1] and seconds > 0:
    seconds *= total / (total - first[1])
print(json.dumps({"bytes": total, "seconds": round(seconds, 4), "whole_seconds": round(now - begin, 4)}))
