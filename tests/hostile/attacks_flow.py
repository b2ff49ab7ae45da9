"""Answers that are no answers: statuses out of range, other bodies, lies about what is needed, taken and held."""
import random
import re
import time

from hostile import Row
from peer import Attack, frames, messages
from messages import Message

BIG = 2**32 - 1
CONFIRM, ROLLBACK = "gapseal confirm DEV --timeout 3 --json", "gapseal rollback DEV --timeout 3 --json"


class Bare(Attack):
    """One request is answered with nothing but a status, each time."""
    name, status = "", 0

    def request(self, name, content):
        if name == self.name:
            return messages.reply(frames.fields(content)[1], self.status)
        return None


def bare(name, status):
    return type("Bare_", (Bare,), {"name": name, "status": status})


class OtherBody(Attack):
    """One request is answered with the body of another."""
    name = ""

    def reply(self, name, answer):
        if name == self.name:
            answer.message[2] = 0
            answer.kind = messages.LOG if answer.kind != messages.LOG else messages.CHECK
            answer.body = Message({2: 7})


def other_body(name):
    return type("OtherBody_", (OtherBody,), {"name": name})


class Field(Attack):
    """A field of one answer's body has another value, each time or as long as times says."""
    name, field, value, times = "", 0, 0, BIG

    def reply(self, name, answer):
        if name == self.name and self.times > 0 and not answer.message.get(2):
            self.times -= 1
            value = self.value(answer.body.get(self.field, 0)) if callable(self.value) else self.value
            answer.body[self.field] = value
            answer.body = answer.body.ordered()


def field(name, number, value, times=BIG):
    return type("Field_", (Field,), {"name": name, "field": number, "value": staticmethod(value) if callable(value)
                                     else value, "times": times})


class Acks(Attack):
    """Every acknowledgement is replaced by what make(content) gives: a content, a list, or nothing."""
    make = None

    def other(self, content):
        return type(self).make(content) if content[0] == frames.ACK else None


def acks(make):
    return type("Acks_", (Acks,), {"make": staticmethod(make)})


def parts(content):
    number = lambda at: int.from_bytes(content[at:at + 4], "little")
    return {"round_": content[1], "flags": content[2], "next_sequence": number(4), "limit": number(8), "index": number(12),
            "offset": number(16), "status": number(20), "held": number(24)}


def with_parts(**change):
    def make(content):
        now = parts(content)
        now.update({k: v(now) if callable(v) else v for k, v in change.items()})
        return messages.ack(**now)
    return make


GAP, ALL, FAILED, DAMAGED = 1, 2, 4, 8


def failed(status):
    return with_parts(flags=FAILED, status=status)


def no_flag_known(content):
    return with_parts(flags=0xF0)(content)


class Busy(Attack):
    """Announces that it will be silent, before each answer of one kind, and then takes that long to no end."""
    name, ms = "", 0

    def request(self, name, content):
        return [messages.busy(self.ms)] if name == self.name else None


def silent(name, ms):
    return type("Busy_", (Busy,), {"name": name, "ms": ms})


class Works(Attack):
    """Reports work on each request of one kind that gets on by the least that counts, and never ends."""
    name, pause = "", 4.0

    def request(self, name, content):
        if name != self.name:
            return None
        now = time.monotonic()
        if now - getattr(self, "told", -self.pause) < self.pause:
            return []
        self.told = now
        self.parts = getattr(self, "parts", 0) + 1
        return [messages.busy(int(self.pause * 1000), self.parts * 16, 4096)]


def works(name):
    return type("Works_", (Works,), {"name": name})


class Forever(Attack):
    """Finish never is content."""

    def reply(self, name, answer):
        if name == "finish":
            answer.message[2] = 127
            answer.kind = messages.FINISH
            answer.body = Message({1: 3})


class Reloads(Attack):
    """Took another number of bytes than it was sent."""

    def reply(self, name, answer):
        if name == "load":
            answer.body = Message({1: answer.body.get(1, 0) + 1})


def no_success(run, result, attack):
    return ["it says that it is done"] if re.search(rb"^(done|already installed|confirmed|rolled back)", result.err, re.M) else []


ASKED = ["ident", "load", "check", "begin", "needs", "finish", "receipt", "install", "reboot", "status", "confirm"]
# Statuses that mean success somewhere, numbers that nobody defined, and those that a host alone may say.
STATUSES = [126, 162, 163, 0, 5, 255, 256, 270, 273, BIG]
# None of these is a device's answer there: it cannot be understood (21). Receipts that do not come are none (32), also
# where a check says that the package runs already, which is a success only with a receipt.
ROWS = [Row("F07 INV-9", "%s is answered with status %d" % (name, status), bare(name, status),
            32 if name == "receipt" or (name, status) == ("check", 126) else 21,
            seconds=25, check=no_success, again=0 if name != "reboot" else None)
        for name in ASKED for status in STATUSES if not (status == 0 and name in ("finish", "install", "reboot", "confirm"))]
