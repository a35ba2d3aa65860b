"""Of the rows that do not stand behind their neighbour: which were changed, which moved, which are innocent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.audit.chain import Sealed, follows

SUSPECTS_KEPT = 40  # each is tried at the place of each other, behind each other: the cube of this, at most


@dataclass(frozen=True, slots=True)
class Suspect:
    """`previous`: the hashes that it should stand behind one of."""

    row: Sealed
    previous: tuple[bytes, ...]


def resolve(suspects: Sequence[Suspect]) -> Iterator[tuple[str, int]]:
    """`(changed | reordered, seq)` of each that is guilty.

    A row whose hash comes out at another suspect's place was moved; one whose hash comes out at its own place, behind
    another suspect, only has a neighbour that moved.
    """
    places = [suspect.row.seq for suspect in suspects]
    pool = list(dict.fromkeys(one for suspect in suspects for one in (suspect.row.hash, *suspect.previous)))
    for suspect in suspects:
        row = suspect.row
        if any(follows(one, row) for one in pool):
            continue
        moved = any(follows(one, row, place) for place in places if place != row.seq for one in pool)
        yield ("reordered" if moved else "changed"), row.seq
