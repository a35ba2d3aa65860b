"""Reads how a campaign's calls went lately, and what really happened on its last days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION
from sqlalchemy.ext.asyncio import AsyncConnection

GRID = tuple(step / 20 for step in range(21))
# what was given up or lost says nothing of how persons answer; a machine that an agent recognised is one
CALLS = (
    text("""
SELECT a.outcome, a.bridged_at, a.abandoned, a.agent_id, extract(hour FROM a.at AT TIME ZONE :zone)::integer AS hour,
       (a.at AT TIME ZONE :zone)::date AS day,
       a.answered_at IS NOT NULL AND a.answered_by IS DISTINCT FROM 'machine' AND a.outcome <> 'amd_machine' AS human,
       a.answered_at IS NOT NULL AND (a.answered_by = 'machine' OR a.outcome = 'amd_machine') AS machine,
       extract(epoch FROM a.ringing_at - a.at) AS delay_s, extract(epoch FROM a.answered_at - a.ringing_at) AS ring_s,
       extract(epoch FROM a.ended_at - a.bridged_at) AS talk_s
FROM attempt a WHERE a.campaign_id = :campaign AND a.channel = 'voice' AND a.direction = 'out' AND a.origin = 'dialer'
  AND a.at >= :since AND a.state = 'ended' AND a.outcome NOT IN ('cancelled', 'unknown')
""")
    .columns(
        column("outcome", Text), column("bridged_at", DateTime(timezone=True)), column("abandoned", Boolean),
        column("agent_id", BigInteger), column("hour", Integer), column("day", Date), column("human", Boolean),
        column("machine", Boolean), column("delay_s", Float), column("ring_s", Float), column("talk_s", Float),
    )
    .subquery("call")
)  # fmt: skip
c = CALLS.c


def _spread(value: ColumnElement[float], where: ColumnElement[bool]) -> ColumnElement[Any]:
    """The quantiles of `GRID` of the values that are known."""
    grid = cast(bindparam("grid"), ARRAY(DOUBLE_PRECISION))
    return func.percentile_cont(grid).within_group(func.greatest(value, 0)).filter(where, value.is_not(None))


HOURS = (
    select(
        c.hour,
        func.count(),
        func.count().filter(c.human),
        func.count().filter(c.machine),
        func.count().filter(c.outcome == "busy"),
        func.count().filter(c.outcome.in_(("failed", "invalid_number"))),
    )
    .group_by(c.hour)
    .order_by(c.hour)
)
SPREADS = select(
    _spread(c.delay_s, true()).label("delay_s"),
    _spread(c.ring_s, c.human).label("ring_s"),
    _spread(c.ring_s, c.machine).label("machine_ring_s"),
    _spread(c.talk_s, c.human).label("talk_s"),
)
DAYS = (
    select(
        c.day,
        func.count().label("calls"),
        func.count().filter(c.human).label("answered"),
        func.count(c.bridged_at).filter(c.human).label("talks"),
        func.count().filter(c.abandoned).label("abandoned"),
        func.count(c.agent_id.distinct()).label("agents"),
    )
    .group_by(c.day)
    .order_by(c.day.desc())
    .limit(7)
)
# of whoever is assigned to it, and whoever took its calls: one that is staffed by skill has nobody assigned
WRAP_UPS = text("""
SELECT count(*), percentile_cont(CAST(:grid AS double precision[]))
           WITHIN GROUP (ORDER BY extract(epoch FROM l.to_at - l.from_at))
FROM agent_state_log l
WHERE l.user_id IN (
    SELECT user_id FROM campaign_agent WHERE campaign_id = :campaign
    UNION SELECT agent_id FROM attempt WHERE campaign_id = :campaign AND at >= :since AND agent_id IS NOT NULL
) AND l.state = 'wrap_up' AND l.from_at >= :since
""")
WORKED = text("""
SELECT (l.from_at AT TIME ZONE :zone)::date AS day,
       sum(extract(epoch FROM l.to_at - l.from_at)) FILTER (WHERE l.state IN ('talking', 'hold', 'wrap_up')) AS busy,
       sum(extract(epoch FROM l.to_at - l.from_at)) FILTER (WHERE l.state IN ('ready', 'reserved')) AS free
FROM agent_state_log l
WHERE l.user_id IN (
    SELECT user_id FROM campaign_agent WHERE campaign_id = :campaign
    UNION SELECT agent_id FROM attempt WHERE campaign_id = :campaign AND at >= :since AND agent_id IS NOT NULL
) AND l.from_at >= :since GROUP BY 1
""")


@dataclass(frozen=True, slots=True)
class HourSeen:
    """One hour of the day in the campaign's zone, over all days read."""

    hour: int
    calls: int
    human: int
    machine: int
    busy: int
    failed: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """Quantiles of seconds on `GRID`; empty: none were seen. `delay_s`: from launch to ringing."""

    hours: tuple[HourSeen, ...]
    delay_s: tuple[float, ...] = ()
    ring_s: tuple[float, ...] = ()
    machine_ring_s: tuple[float, ...] = ()
    talk_s: tuple[float, ...] = ()
    wrap_up_s: tuple[float, ...] = ()

    @property
    def calls(self) -> int:
        return sum(hour.calls for hour in self.hours)

    @property
    def humans(self) -> int:
        return sum(hour.human for hour in self.hours)


async def learn(conn: AsyncConnection, campaign_id: int, zone: str, since: datetime) -> Learnt:
    """From the campaign's own calls since that instant. `zone`: whose hours the day has."""
    about = {"campaign": campaign_id, "zone": zone, "since": since}
    hours = tuple(HourSeen(*row) for row in await conn.execute(HOURS, about))
    spread = (await conn.execute(SPREADS, {**about, "grid": list(GRID)})).mappings().one()
    wraps = (await conn.execute(WRAP_UPS, {"campaign": campaign_id, "since": since, "grid": list(GRID)})).one()
    found = {name: _seconds(values) for name, values in spread.items()}
    return Learnt(hours, **found, wrap_up_s=_seconds(wraps[1]))


def _seconds(values: Sequence[Any] | None) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values) if values is not None else ()


async def happened(conn: AsyncConnection, campaign_id: int, zone: str, since: datetime) -> list[dict[str, Any]]:
    """The campaign's last days, the newest first. `occupancy`: of its agents, whatever they worked for."""
    about = {"campaign": campaign_id, "zone": zone, "since": since}
    worked = {row.day: row for row in await conn.execute(WORKED, about)}
    return [_day(row, worked.get(row.day)) for row in await conn.execute(DAYS, about)]


def _day(row: Any, worked: Any) -> dict[str, Any]:
    busy, free = (float(worked.busy or 0), float(worked.free or 0)) if worked is not None else (0.0, 0.0)
    return {
        "day": row.day.isoformat(),
        "calls": row.calls,
        "answered": row.answered,
        "talks": row.talks,
        "abandoned": row.abandoned,
        "abandon_rate": round(row.abandoned / row.answered, 5) if row.answered else None,
        "agents": row.agents,
        "occupancy": round(busy / (busy + free), 4) if busy + free > 0 else None,
    }
