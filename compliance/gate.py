"""May this contact happen now? One pure function for every channel and every origin.

`decide` evaluates every rule, gives all reasons, and computes the first instant at which the same contact passes: each
reason says until when it holds at least, so the search jumps from one such instant to the next and asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from compliance.announcement import announcement_findings
from compliance.caps import frequency_findings, redial_findings
from compliance.consent import (
    channel_findings,
    collection_to_third_party,
    consent_findings,
    reassigned_findings,
    third_party_findings,
)
from compliance.eligibility import eligibility_findings
from compliance.facts import DIALED, UNANSWERED, Facts, HistoryEvent
from compliance.localtime import Wall, start_of_date, wall
from compliance.profiles import TIGHTENS
from compliance.requests import OPT_OUT, opt_out_findings, preference_findings, prior_request, request_findings
from compliance.rulebooks.choice import DEFAULT
from compliance.rulebooks.model import Book, Rulebooks, Version
from compliance.situation import Finding, Situation, day_of, house_reason, situation
from compliance.timezones import TZDB_VERSION
from compliance.verdict import Decision, Reason, Tally, Verdict
from compliance.windows import window_findings

_SEARCH = timedelta(days=400)
_RAPID = timedelta(minutes=5)
_CONCENTRATION = 6
_Place = tuple[Wall, tuple[Version, ...]]


def decide(facts: Facts, books: Rulebooks) -> Verdict:
    """The verdict with `retry_at`. Raises FactsError or UnknownRulebook for a question that cannot be asked."""
    return _verdict(facts, books, with_retry=True)


def judge(facts: Facts, books: Rulebooks) -> Verdict:
    """The same verdict with `retry_at` None: for who only needs to know about now."""
    return _verdict(facts, books, with_retry=False)


def _verdict(facts: Facts, books: Rulebooks, with_retry: bool) -> Verdict:
    s = situation(facts, books)
    tallies: list[Tally] = []
    places = places_of(s, s.contact.at, books)
    found = _findings(s, s.contact.at, places, tallies)
    retry_at = _first_allowed(s, found, books) if found and with_retry else None
    reasons = _reasons(found)
    decision: Decision = "allow" if not found else "review" if all([finding.review for finding in found]) else "deny"  # noqa: C419
    flags = _flags(s, places)
    names = [version.name for _, versions in places for version in versions]
    in_force = tuple(dict.fromkeys(names))
    return Verdict(decision, reasons, retry_at, flags, TZDB_VERSION, s.contact.at, in_force, s.zones, tuple(tallies))


def places_of(s: Situation, at: datetime, books: Rulebooks) -> list[_Place]:
    """Where the person may be: the wall there, and the versions in force on it."""
    return [(here, _versions(s, here, books)) for zone in s.zones for here in (wall(zone, at),)]


def _findings(s: Situation, at: datetime, places: list[_Place], tallies: list[Tally]) -> list[Finding]:
    if not places:
        text = "no time zone is known for this person: neither an address nor a number tells one"
        return [Finding(house_reason("timezone_unknown", "timezone", "12 CFR 1006.6(b)(1)(i)-2", text), None)]
    found = list(_house_findings(s, at))
    closed = any(finding.reason.rule == OPT_OUT for finding in found)
    for here, versions in places:
        if s.requests:
            found += preference_findings(s, here)
        for version in versions:
            for finding in _of_version(s, version, here, tallies, closed):
                found.append(_ending(finding, version, here))
    return found


def _of_version(s: Situation, version: Version, here: Wall, tallies: list[Tally], closed: bool) -> list[Finding]:
    found = list(window_findings(version, here, s.contact.channel, s.margin_s))
    found += frequency_findings(s, version, here, tallies)
    # An opt-out at the address is reported alone, without consent.
    if version.consent and not closed:
        found += consent_findings(s, version, here)
    if version.channels_denied:
        found += channel_findings(s, version)
    if version.eligibility:
        found += eligibility_findings(s, version)
    if s.contact.origin == "announcement":
        found += announcement_findings(s, version)
    if s.point.party == "third_party":
        found += third_party_findings(s, version)
    if version.redial_hours:
        found += redial_findings(s, version, here.at)
    return found


def _house_findings(s: Situation, at: datetime) -> Iterator[Finding]:
    """Rules under every rulebook, and facts that were not gathered: a missing fact denies."""
    if s.requests:
        yield from request_findings(s, at)
    yield from opt_out_findings(s, at)
    if s.point.party == "third_party":
        yield from collection_to_third_party(s)
    if s.point.number_checks:
        yield from reassigned_findings(s)
    facts = s.facts
    if facts.history is None:
        text = "the earlier contacts were not looked up"
        yield Finding(house_reason("frequency.contacts", "history-missing", "house rule", text), None)
    if facts.dnc_listed is None:
        text = "the do-not-contact lists were not looked up"
        yield Finding(house_reason("opt_out", "lists-missing", "house rule", text), None)
    elif facts.dnc_listed:
        text = f"on the do-not-contact lists {', '.join(facts.dnc_listed)}"
        yield Finding(house_reason("opt_out", "do-not-contact", "house rule", text), None)
    if facts.holds is None:
        text = "the holds were not looked up"
        yield Finding(house_reason("cease", "holds-missing", "house rule", text), None)
    for hold in facts.holds or ():
        if hold.kind in TIGHTENS and s.profiles:
            continue
        if hold.since <= at and (hold.until is None or at < hold.until) and s.about(hold.debts):
            text = f"hold {hold.kind} since {day_of(hold.since)}"
            yield Finding(house_reason("cease", f"hold-{hold.kind}", "house rule", text), hold.until)


def _versions(s: Situation, here: Wall, books: Rulebooks) -> tuple[Version, ...]:
    """The versions in force on the local date; where none of the law is, the product default. With the profiles."""
    found = _in_force(s.books[: s.laws], here.day) or _in_force((books.get(DEFAULT),), here.day)
    if s.laws < len(s.books):
        found += _in_force(s.books[s.laws :], here.day)
    if s.profiles:
        found += tuple([version for one in s.profiles if (version := one.at(here.at, here.day)) is not None])
    if s.point.kind == "work":
        found = tuple([version.at_work or version for version in found])
    return found


@lru_cache(maxsize=65536)
def _in_force(chosen: tuple[Book, ...], day: date) -> tuple[Version, ...]:
    return tuple([version for book in chosen if (version := book.at(day)) is not None])


def _ending(finding: Finding, version: Version, here: Wall) -> Finding:
    """A rule cannot outlive its version, nor a person's profile the hold that brought it."""
    if version.last is None and version.ends is None:
        return finding
    ends = [] if version.ends is None else [version.ends]
    if version.last is not None:
        ends.append(start_of_date(here.zone, version.last + timedelta(days=1)))
    end = min(ends)
    return finding if finding.until is not None and finding.until <= end else finding._replace(until=end)


