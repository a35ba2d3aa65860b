"""Makes the hash chain of a tenant's audit rows: what is hashed, in which bytes, in which order.

Version 1, for whoever verifies without this program. A row's bytes are one JSON array without white space, UTF-8:

    ["promiseline.audit.v1",tenant,seq,"at","actor","action","subject","detail digest"]

`at` is UTC with six digits of the second and a Z; digests are lower-case hex; text is escaped only where JSON must.
The detail digest is SHA-256(salt + detail), the detail as the text that PostgreSQL prints of its JSONB.
A row's hash is SHA-256(hash of the row before + the row's bytes); before row 1 stand 32 zero bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

VERSION = "promiseline.audit.v1"
GENESIS = bytes(32)
SALT_BYTES = 16
VERDICTS_SEALED, OUTCOMES_SEALED = "verdicts.sealed", "outcomes.sealed"
AUDIT_ERASED, VERDICT_ERASED = "audit.erased", "verdict.erased"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A committed row that has no number yet; `detail` is PostgreSQL's text of the JSONB."""

    id: int
    tenant_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row of the chain. `salt` and `detail` None: erased, or not shown to this reader; `id` 0: from a file."""

    id: int
    tenant_id: int
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail_digest: bytes
    hash: bytes
    salt: bytes | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last row, and the last verdict and outcome that rows of it bind."""

    seq: int
    hash: bytes
    verdict_number: int
    outcome_number: int = 0


def instant(at: datetime) -> str:
    """`2026-03-04T15:00:00.000000Z`; `at` must be aware."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def digest_of(salt: bytes, detail: str) -> bytes:
    return hashlib.sha256(salt + detail.encode()).digest()


def link(previous: bytes, row: Unsealed | Sealed, seq: int, detail_digest: bytes) -> bytes:
    """The hash of `row` at place `seq`, behind the row whose hash is `previous`."""
    fields = [VERSION, row.tenant_id, seq, instant(row.at), row.actor, row.action, row.subject, detail_digest.hex()]
    return hashlib.sha256(previous + orjson.dumps(fields)).digest()


def follows(previous: bytes, row: Sealed, seq: int | None = None) -> bool:
    """Whether the row's hash is the one that it has at `seq` (its own by default) behind `previous`."""
    return link(previous, row, row.seq if seq is None else seq, row.detail_digest) == row.hash


def seal(seq: int, previous: bytes, rows: Sequence[Unsealed], salts: Sequence[bytes]) -> list[Sealed]:
    """The rows with their places behind row `seq`, in the given order; one salt of SALT_BYTES for each."""
    sealed: list[Sealed] = []
    for row, salt in zip(rows, salts, strict=True):
        seq += 1
        detail_digest = digest_of(salt, row.detail)
        previous = link(previous, row, seq, detail_digest)
        sealed.append(
            Sealed(
                row.id, row.tenant_id, seq, row.at, row.actor, row.action, row.subject, detail_digest, previous,
                salt, row.detail,
            )
        )  # fmt: skip
    return sealed
