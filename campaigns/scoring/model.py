"""Decides how much a debtor's call is worth now, in parts that a person can read. Pure.

Each part is 0..1, times its weight; the sum is scaled to 0..100 points and kept as whole thousandths of a point.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from campaigns import money
from campaigns.model import ScoreWeights

FULL_SCORE_MILLI = 100_000
SMALL_DEBT_USD, LARGE_DEBT_USD = 20.0, 5_000.0  # the log scale's 0 and 1

# Rough units for one US dollar: a scale for sorting, never for money. Unknown currencies count as dollars.
UNITS_PER_DOLLAR = {
    "USD": 1.0, "EUR": 0.9, "GBP": 0.8, "CHF": 0.9, "CAD": 1.4, "AUD": 1.5, "NZD": 1.6, "PLN": 4.0, "CZK": 23.0,
    "SEK": 10.5, "NOK": 10.5, "DKK": 6.9, "HUF": 360.0, "RON": 4.6, "MXN": 18.0, "BRL": 5.5, "COP": 4_100.0,
    "CLP": 950.0, "ARS": 1_000.0, "PEN": 3.7, "INR": 85.0, "PKR": 280.0, "AED": 3.7, "SAR": 3.75, "KWD": 0.31,
    "BHD": 0.38, "OMR": 0.385, "JOD": 0.71, "TRY": 35.0, "IRR": 500_000.0, "IQD": 1_310.0, "JPY": 150.0,
    "CNY": 7.2, "KRW": 1_350.0, "ZAR": 18.0, "NGN": 1_500.0, "PHP": 57.0, "IDR": 16_000.0, "VND": 25_000.0,
}  # fmt: skip

AGE_BUCKETS: tuple[tuple[int, float, str], ...] = (
    (0, 0.2, "not due yet"),
    (30, 0.6, "1 to 30 days"),
    (60, 0.9, "31 to 60 days"),
    (90, 1.0, "61 to 90 days"),
    (180, 0.7, "91 to 180 days"),
    (365, 0.4, "181 to 365 days"),
)
OLDEST_AGE = (0.2, "over a year")
PAYMENT_BUCKETS: tuple[tuple[int, float], ...] = ((30, 1.0), (90, 0.8), (180, 0.5), (365, 0.3))
NEVER_PAID = 0.2


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """What is known of one debtor over all open debts."""

    balances: tuple[tuple[str, int], ...]  # (currency, minor units), open debts only
    oldest_due: date | None
    last_payment: date | None = None
    promises_kept: int = 0
    promises_broken: int = 0
    promises_pending: int = 0
    conversations: int = 0  # in the last 90 days
    unanswered: int = 0  # calls without a conversation in the last 90 days


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    points: int  # thousandths
    because: str


@dataclass(frozen=True, slots=True)
class Score:
    total_milli: int  # 0..100000
    parts: tuple[Part, ...]


def _dollars(currency: str, minor: int) -> float:
    return minor / float(10 ** money.EXPONENTS.get(currency, 2)) / UNITS_PER_DOLLAR.get(currency, 1.0)


def _amount(facts: ScoreFacts, today: date) -> float:
    worth = sum(_dollars(currency, minor) for currency, minor in facts.balances)
    if worth <= SMALL_DEBT_USD:
        return 0.0
    return min(1.0, math.log(worth / SMALL_DEBT_USD) / math.log(LARGE_DEBT_USD / SMALL_DEBT_USD))


def _amount_because(facts: ScoreFacts, today: date) -> str:
    if not facts.balances:
        return "no open balance"
    sums = ", ".join(money.text(minor, currency) for currency, minor in facts.balances)
    return f"{sums} open; on a log scale from about USD {SMALL_DEBT_USD:.0f} to USD {LARGE_DEBT_USD:.0f}"


def _days_past_due(facts: ScoreFacts, today: date) -> int:
    return (today - facts.oldest_due).days if facts.oldest_due else 0


def _age_bucket(facts: ScoreFacts, today: date) -> tuple[float, str]:
    days = _days_past_due(facts, today)
    return next(((value, name) for upper, value, name in AGE_BUCKETS if days <= upper), OLDEST_AGE)


def _age(facts: ScoreFacts, today: date) -> float:
    return _age_bucket(facts, today)[0] if facts.oldest_due else 0.0


def _age_because(facts: ScoreFacts, today: date) -> str:
    if facts.oldest_due is None:
        return "no open debt"
    value, name = _age_bucket(facts, today)
    return f"{_days_past_due(facts, today)} days past due: {name} counts {value:.1f} of 1"


def _payment(facts: ScoreFacts, today: date) -> float:
    if facts.last_payment is None:
        return NEVER_PAID
    days = (today - facts.last_payment).days
    return next((value for upper, value in PAYMENT_BUCKETS if days <= upper), NEVER_PAID)


def _payment_because(facts: ScoreFacts, today: date) -> str:
    if facts.last_payment is None:
        return "no payment known"
    return f"last payment {(today - facts.last_payment).days} days ago"


def _promise(facts: ScoreFacts, today: date) -> float:
    return (facts.promises_kept + 1) / (facts.promises_kept + facts.promises_broken + 2)


def _promise_because(facts: ScoreFacts, today: date) -> str:
    if not facts.promises_kept and not facts.promises_broken:
        return "no promise has come due yet: counted as even odds"
    return f"{facts.promises_kept} promises kept, {facts.promises_broken} broken"


def _contact(facts: ScoreFacts, today: date) -> float:
    return (facts.conversations + 1) / (facts.conversations + facts.unanswered + 2)


def _contact_because(facts: ScoreFacts, today: date) -> str:
    if not facts.conversations and not facts.unanswered:
        return "not called in 90 days: counted as even odds"
    return f"{facts.conversations} conversations and {facts.unanswered} calls without one in 90 days"


_Value = Callable[[ScoreFacts, date], float]
_Because = Callable[[ScoreFacts, date], str]
PARTS: tuple[tuple[str, _Value, _Because], ...] = (
    ("amount", _amount, _amount_because),
    ("age_of_debt", _age, _age_because),
    ("payment_history", _payment, _payment_because),
    ("promise_history", _promise, _promise_because),
    ("contact_history", _contact, _contact_because),
)


def points(facts: ScoreFacts, weights: ScoreWeights, today: date) -> dict[str, int]:
    """The parts' points alone, in thousandths: what a queue row stores. Their sum is the score."""
    shares = [(name, value, float(getattr(weights, name))) for name, value, _ in PARTS]
    total = sum(weight for _, _, weight in shares)
    if total <= 0:
        return {name: 0 for name, _, _ in shares}
    return {name: int(FULL_SCORE_MILLI * weight / total * value(facts, today)) for name, value, weight in shares}


def score(facts: ScoreFacts, weights: ScoreWeights, today: date) -> Score:
    """The score with its parts and why each is what it is."""
    found = points(facts, weights, today)
    parts = tuple(Part(name, found[name], because(facts, today)) for name, _, because in PARTS)
    return Score(sum(found.values()), parts)
