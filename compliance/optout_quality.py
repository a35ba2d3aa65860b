"""How well the opt-out classifier reads a labelled set: each language's confusion matrix, and the recall of stop."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from compliance.optout import LANGUAGES, Kind, classify
from compliance.optout_model import Weights

KINDS: tuple[Kind, ...] = ("stop", "unclear", "start", "help", "other")


class Row(Struct, frozen=True):
    language: str
    kind: Kind
    text: str


class Quality(Struct, frozen=True):
    """Counts of (labelled, read) for one language, or for all of them."""

    language: str
    counts: dict[tuple[str, str], int]

    def labelled(self, kind: Kind) -> int:
        return sum(n for (label, _), n in self.counts.items() if label == kind)

    def share(self, label: Kind, read: Kind) -> float | None:
        """The part of the texts labelled `label` that is read as `read`; None where there are none."""
        whole = self.labelled(label)
        return self.counts.get((label, read), 0) / whole if whole else None


class BadRow(ValueError):
    """A line that is no labelled text; the message says which line, what is wrong and how it should look."""


def rows(lines: Iterable[str]) -> list[Row]:
    """Lines of `language<tab>kind<tab>text`; empty ones are skipped. Raises BadRow."""
    found: list[Row] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        parts = line.rstrip("\r\n").split("\t")
        if len(parts) != 3 or parts[0] not in LANGUAGES or parts[1] not in KINDS:
            raise BadRow(
                f"line {number}: write language<tab>kind<tab>text; languages {', '.join(LANGUAGES)}; "
                f"kinds {', '.join(KINDS)}"
            )
        kind: Kind = next(known for known in KINDS if known == parts[1])
        found.append(Row(parts[0], kind, parts[2]))
    return found


def measure(labelled: Iterable[Row], weights: Weights | None = None) -> list[Quality]:
    """One for each language that occurs, in the order of LANGUAGES, then `all`. `weights`: as classify() takes them."""
    counted: dict[str, Counter[tuple[str, str]]] = {}
    for row in labelled:
        pair = (row.kind, classify(row.text, row.language, weights).kind)
        for name in (row.language, "all"):
            counted.setdefault(name, Counter())[pair] += 1
    return [Quality(name, dict(counted[name])) for name in (*LANGUAGES, "all") if name in counted]
