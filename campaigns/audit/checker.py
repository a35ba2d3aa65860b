"""Says whether a chain is as it was sealed, and which rows, checkpoints and verdicts are not.

Fed in order of sequence: each checkpoint behind the row that it signs. Keeps a bounded number of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from campaigns.audit import chain
from campaigns.audit.batches import BINDS, Batch, Bound, compare, read_batch
from campaigns.audit.chain import GENESIS, Sealed
from campaigns.audit.checkpoints import Checkpoint, digest, is_genuine
from campaigns.audit.findings import Finding, Findings
from campaigns.audit.outcomes import StoredOutcome, outcome_digest
from campaigns.audit.suspects import SUSPECTS_KEPT, Suspect, resolve
from campaigns.audit.verdicts import StoredVerdict, verdict_digest


@dataclass(frozen=True, slots=True)
class Report:
    """`unsigned`: rows behind the last good checkpoint; nobody's signature holds them yet."""

    tenant_id: int
    rows: int
    last_seq: int
    last_hash: str
    checkpoints: int
    unsigned: int
    erased: int
    verdicts: int
    outcomes: int
    findings: tuple[Finding, ...]
    left_out: int

    @property
    def ok(self) -> bool:
        return not self.findings

    def wire(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok, "findings": [finding.wire() for finding in self.findings]}


