"""Gathers the facts that a score is made of, for many debtors by one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.model import CampaignSettings
from campaigns.scoring.model import Score, ScoreFacts, score

HISTORY = timedelta(days=90)

FACTS = text("""
SELECT wanted.id, owed.currencies, owed.balances, owed.oldest_due, owed.last_payment,
       promised.kept, promised.broken, promised.pending, called.conversations, called.unanswered
FROM unnest(CAST(:ids AS bigint[])) AS wanted(id)
CROSS JOIN LATERAL (
    SELECT array_agg(currency) AS currencies, array_agg(balance_minor) AS balances,
           min(due_date) AS oldest_due, max(last_payment_date) AS last_payment
    FROM debt WHERE debt.debtor_id = wanted.id AND status = 'open' AND balance_minor > 0) AS owed
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'kept') AS kept, count(*) FILTER (WHERE state = 'broken') AS broken,
           count(*) FILTER (WHERE state = 'pending') AS pending
    FROM promise WHERE promise.debtor_id = wanted.id) AS promised
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE outcome = 'conversation') AS conversations,
           count(*) FILTER (WHERE outcome IS DISTINCT FROM 'conversation') AS unanswered
    FROM attempt WHERE attempt.debtor_id = wanted.id AND channel = 'voice' AND state = 'ended'
      AND direction = 'out' AND at > :since AND at <= :now) AS called
""")


async def load_facts(conn: AsyncConnection, debtor_ids: Sequence[int], now: datetime) -> dict[int, ScoreFacts]:
    """The facts of each debtor by id; one without open debts has empty balances."""
    found = await conn.execute(FACTS, {"ids": list(debtor_ids), "now": now, "since": now - HISTORY})
    facts = {}
    for id_, currencies, balances, due, paid, kept, broken, pending, conversations, unanswered in found:
        sums: dict[str, int] = {}
        for currency, minor in zip(currencies or (), balances or (), strict=True):
            sums[currency] = sums.get(currency, 0) + minor
        facts[int(id_)] = ScoreFacts(
            tuple(sums.items()), due, paid, kept, broken, pending, conversations, unanswered
        )  # fmt: skip
    return facts


async def score_debtor(conn: AsyncConnection, debtor_id: int, settings: CampaignSettings, now: datetime) -> Score:
    """The score as it is now, with its reasons, for showing to a person."""
    facts = await load_facts(conn, [debtor_id], now)
    return score(facts[debtor_id], settings.weights, now.date())
