"""A genuine device that lies in what it signs: states that are not so, receipts of other things and other times, logs
that were cut, changed or grown; and one that is another device after its reboot."""
import hashlib
import os

import stage
from hostile import Row
from peer import Attack, messages
from messages import LOG, RECEIPT, STATUS, Key, Message

BIG = 2**32 - 1
CONFIRM, ROLLBACK = "gapseal confirm DEV --timeout 3 --json", "gapseal rollback DEV --timeout 3 --json"
LOG_COMMAND, FETCH = "gapseal log DEV --save new.gsl --json", "gapseal receipt fetch DEV --json"
# State of a device, docs/spec/evidence.md.
READY, WRITING, CANDIDATE, STAGED, TRIAL, REJECTED, FAILED = range(1, 8)
DELIVERED, OUTCOME, REFUSED, STATE = range(1, 5)
S_STATE, S_REASON, S_RUNNING, S_SLOT, S_A, S_B, S_STAGED, S_HEALTHY = range(1, 9)
S_SEQUENCE, S_HEAD, S_BOOTS, S_CONFIRMED = 15, 16, 17, 22
NOT_FOUND = 148


class Receipts(Attack):
    """Each receipt of a kind is altered by change(body, facts, state) and signed again, by signer(attack)."""
    kinds = (OUTCOME,)
    change = signer = None

    def reply(self, name, answer):
        if answer.kind == RECEIPT and messages.body_of(answer.tail)[2] in self.kinds:
            own = self.key
            self.key = type(self).signer(self) if type(self).signer else own
            self.sign_receipt(answer, type(self).change or (lambda body, facts, state: None))
            self.key = own


def receipts(change=None, kinds=(OUTCOME,), signer=None):
    return type("Receipts_", (Receipts,), {"change": staticmethod(change) if change else None, "kinds": kinds,
                                           "signer": staticmethod(signer) if signer else None})


class Replays(Attack):
    """The first receipt of each kind that it ever gave, again and again."""

    def __init__(self, run):
        super().__init__(run)
        self.kept = {}

    def reply(self, name, answer):
        if answer.kind == RECEIPT:
            kept = self.kept.setdefault(messages.body_of(answer.tail)[2], (answer.body, answer.tail))
            answer.body, answer.tail = kept


class Tail(Attack):
    """Receipts whose bytes are what make(tail) gives; length: what it says of them."""
    make = length = None

    def reply(self, name, answer):
        if answer.kind == RECEIPT:
            answer.tail = type(self).make(answer.tail)
            answer.body[1] = len(answer.tail) if self.length is None else self.length


def tail(make, length=None):
    return type("Tail_", (Tail,), {"make": staticmethod(make), "length": length})


class Withholds(Attack):
    """No receipts: a status instead, the first so many times."""
    status, times = NOT_FOUND, BIG

    def reply(self, name, answer):
        if name == "receipt" and self.times > 0:
            self.times -= 1
            return messages.reply(answer.message[1], self.status)
        return None


def withholds(status=NOT_FOUND, times=BIG):
    return type("Withholds_", (Withholds,), {"status": status, "times": times})


class Idents(Attack):
    """Every ident's state is altered; with status, what it says unsigned as well."""
    change = None
    unsigned = False

    def reply(self, name, answer):
        if name == "ident" and answer.kind == messages.IDENT:
            self.sign_ident(answer, lambda body, facts, state: type(self).change(self, state))
        if name == "status" and answer.kind == STATUS and self.unsigned:
            state = answer.body.sub(1)
            type(self).change(self, state)
            answer.body.put(1, state.ordered())


def idents(change, unsigned=False):
    return type("Idents_", (Idents,), {"change": staticmethod(change), "unsigned": unsigned})


class Status(Attack):
    """Only what it says unsigned is altered."""
    change = None

    def reply(self, name, answer):
        if name == "status" and answer.kind == STATUS:
            state = answer.body.sub(1)
            type(self).change(self, state)
            answer.body.put(1, state.ordered())


def status(change):
    return type("Status_", (Status,), {"change": staticmethod(change)})


class Refusal(Attack):
    """Refuses as the device did, but in its reply, which nobody signs, for another reason."""

    def reply(self, name, answer):
        if name == "check" and answer.message.get(2, 0):
            answer.message.put(2, 61)


