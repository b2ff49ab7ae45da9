"""What campaign.py runs: commands, and the faults each of them meets."""


class Fault:
    """class_ and how as faults.c takes them. limit: runs of a row outside the long campaign, for commands on files
    and for those that talk to a device."""

    def __init__(self, class_, how, limit=(6, 3)):
        self.class_, self.how, self.limit = class_, how, limit

    def limit_for(self, scenario):
        return self.limit[1 if scenario.device else 0] * scenario.weight


class Scenario:
    """A command on a stage.

    device   which of the stage's devices answers at DEV; None: there is none
    reads    it is given a file, or asks whom to trust, and may end with 10 where that cannot be read
    runs     the package that the device runs, confirmed, after exit 0
    makes    files that it makes or changes: whole, or as before
    once     exit codes of the same command where its work was done before; None: 0 as the first time
    json     it prints one JSON object with its exit code
    weight   how many times the usual share of runs
    """

    def __init__(self, group, name, command, device=None, reads=False, runs=None, makes=(), once=(0,), json=True,
                 weight=1, faults=None):
        self.group, self.name, self.command = group, name, command.split()
        self.device, self.reads, self.runs, self.makes = device, reads, runs, makes
        self.once, self.json, self.weight = set(once), json, weight
        self.faults = faults if faults is not None else FAULTS
        # It changes nothing anywhere, so that all its runs can share one place.
        self.pure = device is None and not makes and "trust a" not in command and "trust r" not in command


FAULTS = [
    Fault("memory", "ENOMEM", (30, 10)), Fault("memory", "ENOMEM:on", (8, 4)),
    Fault("crypto", "ENOMEM", (8, 6)), Fault("crypto", "ENOMEM:on", (4, 2)),
    Fault("open", "EMFILE", (12, 6)), Fault("open", "EIO"), Fault("open", "EACCES"),
    Fault("read", "EIO", (12, 6)), Fault("read", "short"), Fault("read", "EINTR"), Fault("read", "end"),
    Fault("write", "ENOSPC:on", (12, 9)), Fault("write", "EIO", (12, 9)), Fault("write", "short"),
    Fault("write", "EINTR"), Fault("sync", "EIO", (12, 6)), Fault("name", "EIO", (12, 6)),
    Fault("name", "ENOSPC:on"), Fault("name", "EROFS:on"), Fault("list", "EIO"), Fault("remove", "EIO"),
    Fault("look", "EIO", (12, 6)), Fault("lock", "ENOLCK"), Fault("lock", "EINTR"), Fault("close", "EIO"),
    Fault("out", "ENOSPC:on"), Fault("out", "EIO"), Fault("random", "EIO"),
]

# The cable: once, and for good. A signal at a moment of the link, and at one when something is stored.
LINK = [
    Fault("link", "EIO", (0, 6)), Fault("link", "ECONNRESET", (0, 6)), Fault("link", "EPIPE", (0, 4)),
    Fault("link", "EINTR", (0, 6)), Fault("link", "short", (0, 6)), Fault("link", "end", (0, 6)),
    Fault("link", "gone", (0, 12)), Fault("link", "gone:on", (0, 6)), Fault("link", "ENODEV:on", (0, 6)),
]
SIGNALS = [
    Fault("link", "INT", (0, 12)), Fault("link", "TERM", (0, 6)), Fault("link", "HUP", (0, 6)), Fault("link", "PIPE", (0, 3)),
    Fault("write", "INT", (0, 6)), Fault("sync", "TERM", (0, 4)), Fault("name", "HUP", (0, 4)), Fault("read", "INT", (0, 4)),
]

