"""Why was this person not contacted: what the gate says at an instant, for each contact point, and what it said before.

Read only: the same gathering of facts and the same gate as dialer.contact.admit, and nothing is locked or written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.problems import refuse
from compliance.facts import CHANNELS, Channel
from compliance.verdict import format_instant
from dialer.contact import Admitted, GateContext, Origin, WantedContact, would
from dialer.contact_facts import TAKES, Known, Row
from dialer.contact_rows import lock_and_read

ORIGINS: Mapping[str, Origin] = {"voice": "dialer"}  # a message: its step
STORED = 50
STORED_SINCE = timedelta(days=14)
NOT_KEPT = (
    "the state of the file, its debts and contact points, the addresses and the person's own time zone are today's: "
    "their earlier values are not kept",
    "hashed do-not-contact lists are read in their newest version",
    "calls that were in progress then count as they count now, except that their ends are left out",
)
NOTHING_ELSE = ("nothing else happens until then: no call, no message, no request, no change of the rulebooks",)


@dataclass(frozen=True, slots=True)
class PointAnswer:
    """What the gate says of one contact point on one channel; `contact_point_id` None: there is none for it."""

    channel: Channel
    contact_point_id: int | None
    kind: str
    ending: str  # the last digits or the domain: enough to know which one, too little to use it
    decision: str
    reasons: tuple[Mapping[str, Any], ...]
    because: str
    retry_at: datetime | None
    flags: tuple[str, ...]
    tallies: tuple[Mapping[str, Any], ...]
    rulebooks: tuple[str, ...]
    zones: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "contact_point": self.contact_point_id,
            "kind": self.kind,
            "ending": self.ending,
            "verdict": self.decision,
            "reasons": [dict(reason) for reason in self.reasons],
            "because": self.because,
            "retry_at": format_instant(self.retry_at),
            "retry_at_local": local_times(self.retry_at, self.zones),
            "flags": list(self.flags),
            "tallies": [dict(tally) for tally in self.tallies],
            "rulebooks": list(self.rulebooks),
            "zones": list(self.zones),
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    debtor_id: int
    campaign_id: int | None
    at: datetime
    points: tuple[PointAnswer, ...]
    happened: tuple[Mapping[str, Any], ...]
    queues: tuple[Mapping[str, Any], ...]
    caveats: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "debtor": self.debtor_id,
            "campaign": self.campaign_id,
            "at": format_instant(self.at),
            "points": [point.to_json() for point in self.points],
            "happened": [dict(row) for row in self.happened],
            "queues": [dict(row) for row in self.queues],
            "caveats": list(self.caveats),
        }


def local_times(at: datetime | None, zones: tuple[str, ...]) -> dict[str, str]:
    """The instant on the wall in each zone, like {"America/New_York": "2026-03-04 08:00 -0500"}."""
    if at is None:
        return {}
    return {zone: at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z") for zone in zones}


async def explain(
    conn: AsyncConnection,
    debtor_id: int,
    *,
    at: datetime,
    now: datetime,
    gate: GateContext,
    channel: Channel | None = None,
    campaign_id: int | None = None,
) -> Explanation:
    """Everything about one person, under the rulebooks of the law and the creditor.

    `campaign_id`: as this campaign would contact them: its own rulebooks and lists count too.
    """
    asked = await _for(conn, debtor_id, campaign_id)
    known = (await lock_and_read(conn, [debtor_id], now=at, for_ever=True, lock=False, lists=gate.lists)).get(debtor_id)
    if known is None:
        raise refuse("debtor", f"there is no debtor {debtor_id}")
    caveats: tuple[str, ...] = ()
    if at < now:
        known, caveats = _as_of(known, at), NOT_KEPT
    elif at > now:
        known, caveats = replace(known, in_call=False), NOTHING_ELSE
    channels = CHANNELS if channel is None else (channel,)
    points = [answer for one in channels for answer in answers(known, replace(asked, channel=one), at, gate)]
    happened = await _happened(conn, debtor_id, min(at, now), channel)
    queues = await _queues(conn, debtor_id)
    return Explanation(debtor_id, campaign_id, at, tuple(points), happened, queues, caveats)


async def _for(conn: AsyncConnection, debtor_id: int, campaign_id: int | None) -> WantedContact:
    """The contact that is asked about, of a campaign of the debtor's own tenant."""
    asked = WantedContact(debtor_id, "voice", "dialer", campaign_id=campaign_id)
    if campaign_id is None:
        return asked
    c, d = t.campaign.c, t.debtor.c
    query = select(c.settings).join(t.debtor, d.tenant_id == c.tenant_id).where(c.id == campaign_id, d.id == debtor_id)
    settings = (await conn.execute(query)).scalar_one_or_none()
    if settings is None:
        raise refuse("campaign", f"there is no campaign {campaign_id}")
    return replace(asked, also_rulebooks=tuple(settings.get("rulebooks") or ()))


