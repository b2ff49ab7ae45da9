#!/usr/bin/env python3
"""campaign.py STAGE FAULTS_LIBRARY GROUP... - runs commands again and again, each time with another call to
this computer failing, and judges each run. tests/anomaly/README.md states the rules.

Each row of scenarios.py is a command and a kind of fault. The calls of a clean run are counted first; then call 1,
2, 3 ... fails, one run each, on a stage that is made anew; where that is too many for the time, evenly spread ones, the
first and the last always, and the line says so. GAPSEAL_LONG=1: every one. FAULTS_SHARE=0.5: half as many.
FAULTS_ONLY=SCENARIO:CLASS:N:HOW runs one and shows what it said.
"""
import concurrent.futures
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import judge
import scenarios
from stage import Run

LONG = bool(os.environ.get("GAPSEAL_LONG"))
ONLY = os.environ.get("FAULTS_ONLY", "")
SHARE = float(os.environ.get("FAULTS_SHARE", 1))
WORKERS = int(os.environ.get("FAULTS_JOBS", 0)) or 2 * (os.cpu_count() or 1)
SHOWN = 3  # complaints of a row


def counts(report):
    fields = dict(f.split("=", 1) for f in report.split())
    return int(fields.get("calls", 0)), fields.get("failed", "-")


class Row:
    """One scenario under one kind of fault."""

    def __init__(self, stage, library, scenario, fault):
        self.stage, self.library, self.scenario, self.fault = stage, library, scenario, fault
        self.name = "%s, %s %s" % (scenario.name, fault.class_, fault.how)
        self.codes, self.complaints = {}, []
        self.lock = threading.Lock()
        self.runs = 0
        self.calls = 0
        self.usual = None
        self.shared = None

    def wish(self, n):
        return "%s:%d:%s" % (self.fault.class_, n, self.fault.how)

    def place(self):
        """A place for one run, or the one that all runs share."""
        if not self.scenario.pure:
            return Run(self.stage, self.scenario.device)
        with self.lock:
            self.shared = self.shared or Run(self.stage, None)
            return self.shared

    def once(self, n, show=False):
        run = self.place()
        try:
            command = self.scenario.command
            result = run.command(command, {
                "LD_PRELOAD": self.library, "FAULTS": self.wish(n), "FAULTS_REPORT": "REPORT",
                "FAULTS_PROGRAM": command[0],
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
            calls, failed = counts(result.report)
            if n == 0:
                self.usual = result
                return calls, judge.clean(run, self.scenario, result)
            if show:
                print("exit %s\n%s%s%s" % (result.code, result.out.decode(errors="replace"),
                                           result.err.decode(errors="replace"), result.report))
            return result.code, judge.judge(run, self.scenario, self.fault, result, failed != "-", self.usual)
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
        limit = max(2, int(self.fault.limit_for(self.scenario) * SHARE))
        if LONG:
            limit = calls if self.fault.class_ != "crypto" else limit * 50
        if calls <= limit:
            return list(range(1, calls + 1))
        return sorted({1 + i * (calls - 1) // (limit - 1) for i in range(limit)})

    def start(self, pool):
        self.calls, wrong = self.once(0)
        if wrong:
            self.complaints.append((0, 0, wrong))
            return []
        return [pool.submit(self.note, n) for n in self.chosen(self.calls)]

    def tell(self):
        if self.shared:
            self.shared.close()
        if self.calls == 0 and not self.complaints:
            return
        codes = ", ".join("exit %s: %d" % (c, n) for c, n in sorted(self.codes.items(), key=str))
        how = "every one" if self.runs >= self.calls else "%d of them" % self.runs
        print("%sok - %s: %d calls, %s failed (%s)" % ("not " if self.complaints else "", self.name, self.calls, how,
                                                      codes or "no run"))
        for n, code, wrong in sorted(self.complaints)[:SHOWN]:
            print("#   call %d, exit %s: %s" % (n, code, "; ".join(wrong)))
            print("#     alone: FAULTS_ONLY='%s:%s' sh %s" % (self.scenario.name, self.wish(n),
                                                            os.environ.get("FAULTS_SCRIPT", "")))
        if len(self.complaints) > SHOWN:
            print("#   and %d more" % (len(self.complaints) - SHOWN))
        sys.stdout.flush()


def run_alone(rows):
    name, class_, n, how = ONLY.split(":", 3)
    for row in rows:
        if row.scenario.name == name and row.fault.class_ == class_ and row.fault.how == how:
            row.once(0)
            code, wrong = row.once(int(n), show=True)
            print("%sok - %s: exit %s %s" % ("not " if wrong else "", ONLY, code, "; ".join(wrong)))


def main():
    stage, library, groups = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows = [Row(stage, library, s, f) for s in scenarios.SCENARIOS if s.group in groups for f in s.faults]
    if ONLY:
        run_alone(rows)
        return 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for row in rows:
            for future in row.start(pool):
                future.result()
            row.tell()
    for name in dict.fromkeys(r.scenario.name for r in rows):
        idle = dict.fromkeys(r.fault.class_ for r in rows if r.scenario.name == name and r.calls == 0)
        if idle:
            print("# %s makes no call of these classes: %s" % (name, ", ".join(idle)))
    return any(row.complaints for row in rows)


if __name__ == "__main__":
    sys.exit(main())
