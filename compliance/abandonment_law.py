"""Which abandonment regimes the rulebooks of a campaign's persons bring, and with which limit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from compliance.rulebooks.model import Version

BookRegime = Literal["us", "gb-ofcom"]
REGIME_OF: Mapping[str, BookRegime] = {"us-ftc": "us", "us-fcc": "us", "gb-ofcom": "gb-ofcom"}


class BookLimit(Struct, frozen=True):
    """The strictest limit of a regime that the rulebooks name, as a share; `book` is the one that names it."""

    regime: BookRegime
    limit: Fraction | None
    book: str


def limits_of(versions: Iterable[Version]) -> tuple[BookLimit, ...]:
    """One for each regime that these versions bring, in a fixed order.

    A book without a safe level (Ofcom's) is held to the level from which it wants an alarm; None: it names neither.
    """
    strictest: dict[BookRegime, BookLimit] = {}
    for version in versions:
        spec = version.spec.abandonment
        if spec is None:
            continue
        regime, percent = REGIME_OF[spec.formula], spec.limit_percent or spec.alarm_percent
        found = BookLimit(regime, None if percent is None else Fraction(percent) / 100, version.book)
        known = strictest.get(regime)
        if known is None or (found.limit is not None and (known.limit is None or found.limit < known.limit)):
            strictest[regime] = found
    return tuple(strictest[regime] for regime in sorted(strictest))
