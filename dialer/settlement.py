"""Settles ended calls: the queue row by the strategy, the messages that follow, the number's fate, the event.

A call that was connected is settled when its agent has said what it was; every other one when it ends. Each step can be
done twice and is done once: the attempt ends once, the queue row by its fence, a message by its dedupe key.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.model import CampaignSettings, Outcome
from campaigns.queue.model import ClaimedRow, Settlement
from campaigns.queue.service import settle_many
from campaigns.requests.service import record_request
from campaigns.strategies.model import MessageDue, Next, after_outcome, walk
from dialer.state import Card, FloorState, LiveCall, LiveCampaign, new_id

GOOD_POINTS = text("""
SELECT c.debtor_id, c.id, c.kind FROM contact_point c
WHERE c.debtor_id = ANY(CAST(:ids AS bigint[])) AND c.status = 'good' ORDER BY c.debtor_id, c.position, c.id
""")
DISPOSE = text("""
UPDATE attempt a SET disposition = v.code, outcome = coalesce(v.outcome, a.outcome),
    answered_by = coalesce(v.answered_by, a.answered_by)
FROM unnest(CAST(:id AS uuid[]), CAST(:code AS text[]), CAST(:outcome AS text[]), CAST(:answered_by AS text[]),
            CAST(:again AS boolean[])) AS v(id, code, outcome, answered_by, again)
WHERE a.id = v.id AND (a.disposition IS NULL OR v.again) RETURNING a.id
""")
# a callback that reached nobody is tried again; the person's consent to it ends by itself
CALLED_BACK = text("""
UPDATE callback c SET state = CASE WHEN v.done THEN 'done' ELSE 'pending' END,
    due_at = CASE WHEN v.done THEN c.due_at ELSE v.again_at END
FROM unnest(CAST(:debtors AS bigint[]), CAST(:done AS boolean[]), CAST(:again_at AS timestamptz[]))
     AS v(debtor_id, done, again_at)
WHERE c.debtor_id = v.debtor_id AND c.state = 'placed'
""")
CALL_BACK_AGAIN = timedelta(minutes=30)
SPOIL = text("UPDATE contact_point SET status = :status WHERE id = ANY(CAST(:ids AS bigint[])) AND status = 'good'")
CHANNEL_KINDS = {"sms": ("mobile",), "whatsapp": ("mobile",), "email": ("email",)}
# what the agent's word makes of the attempt: (outcome, answered_by)
CORRECTIONS: dict[str, tuple[str | None, str | None]] = {
    "machine": ("voicemail_no_message", "machine"),
    "silence": ("answered_dropped", None),
    "hung_up": (None, "person"),
}
SPOILED = {"wrong_person": "wrong_person", "third_party": "third_party"}
# what the agent's word says that the person asked for; it binds every campaign
REQUESTS = {"dispute": "dispute", "hardship": "hardship", "no_more_calls": "stop_calling", "deceased": "deceased"}


@dataclass(frozen=True, slots=True)
class CallEnd:
    """An ended call as its records need it. `settings` None: the campaign is not known here, nothing is settled."""

    attempt_id: str
    tenant_id: int
    campaign_id: int | None
    debtor_id: int
    contact_point_id: int
    origin: str
    queue: ClaimedRow | None
    settings: CampaignSettings | None
    disposition: str | None
    prewritten: bool
    callback_at: datetime | None
    language: str
    ended_at: datetime
    outcome: str
    abandoned: bool
    ringing_at: datetime | None
    answered_at: datetime | None
    greeting_at: datetime | None
    bridged_at: datetime | None
    agent_id: int | None
    answered_by: str | None
    cause: int | None
    tech_cause: int | None

    @classmethod
    def of(cls, live: LiveCall, state: FloorState) -> "CallEnd":
        call = live.call
        campaign = state.campaigns.get(live.campaign_id or 0)
        return cls(
            attempt_id=live.attempt_id,
            tenant_id=live.tenant_id,
            campaign_id=live.campaign_id,
            debtor_id=live.debtor_id,
            contact_point_id=live.contact_point_id,
            origin=live.origin,
            queue=live.queue,
            settings=campaign.settings if campaign else None,
            disposition=live.disposition,
            prewritten=live.prewritten,
            callback_at=live.callback_at,
            language=live.card.language if live.card else "en",
            ended_at=call.ended_at or state.now(),
            outcome=call.outcome or "unknown",
            abandoned=call.abandoned,
            ringing_at=call.ringing_at,
            answered_at=call.answered_at,
            greeting_at=call.greeting_at,
            bridged_at=call.bridged_at,
            agent_id=call.talked_with,
            answered_by=call.answered_by,
            cause=call.cause,
            tech_cause=call.tech_cause,
        )

    @property
    def waits_for_agent(self) -> bool:
        return self.bridged_at is not None and self.disposition is None


@dataclass(frozen=True, slots=True)
class Disposal:
    """An agent's final word on an ended call."""

    end: CallEnd
    code: str
    agent_id: int


