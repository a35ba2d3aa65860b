"""A tenant's chain in memory, as the database would hold it, and the ways in which somebody may tamper with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from campaigns.audit import chain
from campaigns.audit.chain import AUDIT_ERASED, GENESIS, Sealed, Unsealed
from campaigns.audit.checker import Checker, Report
from campaigns.audit.checkpoints import Checkpoint, sign
from tests.builders import NOW

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
TRUSTED = frozenset({KEY.public_key().public_bytes_raw()})
TENANT = 7


@dataclass(slots=True)
class Book:
    """What the tables hold: unsealed rows wait in `waiting`; `head` is (seq, hash)."""

    waiting: list[Unsealed] = field(default_factory=list)
    rows: list[Sealed] = field(default_factory=list)
    points: list[Checkpoint] = field(default_factory=list)
    head: tuple[int, bytes] | None = None
    written: int = 0

    def record(self, actor: str = "cli", subject: str = "debtor:1", detail: str = '{"n": 1}', **more: Any) -> None:
        self.written += 1
        at = NOW + timedelta(seconds=self.written)
        values: dict[str, Any] = {"at": at, "action": "x.done"} | more
        self.waiting.append(Unsealed(self.written, TENANT, actor=actor, subject=subject, detail=detail, **values))

    def seal(self, limit: int = 1000) -> None:
        seq, previous = self.head or (0, GENESIS)
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        # any salt does; that it cannot be guessed is the shell's concern
        self.rows += chain.seal(seq, previous, taken, [row.id.to_bytes(16) for row in taken])
        if self.rows:
            self.head = (self.rows[-1].seq, self.rows[-1].hash)

    def sign(self, key: Ed25519PrivateKey = KEY, at: datetime = NOW) -> None:
        if self.head is not None:
            before = self.points[-1] if self.points else None
            self.points.append(sign(key, before, tenant_id=TENANT, seq=self.head[0], hash=self.head[1], at=at))

    def erase(self, at: int) -> None:
        row = self.rows[at]
        if row.salt is not None and row.action != AUDIT_ERASED:
            self.rows[at] = replace(row, salt=None, detail=None)
            self.record(action=AUDIT_ERASED, subject=f"audit:{row.seq}", detail="{}")

    def copy(self) -> "Book":
        return Book(list(self.waiting), list(self.rows), list(self.points), self.head, self.written)

    def check(self, trusted: frozenset[bytes] = TRUSTED, anchors: Sequence[Sealed] = ()) -> Report:
        """As the database is read: rows by number, each checkpoint and anchor behind its row."""
        checker = Checker(TENANT, trusted)
        points, known = list(self.points), list(anchors)

        def upto(seq: float) -> None:
            while points and points[0].seq <= seq:
                checker.checkpoint(points.pop(0))
            while known and known[0].seq <= seq:
                anchor = known.pop(0)
                checker.anchor(anchor.seq, anchor.hash)

        for row in sorted(self.rows, key=lambda row: (row.seq, row.id)):
            upto(row.seq - 1)
            checker.row(row)
        upto(float("inf"))
        if self.head is None:
            checker.headless()
        else:
            checker.head(*self.head)
        return checker.end()


def rehashed(book: Book, start: int) -> None:
    """Every row from index `start` gets the hash that it should have: what an attacker with a program does."""
    previous = book.rows[start - 1].hash if start else GENESIS
    for at in range(start, len(book.rows)):
        row = book.rows[at]
        previous = chain.link(previous, row, row.seq, row.detail_digest)
        book.rows[at] = replace(row, hash=previous)


def _flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


CHANGES: dict[str, Callable[[Sealed], Sealed]] = {
    "at": lambda row: replace(row, at=row.at + timedelta(microseconds=1)),
    "actor": lambda row: replace(row, actor=row.actor + "2"),
    "action": lambda row: replace(row, action="x.undone"),
    "subject": lambda row: replace(row, subject=row.subject + "0"),
    "tenant": lambda row: replace(row, tenant_id=row.tenant_id + 1),
    "detail_digest": lambda row: replace(row, detail_digest=_flipped(row.detail_digest)),
    "hash": lambda row: replace(row, hash=_flipped(row.hash)),
    "detail": lambda row: replace(row, detail=(row.detail or "") + " "),
    "salt": lambda row: replace(row, salt=_flipped(row.salt or bytes(16))),
    "salt gone": lambda row: replace(row, salt=None, detail="{}"),
    # a field's content moved into the next one: the encoding must keep them apart
    "boundary": lambda row: replace(row, actor=row.actor + row.action[0], action=row.action[1:]),
}
