"""Binds the gate's verdicts to the audit chain: one chained row for a batch of them, with a digest over their content.

Version 1. A verdict's bytes are one JSON array without white space, UTF-8; ids and times are text, JSONB columns are
the text that PostgreSQL prints of them:

    ["promiseline.verdict.v1",tenant,number,id,attempt,campaign,debtor,contact point,channel,origin,at,decision,
     retry_at,tzdb,rulebooks,"content digest"]

The content digest is SHA-256(salt's 16 bytes + ["reasons",[flags],"inputs"]), so that what is said of a person can be
erased. A batch's digest is SHA-256 over the SHA-256 of each verdict in order of number; the first 8 bytes of each
stand beside it, so that a wrong batch tells which verdict is wrong.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from campaigns.audit.chain import instant

VERSION = "promiseline.verdict.v1"
MARK_CHARS = 16


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict as the database holds it. `same_attempt` False: the attempt that it allowed is gone or another."""

    number: int
    id: UUID
    tenant_id: int
    attempt_id: UUID | None
    campaign_id: int | None
    debtor_id: int
    contact_point_id: int | None
    channel: str
    origin: str
    at: datetime
    decision: str
    retry_at: datetime | None
    tzdb: str
    rulebooks: str
    reasons: str
    flags: Sequence[str]
    inputs: str
    salt: UUID | None
    content_digest: bytes | None
    same_attempt: bool = True

    @property
    def erased(self) -> bool:
        return self.salt is None


@dataclass(frozen=True, slots=True)
class Batch:
    """All verdicts of a tenant numbered `first` to `last`, as they were; `marks` are number -> start of its digest."""

    first: int
    last: int
    digest: str
    marks: dict[int, str]

    def wire(self) -> dict[str, Any]:
        """The detail of the chained row."""
        rows = {str(number): mark for number, mark in self.marks.items()}
        return {"from": self.first, "to": self.last, "count": len(rows), "digest": self.digest, "rows": rows}


@dataclass(frozen=True, slots=True)
class WrongVerdict:
    kind: str  # changed, removed, inserted, attempt
    number: int


def content_digest(verdict: StoredVerdict) -> bytes:
    """Of what may be erased; where it is erased, what was kept of it (empty: not even that)."""
    if verdict.salt is None:
        return verdict.content_digest or b""
    content = orjson.dumps([verdict.reasons, list(verdict.flags), verdict.inputs])
    return hashlib.sha256(verdict.salt.bytes + content).digest()


def verdict_digest(verdict: StoredVerdict) -> bytes:
    v = verdict
    fields = [
        VERSION, v.tenant_id, v.number, str(v.id), v.attempt_id and str(v.attempt_id), v.campaign_id, v.debtor_id,
        v.contact_point_id, v.channel, v.origin, instant(v.at), v.decision, v.retry_at and instant(v.retry_at),
        v.tzdb, v.rulebooks, content_digest(v).hex(),
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(fields)).digest()


def batch_of(first: int, last: int, verdicts: Sequence[StoredVerdict]) -> Batch:
    """`verdicts` are all of the tenant from `first` to `last`, in order of number."""
    whole = hashlib.sha256()
    marks: dict[int, str] = {}
    for verdict in verdicts:
        one = verdict_digest(verdict)
        whole.update(one)
        marks[verdict.number] = one.hex()[:MARK_CHARS]
    return Batch(first, last, whole.hexdigest(), marks)


def read_batch(detail: str) -> Batch | None:
    """The batch that a chained row tells of; None when the text is nothing of that kind."""
    try:
        told = orjson.loads(detail)
        marks = {int(number): str(mark) for number, mark in told["rows"].items()}
        return Batch(int(told["from"]), int(told["to"]), str(told["digest"]), dict(sorted(marks.items())))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def compare(batch: Batch, stored: Sequence[StoredVerdict]) -> Iterator[WrongVerdict]:
    """Each verdict that is not as it was sealed; `stored` are those of the batch's range, in order of number."""
    now = batch_of(batch.first, batch.last, stored)
    found = False
    for number in sorted(batch.marks.keys() | now.marks.keys()):
        if number not in now.marks:
            kind = "removed"
        elif number not in batch.marks:
            kind = "inserted"
        elif batch.marks[number] != now.marks[number]:
            kind = "changed"
        else:
            continue
        found = True
        yield WrongVerdict(kind, number)
    if not found and now.digest != batch.digest:
        # the marks are right and the whole is not: somebody found two contents with one mark
        for number in batch.marks:
            yield WrongVerdict("changed", number)
    for verdict in stored:
        if not verdict.same_attempt:
            yield WrongVerdict("attempt", verdict.number)