async def settle_ends(conn: AsyncConnection, ends: Sequence[CallEnd]) -> None:
    """`ends`: attempts that were ended just now in this transaction."""
    spoiled = [end.contact_point_id for end in ends if end.outcome == "invalid_number"]
    if spoiled:
        await conn.execute(SPOIL, {"status": "invalid", "ids": spoiled})
    called_back = [end for end in ends if end.origin == "callback"]
    if called_back:
        values = {
            "debtors": [end.debtor_id for end in called_back],
            "done": [end.bridged_at is not None for end in called_back],
            "again_at": [end.ended_at + CALL_BACK_AGAIN for end in called_back],
        }
        await conn.execute(CALLED_BACK, values)
    await _events(conn, [_event("attempt.ended", end, {"outcome": end.outcome}) for end in ends])
    disposed = [Disposal(end, end.disposition, end.agent_id or 0) for end in ends if end.disposition is not None]
    await settle_disposals(conn, disposed)
    await _settle(conn, [end for end in ends if not end.waits_for_agent and end.disposition is None])


async def settle_disposals(conn: AsyncConnection, disposals: Sequence[Disposal]) -> None:
    """The agents' words: the attempt, what they say of the number and of the person's wishes, then the queue."""
    first = await _first_words(conn, disposals)
    for disposal in first:
        if disposal.code in SPOILED:
            status = SPOILED[disposal.code]
            await conn.execute(SPOIL, {"status": status, "ids": [disposal.end.contact_point_id]})
        if disposal.code in REQUESTS:
            await record_request(
                conn,
                tenant_id=disposal.end.tenant_id,
                debtor_id=disposal.end.debtor_id,
                kind=REQUESTS[disposal.code],
                at=disposal.end.ended_at,
                recorded_by=f"user:{disposal.agent_id}",
                details={"attempt": disposal.end.attempt_id},
            )
    events = [_event("attempt.disposed", one.end, {"code": one.code}, one.agent_id) for one in first]
    await _events(conn, events)
    await _settle(conn, [replace(one.end, disposition=one.code) for one in first])


async def _first_words(conn: AsyncConnection, disposals: Sequence[Disposal]) -> list[Disposal]:
    """Those that were not written before; they are now."""
    if not disposals:
        return []
    corrections = [CORRECTIONS.get(one.code, (None, None)) for one in disposals]
    values = {
        "id": [one.end.attempt_id for one in disposals],
        "code": [one.code for one in disposals],
        "outcome": [outcome for outcome, _ in corrections],
        "answered_by": [answered_by for _, answered_by in corrections],
        "again": [one.end.prewritten for one in disposals],
    }
    written = {str(attempt_id) for attempt_id in (await conn.execute(DISPOSE, values)).scalars()}
    return [one for one in disposals if one.end.attempt_id in written]


async def _settle(conn: AsyncConnection, ends: Sequence[CallEnd]) -> None:
    """Queue rows back, fallback messages out: a few statements for all of them."""
    queued = [end for end in ends if end.queue is not None and end.settings is not None]
    if not queued:
        return
    points = await _points(conn, [end.debtor_id for end in queued])
    settlements: dict[int, list[Settlement]] = defaultdict(list)
    messages: list[dict[str, Any]] = []
    for end in queued:
        row, then = cast(ClaimedRow, end.queue), _next(end, points[end.debtor_id])
        settlements[end.campaign_id or 0].append(then.settlement(row))
        for due in then.messages:
            message = _message(end, due, points[end.debtor_id])
            if message is not None:
                messages.append(message)
    for campaign_id, rows in settlements.items():
        await settle_many(conn, campaign_id, rows)
    if messages:
        await conn.execute(upsert(t.message).on_conflict_do_nothing(), messages)


