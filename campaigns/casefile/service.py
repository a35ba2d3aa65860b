"""Gathers a person's file for the console: little before the right party is recorded, everything after it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import money
from campaigns.casefile.model import (
    Check,
    DebtView,
    FileView,
    Money,
    PersonView,
    PromiseLimits,
    PromiseView,
    ScoreView,
    TimelineItem,
    TimelineKind,
)
from campaigns.db import tables as t
from campaigns.model import DISPOSITIONS, CampaignSettings
from campaigns.problems import refuse
from campaigns.requests.reviews import wishes_of
from campaigns.scoring.service import score_debtor

TIMELINE_LENGTH = 60

PERSON = text("""
SELECT d.id, d.given_name, d.family_name, d.language, d.date_of_birth, d.own_timezone, d.created_at,
       a.city, a.country, a.postal_code, a.timezone
FROM debtor d
LEFT JOIN LATERAL (SELECT * FROM address WHERE debtor_id = d.id ORDER BY id LIMIT 1) a ON true
WHERE d.id = :debtor
""")

# one list of everything that happened, newest first; a, b and c mean what `_item` says for each kind
TIMELINE = text("""
SELECT * FROM (
    (SELECT at, 'call' AS kind, coalesce(outcome, state) AS a, coalesce(disposition, '') AS b, direction AS c
     FROM attempt WHERE debtor_id = :debtor AND channel = 'voice' ORDER BY at DESC LIMIT :limit)
    UNION ALL
    (SELECT created_at, 'message', channel, state, template FROM message WHERE debtor_id = :debtor
     ORDER BY created_at DESC LIMIT :limit)
    UNION ALL
    (SELECT note.created_at, 'note', body, coalesce(u.display_name, ''), '' FROM note
     LEFT JOIN app_user u ON u.id = note.agent_id WHERE debtor_id = :debtor ORDER BY note.created_at DESC LIMIT :limit)
    UNION ALL
    (SELECT created_at, 'promise', amount_minor::text, currency, state || ' ' || due_date FROM promise
     WHERE debtor_id = :debtor ORDER BY created_at DESC LIMIT :limit)
    UNION ALL
    (SELECT at, 'request', kind, recorded_by, CASE WHEN ended_at IS NULL THEN '' ELSE 'ended' END FROM person_request
     WHERE debtor_id = :debtor ORDER BY at DESC LIMIT :limit)
    UNION ALL
    (SELECT at, 'inbound', body, channel, meaning FROM inbound_message WHERE debtor_id = :debtor
     ORDER BY at DESC LIMIT :limit)
) AS happened ORDER BY at DESC LIMIT :limit
""")


def last_four(reference: str) -> str:
    """The last four letters and digits, as people read a reference out; "" for one too short to prove anything."""
    said = [letter for letter in reference if letter.isalnum()]
    return "".join(said[-4:]) if len(said) >= 4 else ""


async def load_person(conn: AsyncConnection, debtor_id: int) -> PersonView:
    """The name to ask for, the language, and what the person must be able to say. Raises Refused for nobody."""
    person = await _person(conn, debtor_id)
    checks: list[Check] = []
    if person.date_of_birth is not None:
        checks.append(
            {"key": "date_of_birth", "label": "Date of birth", "expected": person.date_of_birth.isoformat()}
        )  # fmt: skip
    if person.postal_code:
        checks.append({"key": "postal_code", "label": "Postal code", "expected": person.postal_code})
    reference = select(t.debt.c.external_ref).where(t.debt.c.debtor_id == debtor_id).order_by("id").limit(1)
    last = last_four((await conn.execute(reference)).scalar_one_or_none() or "")
    if last:
        checks.append({"key": "last4", "label": "Last four of the reference", "expected": last})
    name = f"{person.given_name} {person.family_name}"
    return {"debtor_id": debtor_id, "ask_for": name, "language": person.language, "checks": checks}


async def load_file(
    conn: AsyncConnection, debtor_id: int, now: datetime, *, settings: CampaignSettings | None = None
) -> FileView:
    """The whole file, as FileView of the protocol. `settings`: the campaign's weights and promise limits.

    `may_contact`, `say` and `tone` are left to the caller: they come from the gate, which this package does not know.
    Raises Refused for nobody.
    """
    settings = settings or CampaignSettings(caller_id="+10000000000")
    person = await _person(conn, debtor_id)
    zone = person.own_timezone or person.timezone or "UTC"
    scored = await score_debtor(conn, debtor_id, settings, now)
    score: ScoreView = {
        "total": scored.total_milli / 1000,
        "parts": [{"name": p.name, "points": p.points / 1000, "because": p.because} for p in scored.parts],
    }
    limits: PromiseLimits = {"min_minor": settings.promise_min_minor_units, "max_days": settings.promise_max_days}
    return {
        "debtor_id": debtor_id,
        "name": f"{person.given_name} {person.family_name}",
        "language": person.language,
        "city": person.city,
        "country": person.country or "",
        "local_time": now.astimezone(ZoneInfo(zone)).strftime("%H:%M"),
        "timezone": zone,
        "debts": await _debts(conn, debtor_id, now),
        "score": score,
        "timeline": await load_timeline(conn, debtor_id),
        "promises": await _promises(conn, debtor_id),
        "promise_limits": limits,
        "may_contact": [],
        "wishes": [
            {
                "id": wish["id"],
                "kind": wish["kind"],
                "at": wish["at"],
                "ends_at": wish["ends_at"],
                "review_on": wish["review_on"],
                "ended_at": wish["ended_at"],
            }
            for wish in await wishes_of(conn, debtor_id)
            if wish["ended_at"] is None
        ],
        "tone": None,
        "say": [],
    }


async def load_timeline(conn: AsyncConnection, debtor_id: int, limit: int = TIMELINE_LENGTH) -> list[TimelineItem]:
    """What happened to this person, newest first."""
    found = await conn.execute(TIMELINE, {"debtor": debtor_id, "limit": limit})
    return [_item(*row) for row in found]


async def _person(conn: AsyncConnection, debtor_id: int) -> Any:
    row = (await conn.execute(PERSON, {"debtor": debtor_id})).one_or_none()
    if row is None:
        raise refuse("debtor_id", f"there is no debtor {debtor_id}")
    return row


async def _debts(conn: AsyncConnection, debtor_id: int, now: datetime) -> list[DebtView]:
    d = t.debt.c
    found = await conn.execute(
        select(
            d.id, d.external_ref, t.creditor.c.name, d.product, d.principal_minor, d.balance_minor, d.currency,
            d.due_date, d.status,
        ).join(t.creditor, t.creditor.c.id == d.creditor_id).where(d.debtor_id == debtor_id).order_by(d.due_date, d.id)
    )  # fmt: skip
    return [
        {
            "id": row.id,
            "reference": row.external_ref,
            "creditor": row.name,
            "product": row.product,
            "principal": _money(row.principal_minor, row.currency),
            "balance": _money(row.balance_minor, row.currency),
            "due_date": row.due_date.isoformat(),
            "days_past_due": max(0, (now.date() - row.due_date).days),
            "status": row.status,
        }
        for row in found
    ]


async def _promises(conn: AsyncConnection, debtor_id: int) -> list[PromiseView]:
    p = t.promise.c
    found = await conn.execute(
        select(p.id, p.amount_minor, p.currency, p.due_date, p.state, p.created_at)
        .where(p.debtor_id == debtor_id).order_by(p.created_at.desc(), p.id.desc())
    )  # fmt: skip
    return [
        {
            "id": row.id,
            "amount": _money(row.amount_minor, row.currency),
            "due_date": row.due_date.isoformat(),
            "state": row.state,
            "created_at": _instant(row.created_at),
        }
        for row in found
    ]


def _money(minor: int, currency: str) -> Money:
    return {"minor": minor, "currency": currency}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _item(at: datetime, kind: TimelineKind, a: str, b: str, c: str) -> TimelineItem:
    if kind == "call":
        label = DISPOSITIONS.get(b, b)
        said = ("Incoming call" if c == "in" else "Call", ": ".join(p for p in (a.replace("_", " "), label) if p))
    elif kind == "message":
        said = (f"{a.upper() if a == 'sms' else a.title()} {b.replace('_', ' ')}", c)
    elif kind == "promise":
        state, _, due = c.partition(" ")
        said = (f"Promise of {money.text(int(a), b)}, {state}", f"due {due}")
    elif kind == "request":
        said = (a.replace("_", " ").capitalize(), " ".join(p for p in (b, c) if p))
    elif kind == "inbound":
        said = (a, f"{b}, {c}")
    else:
        said = (a, b)
    return {"at": _instant(at), "kind": kind, "text": said[0], "detail": said[1]}
