"""Was a run with a fault in it right? Each function returns what was wrong, as a list of sentences."""
import hashlib
import json
import os
import struct
import time

# Whose fault an exit code says it was; anything else blames a device, a file or a person for this computer.
OURS = {0, 1}
FILE = {10, 5}
LINK = {3, 20, 31}


class Result:
    def __init__(self, place, code, out, err, report):
        self.code, self.err, self.report = code, err, report
        self.out = out.replace(place.encode(), b"PLACE")
        try:
            self.json = json.loads(out)
        except ValueError:
            self.json = None


def tree(top):
    """Every file below: its content by its path."""
    found = {}
    for place, _, names in os.walk(top):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, top)] = f.read()
    return found


class Picture:
    """What is there before a run."""

    def __init__(self, run):
        self.home, self.files = tree(run.home), tree(run.files)
        self.flash = run.device.flash() if run.device else b""


def digest_of(package):
    """The package digest: SHA-256 of the manifest's body. Magic, section MNFS, envelope, field 1."""
    at = package.index(b"MNFS") + 4 + 8
    envelope = package[at:]
    length, shift, at = 0, 0, 1
    while True:
        length |= (envelope[at] & 127) << shift
        shift += 7
        at += 1
        if envelope[at - 1] < 128:
            return hashlib.sha256(envelope[at:at + length]).hexdigest()


def journal_wrong(data):
    """The chain of a journal; its last line may be torn only where the line says so."""
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


def home_wrong(run):
    """Journal, receipts, trust store: whole. Nothing else lies about."""
    wrong = []
    now = tree(run.home)
    for path, data in now.items():
        name = os.path.basename(path)
        if name == "journal.jsonl":
            wrong += journal_wrong(data)
        elif path.endswith(".gsr"):
            wrong += receipt_wrong(name, data)
        elif os.path.join("gapseal", "trust") in path:
            if data not in run.before.home.values() and data not in run.before.files.values():
                wrong.append("%s is half a file" % path)
        elif name not in ("versions.txt",) and os.sep + "unfinished" + os.sep not in path:
            wrong.append("litter: %s" % path)
    for path in run.before.home:
        if path not in now and "trust" not in run.scenario.command:
            wrong.append("%s is gone" % path)
    return wrong


def whole(path, data, usual):
    """Is it what a clean run makes? Keys and device's answers are new each time: their form."""
    if data is None:
        return False
    if path.endswith(".pem"):
        return data.startswith(b"-----BEGIN") and data.endswith(b"-----\n")
    if path.endswith(".gsl"):
        return log_whole(data)
    return usual is None or data == usual.made.get(path)


def log_whole(data):
    at = 8
    for _ in range(2):
        at += 4 + int.from_bytes(data[at:at + 4], "little")
    return data[:8] == b"gaplogs\1" and len(data) == at + 4 + 96 * int.from_bytes(data[at:at + 4], "little")


def files_wrong(run, code=None, usual=None):
    """What it was given is untouched, what it makes whole or as before, and nothing lies about."""
    wrong = []
    now = tree(run.files)
    for path in run.scenario.makes:
        if now.get(path) != run.before.files.get(path) and not whole(path, now.get(path), usual):
            wrong.append("%s is half made" % path)
        if code == 0 and not whole(path, now.get(path), usual):
            wrong.append("exit 0, and %s is not made" % path)
    for path, data in run.before.files.items():
        if now.get(path) != data and path not in run.scenario.makes:
            wrong.append("%s was changed" % path)
    for path in now:
        if path not in run.before.files and path not in run.scenario.makes:
            wrong.append("litter: %s" % path)
    return wrong


def last_line_wrong(run, result):
    lines = result.err.decode(errors="replace").splitlines()
    if not lines and (result.code != 0 or run.scenario.command[0] == "gapseal"):
        return ["nothing was said"]
    if result.code == 0:
        return []
    wrong = []
    if not lines[-1].startswith("  do: ") or len(lines[-1]) < 10:
        wrong.append("the last line is no next step: %r" % lines[-1])
    if not any("[%d " % result.code in line for line in lines):
        wrong.append("no line names the exit code")
    return wrong


def status_of(run):
    """How the device really is, asked from another computer."""
    home = os.path.join(run.place, "other")
    if not os.path.exists(home):
        os.makedirs(os.path.join(home, "config", "gapseal"))
        trust = os.path.join("config", "gapseal", "trust")
        os.symlink(os.path.join(run.stage, "home", trust), os.path.join(home, trust))
    answer = run.result(["gapseal", "status", "DEV", "--json"], home=home)
    if answer.code != 0 or answer.json is None:
        raise RuntimeError("status does not work: %r" % answer.err)
    return answer.json["devices"][0]


def wait_healthy(run):
    end = time.monotonic() + 20
    while not status_of(run)["healthy"]:
        if time.monotonic() > end:
            raise RuntimeError("the image on trial does not report healthy")


