"""Asks the gate again what it was asked: what would change under other rulebooks, and whether it still says the same.

A stored verdict holds the facts that it was made of (`verdict.inputs`), so the question is the very same one. Read
only; rows are streamed, so that a million of them take no more memory than a thousand.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from compliance.gate import decide, judge
from compliance.rulebooks.model import Rulebooks
from compliance.stored import facts_from
from compliance.timezones import TZDB_VERSION

PAGE = 500
EXAMPLES = 5
Change = Literal["would_be_denied", "would_be_allowed", "other_reasons"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One verdict as it was kept. `facts` None: the gate was not asked (a closed file, a call in progress ...)."""

    id: UUID
    campaign_id: int | None
    channel: str
    decision: str
    rules: frozenset[str]
    retry_at: datetime | None
    flags: tuple[str, ...]
    tzdb: str
    facts: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """`rules`: those that newly stand in the way, or that no longer do."""

    change: Change
    rules: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """Counts only, and a few ids for each kind of change: its size does not grow with the verdicts."""

    asked: int = 0
    not_the_gates: int = 0
    unreadable: int = 0
    other_tzdb: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_campaign: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    by_channel: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, one: Stored, found: Difference | None) -> None:
        self.asked += 1
        self.other_tzdb += one.tzdb != TZDB_VERSION
        if found is None:
            return
        self.changes[found.change] += 1
        self.by_campaign[found.change, one.campaign_id] += 1
        self.by_channel[found.change, one.channel] += 1
        for rule in found.rules:
            self.by_rule[found.change, rule] += 1
        shown = self.examples.setdefault(found.change, [])
        if len(shown) < EXAMPLES:
            shown.append(str(one.id))

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "unchanged": self.asked - self.changes.total(),
            "would_be_denied": self.changes["would_be_denied"],
            "would_be_allowed": self.changes["would_be_allowed"],
            "other_reasons": self.changes["other_reasons"],
            "by_rule": _rows("rule", self.by_rule),
            "by_campaign": _rows("campaign", self.by_campaign),
            "by_channel": _rows("channel", self.by_channel),
            "examples": self.examples,
            "not_the_gates": self.not_the_gates,
            "unreadable": self.unreadable,
            "problems": dict(self.problems),
            "other_tzdb": self.other_tzdb,
            "tzdb": TZDB_VERSION,
        }


def _rows(name: str, counts: Counter[Any]) -> list[dict[str, Any]]:
    return [{"change": change, name: what, "contacts": n} for (change, what), n in counts.most_common()]


def changed(books: Rulebooks, others: Sequence[Rulebooks]) -> Rulebooks:
    """`books` with those of `others` in place of the same ids, and added."""
    merged = dict(books.books)
    for other in others:
        merged |= other.books
    return Rulebooks(merged, books.dial_stop_margin_s)


def compare(one: Stored, books: Rulebooks, *, exactly: bool = False) -> Difference | None:
    """None: the same answer. `exactly`: retry_at and flags must agree too. Raises ValueError for broken facts."""
    facts = facts_from(one.facts or {})
    verdict = decide(facts, books) if exactly else judge(facts, books)
    rules = frozenset(reason.rule for reason in verdict.reasons)
    if one.decision == "allow" and not verdict.allowed:
        return Difference("would_be_denied", tuple(sorted(rules)))
    if one.decision != "allow" and verdict.allowed:
        return Difference("would_be_allowed", tuple(sorted(one.rules)))
    same = (verdict.decision, rules) == (one.decision, one.rules)
    if exactly:
        same = same and (verdict.retry_at, verdict.flags) == (one.retry_at, one.flags)
    return None if same else Difference("other_reasons", tuple(sorted(rules ^ one.rules)))


def _since(tenant_id: int, since: datetime) -> Any:
    return (t.verdict.c.tenant_id == tenant_id) & (t.verdict.c.at >= since)


async def count(conn: AsyncConnection, tenant_id: int, since: datetime) -> int:
    query = select(func.count()).select_from(t.verdict).where(_since(tenant_id, since))
    return int((await conn.execute(query)).scalar_one())


async def stored(conn: AsyncConnection, tenant_id: int, since: datetime) -> AsyncIterator[Stored]:
    """The verdicts from `since` on, through a cursor of the server."""
    v = t.verdict.c
    query = select(
        v.id, v.campaign_id, v.channel, v.decision, v.reasons, v.retry_at, v.flags, v.tzdb,
        v.inputs["facts"].label("facts"),
    ).where(_since(tenant_id, since))  # fmt: skip
    async with conn.stream(query, execution_options={"yield_per": PAGE}) as rows:
        async for row in rows:
            yield Stored(
                row.id, row.campaign_id, row.channel, row.decision,
                frozenset(reason["rule"] for reason in row.reasons),
                None if row.retry_at is None else row.retry_at.astimezone(UTC),
                tuple(row.flags), row.tzdb, row.facts,
            )  # fmt: skip


async def replay(
    conn: AsyncConnection,
    tenant_id: int,
    since: datetime,
    books: Rulebooks,
    *,
    exactly: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> Report:
    """All verdicts from `since` on; `progress` is called after each."""
    report = Report()
    async for one in stored(conn, tenant_id, since):
        if one.facts is None:
            report.not_the_gates += 1
        else:
            try:
                found = compare(one, books, exactly=exactly)
            except ValueError as problem:
                report.unreadable += 1
                report.problems[type(problem).__name__] += 1
            else:
                report.add(one, found)
        progress()
    return report
