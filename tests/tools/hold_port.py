#!/usr/bin/env python3
"""hold_port.py NAME HOW - a program called NAME that has a terminal.

Makes a pseudo terminal that anybody may open. HOW:
  exclusive  has it for itself alone (TIOCEXCL)
  lock       has it open, with a lock on it (flock)
  open       has it open
  nothing    only knows of it
Prints "holding PID PATH" when all is so, and stays until it is ended.
"""
import ctypes
import fcntl
import os
import signal
import sys
import termios


def main():
    name, how = sys.argv[1:3]
    ctypes.CDLL(None).prctl(15, name.encode()[:15], 0, 0, 0)        # PR_SET_NAME
    _, port = os.openpty()
    path = os.ttyname(port)
    os.chmod(path, 0o666)
    if how == "exclusive":
        fcntl.ioctl(port, termios.TIOCEXCL)
    elif how == "lock":
        fcntl.flock(port, fcntl.LOCK_EX)
    elif how == "nothing":
        os.close(port)
    os.write(1, b"holding %d %s\n" % (os.getpid(), path.encode()))      # whole, or not there yet
    signal.pause()


main()
