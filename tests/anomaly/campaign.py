#!/usr/bin/env python3
"""campaign.py STAGE FAULTS_LIBRARY GROUP... - runs commands again and again, each time with another call to
this computer failing, and judges each run. tests/anomaly/README.md states the rules.

Each row of scenarios.py is a command and a kind of fault. The calls of a clean run are counted first; then call 1,
2, 3 ... fails, one run each, on a stage that is made anew; where that is too many for the time, evenly spread ones, the
first and the last always, and the line says so. GAPSEAL_LONG=1: every one. FAULTS_ONLY=SCENARIO:CLASS:N:HOW runs one
and shows what it said.
"""
import concurrent.futures
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import judge
import scenarios

LONG = bool(os.environ.get("GAPSEAL_LONG"))
ONLY = os.environ.get("FAULTS_ONLY", "")
TIME_LIMIT_S = 60
WORKERS = int(os.environ.get("FAULTS_JOBS", 0)) or 2 * (os.cpu_count() or 1)


class Device:
    """A simulator on a copy of one of the stage's devices."""

    def __init__(self, stage, place, kind):
        self.place = os.path.join(place, "device")
        shutil.copytree(os.path.join(stage, "devices", kind), self.place)
        self.socket = os.path.join(place, "dev.sock")
        self.process = None
        self.start()

    def start(self):
        with open(self.place + ".log", "wb") as log:
            self.process = subprocess.Popen(["gapseal-sim", "--dir", self.place, "--listen", "unix:" + self.socket],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while b" listening on " not in open(self.place + ".log", "rb").read():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the simulator does not start")
            time.sleep(0.002)

    def flash(self):
        with open(os.path.join(self.place, "flash"), "rb") as f:
            return f.read()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Run:
    """One place for one run: a computer's home, its files, and a device where the command wants one."""

    def __init__(self, stage, scenario):
        self.place = tempfile.mkdtemp(prefix="run.", dir=os.path.dirname(stage))
        self.stage = stage
        self.scenario = scenario
        self.device = None
        for part in ("home", "files"):
            shutil.copytree(os.path.join(stage, part), os.path.join(self.place, part))
        if scenario.device:
            self.device = Device(stage, self.place, scenario.device)
        self.files = os.path.join(self.place, "files")
        self.home = os.path.join(self.place, "home")
        if scenario.device == "trial":
            judge.wait_healthy(self)
        self.before = judge.Picture(self)

    def environment(self, home):
        return dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "config"),
                    XDG_STATE_HOME=os.path.join(home, "state"))

    def command(self, arguments, wish=None, library=None, home=None):
        """(exit code, stdout, stderr, report); a negative exit code is a signal, None the time limit."""
        environment = self.environment(home or self.home)
        report = os.path.join(self.place, "report.%d" % threading.get_ident())
        if os.path.exists(report):
            os.unlink(report)
        if wish is not None:
            environment.update(LD_PRELOAD=library, FAULTS=wish, FAULTS_REPORT=report, FAULTS_PROGRAM=arguments[0],
                               ASAN_OPTIONS=environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        words = [self.word(w) for w in arguments]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(words, cwd=self.files, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=err)
            try:
                code = process.wait(TIME_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                code = None
            out.seek(0)
            err.seek(0)
            said = open(report, encoding="ascii").read() if os.path.exists(report) else ""
            return code, out.read(), err.read(), said

    def word(self, word):
        if word == "MAKER":
            trust = os.path.join(self.stage, "home", "config", "gapseal", "trust")
            return [n for n in os.listdir(trust) if n.endswith(".pem")][0][:-4]
        return "port:unix:" + self.device.socket if word == "DEV" else word

    def result(self, *arguments, **more):
        return judge.Result(self.place, *self.command(*arguments, **more))

    def close(self):
        if self.device:
            self.device.stop()
        shutil.rmtree(self.place, ignore_errors=True)


def counts(report):
    fields = dict(f.split("=", 1) for f in report.split())
    return int(fields.get("calls", 0)), fields.get("failed", "-")


class Row:
    """One scenario under one kind of fault."""

    def __init__(self, stage, library, scenario, fault):
        self.stage, self.library, self.scenario, self.fault = stage, library, scenario, fault
        self.codes, self.complaints = {}, []
        self.lock = threading.Lock()
        self.runs = 0
        self.usual = None
        self.shared = None

    def wish(self, n):
        return "%s:%d:%s" % (self.fault.class_, n, self.fault.how)

    def place(self):
        """A place for one run, or the one that all runs share."""
        if not self.scenario.pure:
            return Run(self.stage, self.scenario)
        with self.lock:
            self.shared = self.shared or Run(self.stage, self.scenario)
            return self.shared

    def once(self, n, show=False):
        run = self.place()
        try:
            result = run.result(self.scenario.command, self.wish(n), self.library)
            if n == 0:
                self.usual = result
                return counts(result.report)[0], judge.clean(run, result)
            wrong = judge.judge(run, self.fault, result, counts(result.report)[1] != "-", self.usual)
            if show:
                print("exit %s\n%s%s%s" % (result.code, result.out.decode(errors="replace"),
                                           result.err.decode(errors="replace"), result.report))
            return result.code, wrong
        finally:
            if run is not self.shared:
                run.close()

    def note(self, n):
        try:
            code, wrong = self.once(n)
        except Exception as e:  # a broken stage is a failure of the row, not of the whole campaign
            code, wrong = "?", ["the run itself broke: %r" % e]
        with self.lock:
            self.runs += 1
            self.codes[code] = self.codes.get(code, 0) + 1
            if wrong:
                self.complaints.append((n, code, wrong))

    def chosen(self, calls):
        limit = self.fault.limit_for(self.scenario)
        if LONG and self.fault.class_ != "crypto":
            limit = calls
        elif LONG:
            limit *= 50
        if calls <= limit:
            return list(range(1, calls + 1))
        return sorted({1 + i * (calls - 1) // (limit - 1) for i in range(limit)})

    def start(self, pool):
        self.calls, wrong = self.once(0)
        if wrong:
            self.complaints.append((0, 0, wrong))
            return []
        # One more than was counted: the run must come out clean.
        return [pool.submit(self.note, n) for n in self.chosen(self.calls)]

    def tell(self):
        codes = ", ".join("exit %s: %d" % (c, n) for c, n in sorted(self.codes.items(), key=str))
        how = "every one" if self.runs >= self.calls else "%d of them" % self.runs
        text = "%s, %s %s: %d calls, %s failed (%s)" % (self.scenario.name, self.fault.class_, self.fault.how,
                                                        self.calls, how, codes or "no run")
        if self.shared:
            self.shared.close()
        if self.calls == 0 and not self.complaints:
            return
        print("%sok - %s" % ("not " if self.complaints else "", text))
        for n, code, wrong in sorted(self.complaints)[:3]:
            print("#   call %d, exit %s: %s" % (n, code, "; ".join(wrong)))
            print("#     alone: FAULTS_ONLY='%s:%s' sh %s" % (self.scenario.name, self.wish(n), os.environ.get("FAULTS_SCRIPT", "")))
        if len(self.complaints) > 3:
            print("#   and %d more" % (len(self.complaints) - 3))
        sys.stdout.flush()


def main():
    stage, library, groups = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows = [Row(stage, library, s, f) for s in scenarios.SCENARIOS if s.group in groups for f in s.faults]
    if ONLY:
        name, class_, n, how = ONLY.split(":", 3)
        for row in rows:
            if row.scenario.name == name and row.fault.class_ == class_ and row.fault.how == how:
                code, wrong = row.once(int(n), show=True)
                print("%sok - %s: exit %s %s" % ("not " if wrong else "", ONLY, code, "; ".join(wrong)))
        return 0
    # A few rows at a time: each keeps the workers busy, and prints as soon as it is through.
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for row in rows:
            for future in row.start(pool):
                future.result()
            row.tell()
    for name in dict.fromkeys(r.scenario.name for r in rows):
        idle = dict.fromkeys(r.fault.class_ for r in rows if r.scenario.name == name and r.calls == 0)
        print("# %s makes no call of these classes: %s" % (name, ", ".join(idle) or "-"))
    return any(row.complaints for row in rows)


if __name__ == "__main__":
    sys.exit(main())
