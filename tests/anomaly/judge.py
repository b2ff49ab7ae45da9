"""Was a run with a fault in it right? Each function returns what was wrong, as a list of sentences. README.md has the
rules."""
from stage import tree

# Whose fault an exit code says it was; any other blames a device, a file or a person for this computer.
OURS = {0, 1}
FILE = {10, 5}
LINK = {3, 20, 31}
SIGNALS = {"INT", "TERM", "HUP", "PIPE"}


def said(result, last=6):
    return result.err.decode(errors="replace").strip().splitlines()[-last:]


def whole(path, data, usual):
    """Is it what a clean run makes? Keys and a device's answers are new each time: their form."""
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


def files_wrong(run, scenario, code, usual):
    """What it was given is untouched, what it makes whole or as before, and nothing lies about."""
    wrong = []
    now = tree(run.files)
    for path in scenario.makes:
        if now.get(path) != run.files_before.get(path) and not whole(path, now.get(path), usual):
            wrong.append("%s is half made" % path)
        if code == 0 and not whole(path, now.get(path), usual):
            wrong.append("exit 0, and %s is not made" % path)
    for path, data in run.files_before.items():
        if now.get(path) != data and path not in scenario.makes:
            wrong.append("%s was changed" % path)
    for path in now:
        if path not in run.files_before and path not in scenario.makes:
            wrong.append("litter: %s" % path)
    return wrong


def home_wrong(run, scenario):
    now = tree(run.home)
    lost = [p for p in run.home_before if p not in now and "trust" not in scenario.command]
    return run.home_wrong() + ["%s is gone" % p for p in lost]


def last_line_wrong(scenario, result):
    lines = result.err.decode(errors="replace").splitlines()
    if not lines and (result.code != 0 or scenario.command[0] == "gapseal"):
        return ["nothing was said"]
    if result.code == 0:
        return []
    wrong = []
    if not lines[-1].startswith("  do: ") or len(lines[-1]) < 10:
        wrong.append("the last line is no next step: %r" % lines[-1])
    if not any("[%d " % result.code in line for line in lines):
        wrong.append("no line names the exit code")
    return wrong


def statement_wrong(run, scenario, fault, result):
    """What a run said of the device, against how it is. Not to know it is right only where it cannot be asked."""
    wrong = []
    json = result.json
    changed = run.device.flash() != run.flash_before
    real = run.status()
    unknown = json is not None and json["state"] == "unknown"
    if json is not None:
        if json["written"] is False and changed:
            wrong.append("says that nothing was written, and the flash changed")
        cannot_ask = fault.how not in SIGNALS and (fault.class_ in ("link", "random") or ":on" in fault.how)
        if json["state"] is not None and json["state"] != real["state"] and not (unknown and cannot_ask):
            wrong.append("says that the device is %s, and it is %s" % (json["state"], real["state"]))
    if scenario.runs:
        done = run.runs(scenario.runs, real)
        kept = json is not None and json.get("receipt")
        told = b"what was done is done" in result.err
        if result.code == 0 and not done:
            wrong.append("exit 0, and the device does not run the package")
        if result.code == 0 and not kept:
            wrong.append("exit 0 without a receipt")
        if done and result.code not in (0, 32) and not (told or kept or unknown or fault.how in SIGNALS):
            wrong.append("the device runs the package, and the exit code does not say so")
        if result.code == 32 and not done:
            wrong.append("exit 32, and the device does not run the package")
    return wrong


def shape(value):
    """A JSON value without what differs from run to run, and without the names that this computer may remember."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items() if k not in ("version", "name")}
    return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__


def output_wrong(run, scenario, result, usual):
    """Exit 0: all that a clean run prints was printed."""
    if result.code != 0:
        return []
    fixed = run.device is None and not any(p.endswith(".pem") for p in scenario.makes)
    if fixed and result.out != usual.out or not fixed and shape(result.json) != shape(usual.json):
        return ["exit 0, and the output is not that of a clean run"]
    return []


def allowed(scenario, fault):
    if fault.how in SIGNALS:
        return {0} if fault.how == "PIPE" else {0, 130}
    codes = {0} if fault.class_ == "link" else set(OURS)
    if fault.class_ in ("open", "read", "look", "close") and scenario.reads:
        codes |= FILE
    if scenario.runs:
        codes.add(32)
    if fault.class_ == "link":
        codes |= LINK
    return codes


def again_wrong(run, scenario, usual):
    """The same command without faults completes; where its work was done already, it may say so."""
    if scenario.pure:
        return []
    made = scenario.makes and tree(run.files).keys() >= set(scenario.makes)
    removed = any("trust" in p for p in set(run.home_before) - set(tree(run.home)))
    done = bool(run.device and scenario.runs and run.runs(scenario.runs) or made or removed)
    result = run.command(scenario.command)
    wrong = []
    if result.code not in ({0} | scenario.once if done else {0}):
        wrong.append("without faults it then ends with %s: %s" % (result.code, said(result)))
    elif scenario.runs and not run.runs(scenario.runs):
        wrong.append("without faults it then ends with 0, and the device does not run the package")
    code = 0 if not wrong else None
    after = home_wrong(run, scenario) + run.unfinished() + files_wrong(run, scenario, code, usual)
    return wrong + ["afterwards: " + w for w in after]


def clean(run, scenario, result):
    """The run that only counts."""
    wrong = [] if result.code == 0 else ["without a fault: exit %s, %s" % (result.code, said(result))]
    result.made = tree(run.files)
    if scenario.json and result.json is None:
        wrong.append("no JSON object")
    return wrong + home_wrong(run, scenario) + run.unfinished() + files_wrong(run, scenario, 0, None)


def judge(run, scenario, fault, result, failed, usual):
    """usual: the result of a clean run."""
    if result.code is None:
        return ["not finished in time"]
    if result.code < 0 or 98 <= result.code < 130:
        return ["crashed: %s" % result.err.decode(errors="replace")[-2000:]]
    wrong = []
    if not failed and result.code != 0:
        wrong.append("no call failed, and the exit code is not 0")
    if result.code not in allowed(scenario, fault):
        wrong.append("exit code %d: %s" % (result.code, said(result)))
    wrong += last_line_wrong(scenario, result)
    if scenario.json and result.json is None and (result.code == 0 or
                                                  fault.class_ not in ("memory", "crypto", "out")):
        wrong.append("no JSON object on standard output")
    if result.json is not None and result.json.get("exit", 0) != result.code and fault.class_ != "out":
        wrong.append("the JSON object says exit %s" % result.json["exit"])
    wrong += output_wrong(run, scenario, result, usual)
    if run.device:
        wrong += statement_wrong(run, scenario, fault, result)
    return (wrong + home_wrong(run, scenario) + files_wrong(run, scenario, result.code, usual) +
            again_wrong(run, scenario, usual))
