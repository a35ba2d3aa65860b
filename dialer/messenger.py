"""Sends queued messages: asks the gate at the moment of sending, writes the attempt, commits, then sends exactly once.

A request without a trustworthy answer is never repeated: a report or a look-up settles it (message_reports.py).
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.problems import Problem
from campaigns.templates.model import Text
from campaigns.templates.service import Wanted, render
from compliance.windows import window_state
from dialer import message_rows as rows
from dialer.contact import Admitted, GateContext, Refused, WantedContact, admit
from dialer.message_life import step
from dialer.message_reports import MessageReports
from dialer.message_rows import Claimed
from telephony.clock import Clock
from telephony.messaging.port import Envelope, Provider, Rejected, Sent
from telephony.messaging.router import Router

log = structlog.get_logger()
VERDICT_HOLDS = timedelta(seconds=2)
TOKEN_BYTES = 16  # cannot be guessed, and stays good when keys are changed: a way out must not end


@dataclass(frozen=True, slots=True)
class MessengerSettings:
    """`callback_key` signs the address of each delivery report; `public_base_url` is where carriers reach us."""

    tenant_id: int
    owner: str
    public_base_url: str
    callback_key: bytes
    per_second: float = 10.0
    batch: int = 20
    poll_s: float = 1.0
    lease_s: float = 60.0
    stale_after: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that is committed as in flight: the request goes out now."""

    message: Claimed
    provider: Provider
    envelope: Envelope
    judged_at: datetime
    unsubscribe_token: str | None = None


