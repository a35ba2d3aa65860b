"""Gives committed audit rows their place in the tenant's chain, and signs the chain's end.

Writers only insert. Whoever seals locks the tenant's head row, so that any number of sealers may run and one killed at
any instant leaves nothing half done. A row that commits late has a later place: order of id is only the usual one.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    ARRAY,
    BigInteger,
    LargeBinary,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.audit import chain, outcome_rows, verdict_rows
from campaigns.audit.batches import Batch, batch_of
from campaigns.audit.chain import GENESIS, OUTCOMES_SEALED, SALT_BYTES, VERDICTS_SEALED, Head, Sealed, Unsealed
from campaigns.audit.checkpoints import Checkpoint, sign
from campaigns.audit.outcomes import outcome_digest
from campaigns.audit.verdicts import verdict_digest
from campaigns.db import tables as t

# some 5 ms of work between two waits for the database: the floor lives in the same loop
ROWS = 500
VERDICTS = 200
OUTCOMES = 500
CHECKPOINT_EVERY = timedelta(hours=1)
AT_ONCE = timedelta(0)

_UNSEALED = (
    select(
        t.audit.c.id,
        t.audit.c.tenant_id,
        t.audit.c.at,
        t.audit.c.actor,
        t.audit.c.action,
        t.audit.c.subject,
        cast(t.audit.c.detail, Text),
    )
    .where(t.audit.c.tenant_id == bindparam("tenant_id"), t.audit.c.seq.is_(None))
    .order_by(t.audit.c.id)
    .limit(bindparam("limit"))
)
_placed = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("seqs", type_=ARRAY(BigInteger)),
        bindparam("salts", type_=ARRAY(LargeBinary)),
        bindparam("digests", type_=ARRAY(LargeBinary)),
        bindparam("hashes", type_=ARRAY(LargeBinary)),
    )
    .table_valued("id", "seq", "salt", "digest", "hash")
    .render_derived("placed")
)
_PLACE = (
    update(t.audit)
    .values(seq=_placed.c.seq, salt=_placed.c.salt, detail_digest=_placed.c.digest, hash=_placed.c.hash)
    .where(t.audit.c.id == _placed.c.id, t.audit.c.seq.is_(None))
)
# what has a number up to these and is not visible yet belongs to transactions older than `horizon`
_MARK = text("""
SELECT id, (SELECT max(number) FROM verdict WHERE tenant_id = tenant.id) AS verdict,
    (SELECT max(number) FROM outcome WHERE tenant_id = tenant.id) AS outcome,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS horizon
FROM tenant ORDER BY id
""")
_OLDEST = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


class ChainBroken(RuntimeError):
    """What is in the database cannot be sealed on; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest verdict and outcome of each tenant at some instant.

    `horizon`: the transaction number before which the transactions of all of them had begun.
    """

    verdicts: Mapping[int, int]
    outcomes: Mapping[int, int]
    horizon: int


@dataclass(frozen=True, slots=True)
class Done:
    """How many were sealed; `more`: a bound was reached, there may be others."""

    rows: int = 0
    verdicts: int = 0
    outcomes: int = 0
    more: bool = False


async def mark(conn: AsyncConnection) -> Mark:
    """To be taken before, and given to `seal()` once `is_past()`: then nothing below it can come any more.

    Rests on admit(): it locks the debtor's row, and so has its transaction number, before a verdict has its own. An
    outcome's number is given after its attempt or message was written. Names every tenant.
    """
    found = (await conn.execute(_MARK)).all()
    verdicts = {row.id: row.verdict or 0 for row in found}
    outcomes = {row.id: row.outcome or 0 for row in found}
    return Mark(verdicts, outcomes, max((row.horizon for row in found), default=0))


async def is_past(conn: AsyncConnection, of: Mark) -> bool:
    return bool((await conn.execute(_OLDEST)).scalar_one() >= of.horizon)


async def seal(
    conn: AsyncConnection, tenant_id: int, *, now: datetime, upto: Mark | None = None, limit: int = ROWS
) -> Done:
    """Seals what is committed, `limit` rows at most, in the caller's transaction (READ COMMITTED).

    With `upto` also one batch of verdicts and one of outcomes, each in a row of its own. Raises ChainBroken.
    """
    last_verdict = 0 if upto is None else upto.verdicts.get(tenant_id, 0)
    last_outcome = 0 if upto is None else upto.outcomes.get(tenant_id, 0)
    if not await _work(conn, tenant_id, last_verdict, last_outcome):
        return Done()
    head = await _locked_head(conn, tenant_id, now)
    verdicts, verdict_number = await _seal_verdicts(conn, tenant_id, head.verdict_number, last_verdict, now)
    outcomes, outcome_number = await _seal_outcomes(conn, tenant_id, head.outcome_number, last_outcome, now)
    found = (await conn.execute(_UNSEALED, {"tenant_id": tenant_id, "limit": limit})).all()
    if not found:
        return Done()
    rows = [Unsealed(*row) for row in found]
    sealed = chain.seal(head.seq, head.hash, rows, [secrets.token_bytes(SALT_BYTES) for _ in rows])
    await _place(conn, sealed)
    await conn.execute(
        update(t.audit_head)
        .where(t.audit_head.c.tenant_id == tenant_id)
        .values(
            seq=sealed[-1].seq,
            hash=sealed[-1].hash,
            verdict_number=verdict_number,
            outcome_number=outcome_number,
            at=now,
        )
    )
    more = verdicts == VERDICTS or outcomes == OUTCOMES or len(sealed) == limit
    return Done(len(sealed), verdicts, outcomes, more)


async def checkpoint(
    conn: AsyncConnection, tenant_id: int, key: Ed25519PrivateKey, *, now: datetime, every: timedelta = CHECKPOINT_EVERY
) -> Checkpoint | None:
    """Signs the chain's end when the last signature is `every` old or older; None when it is younger, or no row is."""
    begun = select(t.audit_head.c.seq).where(t.audit_head.c.tenant_id == tenant_id, t.audit_head.c.seq > 0)
    if (await conn.execute(begun)).first() is None:
        return None
    head = await _locked_head(conn, tenant_id, now)
    last = await last_checkpoint(conn, tenant_id)
    if last is not None and now - last.at < every:
        return None
    point = sign(key, last, tenant_id=tenant_id, seq=head.seq, hash=head.hash, at=now)
    await conn.execute(insert(t.audit_checkpoint).values({name: getattr(point, name) for name in COLUMNS}))
    return point