def _next(end: CallEnd, points: list[tuple[int, str]]) -> Next:
    row, settings = cast(ClaimedRow, end.queue), cast(CampaignSettings, end.settings)
    left = any(kind != "email" and point_id != end.contact_point_id for point_id, kind in points)
    return after_outcome(
        settings,
        row.step,
        row.tries,
        cast(Outcome, _as_tried(end)),
        end.ended_at,
        disposition=end.disposition,
        numbers_left=left,
        callback_at=end.callback_at,
    )


def _as_tried(end: CallEnd) -> str:
    """A call that we gave up after it had rung was a call to the person: it must not come again at once."""
    rang = end.outcome == "cancelled" and end.origin == "dialer" and end.ringing_at is not None
    return "no_answer" if rang else end.outcome


async def _points(conn: AsyncConnection, debtor_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for debtor_id, point_id, kind in await conn.execute(GOOD_POINTS, {"ids": list(debtor_ids)}):
        found[debtor_id].append((point_id, kind))
    return found


def _message(end: CallEnd, due: MessageDue, points: list[tuple[int, str]]) -> dict[str, Any] | None:
    """To the number just called when the channel can use it."""
    about = _About(end.tenant_id, end.campaign_id or 0, end.language, end.contact_point_id)
    return _queued(about, cast(ClaimedRow, end.queue), due, points, end.ended_at)


@dataclass(frozen=True, slots=True)
class _About:
    tenant_id: int
    campaign_id: int
    language: str
    contact_point_id: int | None = None


def _queued(
    about: _About, row: ClaimedRow, due: MessageDue, points: list[tuple[int, str]], now: datetime
) -> dict[str, Any] | None:
    """The queued message; None when the person has no address that the channel can use."""
    usable = [point_id for point_id, kind in points if kind in CHANNEL_KINDS.get(due.channel, ())]
    if not usable:
        return None
    return {
        "id": new_id(),
        "tenant_id": about.tenant_id,
        "dedupe_key": f"{about.campaign_id}:{row.debtor_id}:{due.step}:{row.fence}",
        "campaign_id": about.campaign_id,
        "debtor_id": row.debtor_id,
        "contact_point_id": about.contact_point_id if about.contact_point_id in usable else usable[0],
        "channel": due.channel,
        "origin": "message_step",
        "template": due.template,
        "language": about.language,
        "state": "queued",
        "not_before": due.not_before,
        "created_at": now,
    }


async def walk_on(
    conn: AsyncConnection, campaign: LiveCampaign, rows: Sequence[ClaimedRow], cards: Mapping[int, Card], now: datetime
) -> None:
    """Claimed rows whose step is no call: queue the messages on the way and put them at their next call."""
    if not rows:
        return
    points = await _points(conn, [row.debtor_id for row in rows])
    messages: list[dict[str, Any]] = []
    settled: list[Settlement] = []
    for row in rows:
        then = walk(campaign.settings, row.step, None, now)
        settled.append(then.settlement(row))
        card = cards.get(row.debtor_id)
        about = _About(campaign.tenant_id, campaign.id, card.language if card else "en")
        made = (_queued(about, row, due, points[row.debtor_id], now) for due in then.messages)
        messages += [message for message in made if message is not None]
    await settle_many(conn, campaign.id, settled)
    if messages:
        await conn.execute(upsert(t.message).on_conflict_do_nothing(), messages)


def _event(kind: str, end: CallEnd, payload: dict[str, Any], agent_id: int | None = None) -> dict[str, Any]:
    return {
        "tenant_id": end.tenant_id,
        "at": end.ended_at,
        "kind": kind,
        "campaign_id": end.campaign_id,
        "debtor_id": end.debtor_id,
        "agent_id": agent_id or end.agent_id,
        "attempt_id": end.attempt_id,
        "payload": payload,
    }


async def _events(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    if rows:
        await conn.execute(insert(t.outcome_event), rows)
