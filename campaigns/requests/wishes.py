"""What a wish of a person must say, how long it binds and whether it takes the person out of the queues. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from campaigns.problems import Problem, Refused
from campaigns.queue.model import DISPUTE, HARDSHIP

UNCLEAR_REPLY = "unclear_reply"  # perhaps a STOP: nothing goes out until somebody has read it
# the gate reads these words (compliance.facts.RequestKind and HoldKind); an unknown one would refuse every contact
KINDS = frozenset(
    {
        "inconvenient_time", "inconvenient_place", "stop_calling", "cease_all", "refuses_to_pay", "attorney",
        "dispute", "callback_consent", "callback_consent_revoked", "wrong_number", "third_party_reported",
        "hardship", "deceased", "bankruptcy", "breathing_space", "legal", UNCLEAR_REPLY,
    }
)  # fmt: skip
# which of them take the person out of every queue, and under which word; hardship tightens and does not stop
SUSPENDS = {
    "stop_calling": "no_more_calls", "cease_all": "cease", "refuses_to_pay": "refuses", "attorney": "attorney",
    "dispute": DISPUTE, "bankruptcy": "bankruptcy", "breathing_space": "breathing_space", "legal": "legal",
    "deceased": "deceased", UNCLEAR_REPLY: UNCLEAR_REPLY,
}  # fmt: skip
RESUMES = {**SUSPENDS, "hardship": HARDSHIP}
"""Rows held under these words go on when the last wish of the kind ends; hardship held rows in older versions."""
REVIEW_AFTER_DAYS = {"hardship": 90, "dispute": 30, "bankruptcy": 180, "legal": 90}
BREATHING_SPACE = timedelta(days=60)  # Debt Respite Scheme (England and Wales) 2020; REPORT 1a, from memory
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")
_FORMS = ("written", "electronic", "oral")


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked wish. `suspends`: the word under which the queues hold the person; None: it does not stop contact."""

    kind: str
    details: Mapping[str, Any]
    ends_at: datetime | None
    review_on: date | None
    suspends: str | None


def check_wish(
    kind: str,
    details: Mapping[str, Any],
    at: datetime,
    *,
    ends_at: datetime | None = None,
    review_on: date | None = None,
) -> Wish:
    """The wish as it is stored; Refused with everything that is wrong. `at`: when it was received, aware UTC."""
    if kind not in KINDS:
        raise Refused(Problem("kind", f"{kind!r} is no kind of request; known are {', '.join(sorted(KINDS))}"))
    problems = _CHECKS[kind](details) if kind in _CHECKS else []
    if ends_at is None and kind == "breathing_space":
        ends_at = at + BREATHING_SPACE
    if ends_at is not None and ends_at <= at:
        problems.append(Problem("ends_at", "it would end before it began: give a later instant"))
    if review_on is not None and review_on < at.date():
        problems.append(Problem("review_on", "the review would be before the wish: give a later date"))
    if problems:
        raise Refused(*problems)
    if review_on is None and ends_at is None and kind in REVIEW_AFTER_DAYS:
        review_on = at.date() + timedelta(days=REVIEW_AFTER_DAYS[kind])
    return Wish(kind, dict(details), ends_at, review_on, _suspends(kind, details))


def _suspends(kind: str, details: Mapping[str, Any]) -> str | None:
    """Spoken words do not bind as written ones do (12 CFR 1006.6(c)(1), 1006.38(d)(2)); the gate flags them."""
    if kind in ("cease_all", "refuses_to_pay", "dispute") and details.get("form") == "oral":
        return None
    if kind == "dispute" and details.get("form") and details.get("within_validation_period") is False:
        return None
    return SUSPENDS.get(kind)


def _times(details: Mapping[str, Any]) -> list[Problem]:
    rows = details.get("deny")
    if not isinstance(rows, list | tuple) or not rows:
        return [Problem("deny", "say which times: at least one row of weekdays, from and to")]
    found = []
    for number, row in enumerate(rows):
        days = row.get("weekdays") if isinstance(row, Mapping) else None
        if not isinstance(days, list | tuple) or not days or any(day not in WEEKDAYS for day in days):
            found.append(Problem(f"deny.{number}.weekdays", f"name the weekdays: {', '.join(WEEKDAYS)}"))
            continue
        clocks = {name: row.get(name) for name in ("from", "to")}
        wrong = [name for name, clock in clocks.items() if clock is not None and not _CLOCK.match(str(clock))]
        found += [Problem(f"deny.{number}.{name}", "write a local time like 17:30") for name in wrong]
        if not wrong and clocks["from"] is not None and clocks["from"] == clocks["to"]:
            found.append(Problem(f"deny.{number}.to", "the time is empty: from and to are the same"))
    return found + _day(details, "until")


def _place(details: Mapping[str, Any]) -> list[Problem]:
    if details.get("place") in ("home", "work"):
        return []
    return [Problem("place", "the place is home or work")]


def _form(details: Mapping[str, Any]) -> list[Problem]:
    if details.get("form") in _FORMS:
        return []
    return [Problem("form", f"say how it came: {', '.join(_FORMS)}")]


def _dispute(details: Mapping[str, Any]) -> list[Problem]:
    found = _form(details) if "form" in details else []
    if details.get("within_validation_period") not in (None, True, False):
        found.append(Problem("within_validation_period", "say true or false"))
    return found + _instant(details, "verified_at")


def _point(details: Mapping[str, Any]) -> list[Problem]:
    if isinstance(details.get("contact_point"), int | str) and str(details["contact_point"]).isdigit():
        return []
    return [Problem("contact_point", "say which number or address, by its id")]


def _day(details: Mapping[str, Any], name: str) -> list[Problem]:
    value = details.get(name)
    try:
        if value is not None:
            date.fromisoformat(str(value))
    except ValueError:
        return [Problem(name, "write a date like 2026-03-31")]
    return []


def _instant(details: Mapping[str, Any], name: str) -> list[Problem]:
    value = details.get(name)
    try:
        if value is not None and datetime.fromisoformat(str(value)).astimezone(UTC) and "T" not in str(value):
            raise ValueError
    except ValueError:
        return [Problem(name, "write an instant like 2026-03-31T15:00:00+00:00")]
    return []


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], list[Problem]]] = {
    "inconvenient_time": _times,
    "inconvenient_place": _place,
    "cease_all": _form,
    "refuses_to_pay": _form,
    "dispute": _dispute,
    "wrong_number": _point,
    "third_party_reported": _point,
}
