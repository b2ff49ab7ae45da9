"""A device that is not what it should be: somebody between gapseal and a simulated device, who holds the device's own
key. What passes can be altered and signed again, held back, made up, repeated; or nothing passes at all.

A row of the tables names an attack: a subclass of Attack. One object serves a row's run, over all its connections."""
import hashlib
import os
import select
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import frames  # tests/tools
import messages
from messages import Message, Reply

IDENT_HELLO_SHA256 = 3


class Attack:
    """Passes everything on. Each hook may return None (pass it on), bytes (raw, sent instead), or a list of contents
    and raw bytes."""

    signs = True  # altered hellos are covered by a newly signed ident

    def __init__(self, run):
        self.run = run            # of hostile.py
        self.connections = 0
        self.requests = []        # names, over all connections
        self.key = run.device_key
        self.hello = [b"", b""]   # the newest request and reply, as the host has them

    # -- hooks ------------------------------------------------------------------------------------

    def opened(self, say):
        """A host connected. False: nothing is passed on by anybody; the attack does all the talking."""
        return True

    def request(self, name, content):
        """Of the host: to be answered here, or None."""
        return None

    def block(self, content):
        return None

    def reply(self, name, answer):
        """Of the device, to the request of that name: alter the Reply, or return what is said instead."""
        return None

    def other(self, content):
        """Of the device: acknowledgements and announcements."""
        return None

    # -- for hooks --------------------------------------------------------------------------------

    def sign_ident(self, answer, change):
        """Have change(ident body, its facts, its state) alter the ident, and sign it."""
        self._sign(answer, "ident", 1, 6, 7, change)

    def sign_receipt(self, answer, change):
        self._sign(answer, "receipt", 1, 10, 11, change)

    def _sign(self, answer, kind, length, facts_field, state_field, change):
        size = answer.body.get(length, 0)
        body = messages.body_of(answer.tail[:size])
        facts, state = body.sub(facts_field), body.sub(state_field)
        change(body, facts, state)
        body.put(facts_field, facts.ordered())
        body.put(state_field, state.ordered())
        envelope = self.key.seal(kind, body.ordered().build())
        answer.tail = envelope + answer.tail[size:]
        answer.body[length] = len(envelope)


class Connection:
    def __init__(self, attack, host, device):
        self.attack, self.host, self.device = attack, host, device
        self.asked = {}
        self.rest = {"host": b"", "device": b""}

    def say(self, what):
        """To the host: contents become frames, raw bytes go as they are."""
        items = what if isinstance(what, list) else [what]
        for item in items:
            self.host.sendall(item if isinstance(item, Raw) else frames.encode(item))

    def from_host(self, frame):
        content = frames.decode(frame)
        if content and content[0] == frames.REQUEST:
            name = frames.name(content).removeprefix("request ")
            self.asked[frames.fields(content).get(1)] = name
            self.attack.requests.append(name)
            if name == "hello":
                self.attack.hello[0] = content
            instead = self.attack.request(name, content)
        else:
            instead = self.attack.block(content) if content and content[0] == frames.BLOCK else None
        if instead is None:
            self.device.sendall(frame)
        else:
            self.say(instead)

    def from_device(self, frame):
        content = frames.decode(frame)
        if not content or content[0] != frames.REPLY:
            instead = self.attack.other(content) if content else None
            self.host.sendall(frame) if instead is None else self.say(instead)
            return
        answer = Reply(content)
        name = self.asked.get(answer.message.get(1, 0), "?")
        instead = self.attack.reply(name, answer)
        if instead is not None:
            self.say(instead)
            return
        if name == "hello":
            self.attack.hello[1] = answer.content()
        if name == "ident" and self.attack.signs and answer.kind == messages.IDENT:
            digest = hashlib.sha256(self.attack.hello[0] + self.attack.hello[1]).digest()
            if messages.body_of(answer.tail[:answer.body[1]])[IDENT_HELLO_SHA256] != digest:
                self.attack.sign_ident(answer, lambda body, facts, state: body.put(IDENT_HELLO_SHA256, digest))
        self.say(answer.content())

    def run(self):
        ends = {self.host: ("host", self.from_host), self.device: ("device", self.from_device)}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                name, take = ends[end]
                *parts, self.rest[name] = (self.rest[name] + data).split(b"\0")
                for frame in parts:
                    take(frame + b"\0")


class Raw(bytes):
    """Not a frame's content: sent as it is."""


class Gone(Exception):
    """An attack closes the line."""


class Peer:
    """Listens on a unix socket, one connection after another, until it is closed."""

    def __init__(self, path, attack, device_path):
        self.attack, self.device_path = attack, device_path
        self.device = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                host, _ = self.listener.accept()
            except OSError:
                return
            device = self.device = socket.socket(socket.AF_UNIX)
            try:
                self.attack.connections += 1
                connection = Connection(self.attack, host, device)
                if self.attack.opened(connection.say):
                    device.connect(self.device_path)
                    connection.run()
            except (OSError, Gone):
                pass
            host.close()
            device.close()

    def close(self):
        """The device is free again when this returns, whatever an attack waits for."""
        for end in (self.listener, self.device):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except (AttributeError, OSError):
                pass
        self.listener.close()


def with_state(change):
    """A change of ident or receipt that looks at the state alone."""
    return lambda body, facts, state: change(state)


__all__ = ["Attack", "Gone", "Message", "Peer", "Raw", "Reply", "frames", "messages", "with_state"]