def answers(known: Known, asked: WantedContact, at: datetime, gate: GateContext) -> list[PointAnswer]:
    """The gate's answer for every point that the channel can use; where there is none, one that says so."""
    channel = asked.channel
    wanted = replace(asked, origin=ORIGINS.get(channel, "message_step"))
    points = [point for point in known.points if point["kind"] in TAKES[channel]]
    points.sort(key=lambda point: (point["position"], point["id"]))
    if not points:
        return [_answer(known, wanted, None, at, gate)]
    return [_answer(known, replace(wanted, contact_point_id=point["id"]), point, at, gate) for point in points]


def _answer(known: Known, wanted: WantedContact, point: Row | None, at: datetime, gate: GateContext) -> PointAnswer:
    answer, row = would(known, wanted, now=at, gate=gate)
    verdict = answer.verdict
    reasons = tuple(row.get("reasons") or ())
    said = "; ".join(str(reason["text"]) for reason in reasons)
    allowed = isinstance(answer, Admitted)
    return PointAnswer(
        channel=wanted.channel,
        contact_point_id=None if point is None else point["id"],
        kind="" if point is None else point["kind"],
        ending="" if point is None else ending(point),
        decision="allow" if allowed else verdict.decision if verdict is not None else "deny",
        reasons=reasons,
        because=verdict.because if verdict is not None else f"Not allowed: {said}.",
        retry_at=None if verdict is None else verdict.retry_at,
        flags=() if verdict is None else verdict.flags,
        tallies=() if verdict is None else tuple(to_builtins(verdict.tallies)),
        rulebooks=() if verdict is None else verdict.rulebooks,
        zones=() if verdict is None else verdict.zones,
    )


def ending(point: Row) -> str:
    address: str = point["address"]
    return "@" + address.rpartition("@")[2] if point["kind"] == "email" else "…" + address[-4:]


def _as_of(known: Known, at: datetime) -> Known:
    """What the tables can tell of an earlier instant; what was over by then is out by the queries already."""
    attempts = [
        row._replace(state="live", outcome=None) if row.ended_at is not None and row.ended_at > at else row
        for row in known.attempts
        if row.at <= at
    ]
    return replace(
        known,
        attempts=attempts,
        inbound=[row for row in known.inbound if row["at"] <= at],
        requests=[row for row in known.requests if row["at"] <= at],
        consents={key: [row for row in rows if row["at"] <= at] for key, rows in known.consents.items()},
        opt_outs={key: [row for row in rows if row["at"] <= at] for key, rows in known.opt_outs.items()},
        in_call=any(row.in_call for row in attempts),
    )


async def _happened(
    conn: AsyncConnection, debtor_id: int, until: datetime, channel: str | None
) -> tuple[Mapping[str, Any], ...]:
    """The stored verdicts of the last days, most recent first."""
    v = t.verdict.c
    query = (
        select(v.at, v.channel, v.origin, v.campaign_id, v.contact_point_id, v.decision, v.reasons, v.retry_at, v.flags,
               v.rulebooks, v.inputs["because"].astext.label("because"))
        .where(v.debtor_id == debtor_id, v.at <= until, v.at > until - STORED_SINCE)
        .order_by(v.at.desc(), v.id.desc()).limit(STORED)
    )  # fmt: skip
    if channel is not None:
        query = query.where(v.channel == channel)
    return tuple(_stored(dict(row)) for row in (await conn.execute(query)).mappings())


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    said = "; ".join(str(reason["text"]) for reason in row["reasons"])
    return {
        "at": format_instant(row["at"]),
        "channel": row["channel"],
        "origin": row["origin"],
        "campaign": row["campaign_id"],
        "contact_point": row["contact_point_id"],
        "verdict": row["decision"],
        "reasons": [reason["code"] for reason in row["reasons"]],
        "because": row["because"] or f"Not allowed: {said}.",
        "retry_at": format_instant(row["retry_at"]),
        "flags": list(row["flags"]),
        "rulebooks": [f"{name}@{version}" for name, version in row["rulebooks"].items()],
    }


async def _queues(conn: AsyncConnection, debtor_id: int) -> tuple[Mapping[str, Any], ...]:
    """Where the person waits: a person whom the gate allows may still not be her campaign's turn."""
    q, c = t.queue_row.c, t.campaign.c
    found = await conn.execute(
        select(c.id, c.name, c.state.label("runs"), q.state, q.callable_from, q.held_because, q.tries)
        .join(t.campaign, c.id == q.campaign_id).where(q.debtor_id == debtor_id).order_by(c.id)
    )  # fmt: skip
    return tuple(
        {
            "campaign": row.id,
            "name": row.name,
            "campaign_is": row.runs,
            "row_is": row.state,
            "callable_from": format_instant(row.callable_from),
            "held_because": row.held_because,
            "tries": row.tries,
        }
        for row in found
    )
