"""How often: caps on calls, conversations and contacts, cool-offs, one channel a week, and redial after abandonment.

Periods are whole local dates that end with the date of the contact, never multiples of 24 hours (README, convention 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from compliance.callback_consent import consent_starts, covered, lifted
from compliance.facts import CALL, CONVERSATION, HistoryEvent
from compliance.localtime import Wall, local_date, spoken, start_of_date, wall
from compliance.rulebooks.model import TRIGGERS, Version
from compliance.rulebooks.spec import CapSpec, CooloffSpec
from compliance.situation import ANY_DEBT, DebtKey, Finding, Situation, book_reason, creditor_keys, debt_keys
from compliance.verdict import Tally

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_NOUNS = {
    "calls_placed": "call",
    "conversations": "conversation",
    "contacts": "contact",
    "phone_communications": "communication by phone",
    "e_messages": "electronic message",
}
BY_MACHINE = ("dialer", "announcement")
_TRIGGERS = {"conversation": "conversation", "contact": "contact", "call_placed": "call", "message": "message"}
_PERSON = (ANY_DEBT,)
_DEBTS, _CALL_DEBTS = attrgetter("debts"), attrgetter("call_debts")


def frequency_findings(s: Situation, version: Version, here: Wall, tallies: list[Tally]) -> list[Finding]:
    """All frequency rules of one rulebook on one wall; the use of each cap is added to `tallies`."""
    found: list[Finding] = []
    channel = s.contact.channel
    for cap, mask in version.caps[channel]:
        if cap.points == "any" or (s.point.kind == "work") == (cap.points == "work"):
            _cap(s, version, cap, mask, here, found, tallies)
    for cooloff in version.cooloffs[channel]:
        _cooloff(s, version, cooloff, here, found)
    if version.direct_contact is not None:
        _direct_contact(s, version, here, found)
    return found


def redial_findings(s: Situation, version: Version, at: datetime) -> list[Finding]:
    """No repeat call by machine to the same number for real hours after an abandoned or machine-detected call."""
    found: list[Finding] = []
    if not version.redial_hours or s.contact.origin not in BY_MACHINE or s.contact.channel != "voice":
        return found
    same = {point.id for point in s.facts.debtor.points if point.address == s.point.address}
    for event in s.facts.history or ():
        rule = version.redial_hours.get(event.outcome)
        if rule is None or event.at > s.contact.at or event.contact_point not in same:
            continue
        hours, source = rule
        free = event.at + timedelta(hours=hours)
        if at < free:
            text = (
                f"the call to this number at {event.at.astimezone(UTC):%Y-%m-%d %H:%M}Z was {event.outcome}, "
                f"and {version.book} wants {hours} hours before a machine calls again"
            )
            reason = book_reason(version, "abandonment", f"{version.book}.redial-{event.outcome}", source, text)
            found.append(Finding(reason, free))
    return found


def period_start(period: str, days: int, day: date) -> date:
    """The first date of the period (as CapSpec names it) of a contact on this date."""
    if period == "calendar_day":
        return day
    if period == "calendar_week":
        return day - timedelta(days=day.weekday())
    if period == "calendar_month":
        return day.replace(day=1)
    return day - timedelta(days=days - 1)


def period_leaves(period: str, days: int, day: date) -> date:
    """The first date of a contact whose period no longer holds this date."""
    if period == "calendar_day":
        return day + timedelta(days=1)
    if period == "calendar_week":
        return day - timedelta(days=day.weekday()) + timedelta(days=7)
    if period == "calendar_month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=days)


@lru_cache(maxsize=65536)
def _period(zone: str, day: date, period: str, days: int) -> tuple[date, datetime]:
    since = period_start(period, days, day)
    return since, start_of_date(zone, since)


@lru_cache(maxsize=65536)
def _leaves(zone: str, day: date, period: str, days: int) -> datetime:
    return start_of_date(zone, period_leaves(period, days, day))


def _cap(
    s: Situation, version: Version, cap: CapSpec, mask: int, here: Wall, found: list[Finding], tallies: list[Tally]
) -> None:
    since, start = _period(here.zone, here.day, cap.period, cap.days)
    recent = s.events_since(start)
    if cap.points != "any":
        work = [point.id for point in s.facts.debtor.points if point.kind == "work"]
        if work or cap.points == "work":
            recent = [event for event in recent if (event.contact_point in work) == (cap.points == "work")]
    if cap.per == "number":
        same = {point.id for point in s.facts.debtor.points if point.address == s.point.address}
        recent = [event for event in recent if event.contact_point in same]
    # Consent is to further calls: it lifts no limit on messages.
    may_lift = cap.lifted_by_consent and bool(s.requests)
    lifts = may_lift and s.contact.channel == "voice"
    for key in s.debts if cap.per == "debt" else _keys(s, cap.per):
        if lifts and (
            covered(s, key, here, cap.consent_days) if cap.per == "debt" else lifted(s, here, cap.consent_days)
        ):
            continue
        counted = _counted(recent, key, mask)
        if counted and may_lift:
            counted = _without_consented(s, cap, key, counted, here.zone)
        nth = len(counted) + 1
        tallies.append(Tally(cap.id, nth, cap.max, since))
        if nth > cap.max:
            until = _rolls_off(cap, counted, here)
            found.append(_over(s, version, cap, key, nth, since, until, here))


def _keys(s: Situation, per: str) -> tuple[DebtKey, ...]:
    if per == "debt":
        return s.debts
    return creditor_keys(s) if per == "creditor" else _PERSON


def _counted(recent: Sequence[HistoryEvent], key: DebtKey, mask: int) -> list[HistoryEvent]:
    ids = key.ids
    if ids is None:
        return [event for event in recent if event.mask & mask]
    if len(ids) > 1:
        of = _CALL_DEBTS if mask & CALL else _DEBTS
        return [event for event in recent if event.mask & mask and (not (of(event)) or not ids.isdisjoint(of(event)))]
    # the usual case, and where a verdict spends its time
    (one,) = ids
    if mask & CALL:
        return [event for event in recent if event.mask & mask and (one in (named := event.call_debts) or not named)]
    return [event for event in recent if event.mask & mask and (one in (named := event.debts) or not named)]


def _without_consented(
    s: Situation, cap: CapSpec, key: DebtKey, events: list[HistoryEvent], zone: str
) -> list[HistoryEvent]:
    """Calls placed under consent do not count; in a cap per person, under consent for all that they were about."""
    counted = []
    for event in events:
        keys = (key,) if cap.per == "debt" else debt_keys(s.facts, event.debts)
        there = wall(zone, event.at)
        if not (event.mask & CALL and all(covered(s, one, there, cap.consent_days) for one in keys)):
            counted.append(event)
    return counted


def _rolls_off(cap: CapSpec, counted: list[HistoryEvent], here: Wall) -> datetime:
    """When so many events have left the period that one more fits."""
    last_in_the_way = counted[len(counted) - cap.max]
    return _leaves(here.zone, local_date(here.zone, last_in_the_way.at), cap.period, cap.days)


def _over(
    s: Situation, version: Version, cap: CapSpec, key: DebtKey, nth: int, since: date, until: datetime, here: Wall
) -> Finding:
    noun = cap_noun(cap)
    about = _about(key, cap.per)
    text = f"{ordinal(nth)} {noun}{about} since {spoken(since)}, limit {cap.max} ({version.book}, {here.zone})"
    if cap.lifted_by_consent:
        until = consent_starts(s, here, until)
    debt = key.debt if cap.per == "debt" else ""
    return Finding(book_reason(version, cap.reason, cap.id, cap.source, text, debt), until)


def _about(key: DebtKey, per: str) -> str:
    """A creditor is not named: its key is our own number."""
    return f" about {key.name}" if per == "debt" else " about the same creditor's debts" if per == "creditor" else ""


def _cooloff(s: Situation, version: Version, rule: CooloffSpec, here: Wall, found: list[Finding]) -> None:
    _, start = _period(here.zone, here.day, "dates", rule.dates)
    recent = s.events_since(start)
    if not recent:
        return
    lifts = rule.lifted_by_consent and bool(s.requests) and s.contact.channel == "voice"
    for key in _keys(s, rule.per):
        if lifts and covered(s, key, here, rule.consent_days):
            continue
        talks = _counted(recent, key, TRIGGERS[rule.trigger])
        if talks:
            day = local_date(here.zone, talks[-1].at)
            until = start_of_date(here.zone, day + timedelta(days=rule.dates))
            if rule.lifted_by_consent:
                until = consent_starts(s, here, until)
            text = (
                f"day {(here.day - day).days + 1} of {rule.dates} after the {_TRIGGERS[rule.trigger]} of {spoken(day)}"
                f"{_about(key, rule.per)} ({version.book}, {here.zone})"
            )
            debt = key.debt if rule.per == "debt" else ""
            found.append(Finding(book_reason(version, rule.reason, rule.id, rule.source, text, debt), until))


def _direct_contact(s: Situation, version: Version, here: Wall, found: list[Finding]) -> None:
    rule = version.direct_contact
    if rule is None:
        return
    _, start = _period(here.zone, here.day, "dates", rule.one_channel_days)
    recent = s.events_since(start)
    talks = [event for event in recent if event.outcome == "conversation" or event.mask & CONVERSATION]
    if not talks:
        return
    if local_date(here.zone, talks[-1].at) == here.day:
        text = f"there was a direct contact on {spoken(here.day)} already, limit 1 a date ({version.book})"
        reason = book_reason(version, "frequency.contacts", f"{version.book}.one-a-date", rule.source, text)
        found.append(Finding(reason, start_of_date(here.zone, here.day + timedelta(days=1))))
    others = [event for event in talks if event.channel != s.contact.channel]
    if others:
        day = local_date(here.zone, others[-1].at)
        text = (
            f"after the {others[-1].channel} contact of {spoken(day)} only that channel for "
            f"{rule.one_channel_days} dates ({version.book})"
        )
        reason = book_reason(version, "channel", f"{version.book}.one-channel", rule.source, text)
        found.append(Finding(reason, start_of_date(here.zone, day + timedelta(days=rule.one_channel_days))))


def cap_noun(cap: CapSpec) -> str:
    return _NOUNS[cap.counts]


def ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else _ORDINALS.get(number % 10, "th")
    return f"{number}{suffix}"
