"""What a device says of itself before anything else: limits that cannot be, somebody else's name, a past answer; and
texts that were made for a terminal, a shell or a file system."""
import os

import stage
from hostile import Row
from peer import Attack, messages
from messages import IDENT, Key, Message

INFO = "gapseal info DEV --json"
ASKED_ONLY = {"hello", "ident"}


class Hello(Attack):
    """Hello with a field, or one of a message in it, of another value, covered by a new signature."""
    path, value = (), 0

    def reply(self, name, answer):
        if name == "hello":
            if len(self.path) == 1:
                answer.body[self.path[0]] = self.value
            else:
                inner = answer.body.sub(self.path[0])
                inner[self.path[1]] = self.value
                answer.body.put(self.path[0], inner.ordered())
            answer.body = answer.body.ordered()


def hello(path, value, signs=True):
    return type("Hello_", (Hello,), {"path": path, "value": value, "signs": signs})


class Statement(Attack):
    """Another word of a maker than its own: make(attack, envelope) gives it."""
    make = None

    def reply(self, name, answer):
        if name == "ident" and answer.kind == IDENT:
            size = answer.body.get(1, 0)
            made = type(self).make(self, answer.tail[size:])
            answer.tail = answer.tail[:size] + made
            answer.body[2] = len(made)


def statement(make):
    return type("Statement_", (Statement,), {"make": staticmethod(make)})


class Ident(Attack):
    """An ident altered by change(body, facts, state), signed by key(attack)."""
    change = signer = None

    def reply(self, name, answer):
        if name == "ident" and answer.kind == IDENT:
            own = self.key
            self.key = type(self).signer(self) if type(self).signer else own
            self.sign_ident(answer, type(self).change or (lambda body, facts, state: None))
            self.key = own


def ident(change=None, signer=None):
    return type("Ident_", (Ident,), {"change": staticmethod(change) if change else None,
                                     "signer": staticmethod(signer) if signer else None, "signs": False})


class Lengths(Attack):
    ident = statement = 0
    tail = b""

    def reply(self, name, answer):
        if name == "ident":
            answer.body = Message({1: self.ident, 2: self.statement})
            answer.tail = self.tail


def lengths(ident_len, statement_len, tail):
    return type("Lengths_", (Lengths,), {"ident": ident_len, "statement": statement_len, "tail": tail, "signs": False})


class Old(Attack):
    """The first ident it ever gave, again and again."""
    kept = None

    def reply(self, name, answer):
        if name == "ident":
            self.kept = self.kept or (answer.body, answer.tail)
            answer.body, answer.tail = self.kept


class Texts(Attack):
    """A genuine device whose maker gave it this serial number, wherever it says one."""
    serial = b""

    def reply(self, name, answer):
        if name == "hello":
            answer.body[7] = self.serial
        if name == "ident" and answer.kind == IDENT:
            size = answer.body[1]
            identity = messages.body_of(answer.tail[size:])
            identity[3] = self.serial
            made = self.run.maker_key.seal("identity", identity.build())
            answer.tail = answer.tail[:size] + made
            answer.body[2] = len(made)
            self.sign_ident(answer, lambda body, facts, state: facts.put(1, self.serial))
        if name == "receipt" and answer.kind == messages.RECEIPT:
            self.sign_receipt(answer, lambda body, facts, state: facts.put(1, self.serial))


def texts(serial):
    return type("Texts_", (Texts,), {"serial": serial})


def nothing_more(run, result, attack):
    more = set(attack.requests) - ASKED_ONLY
    return ["it was sent %s" % sorted(more)] if more else []


def named_plainly(run, result, attack):
    """The receipt's name; and nothing of the serial number was run by a shell."""
    wrong = [] if result.json["receipt"] else ["no receipt"]
    made = [p for p in stage.tree(run.place) if "pwned" in p and not p.startswith("home")]
    return wrong + ["it made %s" % p for p in made]


def far_away(run, result, attack):
    return [] if b"sn-dev1" in result.out else ["the answer does not name the device far away"]


def other_device(attack):
    return Key.read(os.path.join(attack.run.stage, "devices", "other", "device.key"))


def other_identity(attack, own):
    return stage.read(os.path.join(attack.run.stage, "devices", "other", "identity"))


def by(name):
    """The same statement, sealed by another key of the stage."""
    return lambda attack, own: Key.read(os.path.join(attack.run.files, name)).seal(
        "identity", messages.body_of(own).build())


def unsealed(attack, own):
    return Message({1: messages.body_of(own).build()}).build()


def flipped(attack, own):
    return own[:-1] + bytes([own[-1] ^ 1])


BIG = 2**32 - 1
VERSION, FRAME, WINDOW, LIMITS, PORT, SCHEMA, SERIAL, PRODUCT, RUNNING, STATE = range(1, 11)
LIMIT_ROWS = [
    ("F02", "frames of %d bytes", (FRAME,), [0, 1, 95, 131073, BIG], {21}),
    ("F02", "a window of %d bytes", (WINDOW,), [0, 1], {21}),
    ("F02", "blocks of %d bytes", (LIMITS, 4), [0, 1, 255, 65537, BIG], {21}),
    ("F21", "version %d of the protocol", (VERSION,), [0, 2, BIG], {6}),
]
ROWS = [Row(ids, "tells " + what % value, hello(path, value), codes, INFO, seconds=8, check=nothing_more)
        for ids, what, path, values, codes in LIMIT_ROWS for value in values]
