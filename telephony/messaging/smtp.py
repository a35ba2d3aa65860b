"""Carries e-mail to a mail server by SMTP: encrypted, logged in, one connection and one hand-over for each message."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import aiosmtplib

from telephony.clock import Clock
from telephony.messaging.letter import BadAddress, Sender, compose, mailbox, message_id
from telephony.messaging.port import (
    Accepted,
    Capabilities,
    Channel,
    DeliveryEvent,
    Envelope,
    Form,
    InboundMessage,
    LookupUnavailable,
    Rejected,
    Sent,
    not_permitted,
)
from telephony.messaging.smtp_replies import ServerFault, Stage, lost, refusal, rejected

Security = Literal["starttls", "tls", "none"]
FAREWELL_S = 1.0


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """One login at a mail server. `timeout_s` is of a whole connection, from the first packet to the last reply.

    `security` none is for a server on this very machine. `ca_file`: PEM of an authority of one's own, beside the
    system's.
    """

    host: str
    port: int
    sender: Sender
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    ca_file: str = ""


class SmtpProvider:
    """One mail server. Its acceptance is the last that is heard of a message: bounces are read by nobody here."""

    def __init__(self, account: SmtpAccount, clock: Clock, name: str = "smtp") -> None:
        self.name = name
        self._account = account
        self._clock = clock
        channels: frozenset[Channel] = frozenset({"email"})
        self.capabilities = Capabilities(
            channels=channels, receipts=False, lookup=False, longest_validity_s=7 * 86400, max_body_chars=20_000
        )
        self._tls: ssl.SSLContext | None = None

    async def send(self, envelope: Envelope) -> Sent:
        refused = not_permitted(envelope)
        if refused is not None:
            return refused
        try:
            to, letter = mailbox(envelope.to), compose(envelope, self._account.sender, self._clock.now())
        except BadAddress:
            return rejected("smtp_address")
        try:
            talk = _Talk(self._client())
        except OSError:  # ca_file is not there, or holds no certificate
            return rejected("smtp_tls")
        sent = await self._hand_over(talk, envelope, to, letter)
        await talk.end()
        return sent

    async def _hand_over(self, talk: "_Talk", envelope: Envelope, to: str, letter: bytes) -> Sent:
        try:
            async with asyncio.timeout(self._account.timeout_s):
                await self._open(talk)
                talk.stage = "sender"
                await talk.smtp.mail(mailbox(self._account.sender.address))
                talk.stage = "recipient"
                await talk.smtp.rcpt(to)
                talk.stage = "data"
                await talk.smtp.data(letter)
        except ServerFault as fault:
            return rejected(fault.code)
        except aiosmtplib.SMTPResponseException as problem:
            return refusal(talk.stage, problem.code, problem.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            return rejected("smtp_tls") if _of_tls(problem) else lost(talk.stage, type(problem).__name__)
        return Accepted(message_id(envelope.message_id, self._account.sender), "sent")

    async def check(self) -> str:
        """Connect, encrypt and log in, and send nothing; how it is encrypted, like TLSv1.3.

        Raises ServerFault; OSError where `ca_file` cannot be read.
        """
        talk = _Talk(self._client())
        try:
            async with asyncio.timeout(self._account.timeout_s):
                await self._open(talk)
                encrypted = talk.smtp.get_transport_info("ssl_object")
                return "not encrypted" if encrypted is None else str(encrypted.version())
        except aiosmtplib.SMTPResponseException as problem:
            answer = refusal(talk.stage, problem.code, problem.message)
            raise ServerFault(answer.code if isinstance(answer, Rejected) else "smtp_connect") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            raise ServerFault("smtp_tls" if _of_tls(problem) else "smtp_connect") from None
        finally:
            await talk.end()

    async def _open(self, talk: "_Talk") -> None:
        account, client = self._account, talk.smtp
        await client.connect()
        await client.ehlo()
        if account.security == "starttls":
            talk.stage = "tls"
            if not client.supports_extension("starttls"):
                raise ServerFault("smtp_tls")
            await client.starttls()
            await client.ehlo()
        if account.username:
            talk.stage = "login"
            if not client.supports_extension("auth"):
                raise ServerFault("smtp_login")
            await client.login(account.username, account.password)

    def _client(self) -> aiosmtplib.SMTP:
        account = self._account
        if self._tls is None and account.security != "none":
            self._tls = ssl.create_default_context()
            if account.ca_file:
                self._tls.load_verify_locations(cafile=account.ca_file)
        return aiosmtplib.SMTP(
            hostname=account.host,
            port=account.port,
            # our own name there is of no use to a relay that we log in to, and tells of our network
            local_hostname=account.sender.domain,
            use_tls=account.security == "tls",
            start_tls=False,  # done by hand, so that a server without it is told from one that fails
            tls_context=self._tls,
            timeout=account.timeout_s,
        )

    async def lookup(self, provider_id: str) -> DeliveryEvent | None:
        raise LookupUnavailable("a mail server cannot be asked")

    async def find(
        self, channel: Channel, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[DeliveryEvent]:
        raise LookupUnavailable("a mail server cannot be asked")

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        return False  # no mail server calls us

    def parse_status(self, form: Form) -> DeliveryEvent | None:
        return None

    def parse_inbound(self, form: Form) -> InboundMessage | None:
        return None

    async def close(self) -> None:
        """Nothing is kept open between messages."""


@dataclass(slots=True)
class _Talk:
    """One connection, and how far it has come."""

    smtp: aiosmtplib.SMTP
    stage: Stage = "greeting"

    async def end(self) -> None:
        """Say goodbye as the standard asks; what is said to it changes nothing."""
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                if self.smtp.is_connected:
                    await self.smtp.quit()
        self.smtp.close()


def _of_tls(problem: BaseException | None) -> bool:
    """Whether a certificate or the encryption is behind it."""
    while problem is not None:
        if isinstance(problem, ssl.SSLError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
