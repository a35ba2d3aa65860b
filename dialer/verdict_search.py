"""Searches the stored verdicts of a tenant, the newest first, page by page; each with all that it rests on.

A page never reads more than BLOCK verdicts: what matches seldom is found by asking on from where the answer says that
it stopped, so that no question takes long however many millions there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from compliance.verdict import format_instant
from dialer.explaining import ending, local_times

BLOCK = 20_000
v = t.verdict.c


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the next one begins with the verdict before it."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None: any. `since` is included, `until` is not; both aware."""

    tenant_id: int
    debtor_id: int | None = None
    channel: str | None = None
    decision: str | None = None
    reason: str | None = None
    campaign_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: Place | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Page:
    """`further` None: everything was read. It may stand where `rows` are few or none: then nothing matched so far."""

    rows: tuple[Mapping[str, Any], ...]
    further: Place | None

    def to_json(self) -> dict[str, Any]:
        further = None if self.further is None else {"at": self.further.at.isoformat(), "id": str(self.further.id)}
        return {"verdicts": [dict(row) for row in self.rows], "further": further}


async def search(conn: AsyncConnection, wanted: Search, block: int = BLOCK) -> Page:
    """One page. `block`: how many verdicts are read at most."""
    reached = select(v.at, v.id).where(*_range(wanted)).order_by(v.at.desc(), v.id.desc())
    found = (await conn.execute(_page(wanted, block))).mappings().all()
    if len(found) == wanted.limit:
        last = found[-1]
        return Page(tuple(_told(dict(row)) for row in found), Place(last["at"], last["id"]))
    end = (await conn.execute(reached.offset(block - 1).limit(1))).one_or_none()
    return Page(tuple(_told(dict(row)) for row in found), None if end is None else Place(end.at, end.id))


def _range(wanted: Search) -> list[ColumnElement[bool]]:
    """What the indexes answer."""
    found: list[ColumnElement[bool]] = [v.tenant_id == wanted.tenant_id]
    if wanted.debtor_id is not None:
        found.append(v.debtor_id == wanted.debtor_id)
    if wanted.since is not None:
        found.append(v.at >= wanted.since)
    if wanted.until is not None:
        found.append(v.at < wanted.until)
    if wanted.before is not None:
        found += [v.at <= wanted.before.at, tuple_(v.at, v.id) < tuple_(wanted.before.at, wanted.before.id)]
    return found


def _page(wanted: Search, block: int) -> Select[Any]:
    newest = (v.at.desc(), v.id.desc())
    read = (
        select(v.id, v.at, v.channel, v.decision, v.campaign_id, v.reasons).where(*_range(wanted))
        .order_by(*newest).limit(block).subquery()
    )  # fmt: skip
    fits: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (read.c.channel, wanted.channel),
            (read.c.decision, wanted.decision),
            (read.c.campaign_id, wanted.campaign_id),
        )
        if value is not None
    ]
    if wanted.reason is not None:
        fits.append(read.c.reasons.contains([{"code": wanted.reason}]))
    page = select(read.c.id).where(*fits).order_by(read.c.at.desc(), read.c.id.desc()).limit(wanted.limit).subquery()
    d, c, p = t.debtor.c, t.campaign.c, t.contact_point.c
    return (
        select(
            v.id, v.attempt_id, v.at, v.channel, v.origin, v.decision, v.reasons, v.retry_at, v.flags, v.rulebooks,
            v.tzdb, v.debtor_id, d.external_ref, v.campaign_id, c.name.label("campaign"), p.kind, p.address,
            v.salt.is_(None).label("erased"), v.inputs["because"].astext.label("because"),
            v.inputs["zones"].label("zones"), v.inputs["tallies"].label("tallies"),
        )
        .join(page, page.c.id == v.id)
        .outerjoin(t.debtor, d.id == v.debtor_id)
        .outerjoin(t.campaign, c.id == v.campaign_id)
        .outerjoin(t.contact_point, p.id == v.contact_point_id)
        .order_by(*newest)
    )  # fmt: skip


def _told(row: dict[str, Any]) -> dict[str, Any]:
    zones = tuple(row["zones"] or ())
    said = "; ".join(str(reason["text"]) for reason in row["reasons"])
    because = row["because"] or (f"Not allowed: {said}." if said else "")
    return {
        "id": str(row["id"]),
        "attempt": None if row["attempt_id"] is None else str(row["attempt_id"]),
        "at": format_instant(row["at"]),
        "at_local": local_times(row["at"], zones),
        "channel": row["channel"],
        "origin": row["origin"],
        "debtor": row["debtor_id"],
        "reference": row["external_ref"] or "",
        "campaign": row["campaign_id"],
        "campaign_name": row["campaign"] or "",
        "kind": row["kind"] or "",
        "ending": "" if row["address"] is None else ending(row),
        "verdict": row["decision"],
        "because": because,
        "reasons": [
            {name: reason.get(name, "") for name in ("code", "rule", "rulebook", "version", "source", "text")}
            for reason in row["reasons"]
        ],
        "tallies": list(row["tallies"] or ()),
        "flags": list(row["flags"]),
        "rulebooks": [f"{name}@{version}" for name, version in sorted(row["rulebooks"].items())],
        "zones": list(zones),
        "tzdb": row["tzdb"],
        "retry_at": format_instant(row["retry_at"]),
        "retry_at_local": local_times(row["retry_at"], zones),
        "erased": row["erased"],
    }