def runs(run, real):
    """Does the device run the scenario's package, confirmed?"""
    want = digest_of(run.before.files[run.scenario.runs])
    return real["state"] == "ready" and real["running"] is not None and real["running"]["package"] == want


def statement_wrong(run, fault, result):
    """What a run said of the device, against how it is. Not to know it is right only where it cannot be asked."""
    wrong = []
    said = result.json
    changed = run.device.flash() != run.before.flash
    real = status_of(run)
    if said is not None:
        if said["written"] is False and changed:
            wrong.append("says that nothing was written, and the flash changed")
        cannot_ask = fault.class_ == "link" or ":on" in fault.how or fault.class_ == "random"
        if said["state"] == "unknown" and cannot_ask:
            pass
        elif said["state"] is not None and said["state"] != real["state"]:
            wrong.append("says that the device is %s, and it is %s" % (said["state"], real["state"]))
    if run.scenario.runs:
        done = runs(run, real)
        if result.code == 0 and not done:
            wrong.append("exit 0, and the device does not run the package")
        if result.code == 0 and not (said and said.get("receipt") and os.path.exists(said["receipt"])):
            wrong.append("exit 0 without a receipt")
        told = b"what was done is done" in result.err
        if done and result.code not in (0, 32) and not told and not (said and said.get("receipt")):
            wrong.append("the device runs the package, and the exit code does not say so")
        if result.code == 32 and not done:
            wrong.append("exit 32, and the device does not run the package")
    return wrong


def shape(value):
    """A JSON value without what differs from run to run, and without the names that this computer may remember."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items() if k not in ("version", "name")}
    return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__


def output_wrong(run, result, usual):
    """Exit 0: all that a clean run prints was printed."""
    if result.code != 0 or "EINTR" in run.scenario.name:
        return []
    fixed = run.device is None and not any(p.endswith(".pem") for p in run.scenario.makes)
    if fixed and result.out != usual.out or not fixed and shape(result.json) != shape(usual.json):
        return ["exit 0, and the output is not that of a clean run"]
    return []


def allowed(scenario, fault):
    codes = set(OURS)
    if fault.class_ in ("open", "read", "look", "close") and scenario.reads:
        codes |= FILE
    if scenario.runs:
        codes.add(32)
    if fault.class_ == "link":
        codes |= LINK
    return codes


def again_wrong(run, usual):
    """The same command without faults completes; where its work was done already, it may say so."""
    if run.scenario.pure:
        return []
    made = run.scenario.makes and tree(run.files).keys() >= set(run.scenario.makes)
    trusted = any("trust" in p for p in set(run.before.home) - set(tree(run.home)))
    done = run.device is not None and run.scenario.runs and runs(run, status_of(run)) or made or trusted
    result = run.result(run.scenario.command)
    wrong = []
    if result.code not in ({0} | run.scenario.once if done else {0}):
        wrong.append("without faults it then ends with %s: %s" % (result.code, result.err.decode(errors="replace")[-300:]))
    elif run.scenario.runs and not runs(run, status_of(run)):
        wrong.append("without faults it then ends with 0, and the device does not run the package")
    code = 0 if not wrong else None
    return wrong + ["afterwards: " + w for w in home_wrong(run) + unfinished(run) + files_wrong(run, code, usual)]


def unfinished(run):
    return ["%s is left" % p for p in tree(run.home) if os.sep + "unfinished" + os.sep in p]


def clean(run, result):
    """The run that only counts."""
    wrong = [] if result.code == 0 else ["without a fault: exit %s, %r" % (result.code, result.err[-300:])]
    result.made = tree(run.files)
    if run.scenario.json and result.json is None:
        wrong.append("no JSON object")
    return wrong + home_wrong(run) + unfinished(run) + files_wrong(run, 0, None)


def judge(run, fault, result, failed, usual):
    """usual: the result of a clean run."""
    if result.code is None:
        return ["not finished in time"]
    if result.code < 0 or 98 <= result.code < 130:
        return ["crashed: %s" % result.err.decode(errors="replace")[-2000:]]
    wrong = []
    if not failed and result.code != 0:
        wrong.append("no call failed, and the exit code is not 0")
    if result.code not in allowed(run.scenario, fault):
        wrong.append("exit code %d: %s" % (result.code, result.err.decode(errors="replace").strip().splitlines()[-6:]))
    wrong += last_line_wrong(run, result)
    if run.scenario.json and result.json is None and (result.code == 0 or fault.class_ not in ("memory", "crypto", "out")):
        wrong.append("no JSON object on standard output")
    if result.json is not None and result.json.get("exit", 0) != result.code and fault.class_ != "out":
        wrong.append("the JSON object says exit %s" % result.json["exit"])
    wrong += output_wrong(run, result, usual)
    if run.device:
        wrong += statement_wrong(run, fault, result)
    return wrong + home_wrong(run) + files_wrong(run, result.code, usual) + again_wrong(run, usual)
