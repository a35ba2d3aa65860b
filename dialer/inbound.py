"""Takes messages from persons: stores them first, and carries out at once what they ask: stop, start, or a second look.

We send no confirmation of a STOP: the carrier sends the one that is allowed (Capabilities.confirms_opt_out).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.consents.service import record_consent
from campaigns.db import tables as t
from campaigns.requests.closing import Scope, close, restore
from compliance.optout import Kind, Medium, Reading, classify
from dialer import message_rows as rows, reviews
from dialer.once_more import once_more
from telephony.clock import Clock
from telephony.messaging.port import InboundMessage

log = structlog.get_logger()
WRITTEN = ("sms", "whatsapp", "email")
_SCOPE_OF: dict[Medium, Scope] = {"voice": "calls", "text": "texts", "email": "email"}
# "On 3 March Northwind wrote:", "-----Original Message-----", "> our own words"
_QUOTED = re.compile(
    r"^\s*>|^\s*-{2,}\s*\w+ \w+\s*-{2,}|^.{0,200}\b(?:wrote|schrieb|escribió|a écrit|napisał|كتب|نوشت)\b.{0,80}:\s*$"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one message. `new` False: the carrier sent it before, and nothing was done again."""

    new: bool
    meaning: Kind
    debtor_id: int | None = None
    withdrawn: int = 0


def scopes_of(reading: Reading) -> set[Scope]:
    """What a stop closes: one word its medium; a sentence the media it names; all of this number, or everything."""
    if reading.keyword:
        return {"medium"}
    if reading.media:
        return {_SCOPE_OF[medium] for medium in reading.media}
    return {"number"} if reading.this_number else {"everything"}


def own_words(body: str) -> str:
    """An e-mail without what it quotes: our own "reply STOP" below the answer is not the person's."""
    kept: list[str] = []
    for line in body.splitlines():
        if _QUOTED.match(line):
            if not line.lstrip().startswith(">"):
                break
            continue
        kept.append(line)
    return "\n".join(kept)


@dataclass(frozen=True, slots=True)
class _Person:
    debtor_id: int
    contact_point_id: int
    language: str


