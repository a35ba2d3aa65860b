"""The queue in PostgreSQL: claim with a lease and a fence, settle, suspend. All of it in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.queue.fill import fill, rescore
from campaigns.queue.model import ClaimedRow, QueueCounts, SettledState, Settlement, WindowGroup

__all__ = [
    "claim", "counts", "expire_leases", "fill", "groups", "promote_due", "release", "renew", "rescore", "resume",
    "settle", "settle_many", "suspend",
]  # fmt: skip

# Each open group is descended from its best score; the best of all of them are locked and leased. Candidates are twice
# as many as wanted, so that a claim beside another one still gets its fill from what the other has not locked.
CLAIM = text("""
WITH candidate AS MATERIALIZED (
    SELECT best.debtor_id, best.score
    FROM unnest(CAST(:groups AS integer[])) AS open_group(id)
    CROSS JOIN LATERAL (
        SELECT debtor_id, score FROM queue_row
        WHERE campaign_id = :campaign AND window_group_id = open_group.id AND state = 'ready'
        ORDER BY score DESC, debtor_id LIMIT 2 * CAST(:limit AS integer)
    ) AS best
    ORDER BY best.score DESC, best.debtor_id LIMIT 2 * CAST(:limit AS integer)
), locked AS MATERIALIZED (
    SELECT q.debtor_id FROM candidate
    JOIN queue_row q ON q.campaign_id = :campaign AND q.debtor_id = candidate.debtor_id
    WHERE q.state = 'ready' AND q.window_group_id = ANY(CAST(:groups AS integer[]))
    ORDER BY candidate.score DESC, candidate.debtor_id
    LIMIT CAST(:limit AS integer) FOR UPDATE OF q SKIP LOCKED
)
UPDATE queue_row q
SET state = 'leased', lease_owner = :owner, lease_until = :until, fence = q.fence + 1, held_because = NULL
FROM locked WHERE q.campaign_id = :campaign AND q.debtor_id = locked.debtor_id
RETURNING q.debtor_id, q.score, q.step, q.tries, q.fence, q.window_group_id, q.skips
""")

# What was suspended while it was leased stays suspended, whatever the call's end would have made of it; done is done.
SETTLE = text("""
UPDATE queue_row q
SET state = CASE WHEN s.state = 'done' THEN 'done' WHEN q.held_because IS NOT NULL THEN 'suspended' ELSE s.state END,
    held_because = CASE WHEN s.state = 'done' THEN NULL
                        ELSE nullif(concat_ws(' ', q.held_because, s.held_because), '') END,
    skips = CASE WHEN (q.step, q.tries) = (s.step, s.tries) THEN q.skips ELSE 0 END,
    callable_from = s.callable_from, step = s.step, tries = s.tries, lease_owner = NULL, lease_until = NULL
FROM unnest(CAST(:debtors AS bigint[]), CAST(:fences AS bigint[]), CAST(:states AS text[]),
            CAST(:froms AS timestamptz[]), CAST(:steps AS smallint[]), CAST(:tries AS smallint[]),
            CAST(:held AS text[])) AS s(debtor_id, fence, state, callable_from, step, tries, held_because)
WHERE q.campaign_id = :campaign AND q.debtor_id = s.debtor_id AND q.fence = s.fence AND q.state = 'leased'
RETURNING q.debtor_id
""")

RELEASE = text("""
UPDATE queue_row q
SET state = CASE WHEN q.held_because IS NOT NULL THEN 'suspended'
                 WHEN CAST(:later AS timestamptz) IS NULL THEN 'ready' ELSE 'waiting' END,
    callable_from = coalesce(CAST(:later AS timestamptz), q.callable_from), lease_owner = NULL, lease_until = NULL,
    skips = q.skips + CAST(:skipped AS integer)
FROM unnest(CAST(:debtors AS bigint[]), CAST(:fences AS bigint[])) AS s(debtor_id, fence)
WHERE q.campaign_id = :campaign AND q.debtor_id = s.debtor_id AND q.fence = s.fence AND q.state = 'leased'
RETURNING q.debtor_id
""")

RENEW = text("""
UPDATE queue_row SET lease_until = :until WHERE state = 'leased' AND lease_owner = :owner AND lease_until > :now
RETURNING debtor_id
""")

PROMOTE = text("""
WITH due AS MATERIALIZED (
    SELECT campaign_id, debtor_id FROM queue_row WHERE state = 'waiting' AND callable_from <= :now
    ORDER BY callable_from LIMIT CAST(:limit AS integer) FOR UPDATE SKIP LOCKED
)
UPDATE queue_row q SET state = 'ready' FROM due
WHERE q.campaign_id = due.campaign_id AND q.debtor_id = due.debtor_id RETURNING q.debtor_id
""")

# A row whose call still lives stays leased: its end, or reconciliation, settles it. Nobody is dialed twice for a lease.
EXPIRE = text("""
WITH late AS MATERIALIZED (
    SELECT q.campaign_id, q.debtor_id FROM queue_row q WHERE q.state = 'leased' AND q.lease_until <= :now
      AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.debtor_id = q.debtor_id AND a.campaign_id = q.campaign_id
                      AND a.channel = 'voice' AND a.direction = 'out' AND a.state <> 'ended')
    ORDER BY q.lease_until LIMIT CAST(:limit AS integer) FOR UPDATE OF q SKIP LOCKED
)
UPDATE queue_row q SET state = CASE WHEN q.held_because IS NULL THEN 'ready' ELSE 'suspended' END,
    lease_owner = NULL, lease_until = NULL