# A bare 0 is what success looks like: the host goes on, and what the device does or proves next decides. It will not
# install what was not finished (6), starts the image before where nothing was installed (30), does not go away (31), and
# has no receipt for what it did not do (32).
ROWS += [Row("F07 M08", "%s is answered with a bare 0, and not done" % name, bare(name, 0), code, seconds=40)
         for name, code in [("finish", 6), ("install", 30), ("reboot", 31), ("confirm", 32)]]
ROWS += [Row("F07 M08", "%s is answered with a bare 0, and not done" % name, bare(name, 0), codes, command, device, 40,
             again=again, check=no_success)
         for name, codes, command, device, again in [("confirm", 32, CONFIRM, "trial", 0), ("rollback", 32, ROLLBACK, "two", 0)]]
ROWS += [Row("F05", "%s is answered with the body of another" % name, other_body(name), 32 if name == "receipt" else 21, seconds=60)
         for name in ["ident", "load", "check", "begin", "needs", "receipt", "status"]]
NEEDS = [("from another item than was asked for", 2, lambda n: n + 8), ("of no items", 3, 0), ("of more items than there are", 3, BIG),
         ("with a bitmap too short", 4, b""), ("with a bitmap too long", 4, b"\xff" * 256), ("of another total", 5, lambda n: n + 1),
         ("of a total of 2^32 - 1", 5, BIG), ("of more than the bits say", 6, BIG), ("of fewer than the bits say", 6, 0)]
ROWS += [Row("F06", "a list of needs " + what, field("needs", number, value), 21) for what, number, value in NEEDS]
ROWS += [
    Row("F06", "asks for pages where it has them", field("needs", 1, 1), 21, seconds=40),
    Row("F06", "asks for blocks where pages come first", field("needs", 1, 0), 21, seconds=40),
    Row("F06", "copied and kept more bytes than there are", field("needs", 7, BIG), 0),
    Row("F06", "wants an image that the package has not", field("begin", 2, 7), 21),
    Row("F06", "accepted another package than it was shown", field("begin", 1, bytes(32)), 21),
    Row("F06", "judged another package than it was shown", field("check", 1, bytes(32)), 21),
    Row("F06", "took another number of bytes than it was sent", Reloads, 21),
    # What it says of blocks is not signed: where all it needs came all the same, what it proves is what counts (0).
    Row("F24", "no credit, ever", field("needs", 9, 0), 0, seconds=40, long=True),
    Row("F24", "credit for all there is", field("needs", 9, BIG), 0, seconds=40),
    Row("C02", "never has enough", Forever, 6),
    Row("F05", "says at once that it has all", acks(with_parts(flags=ALL)), 0, seconds=40),
    Row("F05", "has more than was sent", acks(with_parts(next_sequence=BIG)), 21),
    Row("F05", "expects an item that there is not", acks(with_parts(index=lambda now: now["index"] + 1000)), 21, seconds=40),
    Row("F05", "expects a byte that there is not", acks(with_parts(offset=BIG)), 21, seconds=40),
    Row("F05", "expects a page among the blocks", acks(with_parts(index=lambda now: now["index"] ^ 0x80000000)), 21, seconds=40),
    Row("F05", "says nothing of what arrives", acks(lambda content: []), 0, seconds=60, long=True),
    Row("F05", "acknowledges everything a thousand times", acks(lambda content: [content] * 1000), 0, seconds=40),
    Row("F05", "goes back in what it has", acks(with_parts(next_sequence=0, flags=0)), 21, seconds=60, long=True),
    Row("F05", "always a gap", acks(with_parts(flags=GAP)), 0, seconds=60, long=True),
    Row("F05", "always damaged", acks(with_parts(flags=DAMAGED)), 0, seconds=60, long=True),
    Row("F05", "holds what it likes", acks(with_parts(held=lambda now: random.getrandbits(32))), 0, seconds=60),
    Row("F05", "flags that there are not", acks(no_flag_known), 0, seconds=60, long=True),
    Row("F05", "rounds that there were not", acks(with_parts(round_=lambda now: (now["round_"] + 100) % 256)), 0, seconds=60),
    Row("C01", "each block is bad, it says", acks(failed(140)), 0, seconds=40),
] + [Row("F05", "a flow fails with status %d" % status, acks(failed(status)), 21, seconds=40, check=no_success)
     for status in (0, 126, 162, 163, 255, 256, 277, BIG)]
# Only that the flow was lost, or a block damaged, is worth another try, and the device holds it all by then: this image is
# on its way before the first acknowledgement.
ROWS += [Row("F05", "a flow is lost with status %d, it says" % status, acks(failed(status)), 0, seconds=40)
         for status in (120, 182)]
ROWS += [
    Row("F25", "busy for 49 days before hello", silent("hello", BIG), 3, "gapseal info DEV --json", seconds=12),
    Row("F25", "busy for 49 days at ident", silent("ident", BIG), {3, 20}, "gapseal info DEV --json", seconds=150, long=True),
    Row("F25", "works on its answer to begin without an end", works("begin"), {20}, seconds=1000, long=True),
    Row("F25", "works on its answer to finish without an end", works("finish"), {21}, seconds=1500, long=True),
    Row("F25", "busy for 49 days at begin", silent("begin", BIG), {20}, seconds=900, long=True),
]
