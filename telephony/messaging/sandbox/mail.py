"""The sandbox carrier's mail server: speaks SMTP on a loopback port, delivers nothing, does what its scripts say."""

import asyncio
import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from telephony.clock import Clock
from telephony.messaging.sandbox.log import CarrierLog, LogEntry, body_digest

MAIL_USER = "sandbox"
MAIL_PASSWORD = "sandbox-token"  # noqa: S105 - the sandbox's own, known to everybody
LONGEST = 10 * 2**20
_ADDRESS = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>", re.IGNORECASE)
_MAGIC = re.compile(r"smtp-(\d{3})(?:-(\d\.\d{1,3}\.\d{1,3}))?(?:-(end))?$")


@dataclass(frozen=True, slots=True)
class MailScript:
    """What befalls one message. `recipient` and `end` (after the message) are replies like "550 5.1.1 Unknown".

    `drop`: the connection dies without a word, at the recipient (nothing was taken) or after the message was.
    """

    recipient: str = ""
    end: str = ""
    drop: Literal["", "recipient", "taken"] = ""
    latency_s: float = 0.0


NOTHING = MailScript()


def magic(address: str) -> MailScript:
    """The script of an address like pat+smtp-550-5.1.1@example.com; `-end` says it after the message was sent."""
    local = address.rpartition("@")[0]
    if local.endswith("smtp-drop"):
        return MailScript(drop="taken")
    found = _MAGIC.search(local)
    if found is None:
        return NOTHING
    reply = " ".join(part for part in (found[1], found[2], "as asked") if part)
    return MailScript(end=reply) if found[3] else MailScript(recipient=reply)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that the server took; `parsed` is its headers and text."""

    sender: str
    to: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        made = message_from_bytes(self.raw, policy=SMTP)
        return made

    @property
    def text(self) -> str:
        return str(self.parsed.get_content()).replace("\r\n", "\n").rstrip("\n")


class SandboxMail:
    """`async with SandboxMail(clock) as mail:` listens on `mail.port`; `scripts` maps an address to its fate."""

    def __init__(self, clock: Clock, log: CarrierLog | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.clock = clock
        self.log = log or CarrierLog()
        self.scripts: dict[str, MailScript] = {}
        self.letters: list[Letter] = []
        self.arrived = asyncio.Event()
        self.host, self.port = host, port
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> "SandboxMail":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def fate(self, address: str) -> MailScript:
        return self.scripts.get(address) or magic(address)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def take(self, sender: str, to: str, raw: bytes) -> None:
        self.letters.append(Letter(sender, to, raw))
        self._note("accepted", sender, to, "250", self.letters[-1])
        self.arrived.set()

    def reject(self, sender: str, to: str, reply: str) -> None:
        self._note("rejected", sender, to, reply[:3])

    def _note(self, what: str, sender: str, to: str, code: str, letter: Letter | None = None) -> None:
        sid = "" if letter is None else str(letter.parsed["Message-ID"])
        digest = "" if letter is None else body_digest(letter.text)
        self.log.add(LogEntry(self.clock.now(), what, sid, to, sender, code=code, body_sha256=digest))


class _Session:
    """One client's commands, in the order that RFC 5321 asks for."""

    def __init__(self, mail: SandboxMail, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._mail, self._reader, self._writer = mail, reader, writer
        self._logged_in = False
        self._sender = ""
        self._to: list[str] = []

    async def run(self) -> None:
        await self._say("220 sandbox.invalid ESMTP delivers nothing")
        while line := (await self._reader.readline()).decode("ascii", "replace").strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    await self._say("250-sandbox.invalid", "250-AUTH PLAIN LOGIN", "250-8BITMIME", "250 SIZE 10485760")
                case "HELO" | "NOOP":
                    await self._say("250 OK")
                case "AUTH":
                    await self._auth(rest)
                case "MAIL" | "RCPT" | "DATA" if not self._logged_in:
                    await self._say("530 5.7.0 Authentication required")
                case "MAIL":
                    await self._from(rest)
                case "RCPT":
                    if not await self._recipient(rest):
                        return
                case "DATA":
                    if not await self._data():
                        return
                case "RSET":
                    self._sender, self._to = "", []
                    await self._say("250 OK")
                case "QUIT":
                    await self._say("221 2.0.0 Bye")
                    return
                case _:
                    await self._say("502 5.5.1 Command not implemented")

    async def _auth(self, rest: str) -> None:
        mechanism, _, first = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            given = _plain(first or await self._ask(""))
        else:
            user = _decoded(first or await self._ask("Username:"))
            given = (user, _decoded(await self._ask("Password:")))
        self._logged_in = given == (MAIL_USER, MAIL_PASSWORD)
        await self._say("235 2.7.0 Welcome" if self._logged_in else "535 5.7.8 Wrong login or password")

    async def _ask(self, words: str) -> str:
        await self._say("334 " + base64.b64encode(words.encode()).decode())
        return (await self._reader.readline()).decode("ascii", "replace").strip()

    async def _from(self, rest: str) -> None:
        found = _ADDRESS.match(rest)
        if found is None:
            await self._say("501 5.5.4 Syntax: MAIL FROM:<address>")
            return
        self._sender, self._to = found[1], []
        await self._say("250 2.1.0 OK")

    async def _recipient(self, rest: str) -> bool:
        """False: the connection is over."""
        found = _ADDRESS.match(rest)
        if found is None or not self._sender:
            await self._say("503 5.5.1 MAIL first, then RCPT TO:<address>")
            return True
        script = self._mail.fate(found[1])
        await self._mail.clock.sleep(script.latency_s)
        if script.drop == "recipient":
            self._mail.reject(self._sender, found[1], "000")
            return False
        if script.recipient:
            self._mail.reject(self._sender, found[1], script.recipient)
            await self._say(script.recipient)
            return True
        self._to.append(found[1])
        await self._say("250 2.1.5 OK")
        return True

    async def _data(self) -> bool:
        """False: the connection is over."""
        if not self._to:
            await self._say("503 5.5.1 RCPT first")
            return True
        await self._say("354 End with a dot")
        raw = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        script = self._mail.fate(self._to[0])
        if script.end:
            self._mail.reject(self._sender, self._to[0], script.end)
            await self._say(script.end)
            return True
        for to in self._to:
            self._mail.take(self._sender, to, raw)
        if script.drop == "taken":
            return False
        self._sender, self._to = "", []
        await self._say("250 2.0.0 Taken, and delivered to nobody")
        return True

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(line + "\r\n" for line in lines).encode())
        await self._writer.drain()


def _decoded(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode()
    except ValueError:
        return ""


def _plain(given: str) -> tuple[str, str]:
    parts = _decoded(given).split("\0")
    return (parts[1], parts[2]) if len(parts) == 3 else ("", "")
