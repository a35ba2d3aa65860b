"""Takes messages from persons: stores them first, and carries out at once what they ask: stop, start, or a second look.

We send no confirmation of a STOP: the carrier sends the one that is allowed (Capabilities.confirms_opt_out).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Integer, case, func, insert, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.queue.service import resume, suspend
from compliance.optout import Kind, classify, tokens
from dialer import message_rows as rows
from telephony.clock import Clock
from telephony.messaging.port import InboundMessage

log = structlog.get_logger()
UNCLEAR_REPLY = "unclear_reply"
TEXTS = ("sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one message. `new` False: the carrier sent it before, and nothing was done again."""

    new: bool
    meaning: Kind
    debtor_id: int | None = None
    withdrawn: int = 0


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

    async def handle_inbound(self, message: InboundMessage) -> Taken:
        now = self._clock.now()
        async with self._engine.begin() as conn:
            persons = await self._persons(conn, message.from_address)
            meaning = classify(message.body, persons[0].language if persons else None).kind
            person = persons[0] if persons else None
            if not await self._store(conn, message, meaning, person, now):
                return Taken(False, meaning, person.debtor_id if person else None)
            withdrawn = 0
            if meaning == "stop":
                withdrawn = await self._stop(conn, message, persons, now)
            elif meaning == "start":
                await self._start(conn, message, persons, now)
            elif meaning == "unclear":
                withdrawn = await self._unclear(conn, message, persons, now)
            await self._tell(conn, f"reply.{meaning}", message, person, now, review=meaning == "unclear")
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
        self, conn: AsyncConnection, message: InboundMessage, meaning: Kind, person: _Person | None, now: datetime
    ) -> bool:
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
        }
        table = t.inbound_message
        done = await conn.execute(upsert(table).values(**row).on_conflict_do_nothing().returning(table.c.id))
        return done.scalar_one_or_none() is not None

    async def _stop(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> int:
        """Close the address before anything else, then withdraw what waits for it.

        One word closes this medium, which to the gate is every electronic message to the address; a sentence may mean
        calls too, so it closes all.
        """
        scope = message.channel if len(tokens(message.body)) == 1 else "all"
        row = {
            "tenant_id": self._tenant_id,
            "address": message.from_address,
            "channel": scope,
            "at": now,
            "source": f"{message.channel}_reply",
            "evidence": f"{message.provider} {message.provider_id}",
        }
        await conn.execute(insert(t.opt_out).values(**row))
        withdrawn = await rows.withdraw(conn, self._tenant_id, message.from_address, TEXTS, now)
        await self._skip_message_steps(conn, [person.debtor_id for person in persons], now)
        await self._tell(conn, "opt_out.recorded", message, persons[0] if persons else None, now, scope=scope)
        return withdrawn

    async def _skip_message_steps(self, conn: AsyncConnection, debtor_ids: Sequence[int], now: datetime) -> None:
        """Queue rows whose next step is a text that can no longer be sent go on to the step after it."""
        q, steps = t.queue_row, t.campaign.c.settings["steps"]
        channel = steps[q.c.step]["channel"].astext
        number_of_steps = func.jsonb_array_length(steps)
        chosen = (
            select(q.c.campaign_id, q.c.debtor_id, as_type(number_of_steps, Integer).label("length"))
            .join(t.campaign, t.campaign.c.id == q.c.campaign_id)
            .where(q.c.debtor_id.in_(debtor_ids), q.c.state.in_(("ready", "waiting", "suspended")), channel.in_(TEXTS))
            .cte("chosen")
        )
        over = q.c.step + 1 >= chosen.c.length
        await conn.execute(
            update(q)
            .where(q.c.campaign_id == chosen.c.campaign_id, q.c.debtor_id == chosen.c.debtor_id)
            .values(
                step=q.c.step + 1,
                tries=0,
                state=case((over, "done"), else_=q.c.state),
                held_because=case((over, None), else_=q.c.held_because),
            )
        )

    async def _start(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> None:
        """Lift what was closed for texts, keep calls closed if a sentence had closed them, and note the wish."""
        o = t.opt_out
        lifted = await conn.execute(
            update(o)
            .where(
                o.c.tenant_id == self._tenant_id,
                o.c.address == message.from_address,
                o.c.channel.in_((*TEXTS, "all")),
                o.c.lifted_at.is_(None),
            )
            .values(lifted_at=now)
            .returning(o.c.channel, o.c.at, o.c.source, o.c.evidence)
        )
        kept: list[dict[str, Any]] = [
            {**row, "channel": "voice", "tenant_id": self._tenant_id, "address": message.from_address}
            for row in lifted.mappings()
            if row["channel"] == "all"
        ]
        if kept:
            await conn.execute(insert(o), kept)
        consent = {"channel": message.channel, "by": "used_with_collector", "at": now, "tenant_id": self._tenant_id}
        evidence = f"{message.provider} {message.provider_id}"
        for person in persons:
            values = consent | {"contact_point_id": person.contact_point_id, "evidence": evidence}
            await conn.execute(insert(t.consent).values(**values))
            await resume(conn, person.debtor_id, UNCLEAR_REPLY, now=now)
        await self._tell(conn, "opt_out.lifted", message, persons[0] if persons else None, now)

    async def _unclear(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> int:
        """Perhaps a STOP: nothing goes out until a person has read it."""
        for person in persons:
            await suspend(conn, person.debtor_id, UNCLEAR_REPLY)
        return await rows.withdraw(conn, self._tenant_id, message.from_address, TEXTS, now)

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