@dataclass(slots=True)
class Checker:
    """One look at one tenant's chain, from behind row `last_seq` whose hash is `last_hash`.

    `trusted`: public keys whose checkpoints count. `details` False: the source shows no details, so that neither they
    nor their erasure can be judged. `whole` False: the source begins in the middle, so that what stands before the
    first checkpoint and the first batch of verdicts is not known.
    """

    tenant_id: int
    trusted: frozenset[bytes]
    last_seq: int = 0
    last_hash: bytes = GENESIS
    details: bool = True
    whole: bool = True
    _findings: Findings = field(default_factory=Findings)
    _previous: tuple[bytes, ...] = ()  # what the next row may stand behind; empty: not known
    _before: tuple[bytes, ...] = ()  # the same for the last row
    _suspects: list[Suspect] = field(default_factory=list)
    _missing: list[tuple[int, int]] = field(default_factory=list)
    _erased: set[int] = field(default_factory=set)
    _erased_verdicts: set[int] = field(default_factory=set)
    _told_verdicts: set[int] = field(default_factory=set)  # of whose erasure a row tells
    _shift: int = 1
    _rows: int = 0
    _erasures: int = 0
    _counts: dict[Bound, int] = field(default_factory=lambda: dict.fromkeys(BINDS.values(), 0))
    _last_bound: dict[Bound, int] = field(default_factory=dict)  # empty: not known yet
    _point: Checkpoint | None = None
    _point_genuine: bool = True
    _points: int = 0
    _proved: int = 0  # the last row that a good checkpoint or anchor holds
    _signed: int = 0
    _furthest: int = 0

    def __post_init__(self) -> None:
        self._previous = self._before = (self.last_hash,)
        self._proved = self._signed = self._furthest = self.last_seq
        if self.whole:
            self._last_bound = dict.fromkeys(BINDS.values(), 0)

    def row(self, row: Sealed) -> Batch | None:
        """The next row. Gives the batch that it seals: the caller then hands over its `verdicts()` or `outcomes()`."""
        self._rows += 1
        batch = self._read(row)
        if row.seq == self.last_seq and self._rows > 1:
            self._twice(row)
        elif row.seq <= self.last_seq:
            self._late(row)
        else:
            if row.seq > self.last_seq + 1:
                self._missing.append((self.last_seq + 1, row.seq - 1))
                self._previous = ()
            self._next(row)
        return batch

    def verdicts(self, batch: Batch, stored: Sequence[StoredVerdict]) -> None:
        """`stored`: all verdicts of the tenant that the database now has in the batch's range, in order of number."""
        self._compare(batch, [(verdict.number, verdict_digest(verdict)) for verdict in stored])
        for verdict in stored:
            if not verdict.same_attempt:
                self._findings.add("verdict", "attempt", verdict.number)
        self._erased_verdicts |= {verdict.number for verdict in stored if verdict.erased} - self._told_verdicts

    def outcomes(self, batch: Batch, stored: Sequence[StoredOutcome]) -> None:
        """The same for outcomes."""
        self._compare(batch, [(outcome.number, outcome_digest(outcome)) for outcome in stored])
        for outcome in stored:
            if not outcome.same:
                self._findings.add("outcome", "other", outcome.number)

    def checkpoint(self, point: Checkpoint) -> None:
        """The next checkpoint; the rows up to its `seq` were given before."""
        self._points += 1
        genuine = is_genuine(point) and point.tenant_id == self.tenant_id
        self._place(point, genuine)
        if not genuine:
            self._findings.add("checkpoint", "changed", point.number)
        elif point.public_key not in self.trusted:
            self._findings.add("checkpoint", "other_key", point.number)
        else:
            self.anchor(point.seq, point.hash)
            self._signed = max(self._signed, point.seq)
        self._point, self._point_genuine = point, genuine

    def anchor(self, seq: int, hash: bytes) -> None:
        """Somebody trusted says that row `seq` has this hash; the rows up to it were given before."""
        self._furthest = max(self._furthest, seq)
        if seq == self.last_seq and self._previous and hash not in self._previous:
            self._findings.add("row", "rewritten", min(self._proved + 1, seq), seq)
        self._proved = max(self._proved, seq)

    def checkpoints_known(self, number: int) -> None:
        """Somebody trusted has seen checkpoint `number`; to be said when all were given."""
        last = self._point.number if self._point else 0
        if number > last:
            self._findings.add("checkpoint", "removed", last + 1, number)

    def head(self, seq: int, hash: bytes, bound: Mapping[Bound, int] | None = None) -> None:
        """Where the source says that the chain ends, and the last verdict and outcome `bound`; after all rows."""
        self._furthest = max(self._furthest, seq)
        if seq < self.last_seq:
            self._findings.add("row", "inserted", seq + 1, self.last_seq)
        elif seq == self.last_seq and self._previous and hash not in self._previous:
            self._findings.add("head", "changed", seq)
        if bound is not None and bound != self._last_bound:
            self._findings.add("head", "changed", seq)

    def headless(self) -> None:
        """The source does not say where the chain ends; to be said when all rows were given."""
        if self.last_seq:
            self._findings.add("head", "removed", self.last_seq)

    def unproven(self, first: int, last: int) -> None:
        """Rows that the source leaves out, and no signature says that they were there."""
        self._findings.add("row", "removed", first, last)

    def end(self) -> Report:
        for first, last in self._missing:
            self._findings.add("row", "removed", first, last)
        if self._furthest > self.last_seq:
            self._findings.add("row", "cut_off", self.last_seq + 1, self._furthest)
        for kind, seq in resolve(self._suspects):
            self._findings.add("row", kind, seq)
        for seq in sorted(self._erased):
            self._findings.add("row", "erased_without_record", seq)
        for number in sorted(self._erased_verdicts):
            self._findings.add("verdict", "erased_without_record", number)
        return Report(
            self.tenant_id, self._rows, self.last_seq, self.last_hash.hex(), self._points,
            max(0, self.last_seq - self._signed), self._erasures, self._counts["verdict"], self._counts["outcome"],
            tuple(self._findings), self._findings.left_out,
        )  # fmt: skip

    def _next(self, row: Sealed) -> None:
        previous = self._previous
        fits = not previous or any(chain.follows(one, row) for one in previous)
        if fits:
            self._previous = (row.hash,)
        else:
            self._misfit(row, previous)
            # one of the two is what the next row stands behind: the hash was changed, or something else was
            self._previous = (row.hash, *(chain.link(one, row, row.seq, row.detail_digest) for one in previous[:1]))
        self._before = previous
        self.last_seq, self.last_hash = row.seq, row.hash

    def _misfit(self, row: Sealed, previous: Iterable[bytes]) -> None:
        for shift in (self._shift, 1, -1):
            # a row removed or inserted, and all behind it numbered anew
            if any(chain.follows(one, row, row.seq + shift) for one in previous):
                self._shift = shift
                self._findings.add("row", "reordered", row.seq)
                return
        if len(self._suspects) < SUSPECTS_KEPT:
            self._suspects.append(Suspect(row, tuple(previous)))
        else:
            self._findings.add("row", "changed", row.seq)

    def _twice(self, row: Sealed) -> None:
        last = self._suspects[-1] if self._suspects else None
        if any(chain.follows(one, row) for one in self._before):
            if last and last.row.seq == row.seq:
                self._suspects.pop()
            # the next row tells which of the two it stands behind
            self._previous, self.last_hash = (row.hash, *self._previous), row.hash
        self._findings.add("row", "inserted", row.seq)

    def _late(self, row: Sealed) -> None:
        """Only in files: databases give rows in order."""
        for at, (first, last) in enumerate(self._missing):
            if first <= row.seq <= last:
                self._missing[at : at + 1] = [
                    part for part in ((first, row.seq - 1), (row.seq + 1, last)) if part[0] <= part[1]
                ]
                self._findings.add("row", "reordered", row.seq)
                return
        self._findings.add("row", "inserted", row.seq)

    def _read(self, row: Sealed) -> Batch | None:
        if row.tenant_id != self.tenant_id:
            self._findings.add("row", "changed", row.seq)
        if not self.details:
            return None
        if row.detail is None and row.salt is None:
            self._erasures += 1
            self._erased.add(row.seq)
            return None
        if row.detail is None or row.salt is None or chain.digest_of(row.salt, row.detail) != row.detail_digest:
            self._findings.add("row", "detail_changed", row.seq)
            return None
        kind, _, number = row.subject.partition(":")
        if row.action == chain.AUDIT_ERASED and kind == "audit" and number.isdecimal():
            self._erased.discard(int(number))
        elif row.action == chain.VERDICT_ERASED and kind == "verdict" and number.isdecimal():
            self._told_verdicts.add(int(number))
            self._erased_verdicts.discard(int(number))
        return self._batch(row, BINDS[row.action]) if row.action in BINDS else None

    def _batch(self, row: Sealed, of: Bound) -> Batch | None:
        batch = read_batch(of, row.detail or "")
        if batch is None:
            self._findings.add("row", "detail_changed", row.seq)
            return None
        before = self._last_bound.get(of)
        if before is not None and batch.first != before + 1:
            self._findings.add("row", "batch_gap", row.seq)
        self._last_bound[of] = batch.last
        return batch

    def _compare(self, batch: Batch, digests: list[tuple[int, bytes]]) -> None:
        self._counts[batch.of] += len(batch.marks)
        for wrong in compare(batch, digests):
            self._findings.add(batch.of, wrong.kind, wrong.number)

    def _place(self, point: Checkpoint, genuine: bool) -> None:
        before = self._point
        if before is None and not self.whole:
            return
        expected = 1 if before is None else before.number + 1
        if point.number > expected:
            self._findings.add("checkpoint", "removed", expected, point.number - 1)
        elif genuine and self._point_genuine and (point.number < expected or point.previous != digest(before)):
            self._findings.add("checkpoint", "reordered", point.number)
