"""Runs the demonstration without a browser, many times faster than real time, and counts what came of it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db.engine import make_engine
from dialer.demo.inspector import Findings, Person, SentText, StopReply, inspect
from dialer.demo.latency import Latencies
from dialer.demo.run import Demo, running
from dialer.demo.setting_up import Plan
from dialer.engines import Engines
from telephony.clock import ScaledClock

DRAIN_S = 900.0
REPORT_WITHIN = timedelta(seconds=30)  # the sandbox carrier loses some reports; nobody waits for those

COUNTS = text("""
SELECT count(*) AS attempts,
       count(*) FILTER (WHERE answered_by IN ('person', 'unknown')) AS answered_person,
       count(*) FILTER (WHERE answered_by = 'machine' OR outcome = 'amd_machine') AS answered_machine,
       count(*) FILTER (WHERE outcome = 'no_answer') AS no_answer,
       count(*) FILTER (WHERE outcome = 'busy') AS busy,
       count(*) FILTER (WHERE outcome IN ('failed', 'invalid_number')) AS failed,
       count(*) FILTER (WHERE bridged_at IS NOT NULL) AS bridged,
       count(*) FILTER (WHERE abandoned) AS abandoned
FROM attempt WHERE channel = 'voice' AND at >= :since
""")
PROMISES = text(
    "SELECT currency, count(*), sum(amount_minor) FROM promise WHERE created_at >= :since GROUP BY currency"
)
MESSAGES = text("""
SELECT count(*) FILTER (WHERE sent_at IS NOT NULL) AS messages_sent,
       count(*) FILTER (WHERE state = 'delivered') AS messages_delivered
FROM message WHERE created_at >= :since
""")
DENIED = text("""
SELECT reason ->> 'code' AS code, count(*) FROM verdict, jsonb_array_elements(reasons) AS reason
WHERE at >= :since AND decision <> 'allow' GROUP BY 1 ORDER BY 1
""")
PEOPLE = text("""
SELECT d.id, array_agg(DISTINCT c.address) AS numbers, array_agg(DISTINCT a.timezone) AS zones,
       array_agg(DISTINCT a.country) AS countries, d.own_timezone
FROM debtor d JOIN contact_point c ON c.debtor_id = d.id AND c.kind <> 'email' JOIN address a ON a.debtor_id = d.id
GROUP BY d.id
""")
AGENT_TIME = text("""
SELECT state, sum(extract(epoch FROM to_at - from_at)) FROM agent_state_log WHERE from_at >= :since GROUP BY state
""")
# the last outcomes are written in groups, and agents say last what a call was
UNFINISHED = text("""
SELECT 1 FROM attempt WHERE state <> 'ended' AND channel = 'voice'
UNION ALL SELECT 1 FROM agent_session WHERE state IN ('talking', 'hold', 'wrap_up')
UNION ALL SELECT 1 FROM message WHERE state IN ('leased', 'in_flight') OR (state = 'queued' AND not_before <= :now)
    OR (state = 'sent' AND sent_at > :lately) LIMIT 1
