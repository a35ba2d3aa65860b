"""What became of a message: the carrier's answer, its reports in any order, and look-ups where both are missing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.requests.service import mark_contact_point, record_opt_out
from dialer import message_rows as rows
from dialer.message_life import UNSENT, event_of_status
from telephony.clock import Clock
from telephony.messaging.codes import rule_for
from telephony.messaging.port import (
    STATUS_RANK,
    Accepted,
    DeliveryEvent,
    LookupUnavailable,
    Provider,
    Rejected,
    Sent,
    Unknown,
)
from telephony.messaging.router import Router

log = structlog.get_logger()
m = t.message
FIRST_LOOK_S = 120.0  # an unknown send: time for a report to arrive before the carrier is asked
CONFIRM_S = 900.0  # a sent message without a last report
NOT_FOUND_ENOUGH = 2
UNCONFIRMED_AFTER = timedelta(hours=48)
LOOKS_AT_ONCE = 20
FIND_MARGIN = timedelta(seconds=30)
AGAIN = ":again"


class MessageReports:
    """Moves messages by what carriers say. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, router: Router, tenant_id: int, clock: Clock) -> None:
        self._engine = engine
        self._router = router
        self._tenant_id = tenant_id
        self._clock = clock

    async def sent(self, message_id: UUID, sent: Sent) -> None:
        """The carrier's answer to the request."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            row = await rows.lock(conn, message_id)
            if row is None:
                return
            match sent:
                case Accepted():
                    await self._accepted(conn, row, sent, now)
                case Rejected(kind="deferred") if now - row["created_at"] >= UNCONFIRMED_AFTER:
                    await self._rejected(conn, row, sent, now)
                case Rejected(kind="not_accepted" | "stop_provider" | "deferred"):
                    await self._pushed_back(conn, row, sent, now)
                case Rejected():
                    await self._rejected(conn, row, sent, now)
                case Unknown():
                    await self._lost(conn, row, sent.because, now)

    async def _accepted(self, conn: AsyncConnection, row: Mapping[str, Any], sent: Accepted, now: datetime) -> None:
        await rows.note_event(conn, row["id"], sent.status, "", now)
        rank = max(row["status_rank"], STATUS_RANK.get(sent.status, 0))
        values: dict[str, Any] = {"status_rank": rank, "provider_id": row["provider_id"] or sent.provider_id}
        reports = self._reports(row)
        if row["sent_at"] is None:
            # where no report comes, the acceptance was the last word
            more = {"lease_until": rows.later(now, CONFIRM_S)} if reports else {"lease_until": None, "final_at": now}
            values |= {"sent_at": now, **more}
        await rows.move(conn, row, "accepted", **values)
        if row["sent_at"] is None:
            await rows.attempt_sent(conn, row["attempt_id"])
            if not reports:
                await rows.end_attempt(conn, row["attempt_id"], "message_sent", now)
            await rows.tell(conn, row, "message.sent", now, segments=sent.segments)

    def _reports(self, row: Mapping[str, Any]) -> bool:
        """Whether the carrier tells of a message after it has taken it."""
        provider = self._router.named(row["provider"] or "")
        return provider is None or provider.capabilities.receipts

    async def _pushed_back(self, conn: AsyncConnection, row: Mapping[str, Any], sent: Rejected, now: datetime) -> None:
        if row["state"] not in ("in_flight", "unknown"):
            return
        wait = sent.retry_after_s if sent.retry_after_s is not None else rule_for(sent.code).retry_after_s
        await rows.end_attempt(conn, row["attempt_id"], "failed", now)
        await rows.move(
            conn, row, "pushed_back", attempt_id=None, lease_until=None, not_before=rows.later(now, wait or 5.0)
        )

    async def _rejected(self, conn: AsyncConnection, row: Mapping[str, Any], sent: Rejected, now: datetime) -> None:
        if row["state"] not in ("in_flight", "unknown"):
            return
        await rows.end_attempt(conn, row["attempt_id"], "failed", now)
        await rows.move(conn, row, "rejected", error_code=sent.code, final_at=now, lease_until=None)
        await self._effects(conn, row, sent.code, now)
        await rows.tell(conn, row, "message.failed", now, error_code=sent.code, error_class=sent.kind)

    async def _lost(self, conn: AsyncConnection, row: Mapping[str, Any], because: str, now: datetime) -> None:
        if row["state"] != "in_flight":
            return
        log.warning("message.unknown", message_id=str(row["id"]), because=because)
        await rows.move(conn, row, "lost", lease_until=rows.later(now, FIRST_LOOK_S))
        await rows.tell(conn, row, "message.unknown", now)

    async def handle_status(self, message_id: UUID, report: DeliveryEvent) -> bool:
        """A delivery report; False when there is no such message. The same report twice does nothing twice."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            row = await rows.lock(conn, message_id)
            if row is None or row["tenant_id"] != self._tenant_id:
                log.warning("message.report_without_message", message_id=str(message_id))
                return False
            await self._apply(conn, row, report, now)
        return True

    async def _apply(self, conn: AsyncConnection, row: Mapping[str, Any], report: DeliveryEvent, now: datetime) -> None:
        await rows.note_event(conn, row["id"], report.status, report.error_code, now)
        if row["provider_id"] not in (None, report.provider_id):
            # of an earlier request that the carrier said it had not taken: kept above, moves nothing
            log.error("message.report_of_another_send", message_id=str(row["id"]))
            return
        rank = STATUS_RANK[report.status]
        if rank <= row["status_rank"]:
            return
        event = event_of_status(report.status)
        values: dict[str, Any] = {"status_rank": rank, "provider_id": report.provider_id}
        if report.error_code:  # a message may arrive in part: "delivered" never wipes an error
            values["error_code"] = report.error_code
        if row["sent_at"] is None:
            values["sent_at"] = now
        if event == "on_its_way":
            values["lease_until"] = rows.later(now, CONFIRM_S)
        else:
            values |= {"final_at": now, "lease_until": None}
        if row["state"] in UNSENT:
            log.error("message.sent_after_all", message_id=str(row["id"]), state=row["state"])
        after = await rows.move(conn, row, event, **values)
        await rows.attempt_sent(conn, row["attempt_id"])
        if event == "on_its_way":
            return
        await rows.end_attempt(conn, row["attempt_id"], "message_sent", now)
        if after != row["state"]:
            await rows.tell(conn, row, f"message.{after}", now, error_code=report.error_code)
        if event != "delivered":
            await self._effects(conn, row, report.error_code, now)
            await self._once_more(conn, row, report.error_code, now)

    async def _effects(self, conn: AsyncConnection, row: Mapping[str, Any], code: str, now: datetime) -> None:
        """What an error code says about the number and about consent."""
        if not code:
            return
        rule = rule_for(code)
        point = t.contact_point
        if rule.number == "invalid":
            await mark_contact_point(conn, row["contact_point_id"], "invalid", now=now, actor="system")
        elif rule.number == "no_sms":
            mobile = (point.c.id == row["contact_point_id"]) & (point.c.kind == "mobile")
            await conn.execute(update(point).where(mobile).values(kind="landline"))
        if rule.opt_out:
            await self._opt_out(conn, row, code, now)
        if rule.kind in ("blocked", "sender", "content", "stop_provider"):
            log.error("message.carrier_policy", code=code, meaning=rule.meaning)

    async def _opt_out(self, conn: AsyncConnection, row: Mapping[str, Any], code: str, now: datetime) -> None:
        """The person told the carrier to stop: evidence of revocation, so it binds us too."""
        point = t.contact_point
        found = await conn.execute(select(point.c.address).where(point.c.id == row["contact_point_id"]))
        address = found.scalar_one()
        await record_opt_out(
            conn,
            tenant_id=row["tenant_id"],
            address=address,
            channel=row["channel"],
            at=now,
            source="provider",
            evidence=f"{row['id']} {code}",
        )

    async def _once_more(self, conn: AsyncConnection, row: Mapping[str, Any], code: str, now: datetime) -> None:
        """A passing fault of the network: one more message, hours later and through the gate; never a third."""
        rule = rule_for(code)
        if rule.kind != "carrier_passing" or rule.retry_after_s is None or row["dedupe_key"].endswith(AGAIN):
            return
        again = rows.NewMessage(
            tenant_id=row["tenant_id"],
            debtor_id=row["debtor_id"],
            contact_point_id=row["contact_point_id"],
            channel=row["channel"],
            template=row["template"],
            dedupe_key=row["dedupe_key"] + AGAIN,
            origin=row["origin"],
            campaign_id=row["campaign_id"],
        )
        await rows.enqueue(conn, again, now=now, not_before=rows.later(now, rule.retry_after_s))

    async def settle_overdue(self) -> int:
        """Messages that nobody has said anything about for too long: how many were looked at."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            query = (
                select(m)
                .where(
                    m.c.tenant_id == self._tenant_id,
                    m.c.state.in_(("in_flight", "unknown", "sent")),
                    m.c.lease_until <= now,
                )
                .order_by(m.c.lease_until)
                .limit(LOOKS_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            overdue = [dict(row) for row in (await conn.execute(query)).mappings()]
            for row in overdue:
                if row["state"] == "in_flight":
                    await self._lost(conn, row, "lease over", now)
                else:  # ours to look at for a while; another process does not ask too
                    await conn.execute(
                        update(m).where(m.c.id == row["id"]).values(lease_until=rows.later(now, FIRST_LOOK_S))
                    )
        for row in overdue:
            if row["state"] != "in_flight":
                await self._look(row, now)
        return len(overdue)

    async def _look(self, row: Mapping[str, Any], now: datetime) -> None:
        provider = self._router.named(row["provider"] or "")
        if provider is None:
            return
        if not provider.capabilities.lookup:
            await self._cannot_be_asked(row["id"], now)
            return
        try:
            report = await self._ask(provider, row, now)
        except LookupUnavailable as problem:
            log.warning("message.look_up_failed", message_id=str(row["id"]), because=str(problem))
            return
        if report is None:
            await self._not_found(row["id"], now)
            return
        await self.handle_status(row["id"], report)
        async with self._engine.begin() as conn:
            held = await rows.lock(conn, row["id"])
            if held is not None and held["final_at"] is None:
                await self._still_open(conn, held, now)

    async def _ask(self, provider: Provider, row: Mapping[str, Any], now: datetime) -> DeliveryEvent | None:
        """The carrier's word on the message, by its id or else by number, text and time of sending."""
        if row["provider_id"] is not None:
            return await provider.lookup(row["provider_id"])
        async with self._engine.connect() as conn:
            found = await conn.execute(
                select(t.contact_point.c.address, t.attempt.c.at)
                .join(t.attempt, t.attempt.c.contact_point_id == t.contact_point.c.id)
                .where(t.attempt.c.id == row["attempt_id"])
            )
            address, at = found.one()
            reports = await provider.find(row["channel"], address, row["body"], at - FIND_MARGIN, now + FIND_MARGIN)
            known = select(m.c.provider_id).where(m.c.provider_id.in_([report.provider_id for report in reports]))
            taken = set((await conn.execute(known)).scalars()) if reports else set()
        return next((report for report in reports if report.provider_id not in taken), None)

    async def _not_found(self, message_id: UUID, now: datetime) -> None:
        """The carrier does not know it. After the second time nobody asks again, and it is not sent again."""
        async with self._engine.begin() as conn:
            row = await rows.lock(conn, message_id)
            if row is None or row["state"] != "unknown":
                return
            events = t.message_event
            found = select(events.c.id).where(events.c.message_id == message_id, events.c.status == "not_found")
            times = len((await conn.execute(found)).all()) + 1
            await rows.note_event(conn, message_id, "not_found", str(times), now)
            if times < NOT_FOUND_ENOUGH:
                return
            await self._unsettled(conn, row, now)

    async def _cannot_be_asked(self, message_id: UUID, now: datetime) -> None:
        """A lost reply of a carrier that nobody can ask: it may have been sent, and it is not sent again."""
        async with self._engine.begin() as conn:
            row = await rows.lock(conn, message_id)
            if row is not None and row["state"] == "unknown":
                await self._unsettled(conn, row, now)

    async def _unsettled(self, conn: AsyncConnection, row: Mapping[str, Any], now: datetime) -> None:
        await rows.end_attempt(conn, row["attempt_id"], "unknown", now)
        await rows.move(conn, row, "lost", final_at=now, lease_until=None)
        await rows.tell(conn, row, "message.unsettled", now)

    async def _still_open(self, conn: AsyncConnection, row: Mapping[str, Any], now: datetime) -> None:
        """Known to the carrier but not finished: look again later, and after two days no more."""
        sent_at = row["sent_at"] or row["created_at"]
        if now - sent_at < UNCONFIRMED_AFTER:
            wait = max(CONFIRM_S, (now - sent_at).total_seconds())
            await conn.execute(update(m).where(m.c.id == row["id"]).values(lease_until=rows.later(now, wait)))
            return
        await conn.execute(update(m).where(m.c.id == row["id"]).values(final_at=now, lease_until=None))
        await rows.end_attempt(conn, row["attempt_id"], "message_sent", now)
        await rows.tell(conn, row, "message.unconfirmed", now)
