"""Makes the queue of a campaign out of its creditor's debtors, and scores it anew."""

from collections.abc import Callable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.model import CampaignSettings, ScoreWeights
from campaigns.queue.model import PROMISE_PENDING, FillReport
from campaigns.scoring.model import ScoreFacts, points
from campaigns.scoring.service import load_facts

BATCH = 10_000
Progress = Callable[[int, int], None]  # steps done, steps in all: each debtor is looked at, and its row laid

CAMPAIGN = text("SELECT tenant_id, creditor_id, settings FROM campaign WHERE id = :campaign")

TO_COME = text("SELECT count(*) FROM debtor WHERE creditor_id = :creditor AND status = 'open'")

PAGE = text("""
SELECT d.id, d.window_group_id,
       EXISTS (SELECT 1 FROM contact_point p WHERE p.debtor_id = d.id AND p.kind <> 'email' AND p.status = 'good'),
       EXISTS (SELECT 1 FROM queue_row q WHERE q.debtor_id = d.id AND q.campaign_id = :campaign)
FROM debtor d WHERE d.creditor_id = :creditor AND d.status = 'open' AND d.id > :after ORDER BY d.id LIMIT :limit
""")

STAGE = text("""
CREATE TEMPORARY TABLE IF NOT EXISTS new_queue_row (
    debtor_id bigint, state text, window_group_id integer, score integer, parts jsonb, held text
) ON COMMIT DROP
""")

ADD = text("""
INSERT INTO new_queue_row SELECT s.debtor_id, s.state, s.window_group_id, s.score, CAST(s.parts AS jsonb), s.held
FROM unnest(CAST(:debtors AS bigint[]), CAST(:states AS text[]), CAST(:groups AS integer[]), CAST(:scores AS integer[]),
            CAST(:parts AS text[]), CAST(:held AS text[])) AS s(debtor_id, state, window_group_id, score, parts, held)
""")

STAGED = text("SELECT window_group_id, count(*) FROM new_queue_row GROUP BY window_group_id ORDER BY window_group_id")

# In the order in which they will be claimed: a claim then changes a few pages of the table and not one for each row,
# each of which would go whole into the log. tests/bench/bench_claim.py: 1.5 times as fast with a million rows.
PUBLISH = text("""
WITH taken AS (DELETE FROM new_queue_row WHERE window_group_id = :group RETURNING *)
INSERT INTO queue_row (campaign_id, debtor_id, tenant_id, state, window_group_id, score, score_parts, callable_from,
                       held_because)
SELECT :campaign, debtor_id, :tenant, state, window_group_id, score, parts, :now, held
FROM taken ORDER BY score DESC, debtor_id
ON CONFLICT DO NOTHING
""")

END = text("""
UPDATE queue_row q SET state = 'done', held_because = NULL
WHERE q.campaign_id = :campaign AND q.state IN ('ready', 'waiting', 'suspended') AND NOT EXISTS (
    SELECT 1 FROM debtor d WHERE d.id = q.debtor_id AND d.status = 'open'
      AND EXISTS (SELECT 1 FROM debt WHERE debt.debtor_id = d.id AND debt.status IN ('open', 'disputed')
                  AND debt.balance_minor > 0)
      AND EXISTS (SELECT 1 FROM contact_point p WHERE p.debtor_id = d.id AND p.kind <> 'email' AND p.status = 'good'))
RETURNING 1
""")

ROWS = text("""
SELECT debtor_id FROM queue_row WHERE campaign_id = :campaign AND state <> 'done' AND debtor_id > :after
ORDER BY debtor_id LIMIT :limit
""")

RESCORE = text("""
UPDATE queue_row q SET score = s.score, score_parts = CAST(s.parts AS jsonb)
FROM unnest(CAST(:debtors AS bigint[]), CAST(:scores AS integer[]),
            CAST(:parts AS text[])) AS s(debtor_id, score, parts)
WHERE q.campaign_id = :campaign AND q.debtor_id = s.debtor_id AND q.score <> s.score RETURNING 1
""")


def _scored(facts: ScoreFacts, weights: ScoreWeights, now: datetime) -> tuple[int, str]:
    parts = points(facts, weights, now.date())
    return sum(parts.values()), orjson.dumps(parts).decode()


