"""Our generated configuration lets nobody dial out through us. Only a real Asterisk can show it."""

import asyncio
import secrets
import socket

import pytest

from telephony.exchange import Destroyed
from tests.contracts.exchange.conftest import calling
from tests.contracts.exchange.sides import AsteriskSide
from tests.lab import AsteriskLab, sipp

pytestmark = pytest.mark.asterisk


async def test_a_carriers_redirect_dials_nothing(asterisk_lab: AsteriskLab) -> None:
    public_port = str(asterisk_lab.public.settings.sip_port)
    before = _calls(asterisk_lab)
    async with calling(AsteriskSide(asterisk_lab)) as caller:
        with sipp("redirect", asterisk_lab.sipp_port, elsewhere=public_port):
            channel = await caller.dial("PJSIP/15550100999@sipp")
            await caller.wait(Destroyed, channel)
        assert caller.kinds(channel) == ["Destroyed"]
        assert await caller.exchange.channels() == []
    assert _calls(asterisk_lab) == before


@pytest.mark.parametrize("sender", ["trunk", "agent-1", "agent-reg", "stranger"])
async def test_a_call_from_outside_reaches_nothing(asterisk_lab: AsteriskLab, sender: str) -> None:
    port = asterisk_lab.ours.settings.sip_port
    reply = await asyncio.to_thread(_invite, port, sender, "15550100200")
    # a phone is asked for its password, everybody else finds no such number
    assert reply.split()[1] in ("401", "404"), reply


def _calls(lab: AsteriskLab) -> str:
    """How many calls the public network has had, in Asterisk's words."""
    return lab.public.cli("core show channels").splitlines()[-1]


def _invite(port: int, sender: str, number: str) -> str:
    """Send one INVITE; the status line of its first final reply."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        own, call = sock.getsockname()[1], secrets.token_hex(8)
        sdp = "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
        lines = [
            f"INVITE sip:{number}@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{call}",
            "Max-Forwards: 70",
            f"From: <sip:{sender}@127.0.0.1>;tag={call}",
            f"To: <sip:{number}@127.0.0.1>",
            f"Call-ID: {call}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:{sender}@127.0.0.1:{own}>",
            "Content-Type: application/sdp",
            f"Content-Length: {len(sdp)}",
        ]
        sock.sendto(("\r\n".join(lines) + "\r\n\r\n" + sdp).encode(), ("127.0.0.1", port))
        while True:
            status = sock.recv(65536).decode().splitlines()[0]
            if not status.startswith("SIP/2.0 1"):
                return status
