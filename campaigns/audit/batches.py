"""A chained row that binds many rows of another table: their range, a digest over all, and a mark of each.

The batch's digest is SHA-256 over the SHA-256 of each row in order of number; the first 8 bytes of each stand beside
it, so that a wrong batch tells which row is wrong. What a row's bytes are: verdicts.py, outcomes.py.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from campaigns.audit.chain import OUTCOMES_SEALED, VERDICTS_SEALED

MARK_CHARS = 16
Bound = Literal["verdict", "outcome"]
BINDS: dict[str, Bound] = {VERDICTS_SEALED: "verdict", OUTCOMES_SEALED: "outcome"}
"""What the rows with these actions bind."""


@dataclass(frozen=True, slots=True)
class Batch:
    """All rows of a tenant numbered `first` to `last`, as they were; `marks` are number -> start of its digest."""

    of: Bound
    first: int
    last: int
    digest: str
    marks: dict[int, str]

    def wire(self) -> dict[str, Any]:
        """The detail of the chained row."""
        rows = {str(number): mark for number, mark in self.marks.items()}
        return {"from": self.first, "to": self.last, "count": len(rows), "digest": self.digest, "rows": rows}


@dataclass(frozen=True, slots=True)
class Wrong:
    kind: str  # changed, removed, inserted
    number: int


def batch_of(of: Bound, first: int, last: int, digests: Iterable[tuple[int, bytes]]) -> Batch:
    """`digests`: number and SHA-256 of all the tenant's rows from `first` to `last`, in order of number."""
    whole = hashlib.sha256()
    marks: dict[int, str] = {}
    for number, one in digests:
        whole.update(one)
        marks[number] = one.hex()[:MARK_CHARS]
    return Batch(of, first, last, whole.hexdigest(), marks)


def read_batch(of: Bound, detail: str) -> Batch | None:
    """The batch that a chained row tells of; None when the text is nothing of that kind."""
    try:
        told = orjson.loads(detail)
        marks = {int(number): str(mark) for number, mark in told["rows"].items()}
        return Batch(of, int(told["from"]), int(told["to"]), str(told["digest"]), dict(sorted(marks.items())))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def compare(batch: Batch, digests: Iterable[tuple[int, bytes]]) -> Iterator[Wrong]:
    """Each row that is not as it was sealed; `digests` are those that the batch's range now has."""
    now = batch_of(batch.of, batch.first, batch.last, digests)
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
        yield Wrong(kind, number)
    if not found and now.digest != batch.digest:
        # the marks are right and the whole is not: somebody found two contents with one mark
        for number in batch.marks:
            yield Wrong("changed", number)