FROM late WHERE q.campaign_id = late.campaign_id AND q.debtor_id = late.debtor_id
RETURNING q.campaign_id, q.debtor_id
""")

SUSPEND = text("""
UPDATE queue_row SET
    state = CASE WHEN state = 'leased' THEN 'leased' ELSE 'suspended' END,
    held_because = array_to_string(
        array_append(array_remove(string_to_array(held_because, ' '), CAST(:because AS text)),
                     CAST(:because AS text)), ' ')
WHERE debtor_id = :debtor AND state <> 'done' RETURNING campaign_id
""")

RESUME = text("""
WITH freed AS MATERIALIZED (
    SELECT campaign_id, debtor_id,
           nullif(array_to_string(array_remove(string_to_array(held_because, ' '), CAST(:because AS text)), ' '), '')
               AS still
    FROM queue_row
    WHERE debtor_id = :debtor AND CAST(:because AS text) = ANY(string_to_array(held_because, ' ')) FOR UPDATE
)
UPDATE queue_row q SET held_because = freed.still,
    state = CASE WHEN q.state <> 'suspended' OR freed.still IS NOT NULL THEN q.state
                 ELSE 'waiting' END,
    callable_from = CASE WHEN CAST(:ahead AS integer) = 1 THEN CAST(:at AS timestamptz)
                         ELSE greatest(CAST(:at AS timestamptz), q.callable_from) END,
    score = CASE WHEN CAST(:ahead AS integer) = 1 THEN greatest(q.score, 99000) ELSE q.score END
FROM freed WHERE q.campaign_id = freed.campaign_id AND q.debtor_id = freed.debtor_id
RETURNING q.campaign_id, q.state
""")

RESUME_ALL = text("""
WITH freed AS MATERIALIZED (
    SELECT campaign_id, debtor_id,
           nullif(array_to_string(array_remove(string_to_array(held_because, ' '), CAST(:because AS text)), ' '), '')
               AS still
    FROM queue_row
    WHERE tenant_id = :tenant AND CAST(:because AS text) = ANY(string_to_array(held_because, ' '))
      AND (CAST(:address AS text) IS NULL OR debtor_id IN (
          SELECT debtor_id FROM contact_point WHERE tenant_id = :tenant AND address = CAST(:address AS text)))
    ORDER BY debtor_id, campaign_id FOR UPDATE
)
UPDATE queue_row q SET held_because = freed.still,
    state = CASE WHEN q.state <> 'suspended' OR freed.still IS NOT NULL THEN q.state ELSE 'waiting' END,
    callable_from = greatest(CAST(:at AS timestamptz), q.callable_from)
FROM freed WHERE q.campaign_id = freed.campaign_id AND q.debtor_id = freed.debtor_id
RETURNING q.campaign_id
""")

# A loose index scan: one descent for each group that has a ready row, however many rows there are.
GROUPS = text("""
WITH RECURSIVE seen(id) AS (
    (SELECT window_group_id FROM queue_row WHERE campaign_id = :campaign AND state = 'ready'
     ORDER BY window_group_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.window_group_id FROM queue_row q WHERE q.campaign_id = :campaign AND q.state = 'ready'
            AND q.window_group_id > seen.id ORDER BY q.window_group_id LIMIT 1)
    FROM seen WHERE seen.id IS NOT NULL
)
SELECT g.id, g.zones, g.rulebooks,
    (SELECT k.rulebooks FROM campaign c JOIN creditor k ON k.id = c.creditor_id WHERE c.id = :campaign)