class Swallows(Attack):
    """Says yes to a request and does nothing; receipts and states are altered to go with it."""
    name = ""
    change = None

    def request(self, name, content):
        return messages.reply(messages.Message.parse(content[4:4 + int.from_bytes(content[2:4], "little")])[1], 0) \
            if name == self.name else None

    def reply(self, name, answer):
        if answer.kind == RECEIPT and type(self).change:
            self.sign_receipt(answer, type(self).change)


def swallows(name, change=None):
    return type("Swallows_", (Swallows,), {"name": name, "change": staticmethod(change) if change else None})


class Exchanged(Attack):
    """After its reboot another device answers: as genuine, and it runs the package."""

    def __init__(self, run):
        super().__init__(run)
        run.second = stage.Device(run.stage, run.place, "other", "second")

    def opened(self, say):
        if "reboot" in self.requests:
            self.run.middle.device_path = self.run.second.socket
        return True


class Log(Attack):
    """The log's entries are what make(entries) gives; with key, the device signs the head that goes with them."""
    make = None
    resign = False
    entries = None

    def reply(self, name, answer):
        if answer.kind == LOG and self.entries is None and answer.body.get(2, 0):
            all_ = [answer.tail[i:i + 96] for i in range(0, len(answer.tail), 96)]
            self.entries = type(self).make(self, all_)
            answer.tail = b"".join(self.entries)
            answer.body[2] = len(self.entries)
        elif answer.kind == LOG:
            answer.tail, answer.body[2] = b"", 0
        if answer.kind == RECEIPT and self.resign:
            last = self.entries[-1]
            self.sign_receipt(answer, lambda body, facts, state: (
                state.put(S_SEQUENCE, int.from_bytes(last[:4], "little")), state.put(S_HEAD, last[64:])))


def log(make, resign=False):
    return type("Log_", (Log,), {"make": staticmethod(make), "resign": resign})


class EndlessLog(Attack):
    """Always more entries, each in its place of the chain."""

    def __init__(self, run):
        super().__init__(run)
        self.chain, self.sequence = self.key.id, 0

    def reply(self, name, answer):
        if answer.kind != LOG and name != "log":
            return
        made = b""
        for _ in range(100):
            self.sequence += 1
            entry = self.sequence.to_bytes(4, "little") + bytes(4) + b"\x01\0" + bytes(18) + b"\0\xff\0\0" + bytes(32)
            self.chain = chained(self.chain, entry)
            made += entry + self.chain
        answer.kind, answer.tail = LOG, made
        answer.body = Message({1: self.sequence - 99, 2: 100, 3: 1, 4: BIG})


class LogCount(Attack):
    def reply(self, name, answer):
        if answer.kind == LOG:
            answer.body[2] = BIG // 96 + 2


def chained(before, entry):
    return hashlib.sha256(b"gapseal:log:v1\0" + before + entry[:64]).digest()


def rechained(entries, first_before):
    """The same entries, their chain computed anew."""
    out, chain = [], first_before
    for entry in entries:
        chain = chained(chain, entry)
        out.append(entry[:64] + chain)
    return out


def forked(attack, entries):
    """A refusal that never was in place of the third entry, and all after it fitting again."""
    third = entries[2][:8] + b"\x0d\0" + entries[2][10:]
    return entries[:2] + rechained([third] + entries[3:], entries[1][64:])


def set_state(**fields):
    numbers = {"state": S_STATE, "reason": S_REASON, "running": S_RUNNING, "slot": S_SLOT, "staged": S_STAGED, "healthy": S_HEALTHY}
    return lambda body, facts, state: state.update({numbers[k]: v for k, v in fields.items()})


def body_field(number, value):
    return lambda body, facts, state: body.put(number, value)


def runs_other(body, facts, state):
    """In the slot that runs another package than the one it is about."""
    slot = S_A if state.get(S_SLOT, 0) == 0 else S_B
    held = state.sub(slot)
    held[2] = bytes(31) + b"\1"
    state.put(slot, held.ordered())


def staged_for_ever(attack, state):
    if "install" in attack.requests:
        state[S_STATE] = STAGED


