"""When a person's direct consent to further calls lifts frequency limits: 12 CFR 1006.14(b)(3)(i).

It lifts limits of frequency only, never of time, place or medium (comment 14(b)(3)(i)-1).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from compliance.facts import CONVERSATION, Request
from compliance.localtime import Wall, local_date, start_of_date
from compliance.situation import DebtKey, Situation

_DAYS = 7  # "a period no longer than seven consecutive days", the date of receipt being the first


def covered(s: Situation, key: DebtKey, here: Wall, days: int = _DAYS) -> bool:
    """Whether a call about this debt at this wall is (or was) placed under consent, which covers so many dates.

    The person's consent is to calls to that person: it lifts nothing for somebody else.
    """
    if not s.requests or s.third_party:
        return False
    return any(_covers(s, consent, key, here, days) for consent in s.requested("callback_consent"))


def lifted(s: Situation, here: Wall, days: int = _DAYS) -> bool:
    """Whether the call is under consent for every debt it is about."""
    return bool(s.requests) and all(covered(s, key, here, days) for key in s.debts)


def consent_starts(s: Situation, here: Wall, until: datetime) -> datetime:
    """The earlier of `until` and the start of a named date for which consent is known already."""
    if not s.requests or s.third_party:
        return until
    days = [request.on_date for request in s.requested("callback_consent") if request.on_date]
    starts = [start_of_date(here.zone, day) for day in days]
    return min([until, *(start for start in starts if start > here.at)])


def _covers(s: Situation, consent: Request, key: DebtKey, here: Wall, days: int) -> bool:
    if consent.at > here.at or not key.meets(consent.debts):
        return False
    if here.day >= local_date(here.zone, consent.at) + timedelta(days=days):
        return False
    if consent.on_date is not None and here.day != consent.on_date:
        return False
    if _expired(consent, here):
        return False
    if any(
        consent.at < request.at <= here.at and key.meets(request.debts)
        for request in s.requested("callback_consent_revoked")
    ):
        return False
    # A later conversation about the debt ends it; the one in which it was given began before (comment 14(b)(3)(i)-2).
    return not any(
        consent.at < event.at < here.at and event.mask & CONVERSATION and key.meets(event.debts) for event in s.events
    )


def _expired(consent: Request, here: Wall) -> bool:
    if isinstance(consent.expires, datetime):
        return here.at >= consent.expires
    return consent.expires is not None and here.day > consent.expires
