"""The stage that tests/tools/stage.inc makes, for programs that run commands on it many times: one place a run, with
a computer's home, the files a command may be given, and a simulated device; and what must be whole afterwards."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile
import threading
import time

TIME_LIMIT_S = 60


class Device:
    """A simulator on a copy of one of the stage's devices."""

    def __init__(self, stage, place, kind, name="device"):
        self.place = os.path.join(place, name)
        shutil.copytree(os.path.join(stage, "devices", kind), self.place)
        self.socket = os.path.join(place, name + ".sock")
        self.process = None
        self.start()

    def start(self):
        with open(self.place + ".log", "wb") as log:
            self.process = subprocess.Popen(["gapseal-sim", "--dir", self.place, "--listen", "unix:" + self.socket],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while b" listening on " not in read(self.place + ".log"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the simulator does not start: %r" % read(self.place + ".log"))
            time.sleep(0.002)

    def flash(self):
        return read(os.path.join(self.place, "flash"))

    def stop(self):
        self.process.kill()
        self.process.wait()


class Result:
    """How a command ended. code: negative for a signal, None where the time was over."""

    def __init__(self, place, code, out, err, report, seconds):
        self.code, self.err, self.report = code, err, report
        self.seconds = seconds
        self.out = out.replace(place.encode(), b"PLACE")
        try:
            self.json = json.loads(out)
        except ValueError:
            self.json = None


class Run:
    """One place for one run. device: which of the stage's devices answers at DEV; None: none."""

    def __init__(self, stage, device):
        self.stage = stage
        self.place = tempfile.mkdtemp(prefix="run.", dir=os.path.dirname(stage))
        self.device = None
        self.link = None
        for part in ("home", "files"):
            shutil.copytree(os.path.join(stage, part), os.path.join(self.place, part))
        self.files = os.path.join(self.place, "files")
        self.home = os.path.join(self.place, "home")
        if device:
            self.device = Device(stage, self.place, device)
            self.link = "port:unix:" + self.device.socket
            if device == "trial":
                self.wait_healthy()
        self.home_before, self.files_before = tree(self.home), tree(self.files)
        self.flash_before = self.device.flash() if self.device else b""

    def environment(self, home, more):
        return dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "config"),
                    XDG_STATE_HOME=os.path.join(home, "state"), **more)

    def word(self, word):
        if word == "MAKER":
            trust = os.path.join(self.stage, "home", "config", "gapseal", "trust")
            return [n for n in os.listdir(trust) if n.endswith(".pem")][0][:-4]
        if self.link and word == "DEVLINK":
            return self.link.removeprefix("port:")
        return self.link if self.link and word == "DEV" else word

    def command(self, words, environment=None, home=None, limit_s=TIME_LIMIT_S, address_space=None):
        report = os.path.join(self.place, "report.%d" % threading.get_ident())
        if os.path.exists(report):
            os.unlink(report)
        more = {k: v.replace("REPORT", report) for k, v in (environment or {}).items()}
        bounds = ["prlimit", "--as=%d" % address_space, "--"] if address_space else []
        started = time.monotonic()

        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(bounds + [self.word(w) for w in words], cwd=self.files,
                                       env=self.environment(home or self.home, more), stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err)
            try:
                process.wait(limit_s)
                late = False
            except subprocess.TimeoutExpired:
                late = True
                process.kill()
                process.wait()
            out.seek(0)
            err.seek(0)
            said = read(report).decode() if os.path.exists(report) else ""
            return Result(self.place, None if late else process.returncode, out.read(), err.read(), said,
                          time.monotonic() - started)

    def status(self):
        """How the device really is, asked from another computer, on its own link."""
        home = os.path.join(self.place, "other")
        if not os.path.exists(home):
            os.makedirs(os.path.join(home, "config", "gapseal"))
            trust = os.path.join("config", "gapseal", "trust")
            os.symlink(os.path.join(self.stage, "home", trust), os.path.join(home, trust))
        answer = self.command(["gapseal", "status", "port:unix:" + self.device.socket, "--json"], home=home)
        if answer.code != 0 or answer.json is None:
            raise RuntimeError("status does not work: %r" % answer.err)
        return answer.json["devices"][0]

    def wait_healthy(self):
        end = time.monotonic() + 20
        while not self.status()["healthy"]:
            if time.monotonic() > end:
                raise RuntimeError("the image on trial does not report healthy")

    def runs(self, package, real=None):
        """Does the device run this package file, confirmed?"""
        real = real or self.status()
        return (real["state"] == "ready" and real["running"] is not None and
                real["running"]["package"] == digest_of(self.files_before[package]))

    def home_wrong(self):
        """Journal, receipts, trust store: whole. Nothing else lies about. A list of what is not so."""
        wrong = []
        now = tree(self.home)
        for path, data in now.items():
            name = os.path.basename(path)
            if name == "journal.jsonl":
                wrong += journal_wrong(data)
            elif path.endswith(".gsr"):
                wrong += receipt_wrong(name, data)
            elif os.path.join("gapseal", "trust") in path:
                if data not in self.home_before.values() and data not in self.files_before.values():
                    wrong.append("%s is half a file" % path)
            elif name != "versions.txt" and os.sep + "unfinished" + os.sep not in path:
                wrong.append("litter: %s" % path)
        return wrong

    def unfinished(self):
        return ["%s is left" % p for p in tree(self.home) if os.sep + "unfinished" + os.sep in p]

    def close(self):
        if self.device:
            self.device.stop()
        shutil.rmtree(self.place, ignore_errors=True)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def tree(top):
    """Every file below: its content by its path."""
    return {os.path.relpath(os.path.join(place, name), top): read(os.path.join(place, name))
            for place, _, names in os.walk(top) for name in names if os.path.isfile(os.path.join(place, name))}


def digest_of(package):
    """The package digest: SHA-256 of the manifest's body. Section MNFS, envelope, field 1."""
    at = package.index(b"MNFS") + 4 + 8
    length, shift, at = 0, 0, at + 1
    while True:
        length |= (package[at] & 127) << shift
        shift += 7
        at += 1
        if package[at - 1] < 128:
            return hashlib.sha256(package[at:at + length]).hexdigest()


def journal_wrong(data):
    before = "0" * 64
    lines = data.split(b"\n")
    if lines[-1] != b"":
        return ["the journal's last line is torn"]
    for i, line in enumerate(lines[:-1]):
        try:
            entry = json.loads(line)
        except ValueError:
            return ["journal line %d is no JSON" % (i + 1)]
        if entry["prev"] != before or entry["seq"] != i + 1:
            return ["the journal's chain breaks at line %d" % (i + 1)]
        before = hashlib.sha256(line).hexdigest()
    return []


def receipt_wrong(name, data):
    at, items = 8, 0
    if data[:8] != b"gaprcpt\1":
        return ["%s is no receipt" % name]
    while at + 4 <= len(data):
        at += 4 + struct.unpack("<I", data[at:at + 4])[0]
        items += 1
    return [] if at == len(data) and items == 2 else ["%s is half a receipt" % name]
