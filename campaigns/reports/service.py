"""Counts from the database what the floor's tallies hold, so that a restarted server begins where the last one was."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MINUTES = 60


@dataclass(slots=True)
class CampaignNumbers:
    """Since the day began. `answered` includes machines; `denied` counts refused contacts by reason."""

    dialed: int = 0
    answered: int = 0
    machines: int = 0
    bridged: int = 0
    abandoned: int = 0
    promises: int = 0
    promised: dict[str, int] = field(default_factory=dict)  # currency -> minor units
    messages_sent: int = 0
    messages_delivered: int = 0
    denied: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class AgentNumbers:
    """Since the day began. `seconds` by agent state, finished stretches only."""

    calls: int = 0
    contacts: int = 0
    right_party: int = 0
    promises: int = 0
    promised: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class MinuteNumbers:
    at: datetime
    dialed: int = 0
    answered: int = 0
    bridged: int = 0
    abandoned: int = 0
    promises: int = 0
    messages: int = 0


CALLS = text("""
SELECT campaign_id, count(*) FILTER (WHERE outcome IS DISTINCT FROM 'cancelled'),
       count(*) FILTER (WHERE answered_at IS NOT NULL),
       count(*) FILTER (WHERE answered_at IS NOT NULL AND (answered_by = 'machine' OR outcome = 'amd_machine')),
       count(*) FILTER (WHERE bridged_at IS NOT NULL), count(*) FILTER (WHERE abandoned)
FROM attempt WHERE tenant_id = :tenant AND at >= :since AND channel = 'voice' AND direction = 'out'
  AND campaign_id IN (SELECT id FROM campaign WHERE tenant_id = :tenant) GROUP BY campaign_id
""")

PROMISES = text("""
SELECT campaign_id, agent_id, currency, count(*), sum(amount_minor) FROM promise
WHERE tenant_id = :tenant AND created_at >= :since GROUP BY campaign_id, agent_id, currency
""")

MESSAGES = text("""
SELECT campaign_id, count(*) FILTER (WHERE sent_at >= :since),
       count(*) FILTER (WHERE state = 'delivered' AND final_at >= :since)
FROM message WHERE tenant_id = :tenant AND created_at >= CAST(:since AS timestamptz) - interval '2 days'
  AND campaign_id IS NOT NULL GROUP BY campaign_id
""")

DENIED = text("""
SELECT campaign_id, reason->>'code', count(*) FROM verdict CROSS JOIN LATERAL jsonb_array_elements(reasons) AS reason
WHERE tenant_id = :tenant AND at >= :since AND decision <> 'allow' AND campaign_id IS NOT NULL
GROUP BY campaign_id, reason->>'code'
""")

AGENTS = text("""
SELECT agent_id, count(*), count(*) FILTER (WHERE outcome = 'conversation' OR bridged_at IS NOT NULL),
       count(*) FILTER (WHERE right_party_at IS NOT NULL)
FROM attempt WHERE tenant_id = :tenant AND at >= :since AND channel = 'voice' AND agent_id IS NOT NULL
GROUP BY agent_id
""")

STATES = text("""
SELECT user_id, state, sum(extract(epoch FROM to_at - greatest(from_at, :since))) FROM agent_state_log
WHERE tenant_id = :tenant AND to_at > :since GROUP BY user_id, state
""")

LAST_HOUR = text("""
SELECT date_trunc('minute', at), what, count(*) FROM (
    SELECT at, 'dialed' AS what FROM attempt WHERE tenant_id = :tenant AND channel = 'voice' AND direction = 'out'
        AND at >= :since AND outcome IS DISTINCT FROM 'cancelled'
    UNION ALL SELECT answered_at, 'answered' FROM attempt WHERE tenant_id = :tenant AND channel = 'voice'
        AND direction = 'out' AND at >= CAST(:since AS timestamptz) - interval '1 hour' AND answered_at >= :since
    UNION ALL SELECT bridged_at, 'bridged' FROM attempt WHERE tenant_id = :tenant AND channel = 'voice'
        AND direction = 'out' AND at >= CAST(:since AS timestamptz) - interval '1 hour' AND bridged_at >= :since
    UNION ALL SELECT coalesce(ended_at, at), 'abandoned' FROM attempt WHERE tenant_id = :tenant AND abandoned
        AND at >= CAST(:since AS timestamptz) - interval '1 hour' AND coalesce(ended_at, at) >= :since
    UNION ALL SELECT created_at, 'promises' FROM promise WHERE tenant_id = :tenant AND created_at >= :since
    UNION ALL SELECT sent_at, 'messages' FROM message WHERE tenant_id = :tenant AND sent_at >= :since
) AS happened WHERE at <= :now GROUP BY 1, 2
""")


def day_start(now: datetime) -> datetime:
    """The instant at which the figures of `now`'s day (UTC) begin."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


async def campaigns_today(conn: AsyncConnection, tenant_id: int, since: datetime) -> dict[int, CampaignNumbers]:
    """The figures of every campaign that has any, by campaign id."""
    values = {"tenant": tenant_id, "since": since}
    found: dict[int, CampaignNumbers] = defaultdict(CampaignNumbers)
    for id_, dialed, answered, machines, bridged, abandoned in await conn.execute(CALLS, values):
        found[id_] = CampaignNumbers(dialed, answered, machines, bridged, abandoned)
    for id_, _, currency, number, minor in await conn.execute(PROMISES, values):
        if id_ is not None:
            found[id_].promises += number
            found[id_].promised[currency] = found[id_].promised.get(currency, 0) + int(minor)
    for id_, sent, delivered in await conn.execute(MESSAGES, values):
        found[id_].messages_sent, found[id_].messages_delivered = sent, delivered
    for id_, code, number in await conn.execute(DENIED, values):
        found[id_].denied[code] = number
    return dict(found)


async def agents_today(conn: AsyncConnection, tenant_id: int, since: datetime) -> dict[int, AgentNumbers]:
    """The figures of every agent who has any, by user id."""
    values = {"tenant": tenant_id, "since": since}
    found: dict[int, AgentNumbers] = defaultdict(AgentNumbers)
    for id_, calls, contacts, right_party in await conn.execute(AGENTS, values):
        found[id_] = AgentNumbers(calls, contacts, right_party)
    for _, id_, currency, number, minor in await conn.execute(PROMISES, values):
        if id_ is not None:
            found[id_].promises += number
            found[id_].promised[currency] = found[id_].promised.get(currency, 0) + int(minor)
    for id_, state, seconds in await conn.execute(STATES, values):
        found[id_].seconds[state] = float(seconds)
    return dict(found)


async def last_hour(conn: AsyncConnection, tenant_id: int, now: datetime) -> list[MinuteNumbers]:
    """One row for each of the last 60 minutes, oldest first; the last one is the minute of `now`."""
    newest = now.replace(second=0, microsecond=0)
    oldest = newest - timedelta(minutes=MINUTES - 1)
    rows = {oldest + timedelta(minutes=n): MinuteNumbers(oldest + timedelta(minutes=n)) for n in range(MINUTES)}
    for at, what, number in await conn.execute(LAST_HOUR, {"tenant": tenant_id, "since": oldest, "now": now}):
        if at in rows:
            setattr(rows[at], what, number)
    return list(rows.values())
