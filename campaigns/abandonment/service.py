"""Reads the abandonment figures that follow the attempts, and keeps sample tests and what each gauge said last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import Problem, Refused

FIRST = text("""
SELECT c.id, (SELECT s.slot FROM abandonment_slot s WHERE s.campaign_id = c.id AND s.persons > 0
              ORDER BY s.slot LIMIT 1)
FROM unnest(CAST(:ids AS bigint[])) AS c(id)
""")
SUMS = text("""
SELECT v.n, coalesce(sum(s.persons), 0), coalesce(sum(s.abandoned), 0), coalesce(sum(s.missed), 0),
       coalesce(sum(s.machines_cut), 0), coalesce(sum(s.machines_heard), 0)
FROM unnest(CAST(:campaigns AS bigint[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
     WITH ORDINALITY AS v(campaign_id, since, until, n)
LEFT JOIN abandonment_slot s ON s.campaign_id = v.campaign_id AND s.slot >= v.since AND s.slot < v.until
GROUP BY v.n ORDER BY v.n
""")
# only who changes a state gets it back: two processes that see the same change tell of it once
KEEP = text("""
INSERT INTO abandonment_state AS s (campaign_id, gauge, state, uncertain, since)
SELECT v.campaign_id, v.gauge, v.state, v.uncertain, :now
FROM unnest(CAST(:campaigns AS bigint[]), CAST(:gauges AS text[]), CAST(:states AS text[]),
            CAST(:uncertain AS boolean[])) AS v(campaign_id, gauge, state, uncertain)
ON CONFLICT (campaign_id, gauge) DO UPDATE SET state = excluded.state, uncertain = excluded.uncertain,
    since = CASE WHEN s.state = excluded.state THEN s.since ELSE excluded.since END
WHERE (s.state, s.uncertain) IS DISTINCT FROM (excluded.state, excluded.uncertain)
RETURNING campaign_id, gauge
""")

# the rulebooks of the law by which open debtors of its creditor are grouped, then the creditor's and its own
BOOKS = text("""
SELECT c.id, array_cat(
    ARRAY(SELECT DISTINCT book FROM window_group g, unnest(g.rulebooks) AS book WHERE EXISTS (
        SELECT FROM debtor d WHERE d.creditor_id = c.creditor_id AND d.window_group_id = g.id AND d.status = 'open')
        ORDER BY book), k.rulebooks) || ARRAY(SELECT jsonb_array_elements_text(
            CASE jsonb_typeof(c.settings->'rulebooks') WHEN 'array' THEN c.settings->'rulebooks' ELSE '[]' END))
FROM campaign c JOIN creditor k ON k.id = c.creditor_id WHERE c.id = ANY(CAST(:ids AS bigint[]))
""")


@dataclass(frozen=True, slots=True)
class Period:
    """`[since, until)` of one campaign; both are whole quarter hours."""

    campaign_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Answered calls; the words are those of compliance.abandonment_tally.Tally."""

    persons: int = 0
    abandoned: int = 0
    missed: int = 0
    machines_cut: int = 0
    machines_heard: int = 0


@dataclass(frozen=True, slots=True)
class GaugeState:
    """What a gauge said last, and since when it has been in that state."""

    state: str
    uncertain: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class SampleTest:
    """Calls that detection called a machine, listened to: how many there were, and how many had a person."""

    id: int
    campaign_id: int | None
    tested_on: date
    sample: int
    false_positives: int
    tested_by: str
    note: str
    recorded_by: str
    recorded_at: datetime


async def bound_rulebooks(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Ids of all rulebooks that bind persons of each campaign; reads every debtor of a creditor, so not often."""
    found = await conn.execute(BOOKS, {"ids": list(campaign_ids)})
    return {int(row[0]): tuple(dict.fromkeys(row[1])) for row in found}


async def first_answers(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[int, datetime | None]:
    """The quarter hour in which a person first answered, by campaign; none when nobody has."""
    found = await conn.execute(FIRST, {"ids": list(campaign_ids)})
    return {row[0]: row[1] for row in found}


async def figures(conn: AsyncConnection, periods: Sequence[Period]) -> list[Figures]:
    """The sum of each period, in their order."""
    values = {
        "campaigns": [period.campaign_id for period in periods],
        "since": [period.since for period in periods],
        "until": [period.until for period in periods],
    }
    return [Figures(*map(int, row[1:])) for row in await conn.execute(SUMS, values)]


async def states(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[tuple[int, str], GaugeState]:
    """By campaign and gauge."""
    c = t.abandonment_state.c
    query = select(c.campaign_id, c.gauge, c.state, c.uncertain, c.since).where(c.campaign_id.in_(list(campaign_ids)))
    return {(row.campaign_id, row.gauge): GaugeState(*row[2:]) for row in await conn.execute(query)}


async def keep_states(
    conn: AsyncConnection, wanted: Mapping[tuple[int, str], tuple[str, bool]], now: datetime
) -> set[tuple[int, str]]:
    """Write (state, uncertain) by (campaign, gauge); those that this call has changed."""
    if not wanted:
        return set()
    # in one order always: two processes never wait for each other
    keys = sorted(wanted)
    values = {
        "campaigns": [campaign_id for campaign_id, _ in keys],
        "gauges": [gauge for _, gauge in keys],
        "states": [wanted[key][0] for key in keys],
        "uncertain": [wanted[key][1] for key in keys],
        "now": now,
    }
    return {(row[0], row[1]) for row in await conn.execute(KEEP, values)}


async def add_sample_test(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    tested_on: date,
    sample: int,
    false_positives: int,
    tested_by: str,
    now: datetime,
    actor: str,
    campaign_id: int | None = None,
    note: str = "",
) -> int:
    """The new test's id. Raises Refused with every problem."""
    problems = _check(tested_on, sample, false_positives, tested_by, now)
    if problems:
        raise Refused(*problems)
    row = {
        "tenant_id": tenant_id, "campaign_id": campaign_id, "tested_on": tested_on, "sample": sample,
        "false_positives": false_positives, "tested_by": tested_by.strip(), "note": note.strip(),
        "recorded_by": actor, "recorded_at": now,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.amd_evidence).values(**row).returning(t.amd_evidence.c.id))).scalar_one())
    detail = {
        "campaign": campaign_id, "tested_on": tested_on.isoformat(), "sample": sample,
        "false_positives": false_positives,
    }  # fmt: skip
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="amd_evidence.recorded",
        subject=f"amd_evidence:{made}", detail=detail,
    )  # fmt: skip
    return made


def _check(tested_on: date, sample: int, false_positives: int, tested_by: str, now: datetime) -> list[Problem]:
    found = []
    if not 1 <= sample < 2**31:
        found.append(Problem("sample", "the test needs at least one call: write how many were listened to"))
    if not 0 <= false_positives <= sample:
        found.append(Problem("false_positives", f"it must lie between 0 and the sample of {sample}"))
    if tested_on > now.date():
        found.append(Problem("date", f"{tested_on} is still to come: write the date of the test"))
    if not tested_by.strip():
        found.append(Problem("by", "nobody is named: write who listened to the calls"))
    return found


async def sample_tests(conn: AsyncConnection, tenant_id: int) -> list[SampleTest]:
    """All that were recorded, the newest test first."""
    c = t.amd_evidence.c
    columns = (
        c.id, c.campaign_id, c.tested_on, c.sample, c.false_positives, c.tested_by, c.note, c.recorded_by,
        c.recorded_at,
    )  # fmt: skip
    query = select(*columns).where(c.tenant_id == tenant_id).order_by(c.tested_on.desc(), c.id.desc())
    return [SampleTest(*row) for row in await conn.execute(query)]