async def _campaign(conn: AsyncConnection, campaign_id: int) -> tuple[int, int, CampaignSettings]:
    row = (await conn.execute(CAMPAIGN, {"campaign": campaign_id})).one()
    return int(row[0]), int(row[1]), CampaignSettings.model_validate(row[2])


async def fill(
    conn: AsyncConnection,
    campaign_id: int,
    now: datetime,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> FillReport:
    """Give every open debtor of the creditor with a phone, an open debt and known hours a row, scored; leave those
    that are there. Rows whose debtor is no longer to be contacted end. All in the caller's transaction; safe to repeat.
    `batch`: so many debtors are scored at a time.
    """
    tenant, creditor, settings = await _campaign(conn, campaign_id)
    total = int((await conn.execute(TO_COME, {"creditor": creditor})).scalar_one()) if progress else 0
    await conn.execute(STAGE)
    seen = added = there = zoneless = phoneless = debtless = after = 0
    while True:
        page = (
            await conn.execute(
                PAGE, {"campaign": campaign_id, "creditor": creditor, "after": after, "limit": batch}
            )
        ).all()  # fmt: skip
        if not page:
            break
        after, seen = int(page[-1][0]), seen + len(page)
        there += sum(1 for row in page if row[3])
        new = [row for row in page if not row[3]]
        zoneless += sum(1 for row in new if row[1] is None)
        phoneless += sum(1 for row in new if row[1] is not None and not row[2])
        facts = await load_facts(conn, [int(row[0]) for row in new if row[1] is not None and row[2]], now)
        owing = {id_: known for id_, known in facts.items() if known.balances}
        debtless += len(facts) - len(owing)
        groups = {int(row[0]): int(row[1]) for row in new if row[1] is not None}
        await _stage(conn, [(id_, groups[id_], f) for id_, f in owing.items()], settings, now)
        added += len(owing)
        if progress:
            progress(seen, 2 * total)
    done = seen
    for group, number in (await conn.execute(STAGED)).all():
        await conn.execute(PUBLISH, {"campaign": campaign_id, "tenant": tenant, "now": now, "group": group})
        done += number
        if progress:
            progress(done, 2 * total)
    ended = len((await conn.execute(END, {"campaign": campaign_id})).all())
    if added > BATCH:
        await conn.execute(text("ANALYZE queue_row"))
    if progress:
        progress(2 * total, 2 * total)
    return FillReport(added, there, ended, zoneless, phoneless, debtless)


async def _stage(
    conn: AsyncConnection, rows: Sequence[tuple[int, int, ScoreFacts]], settings: CampaignSettings, now: datetime
) -> None:
    if not rows:
        return
    scored = [_scored(facts, settings.weights, now) for _, _, facts in rows]
    held = [PROMISE_PENDING if facts.promises_pending else None for _, _, facts in rows]
    await conn.execute(
        ADD,
        {
            "debtors": [id_ for id_, _, _ in rows],
            "groups": [group for _, group, _ in rows],
            "states": ["suspended" if word else "ready" for word in held],
            "scores": [total for total, _ in scored],
            "parts": [parts for _, parts in scored],
            "held": held,
        },
    )


async def rescore(
    conn: AsyncConnection,
    campaign_id: int,
    now: datetime,
    *,
    debtor_ids: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> int:
    """Score the campaign's rows (or only those of these debtors) by the facts and weights of now; how many changed."""
    _, _, settings = await _campaign(conn, campaign_id)
    if debtor_ids is not None:
        return await _rescore_page(conn, campaign_id, list(debtor_ids), settings, now)
    changed = seen = after = 0
    while True:
        found = await conn.execute(ROWS, {"campaign": campaign_id, "after": after, "limit": BATCH})
        page = [int(id_) for id_ in found.scalars()]
        if not page:
            return changed
        after, seen = page[-1], seen + len(page)
        changed += await _rescore_page(conn, campaign_id, page, settings, now)
        if progress:
            progress(seen, 0)


async def _rescore_page(
    conn: AsyncConnection, campaign_id: int, page: list[int], settings: CampaignSettings, now: datetime
) -> int:
    facts = await load_facts(conn, page, now)
    scored = [_scored(facts[id_], settings.weights, now) for id_ in page]
    found = await conn.execute(
        RESCORE,
        {
            "campaign": campaign_id,
            "debtors": page,
            "scores": [total for total, _ in scored],
            "parts": [parts for _, parts in scored],
        },
    )
    return len(found.all())