""")
BUSY_STATES = frozenset({"talking", "hold", "wrap_up"})


@dataclass(frozen=True, slots=True)
class HeadlessOptions:
    seconds: float
    speed: float
    seed: int
    start: datetime = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
    debtors: int = 10_000


async def run(engines: Engines, data_dir: Path, options: HeadlessOptions) -> dict[str, Any]:
    """The figures of one run, as `promiseline demo --headless --json` prints them."""
    clock = ScaledClock(options.start, options.speed)
    plan = Plan(seed=options.seed, debtors=options.debtors)
    async with running(engines, data_dir, plan, lambda _: None, port=0, clock=clock) as demo:
        since = clock.now()
        latencies = Latencies(demo.server, demo.exchange.log)
        await clock.sleep(options.seconds)
        await drain(demo)
        findings = await inspected(demo)
        engine = make_engine(engines.database_url, pool_size=1)
        try:
            async with engine.connect() as conn:
                figures = await _figures(conn, since)
        finally:
            await engine.dispose()
        figures |= latencies.figures(options.speed)
    return figures | _verdict(findings)


async def drain(demo: Demo) -> None:
    """Stop dialing and let every call, wrap-up and message come to its end."""
    engine, floor, clock = demo.server.engine, demo.server.floor, demo.clock
    assert engine is not None and floor is not None  # noqa: S101 - a running server has both
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE campaign SET state = 'paused' WHERE id = :id"), {"id": demo.stage.campaign_id})
    await floor.campaign_changed(demo.stage.campaign_id)
    until = clock.monotonic() + DRAIN_S
    while clock.monotonic() < until and await _unfinished(engine, clock.now()):
        await clock.sleep(2.0)


async def _unfinished(engine: AsyncEngine, now: datetime) -> bool:
    async with engine.connect() as conn:
        found = await conn.execute(UNFINISHED, {"now": now, "lately": now - REPORT_WITHIN})
        return found.first() is not None


async def _figures(conn: AsyncConnection, since: datetime) -> dict[str, Any]:
    bound = {"since": since}
    figures: dict[str, Any] = dict((await conn.execute(COUNTS, bound)).mappings().one())
    answered = figures["answered_person"]
    figures["abandon_rate"] = round(figures["abandoned"] / answered, 4) if answered else 0.0
    promises = (await conn.execute(PROMISES, bound)).all()
    figures["promises"] = sum(int(row[1]) for row in promises)
    figures["promised_minor_units"] = {str(row[0]): int(row[2]) for row in promises}
    figures |= dict((await conn.execute(MESSAGES, bound)).mappings().one())
    figures["gate_denied"] = {str(row[0]): int(row[1]) for row in await conn.execute(DENIED, bound)}
    spent = Counter({str(row[0]): float(row[1] or 0) for row in await conn.execute(AGENT_TIME, bound)})
    busy = sum(spent[state] for state in BUSY_STATES)
    worked = busy + spent["ready"] + spent["reserved"] + spent["preview"]
    figures["occupancy"] = round(busy / worked, 4) if worked else 0.0
    return figures


async def inspected(demo: Demo) -> Findings:
    """What the independent pass finds in the whole run so far."""
    engine = make_engine(demo.engines.database_url, pool_size=1)
    try:
        async with engine.connect() as conn:
            people = [_person(row) for row in await conn.execute(PEOPLE)]
    finally:
        await engine.dispose()
    log = demo.carrier.carrier.log
    texts = [SentText(entry.at, entry.to) for entry in log.of("accepted")]
    stops = [StopReply(entry.at, entry.from_) for entry in log.of("opted_out")]
    speed = demo.server.clock.speed
    # real time that is lost is multiplied by the speed: a person waits 5 s of the log while the machine pauses 0.25 s
    lost_s = 0.25 + 2 * demo.stolen.worst_s
    heard = demo.notebook
    return inspect(
        demo.exchange.log.entries,
        people,
        texts,
        stops,
        wrong_parties={f"pl-c-{attempt}" for attempt in heard.wrong_parties},
        no_more_calls={f"pl-c-{attempt}": at for attempt, at in heard.no_more_calls.items()},
        grace_s=1.0 + lost_s * speed,
    )


def _person(row: Any) -> Person:
    return Person(row.id, tuple(row.numbers), zones_of(row.numbers, row.zones, row.own_timezone), tuple(row.countries))


def zones_of(numbers: Sequence[str], addresses: Sequence[str | None], own_word: str | None) -> tuple[str, ...]:
    """Every zone in which the person may be, by phonenumbers and the addresses; the person's own word replaces them."""
    import phonenumbers
    from phonenumbers import timezone

    if own_word:
        return (own_word,)
    zones = {zone for zone in addresses if zone}
    for number in numbers:
        zones.update(zone for zone in timezone.time_zones_for_number(phonenumbers.parse(number)) if "/" in zone)
    return tuple(sorted(zones - {"Etc/Unknown"}))


def _verdict(findings: Findings) -> dict[str, Any]:
    return {
        "violations": len(findings.violations),
        # at many times real time a hiccup of the machine is long: how strictly silence was judged is no secret
        "silence_s": {
            "longest": round(findings.longest_silence_s, 2) if math.isfinite(findings.longest_silence_s) else None,
            "allowed": round(findings.allowed_silence_s, 2),
        },
        "orphans": len(findings.orphans),
        "duplicate_dials": len(findings.duplicate_dials),
        "findings": [*findings.violations, *findings.orphans, *findings.duplicate_dials][:50],
    }
