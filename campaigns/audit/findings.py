"""What a look at the chain can find, in words, and the list of it: neighbours become one range."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

SAYS: dict[tuple[str, str], str] = {
    ("row", "changed"): "a chained field or the hash was changed (or the row before was, and got a new hash)",
    ("row", "detail_changed"): "the detail or its salt was changed",
    ("row", "removed"): "removed",
    ("row", "cut_off"): "removed from the end: the head, a checkpoint or the compared file knows of them",
    ("row", "inserted"): "inserted: the chain has no place for it",
    ("row", "reordered"): "moved: it belongs at another place of the chain",
    ("row", "rewritten"): "written anew: the chain fits together, but not to the hash that was signed or exported",
    ("row", "erased_without_record"): "the detail was erased, and no later row says so",
    ("row", "batch_gap"): "it does not begin where the batch before it ended",
    ("checkpoint", "changed"): "changed: the signature does not fit",
    ("checkpoint", "other_key"): "signed with a key that is not trusted here",
    ("checkpoint", "removed"): "removed",
    ("checkpoint", "reordered"): "it does not follow the checkpoint before it",
    ("head", "changed"): "the head does not fit the last row",
    ("head", "removed"): "what says where the chain ends (the head row, a file's last line) is gone",
    ("verdict", "changed"): "changed after it was sealed",
    ("verdict", "removed"): "removed",
    ("verdict", "inserted"): "inserted into a batch that was sealed",
    ("verdict", "attempt"): "the attempt that it allowed was removed, or speaks of another contact",
    ("outcome", "changed"): "changed after it was sealed",
    ("outcome", "removed"): "removed",
    ("outcome", "inserted"): "inserted into a batch that was sealed",
    ("outcome", "other"): "its attempt or message was removed, or says something else now",
    ("verdict", "erased_without_record"): "the content was erased, and no later row says so",
}
RANGES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """`of` row, checkpoint, verdict, outcome or head; `first` to `last` are their numbers, both included."""

    of: str
    kind: str
    first: int
    last: int

    @property
    def says(self) -> str:
        which = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        noun = self.of if self.first == self.last else f"{self.of}s"
        return f"{noun} {which}: {SAYS[self.of, self.kind]}"

    def wire(self) -> dict[str, Any]:
        return asdict(self) | {"says": self.says}


class Findings:
    """Grows while a chain is read; bounded by ranges, not by rows. `left_out` counts ranges beyond the bound."""

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, str], list[list[int]]] = {}
        self._kept = 0
        self.left_out = 0

    def add(self, of: str, kind: str, first: int, last: int | None = None) -> None:
        last = first if last is None else last
        ranges = self._ranges.setdefault((of, kind), [])
        if ranges and ranges[-1][0] <= first <= ranges[-1][1] + 1:
            ranges[-1][1] = max(ranges[-1][1], last)
        elif self._kept < RANGES_KEPT:
            ranges.append([first, last])
            self._kept += 1
        else:
            self.left_out += 1

    def __iter__(self) -> Iterator[Finding]:
        """In order of the number within each kind of thing."""
        found = [Finding(of, kind, *each) for (of, kind), ranges in self._ranges.items() for each in ranges]
        return iter(sorted(found, key=lambda one: (one.of != "row", one.of, one.first, one.kind)))

    def __bool__(self) -> bool:
        return self._kept > 0
