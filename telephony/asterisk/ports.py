"""Finds a loopback port for a server that is told its port before it listens."""

import secrets
import socket
from contextlib import closing, suppress

# under those that systems give to connections that go out: one of them could take the port before the server listens;
# and under the lab's RTP ports
FIRST, PORTS = 10_240, 9_760
TRIES = 100


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody has now. Raises OSError where all that were tried are taken."""
    for _ in range(TRIES - 1):
        with suppress(OSError):
            return _any_port(kind)
    return _any_port(kind)


def _any_port(kind: socket.SocketKind) -> int:
    with closing(socket.socket(socket.AF_INET, kind)) as probe:
        probe.bind(("127.0.0.1", port := FIRST + secrets.randbelow(PORTS)))
    return port
