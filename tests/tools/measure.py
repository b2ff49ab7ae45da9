"""Runs commands and measures them from outside.

  measure.py best ROUNDS OUT -- COMMAND... -- COMMAND... [-- ...]
      Each command once a round, in turns; the best wall-clock time and the least processor time of
      each.
  measure.py together OUT COUNT -- COMMAND...
      The command COUNT times at once, "{}" in an argument being 0 to COUNT-1; the wall-clock time
      until the last has ended, and the processor time of all.

A command whose first word is "rm" is run and not measured. OUT becomes JSON. Exits with 1 when a
command fails, which shows what it said.
"""
import json
import os
import subprocess
import sys
import tempfile
import time


def start(command):
    log = tempfile.TemporaryFile()
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log), log


def end(process, log):
    """Wait; the processor seconds of the process and what it waited for."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        log.seek(0)
        sys.stderr.write(log.read().decode("utf-8", "replace"))
        sys.exit("exit code %d: %s" % (process.returncode, " ".join(process.args)))
    return used.ru_utime + used.ru_stime


def best(rounds, commands):
    rows = [None] * len(commands)
    for _ in range(rounds):
        for i, command in enumerate(commands):
            began = time.monotonic()
            cpu = end(*start(command))
            wall = time.monotonic() - began
            if command[0] == "rm":
                continue
            row = rows[i] or {"wall": wall, "cpu": cpu}
            rows[i] = {"wall": min(row["wall"], wall), "cpu": min(row["cpu"], cpu)}
    return [row for row in rows if row]


def together(count, command):
    began = time.monotonic()
    running = [start([word.replace("{}", str(i)) for word in command]) for i in range(count)]
    cpu = sum(end(*one) for one in running)
    return {"wall": time.monotonic() - began, "cpu": cpu}


def commands_of(words):
    commands = [[]]
    for word in words:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    return [c for c in commands if c]


def main(words):
    if len(words) < 5 or words[3] != "--":
        sys.exit(__doc__)
    if words[0] == "best":
        out, result = words[2], best(int(words[1]), commands_of(words[4:]))
    else:
        out, result = words[1], together(int(words[2]), words[4:])
    with open(out, "w", encoding="ascii") as f:
        json.dump(result, f)


main(sys.argv[1:])