def _first_allowed(s: Situation, found: list[Finding], books: Rulebooks) -> datetime | None:
    """Jumps from the end of what stands in the way to the next open time, and asks everything again there."""
    last = s.contact.at + _SEARCH + _longest_wait(s)
    while found:
        at = _all_over(found, last)
        while at is not None and (shut := _shut(s, at, books)):
            at = _all_over(shut, last)
        if at is None:
            return None
        found = _findings(s, at, places_of(s, at, books), [])
    return at


def _all_over(found: list[Finding], last: datetime) -> datetime | None:
    untils = [finding.until for finding in found if finding.until is not None]
    return max(untils) if len(untils) == len(found) and max(untils) <= last else None


def _shut(s: Situation, at: datetime, books: Rulebooks) -> list[Finding]:
    """Only what the clock says: windows and refused times. Cheap enough to walk over a year."""
    found = []
    for here, versions in places_of(s, at, books):
        if s.requests:
            found += preference_findings(s, here)
        for version in versions:
            shut = window_findings(version, here, s.contact.channel, s.margin_s)
            found += [_ending(finding, version, here) for finding in shut]
    return found


def _longest_wait(s: Situation) -> timedelta:
    """How far away the end of a dated request or hold lies."""
    here = s.contact.at
    waits = [request.until - here.date() for request in s.requests if request.until is not None]
    waits += [request.verified_at - here for request in s.requests if request.verified_at is not None]
    waits += [hold.until - here for hold in s.facts.holds or () if hold.until is not None]
    return max([timedelta(0), *waits])


def _reasons(found: list[Finding]) -> tuple[Reason, ...]:
    """One reason for each rule: of the same rule in several zones, the one that holds longest."""
    if len(found) < 2:
        return tuple([finding.reason for finding in found])
    longest: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.reason.rule, finding.reason.code)
        other = longest.get(key)
        if other is None or (other.until is not None and (finding.until is None or finding.until > other.until)):
            longest[key] = finding
    return tuple([finding.reason for finding in longest.values()])


def _flags(s: Situation, places: list[_Place]) -> tuple[str, ...]:
    """Circumstances that may rebut a presumption of compliance: comment 14(b)(2)(i)-2."""
    flags = []
    if s.contact.channel == "voice" and s.events:
        began = [start_of_date(here.zone, here.day) for here, _ in places]
        rapid = s.contact.at - _RAPID
        calls = _dialed_since(s, min([rapid, *began]))
        if calls and calls[-1].at >= rapid and any(event.mask & UNANSWERED and event.at >= rapid for event in calls):
            flags.append("rapid")
        if len(calls) + 1 >= _CONCENTRATION and any(
            sum([event.at >= start for event in calls]) + 1 >= _CONCENTRATION for start in began
        ):
            flags.append("concentration")
    if prior_request(s):
        flags.append("prior_request")
    return tuple(flags)


def _dialed_since(s: Situation, start: datetime) -> list[HistoryEvent]:
    """Calls to this number since then, whatever became of them."""
    recent = s.events_since(start)
    if not recent:
        return []
    address = s.point.address
    same = [point.id for point in s.facts.debtor.points if point.address == address]
    return [event for event in recent if event.mask & DIALED and event.contact_point in same]
