"""What comes over the line before, and besides, a session: garbage, halves, floods, silence, closed doors."""
import os
import time

from hostile import Row
from peer import Attack, Gone, Raw, frames, messages

INFO = "gapseal info DEV --json"
RAW = [
    ("random bytes", os.urandom(3000)), ("zeros", bytes(3000)), ("0xFF", b"\xff" * 3000), ("0x55", b"\x55" * 3000),
    ("a boot ROM's banner", b"\r\nU-Boot 2023.01 (Jan 09 2023)\r\nHit any key to stop autoboot: 3 \x1b[2J\x07"),
    ("modem commands", b"AT\r\nATZ\r\nOK\r\n" * 20), ("another tool's protocol", b"rz\r**\030B00000000000000\r\x8a\x11"),
]


def says(data, then=None):
    """Says something as soon as a host connects, then nothing, or what then(say) does."""
    class Says(Attack):
        def opened(self, say):
            say(Raw(data))
            if then:
                then(say)
            time.sleep(30)
            return False
    return Says


def without_end(make):
    """The same again and again, as fast as the line takes it."""
    def go(say):
        while True:
            say(make())
    return go


def slowly(data, pause_s=1.0):
    def go(say):
        for byte in data:
            say(Raw(bytes([byte])))
            time.sleep(pause_s)
    return go


class Flood(Attack):
    """After hello, what nobody asked for, without end."""
    what = b""

    def reply(self, name, answer):
        if name == "hello":
            return None
        return [self.what] * 20000


def flood(what):
    return type("Flood_", (Flood,), {"what": what})


class Slow(Attack):
    """Every reply but hello comes at a byte a second."""

    def request(self, name, content):
        if name == "hello":
            return None
        for _ in range(60):
            self.say(Raw(b"\x55"))
            time.sleep(1)
        return []

    def opened(self, say):
        self.say = say
        return True


class BadCrc(Attack):
    def reply(self, name, answer):
        data = bytearray(frames.encode(answer.content()))
        data[-3] ^= 1 if data[-3] ^ 1 else 2
        return Raw(bytes(data))


class BadHeader(Attack):
    def reply(self, name, answer):
        content = answer.content()
        return content[:2] + b"\xff\xff" + content[4:]


class Twice(Attack):
    def reply(self, name, answer):
        return None if name in ("hello", "ident") else [answer.content()] * 3


class Echo(Attack):
    def request(self, name, content):
        self.say(content)
        return None

    def block(self, content):
        self.say(content)
        return None

    def opened(self, say):
        self.say = say
        return True


class Mirror(Attack):
    def request(self, name, content):
        return content

    def block(self, content):
        return content


class Unknown(Attack):
    """Frames of every type there is not, and replies nobody asked for, besides the right ones."""

    def reply(self, name, answer):
        if name != "status":
            return [bytes([t]) + b"x" * 20 for t in range(3, 256, 16)] + [messages.reply(7777, 0), answer.content()]
        return None


