"""The consent ledger: consents and their ends are added, never changed; an end closes the channel at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.consents.model import CHANNELS, GIVEN, Channel, Entry, How, channels_of, holding
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.requests import service as requests

c = t.consent.c
LEDGER = (
    c.channel, c.event, c.at, c.by.label("how"), c.expires_at, c.evidence, c.recorded_by, c.recorded_at, c.text_shown,
    c.text_version, c.text_language,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person agreed to: the text or its reference, its version, its language (ISO 639)."""

    text: str = ""
    version: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class OptOut:
    """An opt-out of the address, for whoever has it; `channel` may be all."""

    channel: str
    at: datetime
    lifted_at: datetime | None
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PointHistory:
    """Everything known of one contact point's consents, in order of time."""

    contact_point_id: int
    kind: str
    address: str
    entries: tuple[Entry, ...]
    opt_outs: tuple[OptOut, ...]


def live(now: Any) -> ColumnElement[bool]:
    """A row of `consent` that is a consent and that no later end has taken back by `now` (a bound parameter).

    campaigns.consents.model.holding says the same, with the expiry, which the gate judges itself.
    """
    end = t.consent.alias()
    ended = exists().where(
        end.c.contact_point_id == c.contact_point_id, end.c.channel == c.channel, end.c.event.not_in(sorted(GIVEN)),
        end.c.at >= c.at, end.c.at <= now,
    )  # fmt: skip
    return and_(c.event.in_(sorted(GIVEN)), ~ended)


async def record_consent(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    contact_point_id: int,
    channel: Channel,
    how: How,
    at: datetime,
    now: datetime,
    actor: str,
    evidence: str = "",
    expires_at: datetime | None = None,
    shown: Shown | None = None,
) -> int:
    """Write down that the person agreed to the channel at `at`; the row's id. Where one holds, it is a renewal.

    Raises Refused for a channel that the contact point cannot take, an instant to come, or an expiry before it.
    """
    point = await _point(conn, tenant_id, contact_point_id)
    _check(point.kind, channel, how, at, expires_at, now)
    before = holding(await _entries(conn, contact_point_id), channel, at)
    text = shown or Shown()
    row = {
        "tenant_id": tenant_id, "contact_point_id": contact_point_id, "channel": channel,
        "event": "renewed" if before else "given", "by": how, "at": at, "expires_at": expires_at, "evidence": evidence,
        "recorded_by": actor, "recorded_at": now, "text_shown": text.text, "text_version": text.version,
        "text_language": text.language,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.consent).values(**row).returning(c.id))).scalar_one())
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action=f"consent.{row['event']}",
        subject=f"contact_point:{contact_point_id}", detail={"consent_id": made, "channel": channel, "how": how},
    )  # fmt: skip
    return made


async def revoke(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    contact_point_id: int,
    channel: Channel | None,
    at: datetime,
    now: datetime,
    actor: str,
    how: How | None = None,
    evidence: str = "",
) -> int:
    """The person takes consent back, for one channel or (None) for all; how many consents ended.

    It is an opt-out of the address too, so that the channel is closed under every rulebook, whoever shares the address.
    Hold no other debtor's lock when you call: an admission under way is waited for.
    """
    point = await _point(conn, tenant_id, contact_point_id)
    fits = channels_of(point.kind) if channel is None else (channel,)
    _check(point.kind, fits[0], how or "written", at, None, now)
    await conn.execute(select(t.debtor.c.id).where(t.debtor.c.id == point.debtor_id).with_for_update(key_share=True))
    ended = await _end(conn, point, fits, "revoked", at, now, actor, how, evidence)
    await requests.record_opt_out(
        conn, tenant_id=tenant_id, address=point.address, channel=channel or "all", at=at, source="consent_revoked",
        evidence=evidence, actor=actor, debtor_id=point.debtor_id,
    )  # fmt: skip
    return ended