def trial_for_ever(attack, state):
    if "reboot" in attack.requests:
        state[S_STATE], state[S_HEALTHY] = TRIAL, 0


def never_healthy(attack, state):
    state[S_HEALTHY] = 0


def ready_at_once(attack, state):
    state[S_STATE], state[S_HEALTHY] = READY, 1


def failed_at_once(attack, state):
    state[S_STATE], state[S_REASON] = FAILED, 144


def odd_reason(attack, state):
    state[S_STATE], state[S_REASON] = REJECTED, BIG


def boots_backwards(attack, state):
    state[S_BOOTS] = max(1, BIG - 10 * attack.connections)


def slots_far(attack, state):
    state[S_SLOT] = 1000


def other_key(attack):
    return Key.read(os.path.join(attack.run.stage, "devices", "other", "device.key"))


def unsealed(data):
    return Message({1: messages.body_of(data).build()}).build()


def not_saved(run, result, attack):
    kept = [p for p in stage.tree(run.home) if p.endswith(".gsr") and p not in run.home_before]
    names = [messages.body_of(split(stage.read(os.path.join(run.home, p)))) for p in kept]
    return ["an outcome was kept: %s" % p for p, body in zip(kept, names) if body[2] == OUTCOME]


def split(receipt_file):
    at = 12 + int.from_bytes(receipt_file[8:12], "little")
    return receipt_file[at + 4:]


def no_log(run, result, attack):
    return ["a log file was written"] if "new.gsl" in stage.tree(run.files) else []


def both_well(run, result, attack):
    run.second.stop()
    return []


CLAIMS = [
    ("M04", "for another question", body_field(4, os.urandom(32))),
    ("M04", "of another kind", body_field(2, DELIVERED)),
    ("M04", "of another device", body_field(3, os.urandom(32))),
    ("M04", "about another package", body_field(7, os.urandom(32))),
    ("M04", "of a format that there is not", body_field(1, 7)),
    ("M04", "with a field more", body_field(99, 1)),
    ("M04", "without its status", lambda body, facts, state: body.pop(6)),
    ("M04", "with another serial number", lambda body, facts, state: facts.put(1, b"sn-other")),
    ("M08", "of success while the image is on trial", set_state(state=TRIAL)),
    ("M08", "of success while the image is staged", set_state(state=STAGED)),
    ("M08", "of success while the image is rejected", set_state(state=REJECTED, reason=161)),
    ("M08", "of success while no image runs", lambda body, facts, state: state.update({S_RUNNING: 1, S_CONFIRMED: 0})),
    ("M08", "of success while another image runs", runs_other),
    ("M08", "of success while the other slot runs", lambda body, facts, state: state.put(S_SLOT, 1 - state.get(S_SLOT, 0))),
    ("M08", "of success in a slot that there is not", set_state(slot=7)),
    ("M08", "of failure", body_field(6, 160)),
    ("M08", "of status 2^32 - 1", body_field(6, BIG)),
]
ROWS = [Row(ids, "a receipt " + what, receipts(change), 32, check=not_saved if ids == "M04" and "package" not in what else None)
        for ids, what, change in CLAIMS]
# A failure that is signed is how it ended (30); whatever else is wrong with a receipt makes it none (32).
ROWS += [Row(ids, "on a confirm, a receipt " + what, receipts(change), 30 if what == "of failure" else 32, CONFIRM, "trial", again=6)
         for ids, what, change in CLAIMS if what not in ("of success in a slot that there is not",)]
ROWS += [Row(ids, "on a rollback, a receipt " + what, receipts(change), 30 if what == "of failure" else 32, ROLLBACK, "two", seconds=30, again=6)
         for ids, what, change in CLAIMS[:4] + CLAIMS[8:12] + CLAIMS[15:]]
