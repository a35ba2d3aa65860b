"""Reads in one query what the consoles may show of persons before the right party is recorded."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.service import last_four
from dialer.state import Card

CARDS = text("""
SELECT d.id, d.given_name, d.family_name, d.language, d.date_of_birth, d.import_batch_id,
       (SELECT a.postal_code FROM address a WHERE a.debtor_id = d.id AND a.postal_code IS NOT NULL
        ORDER BY a.id LIMIT 1) AS postal_code,
       (SELECT b.external_ref FROM debt b WHERE b.debtor_id = d.id AND b.status = 'open' ORDER BY b.id LIMIT 1) AS ref,
       t.settings->>'business_name' AS business_name, t.settings->>'business_phone' AS business_phone
FROM debtor d JOIN tenant t ON t.id = d.tenant_id WHERE d.id = ANY(CAST(:ids AS bigint[]))
""")
LABELS = {"date_of_birth": "Date of birth", "postal_code": "Postal code", "last4": "Last 4 of the account"}


async def load_cards(conn: AsyncConnection, debtor_ids: Sequence[int]) -> dict[int, Card]:
    """A card for each debtor that exists."""
    rows = (await conn.execute(CARDS, {"ids": list(debtor_ids)})).mappings()
    return {row["id"]: _card(dict(row)) for row in rows}


def _card(row: dict[str, Any]) -> Card:
    expected = {
        "date_of_birth": row["date_of_birth"].isoformat() if row["date_of_birth"] else "",
        "postal_code": row["postal_code"] or "",
        "last4": last_four(row["ref"] or ""),
    }
    checks = tuple({"key": key, "label": LABELS[key], "expected": text} for key, text in expected.items() if text)
    name = f"{row['given_name']} {row['family_name']}".strip()
    shown = row["business_name"] or "", row["business_phone"] or ""
    return Card(name, row["language"], checks, *shown, list_id=row["import_batch_id"])
