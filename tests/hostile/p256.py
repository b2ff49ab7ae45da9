"""ECDSA P-256 with SHA-256, for devices that sign what they like. Slow, not constant in time, for tests only."""
import base64
import hashlib
import re
import secrets

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


POWERS = [G]
for _ in range(255):
    POWERS.append(add(POWERS[-1], POWERS[-1]))


def times_g(k):
    point = None
    for i in range(256):
        if k >> i & 1:
            point = add(point, POWERS[i])
    return point


def public_of(private):
    x, y = times_g(private)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def sign(private, digest):
    """64 bytes, r then s."""
    while True:
        k = secrets.randbelow(N - 1) + 1
        r = times_g(k)[0] % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * private) % N
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def private_of(path):
    """The private number of a PEM file: SEC 1, or PKCS#8 around it. It stands behind INTEGER 1 as 32 bytes."""
    with open(path, encoding="ascii") as f:
        der = base64.b64decode("".join(re.findall(r"^[A-Za-z0-9+/=]+$", f.read(), re.M)))
    at = der.index(b"\x02\x01\x01\x04\x20") + 5
    return int.from_bytes(der[at:at + 32], "big")


def key_id(public):
    return hashlib.sha256(public).digest()