class Inbound:
    """Every message is one transaction: what a STOP closes is closed when the carrier gets its answer."""

    def __init__(self, engine: AsyncEngine, tenant_id: int, clock: Clock) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._clock = clock

    async def handle_inbound(self, message: InboundMessage, at: datetime | None = None) -> Taken:
        """Store it and do what it asks. Carriers do not repeat a reply that failed here, so a deadlock is retried.

        `at`: when it came, where that was not now.
        """
        # a NUL means nothing to a person, and PostgreSQL would refuse the text for it
        message = replace(message, body=message.body.replace("\0", ""))
        return await once_more(lambda: self._take(message, at or self._clock.now()), "inbound")

    async def _take(self, message: InboundMessage, now: datetime) -> Taken:
        async with self._engine.begin() as conn:
            persons = await self._persons(conn, message.from_address)
            person = persons[0] if persons else None
            body = own_words(message.body) if message.channel == "email" else message.body
            reading = classify(body, person.language if person else None)
            meaning = reading.kind
            review = meaning == "unclear" or reading.limited or reading.likelihood is not None
            stored = await self._store(conn, message, meaning, review, person, now)
            if stored is None:
                return Taken(False, meaning, person.debtor_id if person else None)
            withdrawn = 0
            if meaning == "stop":
                withdrawn = await self._stop(conn, message, reading, now)
            elif meaning == "start":
                await self._start(conn, message, persons, now)
            elif meaning == "unclear":
                withdrawn = await self._unclear(conn, message, stored, persons, now)
            await self._tell(conn, f"reply.{meaning}", message, person, now, review=review)
        log.info("inbound.taken", meaning=meaning, channel=message.channel, known=person is not None)
        return Taken(True, meaning, person.debtor_id if person else None, withdrawn)

    async def _persons(self, conn: AsyncConnection, address: str) -> list[_Person]:
        """Everybody with this address; first who was written to last, then who was entered first."""
        last = (
            select(func.max(t.message.c.created_at))
            .where(t.message.c.contact_point_id == t.contact_point.c.id)
            .correlate(t.contact_point)
            .scalar_subquery()
        )
        query = (
            select(t.debtor.c.id, t.contact_point.c.id, t.debtor.c.language)
            .join(t.debtor, t.debtor.c.id == t.contact_point.c.debtor_id)
            .where(t.contact_point.c.tenant_id == self._tenant_id, t.contact_point.c.address == address)
            .order_by(last.desc().nulls_last(), t.contact_point.c.id)
        )
        return [_Person(*row) for row in (await conn.execute(query)).all()]

    async def _store(
        self,
        conn: AsyncConnection,
        message: InboundMessage,
        meaning: Kind,
        review: bool,
        person: _Person | None,
        now: datetime,
    ) -> int | None:
        """The id of the stored message; None: it was stored before."""
        row = {
            "tenant_id": self._tenant_id,
            "provider": message.provider,
            "provider_id": message.provider_id,
            "channel": message.channel,
            "from_address": message.from_address,
            "to_address": message.to_address,
            "body": message.body,
            "meaning": meaning,
            "debtor_id": person.debtor_id if person else None,
            "at": now,
            "review": reviews.OPEN if review else None,
        }
        table = t.inbound_message
        done = await conn.execute(upsert(table).values(**row).on_conflict_do_nothing().returning(table.c.id))
        made: int | None = done.scalar_one_or_none()
        return made

    async def _stop(self, conn: AsyncConnection, message: InboundMessage, reading: Reading, now: datetime) -> int:
        """Close what the words name, and withdraw what waits to be sent there. Later steps are refused by the gate.

        One word closes the medium, which to the gate is every electronic message to the address; a sentence closes the
        calls or texts that it names, and everything when it names none.
        """
        scopes = scopes_of(reading)
        withdrawn = 0
        if scopes != {"calls"}:
            withdrawn = await rows.withdraw(conn, self._tenant_id, message.from_address, WRITTEN, now)
        await close(
            conn,
            tenant_id=self._tenant_id,
            address=message.from_address,
            channel=message.channel,
            scopes=scopes,
            at=now,
            source=f"{message.channel}_reply",
            evidence=f"{message.provider} {message.provider_id}",
            here_only=reading.this_number,
        )
        return withdrawn

    async def _start(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> None:
        """Open what the person had closed for texts, keep calls closed if a sentence had closed them, note the wish."""
        evidence = f"{message.provider} {message.provider_id}"
        lifted = await restore(
            conn,
            tenant_id=self._tenant_id,
            address=message.from_address,
            now=now,
            source=f"{message.channel}_reply",
            evidence=evidence,
            actor="system",
        )
        for person in persons:
            await record_consent(
                conn,
                tenant_id=self._tenant_id,
                contact_point_id=person.contact_point_id,
                channel=message.channel,
                how="used_with_collector",
                at=now,
                now=now,
                actor="system",
                evidence=evidence,
            )
        if waiting := await reviews.waiting_of(conn, self._tenant_id, message.from_address):
            await reviews.settle(conn, self._tenant_id, waiting, "start", actor="system", now=now)
        if lifted:
            await self._tell(conn, "opt_out.lifted", message, persons[0] if persons else None, now)

    async def _unclear(
        self, conn: AsyncConnection, message: InboundMessage, stored: int, persons: Sequence[_Person], now: datetime
    ) -> int:
        """Perhaps a STOP: nothing goes out until a person has read it."""
        for debtor_id in sorted({person.debtor_id for person in persons}):
            await reviews.hold(conn, self._tenant_id, debtor_id, stored, now)
        return await rows.withdraw(conn, self._tenant_id, message.from_address, WRITTEN, now)

    async def _tell(
        self,
        conn: AsyncConnection,
        kind: str,
        message: InboundMessage,
        person: _Person | None,
        now: datetime,
        **payload: Any,
    ) -> None:
        await conn.execute(
            insert(t.outcome_event).values(
                tenant_id=self._tenant_id,
                at=now,
                kind=kind,
                debtor_id=person.debtor_id if person else None,
                payload={"channel": message.channel, "provider_id": message.provider_id, **payload},
            )
        )
