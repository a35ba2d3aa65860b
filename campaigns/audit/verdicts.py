"""Binds the gate's verdicts to the audit chain: one chained row for a batch of them, with a digest over their content.

Version 1. A verdict's bytes are one JSON array without white space, UTF-8; ids and times are text, JSONB columns are
the text that PostgreSQL prints of them:

    ["promiseline.verdict.v1",tenant,number,id,attempt,campaign,debtor,contact point,channel,origin,at,decision,
     retry_at,tzdb,rulebooks,"content digest"]

The content digest is SHA-256(salt's 16 bytes + ["reasons",[flags],"inputs"]), so that what is said of a person can be
erased. How a batch is made of them: batches.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from campaigns.audit.chain import instant

VERSION = "promiseline.verdict.v1"


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


def content_digest(verdict: StoredVerdict) -> bytes:
    """Of what may be erased; where it is erased, what was kept of it (empty: not even that)."""
    if verdict.salt is None:
        return verdict.content_digest or b""
    return hashlib.sha256(verdict.salt.bytes + content_bytes(verdict)).digest()


def content_bytes(verdict: StoredVerdict) -> bytes:
    return orjson.dumps([verdict.reasons, list(verdict.flags), verdict.inputs])


def verdict_bytes(verdict: StoredVerdict) -> bytes:
    v = verdict
    fields = [
        VERSION, v.tenant_id, v.number, str(v.id), v.attempt_id and str(v.attempt_id), v.campaign_id, v.debtor_id,
        v.contact_point_id, v.channel, v.origin, instant(v.at), v.decision, v.retry_at and instant(v.retry_at),
        v.tzdb, v.rulebooks, content_digest(v).hex(),
    ]  # fmt: skip
    return orjson.dumps(fields)


def verdict_digest(verdict: StoredVerdict) -> bytes:
    return hashlib.sha256(verdict_bytes(verdict)).digest()