class Messenger:
    """The outbox worker of one process; several may run beside each other."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: MessengerSettings,
        gate: GateContext,
        router: Router,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._gate = gate
        self._router = router
        self._clock = clock
        # the machine's own slowness is not multiplied by the clock's speed
        self._speed = clock.speed
        self._tokens = _Tokens(settings.per_second, settings.batch, clock.monotonic())
        self._wake = asyncio.Event()
        self.reports = MessageReports(engine, router, settings.tenant_id, clock)

    def wake(self) -> None:
        """A message was queued: look now and not at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        """Send and settle until cancelled. A database that is away stops sending and nothing else."""
        while True:
            worked = 0
            try:
                worked = await self.tick()
                worked += await self.reports.settle_overdue()
            except (SQLAlchemyError, OSError) as problem:
                log.error("messenger.database_away", problem=type(problem).__name__)
            if worked == 0:
                await self._rest()

    async def _rest(self) -> None:
        """Sleep until the next poll, or until woken."""
        nap = asyncio.ensure_future(self._clock.sleep(self._settings.poll_s))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((nap, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in (nap, woken):
                waiter.cancel()
            await asyncio.gather(nap, woken, return_exceptions=True)
        self._wake.clear()

    async def tick(self) -> int:
        """One batch: how many messages were decided on."""
        # tokens first: nothing that the gate has allowed may wait for its turn afterwards
        limit = self._tokens.take(self._clock.monotonic())
        channels = self._router.open_channels()
        if limit == 0 or not channels:
            return 0
        decided, ready = await self.prepare(channels, limit)
        self._tokens.give_back(limit - len(ready))
        await asyncio.gather(*(self.deliver(one) for one in ready))
        return decided

    async def prepare(self, channels: Sequence[str], limit: int) -> tuple[int, list[Ready]]:
        """Claim, render, ask the gate, write attempts and state in_flight: one transaction, committed on return."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            claimed = await rows.claim(conn, self._settings.tenant_id, channels, limit, now)
            if not claimed:
                return 0, []
            tokens = {one.id: secrets.token_urlsafe(TOKEN_BYTES) for one in claimed if one.channel == "email"}
            texts = await render(conn, [self._text_of(message, tokens.get(message.id)) for message in claimed])
            sendable: list[Claimed] = []
            written: dict[UUID, Text] = {}
            for message in claimed:
                text = texts[message.id]
                if isinstance(text, Problem):
                    await self._broken(conn, message, text, now)
                else:
                    written[message.id] = text
                    sendable.append(message)
            answers = await admit(conn, [_wanted(message) for message in sendable], now=now, gate=self._gate)
            ready = []
            for message, answer in zip(sendable, answers, strict=True):
                if isinstance(answer, Refused):
                    await self._refused(conn, message, answer, now)
                    continue
                one = self._ready(message, answer, written[message.id], tokens.get(message.id), now)
                await self._in_flight(conn, one, answer, now)
                ready.append(one)
        return len(claimed), ready

    def _text_of(self, message: Claimed, token: str | None) -> Wanted:
        return Wanted(
            message.id,
            message.tenant_id,
            message.debtor_id,
            message.template,
            message.channel,
            message.language,
            self.unsubscribe_url(token),
        )

    def unsubscribe_url(self, token: str | None) -> str:
        """Where the person ends e-mails; empty for what is no e-mail."""
        return f"{self._settings.public_base_url.rstrip('/')}/unsubscribe/{token}" if token else ""

    def _ready(self, message: Claimed, answer: Admitted, text: Text, token: str | None, now: datetime) -> Ready:
        provider = self._router.choose(message.channel)
        if provider is None:  # it was there when the channels were asked, and nothing was awaited since that changes it
            raise RuntimeError(f"no carrier for {message.channel}")
        envelope = Envelope(
            message_id=message.id,
            channel=message.channel,
            to=answer.address,
            body=text.body,
            status_callback=self.callback_url(provider.name, message.id),
            permit=answer.permit,
            validity_s=self._validity_s(answer, provider, now),
            subject=text.subject,
            language=answer.language,
            unsubscribe_url=self.unsubscribe_url(token),
        )
        return Ready(message, provider, envelope, now, token)

    def _validity_s(self, answer: Admitted, provider: Provider, now: datetime) -> int:
        """Seconds until the contact window may close, so that a queue at the carrier cannot deliver at night."""
        books = tuple(name.partition("@")[0] for name in answer.verdict.rulebooks)
        state = window_state(answer.verdict.zones, books, answer.wanted.channel, now, self._gate.books)
        limits = provider.capabilities
        left = 0 if state.until is None or not state.open else int((state.until - now).total_seconds())
        return max(limits.shortest_validity_s, min(limits.longest_validity_s, left))

    def callback_url(self, provider: str, message_id: UUID) -> str:
        token = callback_token(self._settings.callback_key, message_id)
        return f"{self._settings.public_base_url.rstrip('/')}/hooks/{provider}/status/{message_id}?t={token}"

    async def _in_flight(self, conn: AsyncConnection, one: Ready, answer: Admitted, now: datetime) -> None:
        message = one.message
        await conn.execute(
            update(t.message)
            .where(t.message.c.id == message.id)
            .values(
                state=step("queued", "admitted"),
                attempt_id=answer.attempt_id,
                provider=one.provider.name,
                subject=one.envelope.subject or None,
                body=one.envelope.body,
                unsubscribe_token=one.unsubscribe_token,
                language=answer.language,
                lease_owner=self._settings.owner,
                lease_until=rows.later(now, self._settings.lease_s),
                fence=t.message.c.fence + 1,
            )
        )

    async def _broken(self, conn: AsyncConnection, message: Claimed, problem: Problem, now: datetime) -> None:
        log.error("messenger.template_broken", message_id=str(message.id), template=message.template)
        row = await rows.lock(conn, message.id)
        if row is not None:
            await rows.move(conn, row, "broken", error_code="template", final_at=now)
            await rows.tell(conn, row, "message.failed", now, error_code="template", problem=problem.message)

    async def _refused(self, conn: AsyncConnection, message: Claimed, answer: Refused, now: datetime) -> None:
        row = await rows.lock(conn, message.id)
        if row is None:
            return
        retry_at = answer.retry_at
        if retry_at is not None and retry_at - message.created_at <= self._settings.stale_after:
            await rows.move(conn, row, "put_off", not_before=max(retry_at, now))
            return
        await rows.move(conn, row, "refused", error_code=answer.reasons[0], final_at=now)
        await rows.tell(conn, row, "message.refused", now, reasons=list(answer.reasons), review=answer.review)

    async def deliver(self, one: Ready) -> None:
        """The one request, and what came of it."""
        sent: Sent
        if self._clock.now() - one.judged_at > VERDICT_HOLDS * self._speed:
            # this process was held up between the verdict and the request: the gate is asked anew
            log.warning("messenger.verdict_old", message_id=str(one.message.id))
            sent = Rejected("verdict_old", "not_accepted", retry_after_s=0.0)
        else:
            sent = await self._router.send(one.provider, one.envelope)
        try:
            await self.reports.sent(one.message.id, sent)
        except (SQLAlchemyError, OSError) as problem:
            # the row stays in flight; when its lease is over it is settled like any other unknown
            log.error("messenger.answer_not_stored", message_id=str(one.message.id), problem=type(problem).__name__)


def _wanted(message: Claimed) -> WantedContact:
    return WantedContact(
        debtor_id=message.debtor_id,
        channel=message.channel,
        origin=message.origin,
        contact_point_id=message.contact_point_id,
        campaign_id=message.campaign_id,
        also_rulebooks=message.rulebooks or (),
    )


def callback_token(key: bytes, message_id: UUID) -> str:
    """What a delivery report's address must carry: knowing a message's id is not enough to report on it."""
    return hmac.new(key, b"status:" + message_id.bytes, hashlib.sha256).hexdigest()[:32]


class _Tokens:
    """A token bucket: `rate` a second, at most `burst` at once."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._held, self._at = float(burst), now

    def take(self, now: float) -> int:
        """All whole tokens that there are."""
        self._held = min(float(self._burst), self._held + (now - self._at) * self._rate)
        self._at = now
        whole = int(self._held)
        self._held -= whole
        return whole

    def give_back(self, tokens: int) -> None:
        self._held = min(float(self._burst), self._held + tokens)