ROWS += [
    Row("M04", "receipts signed by another device", receipts(signer=other_key), 32, check=not_saved),
    Row("M04", "receipts nobody signed", tail(unsealed), 32, check=not_saved),
    Row("M04", "receipts with a byte turned", tail(lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:]), 32, check=not_saved),
    Row("M04", "receipts cut in half", tail(lambda data: data[:len(data) // 2]), 32, check=not_saved),
    Row("M04", "receipts of nothing", tail(lambda data: b""), 32, check=not_saved),
    Row("M04", "receipts of 16,000 bytes", tail(lambda data: os.urandom(16000)), 32, check=not_saved),
    Row("M04", "receipts longer than they say", tail(lambda data: data + b"x", 10), 32, check=not_saved),
    Row("M04", "receipts shorter than they say", tail(lambda data: data, BIG), 32, check=not_saved),
    Row("M04 F11", "a receipt of an earlier moment", Replays, 32, first=FETCH),
    Row("M04 F11", "fetched: a receipt of an earlier moment", Replays, 32, FETCH, first=FETCH),
    Row("M04", "fetched: a receipt signed by another device", receipts(signer=other_key, kinds=(OUTCOME, STATE)), 32, FETCH),
    Row("M05", "no receipts", withholds(), 32),
    Row("M05", "no receipt of delivery, and then the outcome's", withholds(times=1), 0),
    Row("M05", "busy instead of receipts", withholds(125), 32, seconds=30),
    Row("M05", "no receipt for a confirm", withholds(), 32, CONFIRM, "trial", again=6),
    Row("M04", "gives a reason for its refusal that is not the signed one", Refusal, 13,
        "gapseal check v1.gsp DEV --json", "two", again=13),
    Row("M08", "says yes to confirm and does nothing", swallows("confirm"), 32),
    Row("M08", "says yes to confirm, does nothing, and signs that it did", swallows("confirm", set_state(state=READY)), 32),
    Row("M08", "says yes to install and does nothing", swallows("install"), 30, seconds=40),
    Row("M08", "says yes to rollback and does nothing", swallows("rollback"), 32, ROLLBACK, "two", seconds=40),
    Row("H02", "another device after the reboot", Exchanged, 18, check=both_well),
    Row("E14", "staged for ever", idents(staged_for_ever), 31, seconds=60),
    Row("E14", "on trial for ever", idents(trial_for_ever, True), 31, seconds=60),
    Row("E14", "never healthy", status(never_healthy), 30, seconds=60),
    Row("M08", "says unsigned that the trial is over, and takes it back", status(ready_at_once), 32, seconds=40),
    Row("M08", "says unsigned that the trial failed, and takes it back", status(failed_at_once), 21, seconds=40),
    Row("INV-9", "given up for a reason that there is not", idents(odd_reason), 6, seconds=40),
    Row("F07", "starts that count down", idents(boots_backwards), 0, seconds=60),
    Row("F07", "runs slot 1,000", idents(slots_far), 18),
    Row("M01", "the log lacks its newest entry", log(lambda attack, all_: all_[:-1]), 32, LOG_COMMAND, check=no_log),
    Row("M01", "the log lacks all but its oldest entry", log(lambda attack, all_: all_[:1]), 32, LOG_COMMAND, check=no_log),
    Row("M01", "the log lacks one in the middle", log(lambda attack, all_: all_[:2] + all_[3:]), 32, LOG_COMMAND, check=no_log),
    Row("M01", "the log has one twice", log(lambda attack, all_: all_[:2] + all_[1:]), 32, LOG_COMMAND, check=no_log),
    Row("M01", "the log is in another order", log(lambda attack, all_: all_[::-1]), 32, LOG_COMMAND, check=no_log),
    Row("M01", "an entry is altered", log(lambda attack, all_: [all_[0][:12] + b"\7" + all_[0][13:]] + all_[1:]), 32, LOG_COMMAND,
        check=no_log),
    Row("M01", "a fork that fits, up to a head that was not signed", log(forked), 32, LOG_COMMAND, check=no_log),
    Row("M01", "entries of another device", log(lambda attack, all_: rechained(all_, bytes(32))), 32, LOG_COMMAND, check=no_log),
    Row("M01", "entries of noise", log(lambda attack, all_: [os.urandom(96) for _ in all_]), 32, LOG_COMMAND, check=no_log),
    Row("M06", "a log without an end", EndlessLog, 32, LOG_COMMAND, seconds=60, check=no_log),
    Row("M06", "a number of entries that wraps", LogCount, 21, LOG_COMMAND, check=no_log),
    Row("M06", "the oldest entries are gone, and it says so", log(lambda attack, all_: all_[3:]), 0, LOG_COMMAND),
]
