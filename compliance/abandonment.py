"""Abandoned calls in each regime's sense: rates, periods, caps, ring times, the safe harbour.

16 CFR 310.4(b)(1)(iv), (b)(4); 47 CFR 64.1200(a)(6), (a)(7); Ofcom's persistent misuse statement of 2017.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from compliance.shape_words import in_words

CAP = Fraction(3, 100)  # "no more than three percent"
CONNECT_MAX_MS = 2000  # "within two seconds of the person's completed greeting"
RING_MIN_S, RING_MIN_RINGS = 15, 4
PERIOD_DAYS = 30

Regime = Literal["us-ftc", "us-fcc", "gb-ofcom"]
REGIMES: tuple[Regime, ...] = get_args(Regime)
Number = Annotated[int, Meta(ge=0)]
Milliseconds = Annotated[float, Meta(ge=0)]


class AbandonmentError(ValueError):
    """A calculation that cannot be made; the message says what to mend."""


class Counts(Struct, frozen=True):
    """`answered_by_person` includes the abandoned ones; machines never dilute the rate."""

    answered_by_person: Number
    abandoned: Number
    answered_by_machine: Number = 0

    def __post_init__(self) -> None:
        if self.abandoned > self.answered_by_person:
            raise ValueError("abandoned is more than answered_by_person, which includes it")

    @property
    def rate(self) -> Fraction:
        return ratio(self.abandoned, self.answered_by_person)


class LimbCounts(Counts, frozen=True, kw_only=True):
    ring_ok: bool
    message_ok: bool
    records_ok: bool


class DailyCounts(Counts, frozen=True, kw_only=True):
    campaign: str
    date: date


class AnsweredCall(Struct, frozen=True):
    """Milliseconds from the answer. An unknown answerer counts as a person."""

    id: str
    answered_by: Literal["person", "machine", "unknown"]
    greeting_completed_ms: Milliseconds | None = None
    agent_connected_ms: Milliseconds | None = None
    message_started_ms: Milliseconds | None = None
    message_has_name_and_number: bool = False
    prerecorded_with_written_consent: bool = False


class RungCall(Struct, frozen=True):
    id: str
    ring_seconds: Annotated[float, Meta(ge=0)] | None = None
    rings: Number | None = None


class OfcomCounts(Struct, frozen=True):
    """With detection `abandoned` must be there, without it `drops`: a count left out is not a count of none."""

    amd: bool
    live_passed: Number
    abandoned: Number | None = None
    amd_false_positives: Number | None = None
    answered_by_machine: Number = 0
    drops: Number | None = None
    machine_share: str | None = None

    def __post_init__(self) -> None:
        if self.amd and self.abandoned is None:
            raise ValueError("abandoned is missing; with amd true give the number of abandoned calls")
        if not self.amd and self.drops is None:
            raise ValueError("drops is missing; with amd false give the number of dropped calls")


class Block(Struct, frozen=True):
    """One period of a campaign, both dates included."""

    campaign: str
    first: date
    last: date
    rate: Fraction

    @property
    def within_cap(self) -> bool:
        return self.rate <= CAP


def ratio(numerator: int | Fraction, denominator: int | Fraction) -> Fraction:
    """The exact ratio; nothing of nothing is 0."""
    return Fraction(numerator) / Fraction(denominator) if denominator else Fraction(0)


def percent(rate: Fraction) -> str:
    """The ratio times 100, rounded half up to two decimals."""
    hundredths = rate * 10_000
    whole = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return str((Decimal(whole) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP))


def is_abandoned(call: AnsweredCall, regime: Regime) -> bool:
    """Answered by a person, and nobody there within two seconds of the completed greeting.

    A greeting whose end is not known counts from the answer.
    """
    if call.answered_by == "machine":
        return False
    deadline = (call.greeting_completed_ms or 0) + CONNECT_MAX_MS
    if call.agent_connected_ms is not None and call.agent_connected_ms <= deadline:
        return False
    # 47 CFR 64.1200(a)(7)(ii): a prerecorded message with prior express written consent that begins in time
    consented = regime == "us-fcc" and call.prerecorded_with_written_consent
    return not (consented and call.message_started_ms is not None and call.message_started_ms <= deadline)


def ring_ok(call: RungCall, regime: Regime) -> bool:
    """ "At least fifteen seconds or four rings"; Ofcom knows seconds only."""
    if call.ring_seconds is not None and call.ring_seconds >= RING_MIN_S:
        return True
    return regime != "gb-ofcom" and call.rings is not None and call.rings >= RING_MIN_RINGS


def blocks(rows: tuple[DailyCounts, ...]) -> Iterator[Block]:
    """Successive 30-date periods of each campaign from its first date; the last one is a portion."""
    for campaign in dict.fromkeys(row.campaign for row in rows):
        own = [row for row in rows if row.campaign == campaign]
        start, end = min(row.date for row in own), max(row.date for row in own)
        while start <= end:
            last = min(start + timedelta(days=PERIOD_DAYS - 1), end)
            inside = [row for row in own if start <= row.date <= last]
            rate = ratio(sum(row.abandoned for row in inside), sum(row.answered_by_person for row in inside))
            yield Block(campaign, start, last, rate)
            start = last + timedelta(days=1)


def ofcom(counts: OfcomCounts) -> tuple[Fraction | None, Literal["ok", "alarm", "review"] | None]:
    """Rate and verdict: without evidence for the estimate none can be certified; no verdict at exactly 3 %."""
    if counts.amd:
        if counts.amd_false_positives is None:
            return None, "review"
        lost = Fraction((counts.abandoned or 0) + counts.amd_false_positives)
    else:
        if counts.machine_share is None:
            return None, "review"
        lost = (counts.drops or 0) * (1 - _share(counts.machine_share))
    rate = ratio(lost, lost + counts.live_passed)
    if rate == CAP:
        return rate, None
    return rate, "alarm" if rate > CAP else "ok"


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The keys that the case's kind asks for; AbandonmentError for a case that cannot be read."""
    regime = _regime(case.get("regime"))
    kind, calls = case.get("kind"), case.get("calls")
    if kind == "counts":
        return _capped(_convert(calls, Counts).rate)
    if kind == "limbs":
        limbs = _convert(calls, LimbCounts)
        capped = _capped(limbs.rate)
        # 16 CFR 310.4(b)(4): all four limbs
        harbour = capped["within_cap"] and limbs.ring_ok and limbs.message_ok and limbs.records_ok
        return {**capped, "safe_harbour": harbour}
    if kind == "daily":
        found = list(blocks(_convert(calls, tuple[DailyCounts, ...])))
        return {"blocks": [_block(block) for block in found], "within_cap": all(block.within_cap for block in found)}
    if kind == "calls":
        answered = _convert(calls, tuple[AnsweredCall, ...])
        return {"calls": [{"id": call.id, "abandoned": is_abandoned(call, regime)} for call in answered]}
    if kind == "rings":
        rung = _convert(calls, tuple[RungCall, ...])
        return {"calls": [{"id": call.id, "ring_ok": ring_ok(call, regime)} for call in rung]}
    if kind == "ofcom":
        rate, verdict = ofcom(_convert(calls, OfcomCounts))
        return {"rate_percent": None if rate is None else percent(rate), "verdict": verdict}
    raise _unknown("kind", kind, "counts, daily, calls, rings, limbs or ofcom")


def _capped(rate: Fraction) -> dict[str, Any]:
    return {"rate_percent": percent(rate), "within_cap": rate <= CAP}


def _block(block: Block) -> dict[str, Any]:
    return {
        "campaign": block.campaign,
        "from": block.first.isoformat(),
        "to": block.last.isoformat(),
        **_capped(block.rate),
    }


def _regime(given: Any) -> Regime:
    for regime in REGIMES:
        if given == regime:
            return regime
    raise _unknown("regime", given, "us-ftc, us-fcc or gb-ofcom")


def _unknown(field: str, given: Any, known: str) -> AbandonmentError:
    said = f"{field} is missing; add it:" if given is None else f"{field} {given!r} is unknown; use"
    return AbandonmentError(f"{said} {known}")


def _share(text: str) -> Fraction:
    try:
        share = Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        raise AbandonmentError(f"machine_share {text!r} is not a decimal; write it like 0.30") from None
    if not 0 <= share <= 1:
        raise AbandonmentError(f"machine_share {text} is not between 0 and 1")
    return share


def _convert(data: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise AbandonmentError(in_words(error, kind, "calls")) from None
