"""Says in a sentence what an abandonment gauge shows, why dialing is held, and what to do. Pure, English."""

from __future__ import annotations

from fractions import Fraction

from compliance.abandonment import percent
from compliance.abandonment_ledger import Gauge, LedgerRegime
from compliance.localtime import spoken

TITLES: dict[LedgerRegime, str] = {"us": "TSR/FCC", "gb-ofcom": "Ofcom", "house": "House"}
RECORD = "promiseline compliance amd-evidence add"


def period(gauge: Gauge) -> str:
    """The dates of a block, the hours of a window."""
    if gauge.first is not None and gauge.last is not None:
        return f"{spoken(gauge.first)} to {spoken(gauge.last)}"
    if gauge.regime == "gb-ofcom":
        return "24 h"
    return f"{gauge.key.removeprefix('house-').removesuffix('h')} h"


def figures(gauge: Gauge) -> str:
    """The numbers that decided."""
    return (
        f"{gauge.lost} of {gauge.answers} answered by a person, {shown(gauge.rate)};"
        f" at most {shown(Fraction(gauge.bound))} with {gauge.confidence * 100:g} % confidence,"
        f" limit {shown(gauge.limit)}"
    )


def sentence(gauge: Gauge) -> str:
    """For the board's alarms and the command line."""
    return f"{TITLES[gauge.regime]}, {period(gauge)}: abandoned {figures(gauge)}. {_so(gauge)}"


def hold(gauge: Gauge) -> str:
    """Why pacing dials one call for one free agent."""
    return f"abandonment, {TITLES[gauge.regime]} {period(gauge)}: {figures(gauge)}"


def _so(gauge: Gauge) -> str:
    parts = []
    if gauge.state == "over":
        parts.append("The rate is over the limit.")
    if gauge.few:
        parts.append(f"Few answers yet: judged as if {gauge.min_answers} people had answered.")
    if gauge.state == "review":
        parts.append(
            f"It cannot be certified: no valid sample test of machine detection is recorded. Record one: {RECORD}."
        )
    if gauge.holds:
        parts.append(f"Dialing is one call for each free agent {_until(gauge)}.")
    elif gauge.uncertain:
        parts.append(f"It is no longer certain that the limit is kept {_until(gauge)}.")
    elif gauge.state == "near":
        parts.append("The rate is near the limit.")
    if not gauge.uncertain and gauge.state != "review":
        parts.append(f"{gauge.headroom + 1} more abandoned of the next {gauge.next_answers} answered would pass it.")
    return " ".join(parts)


def _until(gauge: Gauge) -> str:
    leaves = "" if gauge.first is not None else f", or the abandoned calls are older than {period(gauge)}"
    return f"until {gauge.clean_needed} more people answered and none was abandoned{leaves}"


def shown(rate: Fraction | None) -> str:
    """Per cent with two decimals; a dash when it cannot be told."""
    return "-" if rate is None else f"{percent(rate)} %"
