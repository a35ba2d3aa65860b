"""Binds what became of attempts and messages to the audit chain, as the gate's verdicts are.

The database itself writes a row of the table `outcome` when an attempt ends or a message has its final state, and at
each correction of one that had (migration 0009): an insert in the transaction that did it, no lock and no update.

Version 1. An outcome's bytes are one JSON array without white space, UTF-8; the id is text, the content is the text
that PostgreSQL prints of the JSONB, in which instants are seconds since 1970:

    ["promiseline.outcome.v1",tenant,number,"attempt" or "message",id,"content"]

It holds states, codes, instants and numbers of this database, and nothing that a person said: it is never erased.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import orjson

VERSION = "promiseline.outcome.v1"


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """`same` False: it is the last about its attempt or message, which is gone or says something else."""

    number: int
    tenant_id: int
    kind: str
    of_id: UUID
    content: str
    same: bool = True


def outcome_bytes(outcome: StoredOutcome) -> bytes:
    o = outcome
    return orjson.dumps([VERSION, o.tenant_id, o.number, o.kind, str(o.of_id), o.content])


def outcome_digest(outcome: StoredOutcome) -> bytes:
    return hashlib.sha256(outcome_bytes(outcome)).digest()
