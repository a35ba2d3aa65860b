"""Writes what the gate said and the attempts that it allowed: one statement, however many they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import CTE, Insert, Table, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.db.engine import to_json
from campaigns.db.ready import Ready
from compliance.facts import Facts
from compliance.verdict import Tally

VERDICT = (
    "id", "tenant_id", "attempt_id", "campaign_id", "debtor_id", "contact_point_id", "channel", "origin", "at",
    "decision", "reasons", "retry_at", "flags", "rulebooks", "tzdb", "inputs",
)  # fmt: skip
ATTEMPT = (
    "id", "tenant_id", "campaign_id", "debtor_id", "contact_point_id", "debt_ids", "channel", "direction", "origin",
    "node", "queue_fence", "agent_id", "at", "state",
)  # fmt: skip


class Inputs(Struct, frozen=True, gc=False):
    """What a verdict was made of, as it is stored with it; the facts are read back by compliance.stored."""

    facts: Facts
    because: str
    zones: tuple[str, ...]
    tallies: tuple[Tally, ...]


def _insert(table: Table, names: Sequence[str], rows: str) -> Insert:
    """The rows come as one JSON text: the server reads it faster than this process binds value after value."""
    columns = (column(name, table.c[name].type) for name in names)
    given = func.json_to_recordset(bindparam(rows, required=False, type_=JSON)).table_valued(*columns)
    read = given.render_derived(name=rows, with_types=True)
    return insert(table).from_select(list(names), select(*read.c))


_ATTEMPTS: CTE = _insert(t.attempt, ATTEMPT, "attempts").cte("admitted")
_RECORD = Ready(_insert(t.verdict, VERDICT, "verdicts").add_cte(_ATTEMPTS))


async def record(
    conn: AsyncConnection, verdicts: Sequence[Mapping[str, Any]], attempts: Sequence[Mapping[str, Any]]
) -> None:
    """Rows with the columns of VERDICT and ATTEMPT, in the caller's transaction; nothing without a verdict."""
    if verdicts:
        await _RECORD.execute(conn, verdicts=to_json(verdicts), attempts=to_json(attempts))