COLUMNS = tuple(column.name for column in t.audit_checkpoint.columns)


async def last_checkpoint(conn: AsyncConnection, tenant_id: int) -> Checkpoint | None:
    c = t.audit_checkpoint.c
    found = await conn.execute(
        select(t.audit_checkpoint).where(c.tenant_id == tenant_id).order_by(c.number.desc()).limit(1)
    )
    row = found.mappings().one_or_none()
    return None if row is None else Checkpoint(**row)


async def _work(conn: AsyncConnection, tenant_id: int, last_verdict: int, last_outcome: int) -> bool:
    """Whether there is anything to seal: a look without a lock, since mostly there is not."""
    unsealed = exists().where(t.audit.c.tenant_id == tenant_id, t.audit.c.seq.is_(None))
    c = t.audit_head.c
    verdict = select(c.verdict_number).where(c.tenant_id == tenant_id).scalar_subquery()
    outcome = select(c.outcome_number).where(c.tenant_id == tenant_id).scalar_subquery()
    behind = (func.coalesce(verdict, 0) < last_verdict, func.coalesce(outcome, 0) < last_outcome)
    return bool((await conn.execute(select(or_(unsealed, *behind)))).scalar_one())


async def _locked_head(conn: AsyncConnection, tenant_id: int, now: datetime) -> Head:
    c = t.audit_head.c
    query = select(c.seq, c.hash, c.verdict_number, c.outcome_number).where(c.tenant_id == tenant_id).with_for_update()
    found = (await conn.execute(query)).one_or_none()
    if found is None and (await conn.execute(select(t.audit.c.seq).where(_sealed(tenant_id)).limit(1))).first():
        # the first sealer of this tenant may have ended between the two statements: it writes both in one transaction
        found = (await conn.execute(query)).one_or_none()
        if found is None:
            raise ChainBroken(
                f"tenant {tenant_id} has sealed audit rows and no row in audit_head: run promiseline audit verify, find"
                " who removed it, and restore it from a backup; nothing is sealed until then"
            )
    if found is not None:
        return Head(*found)
    start = {"tenant_id": tenant_id, "seq": 0, "hash": GENESIS, "verdict_number": 0, "at": now}
    await conn.execute(upsert(t.audit_head).values(start).on_conflict_do_nothing())
    return Head(*(await conn.execute(query)).one())


def _sealed(tenant_id: int) -> Any:
    return (t.audit.c.tenant_id == tenant_id) & t.audit.c.seq.is_not(None)


async def _seal_verdicts(
    conn: AsyncConnection, tenant_id: int, behind: int, upto: int, now: datetime
) -> tuple[int, int]:
    """(how many, the last number that the batch covers); (0, behind) when this tenant has none there."""
    if upto <= behind or not (found := await verdict_rows.in_range(conn, tenant_id, behind + 1, upto, limit=VERDICTS)):
        return 0, behind
    # all of the range were read: the batch says that there are no others
    last = upto if len(found) < VERDICTS else found[-1].number
    batch = batch_of("verdict", behind + 1, last, [(one.number, verdict_digest(one)) for one in found])
    await _write_batch(conn, tenant_id, VERDICTS_SEALED, batch, now)
    return len(found), last


async def _seal_outcomes(
    conn: AsyncConnection, tenant_id: int, behind: int, upto: int, now: datetime
) -> tuple[int, int]:
    """The same for outcomes."""
    if upto <= behind or not (found := await outcome_rows.in_range(conn, tenant_id, behind + 1, upto, limit=OUTCOMES)):
        return 0, behind
    last = upto if len(found) < OUTCOMES else found[-1].number
    batch = batch_of("outcome", behind + 1, last, [(one.number, outcome_digest(one)) for one in found])
    await _write_batch(conn, tenant_id, OUTCOMES_SEALED, batch, now)
    return len(found), last


async def _write_batch(conn: AsyncConnection, tenant_id: int, action: str, batch: Batch, now: datetime) -> None:
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor="system", action=action, subject=f"{batch.of}s:{batch.first}",
        detail=batch.wire(),
    )  # fmt: skip


async def _place(conn: AsyncConnection, rows: Sequence[Sealed]) -> None:
    done = await conn.execute(
        _PLACE,
        {
            "ids": [row.id for row in rows],
            "seqs": [row.seq for row in rows],
            "salts": [row.salt for row in rows],
            "digests": [row.detail_digest for row in rows],
            "hashes": [row.hash for row in rows],
        },
    )
    if done.rowcount != len(rows):
        raise ChainBroken(f"{len(rows)} audit rows were to be sealed and {done.rowcount} were there; nothing was")