FROM seen JOIN window_group g ON g.id = seen.id ORDER BY g.id
""")

COUNTS = text("SELECT state, count(*) FROM queue_row WHERE campaign_id = :campaign GROUP BY state")


async def claim(
    conn: AsyncConnection,
    campaign_id: int,
    open_groups: Sequence[int],
    limit: int,
    *,
    owner: str,
    lease_s: float,
    now: datetime,
) -> list[ClaimedRow]:
    """Lease up to `limit` ready rows of the open groups, best scores first over all groups together."""
    if limit <= 0 or not open_groups:
        return []
    found = await conn.execute(
        CLAIM,
        {
            "campaign": campaign_id,
            "groups": list(open_groups),
            "limit": limit,
            "owner": owner,
            "until": now + timedelta(seconds=lease_s),
        },
    )
    rows = [ClaimedRow(*row) for row in found]
    rows.sort(key=lambda row: (-row.score, row.debtor_id))
    return rows


async def settle(
    conn: AsyncConnection,
    campaign_id: int,
    debtor_id: int,
    fence: int,
    *,
    state: SettledState,
    callable_from: datetime,
    step: int,
    tries: int,
    held_because: str | None = None,
) -> bool:
    """Give one claimed row back; False when the lease was lost to somebody else and nothing was changed."""
    one = Settlement(debtor_id, fence, state, callable_from, step, tries, held_because)
    return bool(await settle_many(conn, campaign_id, [one]))


async def settle_many(conn: AsyncConnection, campaign_id: int, settlements: Sequence[Settlement]) -> set[int]:
    """Give claimed rows back; the debtor ids whose fence was still good."""
    if not settlements:
        return set()
    found = await conn.execute(
        SETTLE,
        {
            "campaign": campaign_id,
            "debtors": [s.debtor_id for s in settlements],
            "fences": [s.fence for s in settlements],
            "states": [s.state for s in settlements],
            "froms": [s.callable_from for s in settlements],
            "steps": [s.step for s in settlements],
            "tries": [s.tries for s in settlements],
            "held": [s.held_because for s in settlements],
        },
    )
    return set(found.scalars())


async def release(
    conn: AsyncConnection,
    campaign_id: int,
    rows: Sequence[ClaimedRow],
    *,
    later: datetime | None = None,
    skipped: bool = False,
) -> set[int]:
    """Give claimed rows back as if never claimed: ready at once, or (the gate's retry_at) waiting until `later`.

    `skipped`: an agent saw the debtor and did not want to call; that is counted until the next try.
    """
    if not rows:
        return set()
    found = await conn.execute(
        RELEASE,
        {
            "campaign": campaign_id,
            "debtors": [row.debtor_id for row in rows],
            "fences": [row.fence for row in rows],
            "later": later,
            "skipped": int(skipped),
        },
    )
    return set(found.scalars())


async def renew(conn: AsyncConnection, owner: str, *, lease_s: float, now: datetime) -> int:
    """Prolong every lease of `owner` that has not ended yet; how many."""
    found = await conn.execute(RENEW, {"owner": owner, "until": now + timedelta(seconds=lease_s), "now": now})
    return len(found.all())


async def promote_due(conn: AsyncConnection, now: datetime, limit: int = 5000) -> int:
    """Make waiting rows whose time has come ready; how many. Call again while it returns `limit`."""
    return len((await conn.execute(PROMOTE, {"now": now, "limit": limit})).all())


async def expire_leases(conn: AsyncConnection, now: datetime, limit: int = 5000) -> list[tuple[int, int]]:
    """Free rows whose holder let the lease run out and has no call up; their (campaign id, debtor id)."""
    found = await conn.execute(EXPIRE, {"now": now, "limit": limit})
    return [(int(row[0]), int(row[1])) for row in found]


async def suspend(conn: AsyncConnection, debtor_id: int, because: str) -> int:
    """Hold the debtor back in every campaign, for a reason of one word; how many rows. A leased row is held when it
    comes back."""
    if not because or " " in because:
        raise ValueError(f"a reason is one word, not {because!r}")
    return len((await conn.execute(SUSPEND, {"debtor": debtor_id, "because": because})).all())


async def resume(
    conn: AsyncConnection,
    debtor_id: int,
    because: str,
    *,
    now: datetime,
    at: datetime | None = None,
    ahead: bool = False,
) -> int:
    """End one reason; how many rows had it. Rows that no other reason holds wait for `at` (now), or for the later time
    they waited for before; `promote_due` makes them ready. `ahead`: not later than `at`, and before everybody else."""
    values: dict[str, Any] = {"debtor": debtor_id, "because": because, "at": at or now, "ahead": int(ahead)}
    return len((await conn.execute(RESUME, values)).all())


async def resume_all(
    conn: AsyncConnection, tenant_id: int, because: str, *, now: datetime, address: str | None = None
) -> int:
    """End one reason for everybody, or for whoever has this address; how many rows had it. The gate judges again."""
    values = {"tenant": tenant_id, "because": because, "at": now, "address": address}
    return len((await conn.execute(RESUME_ALL, values)).all())


async def groups(conn: AsyncConnection, campaign_id: int) -> list[WindowGroup]:
    """The window groups that have ready rows; which of them are open now is the caller's to decide."""
    found = await conn.execute(GROUPS, {"campaign": campaign_id})
    return [WindowGroup(int(row[0]), tuple(row[1]), tuple(row[2]), tuple(row[3])) for row in found]


async def counts(conn: AsyncConnection, campaign_id: int) -> QueueCounts:
    """How many rows are in which state."""
    found = await conn.execute(COUNTS, {"campaign": campaign_id})
    return QueueCounts(**{str(state): int(number) for state, number in found})
