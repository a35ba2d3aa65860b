"""Decides whether a promise to pay may be taken as it was said. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from campaigns import money
from campaigns.model import CampaignSettings
from campaigns.problems import Problem


@dataclass(frozen=True, slots=True)
class Owed:
    """The debt that the promise is about."""

    balance_minor: int
    currency: str
    status: str
    pending_promise: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    min_minor: int = 100
    max_days: int = 30

    @classmethod
    def of(cls, settings: CampaignSettings) -> "Limits":
        return cls(settings.promise_min_minor_units, settings.promise_max_days)


def check(
    amount_minor: int, currency: str, due_date: date, owed: Owed, limits: Limits, today: date
) -> tuple[Problem, ...]:
    """Everything that stands against it; empty: take it. A rest smaller than the least amount may be promised whole."""
    found = []
    if owed.status != "open":
        found.append(Problem("debt_id", f"this debt is {owed.status}: no promise can be taken for it"))
    if owed.pending_promise:
        found.append(Problem("debt_id", "there is a pending promise for this debt: cancel it first"))
    if currency != owed.currency:
        found.append(Problem("currency", f"the debt is in {owed.currency}, not {currency}"))
    least = min(limits.min_minor, owed.balance_minor)
    if amount_minor < least:
        found.append(Problem("amount_minor", f"the least is {money.text(least, owed.currency)}"))
    if amount_minor > owed.balance_minor:
        found.append(Problem("amount_minor", f"no more is owed than {money.text(owed.balance_minor, owed.currency)}"))
    last = today + timedelta(days=limits.max_days)
    if due_date < today:
        found.append(Problem("due_date", f"the date is past; the earliest is today, {today.isoformat()}"))
    if due_date > last:
        found.append(Problem("due_date", f"too far away: at most {limits.max_days} days, until {last.isoformat()}"))
    return tuple(found)
