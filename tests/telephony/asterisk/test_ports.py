"""A free port is one that nothing else is given before the server listens on it."""

import socket
from contextlib import ExitStack

import pytest

from telephony.asterisk import ports


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_taken_is_passed_over(kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PORTS", 3)
    with ExitStack() as stack:
        found = set()
        for _ in range(2):
            port = ports.free_port(kind)
            taken = stack.enter_context(socket.socket(socket.AF_INET, kind))
            taken.bind(("127.0.0.1", port))
            found.add(port)
        assert len(found) == 2 and min(found) >= ports.FIRST and max(found) < ports.FIRST + 3


def test_where_all_are_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PORTS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.FIRST))
        with pytest.raises(OSError, match="in use"):
            ports.free_port()
