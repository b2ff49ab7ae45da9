#!/usr/bin/env python3
"""pull_plug.py LINE_PID COMMAND... - pull a serial line's plug in the middle of an install.

Runs a gapseal command with --json-lines, sends SIGUSR1 to the process serial_line.py once a third of
the image has gone, and says as JSON how the command took it:

  noticed_s  from pulling to the step "reconnect"
  after_s    from pulling to the command's end
  cpu_s      processor time that the command spent in after_s
  exit       its exit code
"""
import json
import os
import signal
import subprocess
import sys
import time


def spent(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    line, command = int(sys.argv[1]), sys.argv[2:]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pulled = noticed = before = None
    for text in child.stdout:
        event = json.loads(text)
        if pulled is None and event.get("event") == "progress" and event["done"] * 3 > event["total"]:
            before, pulled = spent(child.pid), time.monotonic()
            os.kill(line, signal.SIGUSR1)
        elif pulled is not None and noticed is None and event.get("step") == "reconnect":
            noticed = time.monotonic()
    _, status, usage = os.wait4(child.pid, 0)
    ended = time.monotonic()
    if pulled is None:
        sys.exit("the command ended before a third was sent")
    print(json.dumps({"noticed_s": noticed - pulled if noticed else None, "after_s": ended - pulled,
                      "cpu_s": usage.ru_utime + usage.ru_stime - before,
                      "exit": os.waitstatus_to_exitcode(status)}))


main()