class Half(Attack):
    """Half of a reply, and the line is closed, each time it gets there."""
    name = ""

    def reply(self, name, answer):
        if name != self.name:
            return None
        data = frames.encode(answer.content())
        self.say(Raw(data[:len(data) // 2]))
        raise Gone

    def opened(self, say):
        self.say = say
        return True


class Closes(Half):
    """Closes when a request comes, each time."""

    def request(self, name, content):
        if name == self.name:
            raise Gone

    def block(self, content):
        if self.name == "block":
            raise Gone


class Playback(Attack):
    """Answers as the device answered the connection before, with this connection's numbers."""

    def __init__(self, run):
        super().__init__(run)
        self.kept = {}

    def request(self, name, content):
        if name not in self.kept:
            return None
        answer = self.kept[name]
        answer.message[1] = frames.fields(content)[1]
        return answer.content()

    def reply(self, name, answer):
        if self.connections == 1 and name in ("hello", "ident"):
            self.kept[name] = answer
        return None


class Byte(Attack):
    """Somebody on the cable answers each request before the device does, with nothing but a status."""

    def request(self, name, content):
        if name in ("hello", "ident"):
            return None
        return messages.reply(frames.fields(content)[1], 0)


def half(name):
    return type("Half_", (Half,), {"name": name})


def closes(name):
    return type("Closes_", (Closes,), {"name": name})


def tells_bytes(run, result, attack):
    return [] if b"bytes of other data seen" in result.err else ["it does not say what was seen"]


def reconnected(times):
    return lambda run, result, attack: [] if attack.connections == times else ["connected %d times" % attack.connections]


STEPS = ["hello", "ident", "load", "check", "begin", "needs", "block", "finish", "receipt", "install", "reboot", "status",
         "confirm"]
# Where nobody says hello there is no device (3); what said it and then closes or falls silent is lost (20), as long as a reboot was not asked
# for: then the device did not come back (31). A trial that cannot be looked at is given up: the last good image runs (30).
# The time for trial and reboot (3 s) is over before on a slow computer (31).
CLOSED = {"reboot": 31, "status": {30, 31}, "confirm": {20, 31}}

ROWS = [Row("F01", "says " + what + ", then nothing", says(data), 3, INFO, seconds=8,
            check=tells_bytes if what != "zeros" else None) for what, data in RAW]
ROWS += [
    Row("F01", "random bytes without end", says(b"", without_end(lambda: Raw(os.urandom(4096)))), 3, INFO, seconds=15),
    Row("F01", "zeros without end", says(b"", without_end(lambda: Raw(bytes(65536)))), 3, INFO, seconds=15),
    Row("F02", "a frame without an end", says(b"", without_end(lambda: Raw(b"\x11" * 65536))), 3, INFO, seconds=15),
    Row("F02", "whole frames of 60,000 bytes", says(b"", without_end(lambda: b"\x02" * 60000)), 3, INFO, seconds=15),
    Row("F02", "frames of no and of few bytes", says(b"\0\1\0\2\1\0\1\1\1\0" * 300), 3, INFO, seconds=8),
    Row("F03", "every reply with a wrong CRC", BadCrc, 3, INFO, seconds=8),
    Row("F03", "every reply with a length past its end", BadHeader, 3, INFO, seconds=8),
    Row("F04", "a frame that never ends, a byte a second", says(b"", slowly(b"\x20" * 60)), 3, INFO, seconds=8),
    Row("F04", "silence after hello but for a byte a second", Slow, 20, INFO, seconds=15),
    Row("F04", "connects and says nothing", says(b""), 3, INFO, seconds=8),
    Row("F11", "answers as it did before", Playback, 18, INFO, seconds=8, first=INFO),
    Row("F12", "every reply three times", Twice, 0),
    Row("F13", "all that the host says comes back beside the answers", Echo, 0, seconds=60),
    Row("F13", "all that the host says comes back, and nothing else", Mirror, 3, INFO, seconds=8),
    Row("F16", "a status from the cable before each answer", Byte, 21),
    Row("F20", "unknown frames and replies that nobody asked for", Unknown, 0),
    Row("F24", "acknowledgements without end", flood(messages.ack()), 21, seconds=15),
    Row("F24", "announcements without end", flood(messages.busy(1)), 20, seconds=30),
    Row("F24", "replies without end that nobody asked for", flood(messages.reply(99, 0)), 21, seconds=15),
    Row("F24", "broken messages without end", flood(b"\x02\0\xff\xff"), 21, seconds=15),
    Row("F18 J12", "half an answer to begin, then gone, each time", half("begin"), 20, seconds=40, check=reconnected(6)),
    Row("F18 J12", "half a receipt, then gone, each time", half("receipt"), 20, seconds=60),
] + [Row("J12", "closes at each " + name, closes(name), CLOSED.get(name, 20), seconds=60) for name in STEPS]
