"""ClientHello messages made byte by byte (RFC 8446 §4.1.2), so that they can be
wrong in one place and right in all others."""

import os
import struct

HANDSHAKE = 22
ALERT = 21
SERVER_NAME = 0


def vector(size, content):
    """A TLS vector with a length of `size` bytes in front."""
    return len(content).to_bytes(size, "big") + content


def host_name(name, kind=0):
    return bytes([kind]) + vector(2, name)


def server_name(*entries, trailing=b""):
    """The server_name extension with these entries of its list."""
    return extension(SERVER_NAME, vector(2, b"".join(entries)) + trailing)


def extension(kind, content):
    return struct.pack(">H", kind) + vector(2, content)


def usual_extensions():
    """What makes a ClientHello acceptable for TLS 1.3 and 1.2."""
    return [
        extension(43, vector(1, bytes.fromhex("03040303"))),
        extension(10, vector(2, bytes.fromhex("001d0017"))),
        extension(13, vector(2, bytes.fromhex("040308040807"))),
        extension(51, vector(2, bytes.fromhex("001d") +
                             vector(2, os.urandom(32)))),
    ]


def client_hello(extensions, trailing=b""):
    """A ClientHello handshake message with these extensions."""
    body = (bytes.fromhex("0303") + os.urandom(32) + vector(1, os.urandom(32)) +
            vector(2, bytes.fromhex("1301c02bc02f")) + vector(1, b"\0") +
            vector(2, b"".join(extensions)) + trailing)
    return b"\x01" + vector(3, body)


def record(kind, content):
    return bytes([kind]) + bytes.fromhex("0301") + vector(2, content)


def records(message, size):
    """`message` in handshake records of `size` bytes each."""
    return b"".join(record(HANDSHAKE, message[i:i + size])
                    for i in range(0, len(message), size))