SCENARIOS = [
    Scenario("files", "show", "gapseal show v1.gsp --json", reads=True),
    Scenario("files", "show in words", "gapseal show v1.gsp", reads=True, json=False),
    Scenario("files", "check", "gapseal check v1.gsp --json", reads=True),
    Scenario("files", "trust add key", "gapseal trust add stranger.pub.pem --json", reads=True),
    Scenario("files", "trust add keyring", "gapseal trust add other.gsk --json", reads=True),
    Scenario("files", "trust list", "gapseal trust list --json", reads=True),
    Scenario("files", "trust remove", "gapseal trust remove MAKER --json", reads=True, once=[2]),
    Scenario("files", "receipt show", "gapseal receipt show receipt.gsr --json", reads=True),
    Scenario("files", "receipt verify", "gapseal receipt verify receipt.gsr --json", reads=True),
    Scenario("files", "journal show", "gapseal journal show --json", reads=True),
    Scenario("files", "journal verify", "gapseal journal verify --json", reads=True),
    Scenario("maker", "sign keygen", "gapseal-sign keygen new.pem", makes=["new.pem", "new.pub.pem"], once=[10],
             json=False),
    Scenario("maker", "sign keyring new", "gapseal-sign keyring new --root root.pem --release release.pem -o new.gsk",
             reads=True, makes=["new.gsk"], once=[10], json=False),
    Scenario("maker", "sign keyring show", "gapseal-sign keyring show acme.gsk --json", reads=True),
    Scenario("maker", "sign pack", "gapseal-sign pack v1.gsp.json --image fw1.bin --changelog changes.md "
             "--sbom sbom.json -o new.gsp", reads=True, makes=["new.gsp"], json=False),
    Scenario("maker", "sign sign", "gapseal-sign sign --key release.pem --keyring acme.gsk unsigned.gsp", reads=True,
             makes=["unsigned.gsp"], json=False),
    Scenario("maker", "sign inspect", "gapseal-sign inspect v1.gsp --json", reads=True),
    Scenario("maker", "verify package", "gapseal-verify package v1.gsp --keyring acme.gsk --json", reads=True),
    Scenario("maker", "verify package in words", "gapseal-verify package v1.gsp --keyring acme.gsk", reads=True,
             json=False),
    Scenario("maker", "verify receipt", "gapseal-verify receipt receipt.gsr --maker maker.pub.pem --json", reads=True),
    Scenario("maker", "verify log", "gapseal-verify log log.gsl --maker maker.pub.pem --json", reads=True),
    Scenario("device", "check device", "gapseal check v2.gsp DEV --json", device="one", reads=True),
    Scenario("device", "install", "gapseal install v2.gsp DEV --json", device="one", reads=True, runs="v2.gsp",
             weight=2),
    Scenario("device", "confirm", "gapseal confirm DEV --json", device="trial", reads=True, runs="v2.gsp", once=[6]),
    Scenario("device", "rollback", "gapseal rollback DEV --json", device="two", reads=True, runs="v1.gsp", once=[6]),
    Scenario("device", "log --save", "gapseal log DEV --save new.gsl --json", device="one", reads=True, makes=["new.gsl"]),
    Scenario("device", "receipt fetch", "gapseal receipt fetch DEV --json", device="one", reads=True),
    Scenario("link", "install", "gapseal install v2.gsp DEV --timeout 4 --json", device="one", reads=True, runs="v2.gsp",
             faults=LINK + SIGNALS),
    Scenario("link", "confirm", "gapseal confirm DEV --timeout 4 --json", device="trial", reads=True, runs="v2.gsp",
             once=[6], faults=LINK + SIGNALS),
    Scenario("link", "rollback", "gapseal rollback DEV --timeout 4 --json", device="two", reads=True, runs="v1.gsp",
             once=[6], faults=LINK + SIGNALS),
    Scenario("link", "check", "gapseal check v2.gsp DEV --json", device="one", reads=True, faults=LINK + SIGNALS[:2]),
    Scenario("link", "log", "gapseal log DEV --save new.gsl --json", device="one", reads=True, makes=["new.gsl"],
             faults=LINK + SIGNALS[:2]),
    Scenario("link", "receipt fetch", "gapseal receipt fetch DEV --json", device="one", reads=True,
             faults=LINK + SIGNALS[:2]),
]
