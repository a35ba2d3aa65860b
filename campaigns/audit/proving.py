"""Reads from the database what proves one contact: its verdict, its outcomes, and the chain up to a signature."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit import outcome_rows, reading, verdict_rows
from campaigns.audit.batches import BINDS, Bound
from campaigns.audit.chain import GENESIS
from campaigns.audit.checkpoints import Checkpoint
from campaigns.audit.files import VERSION as EXPORT, Header, point_line, row_line
from campaigns.audit.outcomes import StoredOutcome, outcome_bytes, outcome_digest
from campaigns.audit.proof import VERSION, Content, Item, Proof, Segment
from campaigns.audit.verdicts import StoredVerdict, content_bytes, verdict_bytes, verdict_digest
from campaigns.db import tables as t

_c, _p = t.audit.c, t.audit_checkpoint.c
_ACTIONS = {of: action for action, of in BINDS.items()}


async def prove(
    conn: AsyncConnection,
    tenant_id: int,
    verdict: StoredVerdict | None,
    outcomes: Sequence[StoredOutcome],
    *,
    content: bool = False,
) -> Proof:
    """`content`: with what the verdict's content digest is of, which names numbers and history of the person."""
    items: list[Item] = []
    if verdict is not None:
        shown = None
        if content and verdict.salt is not None:
            shown = Content(verdict.salt.hex, content_bytes(verdict).decode())
        seq, digests = await _binding(conn, tenant_id, "verdict", verdict.number)
        items.append(Item(verdict_bytes(verdict).decode(), seq, digests, shown))
    for outcome in outcomes:
        seq, digests = await _binding(conn, tenant_id, "outcome", outcome.number)
        items.append(Item(outcome_bytes(outcome).decode(), seq, digests))
    held = sorted({item.seq for item in items if item.seq is not None})
    return Proof(VERSION, tuple(items), tuple(await _segments(conn, tenant_id, held)))


async def erased_by(conn: AsyncConnection, tenant_id: int, number: int) -> tuple[str, str] | None:
    """Who erased the content of this verdict, and when (as the chain says it)."""
    query = select(_c.actor, _c.at).where(_c.tenant_id == tenant_id, _c.subject == f"verdict:{number}")
    found = (await conn.execute(query.order_by(_c.at).limit(1))).one_or_none()
    return None if found is None else (found.actor, found.at.isoformat())


async def _binding(conn: AsyncConnection, tenant_id: int, of: Bound, number: int) -> tuple[int | None, dict[str, str]]:
    """The chained row that binds this number, and the digests of all that its batch now holds."""
    found = await _batch(conn, tenant_id, of, number)
    if found is None:
        return None, {}
    seq, first, last = found
    if of == "verdict":
        verdicts = await verdict_rows.in_range(conn, tenant_id, first, last)
        digests = {str(one.number): verdict_digest(one).hex() for one in verdicts}
    else:
        outcomes = await outcome_rows.in_range(conn, tenant_id, first, last)
        digests = {str(one.number): outcome_digest(one).hex() for one in outcomes}
    return seq, digests


async def _batch(conn: AsyncConnection, tenant_id: int, of: Bound, number: int) -> tuple[int, int, int] | None:
    """(seq, first, last) of the batch with this number. Batches follow each other: each look leaves out half."""
    end = await reading.head(conn, tenant_id)
    low, high = 1, end.seq if end else 0
    first, last = (cast(_c.detail[name].astext, BigInteger) for name in ("from", "to"))
    query = select(_c.seq, first, last).where(_c.tenant_id == tenant_id, _c.action == _ACTIONS[of])
    while low <= high:
        middle = (low + high) // 2
        found = (await conn.execute(query.where(_c.seq.between(middle, high)).order_by(_c.seq).limit(1))).one_or_none()
        if found is None or number < found[1]:
            high = middle - 1
        elif number > found[2]:
            low = found[0] + 1
        else:
            return found[0], found[1], found[2]
    return None


async def _segments(conn: AsyncConnection, tenant_id: int, held: Sequence[int]) -> list[Segment]:
    """The rows that bind something, by the checkpoint that signs them first."""
    parts: dict[int, tuple[list[int], Checkpoint | None]] = {}
    for seq in held:
        point = await _signing(conn, tenant_id, seq)
        parts.setdefault(0 if point is None else point.number, ([], point))[0].append(seq)
    return [await _segment(conn, tenant_id, seqs, point) for seqs, point in parts.values()]


async def _segment(conn: AsyncConnection, tenant_id: int, seqs: Sequence[int], point: Checkpoint | None) -> Segment:
    first, last = seqs[0], seqs[-1] if point is None else point.seq
    before = select(_c.hash).where(_c.tenant_id == tenant_id, _c.seq == first - 1)
    previous = (await conn.execute(before)).scalar_one_or_none() or GENESIS
    rows = [row_line(row, row.seq in seqs) async for row in reading.rows(conn, tenant_id, first, last)]
    header = Header(EXPORT, tenant_id, first, previous.hex(), details=False)
    return Segment(header, tuple(rows), None if point is None else point_line(point))


async def _signing(conn: AsyncConnection, tenant_id: int, seq: int) -> Checkpoint | None:
    query = select(t.audit_checkpoint).where(_p.tenant_id == tenant_id, _p.seq >= seq).order_by(_p.seq).limit(1)
    found = (await conn.execute(query)).mappings().one_or_none()
    return None if found is None else Checkpoint(**found)


async def of_attempt(
    conn: AsyncConnection, tenant_id: int, attempt_id: UUID, message_id: UUID | None
) -> tuple[StoredVerdict | None, list[StoredOutcome]]:
    """What the chain binds of one attempt and of the message that it carried."""
    verdict = await verdict_rows.of_attempt(conn, tenant_id, attempt_id)
    ids = [attempt_id, *([] if message_id is None else [message_id])]
    return verdict, await outcome_rows.about(conn, tenant_id, ids)
