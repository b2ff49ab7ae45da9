"""Messages of docs/spec/wire.md and signed objects of docs/spec/signed.md, as somebody hostile takes them apart and
puts them together: nothing is checked, everything can be said."""
import hashlib
import struct

import p256

LEN = 2  # wire type of texts, bytes and messages


def varint(value):
    out = bytearray()
    value &= 2**64 - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


class Message(dict):
    """{field number: value}: an int, bytes, or whatever build() makes bytes of. Order is kept."""

    @classmethod
    def parse(cls, data):
        message, at = cls(), 0
        while at < len(data):
            tag, at = read_varint(data, at)
            if tag & 7 == LEN:
                size, at = read_varint(data, at)
                message[tag >> 3] = bytes(data[at:at + size])
                at += size
            elif tag & 7 == 5:
                message[tag >> 3] = Fixed32(struct.unpack("<I", data[at:at + 4])[0])
                at += 4
            else:
                message[tag >> 3], at = read_varint(data, at)
        return message

    def sub(self, number):
        """The message in a field; a change needs put()."""
        return Message.parse(self.get(number, b""))

    def put(self, number, value):
        self[number] = value.build() if isinstance(value, Message) else value

    def build(self):
        out = bytearray()
        for number, value in self.items():
            if isinstance(value, Message):
                value = value.build()
            if isinstance(value, Fixed32):
                out += varint(number << 3 | 5) + struct.pack("<I", value)
            elif isinstance(value, int):
                out += varint(number << 3) + varint(value)
            else:
                out += varint(number << 3 | LEN) + varint(len(value)) + value
        return bytes(out)

    def ordered(self):
        return Message(sorted(self.items()))


class Fixed32(int):
    pass


class Reply:
    """id, status, the body's field number and fields, tail."""

    def __init__(self, content):
        size = struct.unpack("<H", content[2:4])[0]
        self.message = Message.parse(content[4:4 + size])
        self.tail = content[4 + size:]
        kinds = [n for n in self.message if n > 2]
        self.kind = kinds[0] if kinds else 0
        self.body = self.message.sub(self.kind) if kinds else Message()

    def content(self):
        message = Message({n: v for n, v in self.message.items() if n <= 2})
        if self.kind:
            message[self.kind] = self.body.build()
        data = message.build()
        return struct.pack("<BBH", 2, 0, len(data)) + data + self.tail


HELLO, IDENT, STATUS, LOAD, LINK, CHECK, BEGIN, NEEDS, FINISH, LOG, RECEIPT = range(3, 14)


def reply(request_id, status=0, kind=0, body=None, tail=b""):
    message = Message({1: request_id})
    if status:
        message[2] = status
    if kind:
        message[kind] = (body or Message()).build()
    data = message.build()
    return struct.pack("<BBH", 2, 0, len(data)) + data + tail


def ack(round_=0, flags=0, next_sequence=0, limit=0, index=0, offset=0, status=0, held=0):
    return struct.pack("<BBBBIIIIII", 0x11, round_, flags, 0, next_sequence, limit, index, offset, status, held)


def busy(max_ms, done=0, total=0, what=1):
    return struct.pack("<BBHIII", 0x12, what, 0, max_ms, done, total)


class Key:
    def __init__(self, private):
        self.private = private
        self.public = p256.public_of(private)
        self.id = p256.key_id(self.public)

    @classmethod
    def read(cls, path):
        return cls(p256.private_of(path))

    def seal(self, kind, body):
        """An envelope of a kind ("ident", "receipt", "identity") with one signature."""
        digest = hashlib.sha256(b"gapseal:%s:v1\0" % kind.encode() + body).digest()
        signature = Message({1: self.id, 2: p256.sign(self.private, digest)})
        return Message({1: body, 2: signature.build()}).build()


def body_of(envelope):
    return Message.parse(Message.parse(envelope)[1])