async def expire(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    contact_point_id: int,
    channel: Channel,
    at: datetime,
    now: datetime,
    actor: str,
    evidence: str = "",
) -> int:
    """A consent is over without the person's word (the creditor says so, a contract ended); how many ended."""
    point = await _point(conn, tenant_id, contact_point_id)
    _check(point.kind, channel, "written", at, None, now)
    await conn.execute(select(t.debtor.c.id).where(t.debtor.c.id == point.debtor_id).with_for_update(key_share=True))
    return await _end(conn, point, (channel,), "expired", at, now, actor, None, evidence)


async def _end(
    conn: AsyncConnection,
    point: Any,
    channels: Sequence[Channel],
    event: str,
    at: datetime,
    now: datetime,
    actor: str,
    how: How | None,
    evidence: str,
) -> int:
    known = await _entries(conn, point.id)
    ended = sum(len(holding(known, channel, at)) for channel in channels)
    shared = {
        "tenant_id": point.tenant_id, "contact_point_id": point.id, "event": event, "by": how, "at": at,
        "evidence": evidence, "recorded_by": actor, "recorded_at": now,
    }  # fmt: skip
    await conn.execute(insert(t.consent), [shared | {"channel": channel} for channel in channels])
    await audit.record(
        conn, tenant_id=point.tenant_id, at=now, actor=actor, action=f"consent.{event}",
        subject=f"contact_point:{point.id}", detail={"channels": list(channels), "ended": ended, "how": how},
    )  # fmt: skip
    return ended


async def history(conn: AsyncConnection, tenant_id: int, contact_point_id: int) -> PointHistory:
    """The whole ledger of one contact point. Raises Refused when there is none."""
    point = await _point(conn, tenant_id, contact_point_id)
    o = t.opt_out.c
    query = select(o.channel, o.at, o.lifted_at, o.source, o.evidence)
    closed = await conn.execute(query.where(o.tenant_id == tenant_id, o.address == point.address).order_by(o.at, o.id))
    opt_outs = tuple(OptOut(**row) for row in closed.mappings())
    return PointHistory(point.id, point.kind, point.address, tuple(await _entries(conn, point.id)), opt_outs)


async def histories(conn: AsyncConnection, tenant_id: int, debtor_id: int) -> list[PointHistory]:
    """The ledger of each contact point of a person, by position."""
    p = t.contact_point.c
    found = await conn.execute(
        select(p.id).where(p.tenant_id == tenant_id, p.debtor_id == debtor_id).order_by(p.position, p.id)
    )
    return [await history(conn, tenant_id, point) for point in found.scalars().all()]


async def _entries(conn: AsyncConnection, contact_point_id: int) -> list[Entry]:
    query = select(*LEDGER).where(c.contact_point_id == contact_point_id).order_by(c.at, c.id)
    return [Entry(**row) for row in (await conn.execute(query)).mappings()]


async def _point(conn: AsyncConnection, tenant_id: int, contact_point_id: int) -> Any:
    """A row of id, tenant_id, debtor_id, kind, address."""
    p = t.contact_point.c
    query = select(p.id, p.tenant_id, p.debtor_id, p.kind, p.address)
    found = (await conn.execute(query.where(p.id == contact_point_id, p.tenant_id == tenant_id))).one_or_none()
    if found is None:
        raise refuse("contact_point", "there is no such number or address (any more): load the file again")
    return found


def _check(kind: str, channel: str, how: str, at: datetime, expires_at: datetime | None, now: datetime) -> None:
    if problem := problem_of(kind, channel, how, at, expires_at, now):
        raise refuse(*problem)


def problem_of(
    kind: str, channel: str, how: str, at: datetime, expires_at: datetime | None, now: datetime
) -> tuple[str, str] | None:
    """What is wrong with an entry for a contact point of this kind: (field, message). None where it is right."""
    if channel not in CHANNELS:
        return "channel", f"{channel!r} is no channel; known are {', '.join(CHANNELS)}"
    if (channel == "email") != (kind == "email"):
        return "channel", f"{channel} does not go to a contact point of kind {kind}; name its own channel"
    if how not in get_args(How):
        return "how", f"{how!r} is unknown; known are {', '.join(get_args(How))}"
    if at > now:
        return "when", "the instant lies in the future; give the time at which it happened"
    if expires_at is not None and expires_at <= at:
        return "expires", "it would have expired before it was given; give a later day, or none"
    return None