ROWS += [
    Row("F02", "tells a window of all there is", hello((WINDOW,), BIG), 0),
    Row("F02", "takes manifests of no bytes", hello((LIMITS, 1), 0), 10),
    Row("F02", "takes manifests and keyrings of all there is", hello((LIMITS, 1), BIG), 12),
    Row("F25", "erases for ever, it says", hello((PORT, 1), BIG), 0, seconds=30),
    Row("F25", "signs for ever, it says", hello((PORT, 3), BIG), 0, seconds=30),
    Row("F25", "keeps its stub open for ever, it says", hello((PORT, 5), BIG), 0, seconds=45),
    Row("K12", "was built from another description of the protocol", hello((SCHEMA,), messages.Fixed32(1)), 0),
    Row("F21", "hello altered on the way: version", hello((VERSION,), 1 + 2**32, signs=False), 3, INFO),
    Row("F21", "hello altered on the way: limits", hello((LIMITS, 1), 65536, signs=False), 18, INFO, check=nothing_more),
    Row("F21", "hello altered on the way: state", hello((STATE,), 7, signs=False), 18, INFO, check=nothing_more),
    Row("F21", "a serial number in hello that its maker does not know", hello((SERIAL,), b"sn-other"), 18, INFO),
    Row("F21", "a product in hello that its maker does not know", hello((PRODUCT,), bytes(16)), 18, INFO),
    Row("F21", "a product of three bytes in hello", hello((PRODUCT,), b"abc"), 18, INFO),
    Row("H01", "vouched for by a maker who is not trusted", statement(by("stranger.pem")), 18, check=nothing_more),
    Row("H01", "vouched for by a release key", statement(by("release.pem")), 18, check=nothing_more),
    Row("H01", "nobody vouches for it", statement(lambda attack, own: b""), 18, check=nothing_more),
    Row("H01", "a maker's word without a signature", statement(unsealed), 18, check=nothing_more),
    Row("H01", "a maker's signature with a bit turned", statement(flipped), 18, check=nothing_more),
    Row("H01", "a maker's word that cannot be read", statement(lambda attack, own: os.urandom(200)), 18, check=nothing_more),
    Row("H01", "another device's identity", statement(other_identity), 18, check=nothing_more),
    Row("H01", "another device's key", ident(signer=other_device), 18, check=nothing_more),
    Row("H01", "an ident that nobody signed", lengths(3, 0, b"\x0a\x01\x00"), 18, check=nothing_more),
    Row("H01", "lengths of 2^32 - 1", lengths(BIG, BIG, b"x"), 21, check=nothing_more),
    Row("H01", "lengths that wrap to the tail's", lengths(BIG, 2, b"x"), 21, check=nothing_more),
    Row("H01", "an ident of 8,000 bytes", lengths(8000, 0, bytes(8000)), 21, check=nothing_more),
    Row("H02", "an ident for an earlier question", Old, 18, INFO, first=INFO, check=nothing_more),
    Row("H02", "an ident for a question nobody asked", ident(lambda body, facts, state: body.put(4, os.urandom(32))), 18,
        check=nothing_more),
    Row("H02", "an ident for a hello nobody said", ident(lambda body, facts, state: body.put(3, os.urandom(32))), 18,
        check=nothing_more),
    Row("H03", "carries everything to a genuine device far away", Attack, 0, check=far_away),
    Row("H04", "not the device that was asked for", Attack, 3,
        "gapseal install v2.gsp sn:sn-dev2 --port DEVLINK --json", check=nothing_more, again=3),
    Row("H18", "has itself signed an ident as a receipt", ident(lambda body, facts, state: body.put(1, 2)), 18, INFO),
]
# What somebody writes where a serial number belongs. None may come out as it is; those with control characters are no
# serial number at all, and what is one is signed by its maker.
CONTROLS = [("an escape sequence", b"\x1b[31msn\x1b[0m"), ("a title set", b"\x1b]0;pwned\x07"), ("a link", b"\x1b]8;;http://x\x1b\\y"),
            ("a clipboard", b"\x1b]52;c;cHduZWQ=\x07"), ("a line drawn over", b"ok\rdone: sn 1"), ("a line of its own", b"x\ndone: sn"),
            ("C1 controls", b"\xc2\x9b31m"), ("a byte of no character", b"\x9b31m\xff"), ("a bell and a zero", b"\x07\x00a"),
            ("a writing turned round", "\u202ecod.nimda".encode()), ("an isolate", "\u2066abc\u2069".encode()),
            ("nothing", b"")]
PLAIN = [("a path upwards", b"../../../etc/passwd"), ("an absolute path", b"/tmp/pwned"), ("a shell's words", b"$(touch pwned);`id`"),
         ("an option", b"--state=/tmp/x"), ("quotes", b"\"'\\%s%n"), ("blanks and a tab's look", b"  a  b  "),
         ("32 characters of 4 bytes", "\U0001f600".encode() * 8), ("marks that show nothing", "a\u200bb\ufeffc\u00add".encode()),
         ("a tag of letters that show nothing", ("a" + "\U000e0041" * 5).encode()), ("JSON", b"\"},{\"exit\":0")]
ROWS += [Row("J01", "a serial number that is " + what, texts(serial), 18, "gapseal list --port DEVLINK", check=nothing_more, again=0)
         for what, serial in CONTROLS]
ROWS += [Row("J01", "a serial number of 33 characters", texts(b"a" * 33), 3, INFO)]
ROWS += [Row("J01", "a serial number that is %s, in %s" % (what, where), texts(serial), 0, command, again=None)
         for what, serial in PLAIN[7:] + PLAIN[3:5]
         for where, command in [("words", "gapseal status DEV"), ("JSON", INFO), ("JSON lines", "gapseal log DEV --json-lines")]]
ROWS += [Row("J01 J24 INV-8", "a serial number that is %s, on a receipt" % what, texts(serial), 0,
             "gapseal receipt fetch DEV --json", check=named_plainly, again=0) for what, serial in PLAIN]
