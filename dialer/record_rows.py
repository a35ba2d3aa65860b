"""The statements behind the records: many attempts, sessions and state logs with one statement each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t

if TYPE_CHECKING:
    from dialer.settlement import CallEnd

PROGRESS = text("""
UPDATE attempt a SET
    state = coalesce(v.state, a.state), ringing_at = coalesce(v.ringing_at, a.ringing_at),
    answered_at = coalesce(v.answered_at, a.answered_at), greeting_at = coalesce(v.greeting_at, a.greeting_at),
    bridged_at = coalesce(v.bridged_at, a.bridged_at),
    agent_id = coalesce(v.agent_id, a.agent_id), abandoned = coalesce(v.abandoned, a.abandoned)
FROM unnest(CAST(:id AS uuid[]), CAST(:state AS text[]), CAST(:ringing_at AS timestamptz[]),
            CAST(:answered_at AS timestamptz[]), CAST(:greeting_at AS timestamptz[]),
            CAST(:bridged_at AS timestamptz[]), CAST(:agent_id AS bigint[]), CAST(:abandoned AS boolean[]))
     AS v(id, state, ringing_at, answered_at, greeting_at, bridged_at, agent_id, abandoned)
WHERE a.id = v.id AND a.state <> 'ended'
""")
PROGRESS_COLUMNS = ("state", "ringing_at", "answered_at", "greeting_at", "bridged_at", "agent_id", "abandoned")

# right_party_at and a disposition are written by commands; the end leaves them alone
ENDS = text("""
UPDATE attempt a SET
    state = 'ended', ended_at = v.ended_at, outcome = v.outcome, abandoned = v.abandoned,
    ringing_at = coalesce(v.ringing_at, a.ringing_at), answered_at = coalesce(v.answered_at, a.answered_at),
    greeting_at = coalesce(v.greeting_at, a.greeting_at), bridged_at = coalesce(v.bridged_at, a.bridged_at),
    agent_id = coalesce(v.agent_id, a.agent_id),
    answered_by = coalesce(a.answered_by, v.answered_by), cause = v.cause, tech_cause = v.tech_cause
FROM unnest(CAST(:id AS uuid[]), CAST(:ended_at AS timestamptz[]), CAST(:outcome AS text[]),
            CAST(:abandoned AS boolean[]), CAST(:ringing_at AS timestamptz[]), CAST(:answered_at AS timestamptz[]),
            CAST(:greeting_at AS timestamptz[]), CAST(:bridged_at AS timestamptz[]), CAST(:agent_id AS bigint[]),
            CAST(:answered_by AS text[]), CAST(:cause AS smallint[]), CAST(:tech_cause AS smallint[]))
     AS v(id, ended_at, outcome, abandoned, ringing_at, answered_at, greeting_at, bridged_at, agent_id, answered_by,
          cause, tech_cause)
WHERE a.id = v.id AND a.state <> 'ended'
RETURNING a.id
""")
END_COLUMNS = (
    "ended_at",
    "outcome",
    "abandoned",
    "ringing_at",
    "answered_at",
    "greeting_at",
    "bridged_at",
    "agent_id",
    "answered_by",
    "cause",
    "tech_cause",
)


# one statement whatever their number: its text, and so its plan, stays the same
SESSION_COLUMNS = {
    "user_id": "bigint",
    "tenant_id": "integer",
    "session_id": "uuid",
    "node": "text",
    "state": "text",
    "reason": "text",
    "wish": "text",
    "attempt_id": "uuid",
    "channel_id": "text",
    "bridge_id": "text",
    "since": "timestamptz",
    "started_at": "timestamptz",
}
SESSIONS = text(
    f"INSERT INTO agent_session ({', '.join(SESSION_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our own names
    + ", ".join(f"CAST(:{column} AS {kind}[])" for column, kind in SESSION_COLUMNS.items())
    + ") ON CONFLICT (user_id) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in SESSION_COLUMNS if column != "user_id")
)


async def write_attempts(conn: AsyncConnection, attempts: Mapping[str, Mapping[str, Any]]) -> None:
    if not attempts:
        return
    values: dict[str, list[Any]] = {"id": list(attempts)}
    for column in PROGRESS_COLUMNS:
        values[column] = [fields.get(column) for fields in attempts.values()]
    await conn.execute(PROGRESS, values)


async def write_ends(conn: AsyncConnection, ends: "Sequence[CallEnd]") -> set[str]:
    """The attempts that this call has ended; those that had ended before are not among them."""
    if not ends:
        return set()
    values: dict[str, list[Any]] = {"id": [end.attempt_id for end in ends]}
    for column in END_COLUMNS:
        values[column] = [getattr(end, column) for end in ends]
    return {str(attempt_id) for attempt_id in (await conn.execute(ENDS, values)).scalars()}


async def write_sessions(conn: AsyncConnection, sessions: Mapping[int, Mapping[str, Any] | None]) -> None:
    gone = [user_id for user_id, row in sessions.items() if row is None]
    if gone:
        await conn.execute(delete(t.agent_session).where(t.agent_session.c.user_id.in_(gone)))
    rows = [row for row in sessions.values() if row is not None]
    if rows:
        await conn.execute(SESSIONS, {column: [row[column] for row in rows] for column in SESSION_COLUMNS})


async def write_state_logs(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await conn.execute(insert(t.agent_state_log), [dict(row) for row in rows])
