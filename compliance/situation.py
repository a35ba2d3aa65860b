"""What of the facts stays the same whatever the instant: who is meant, what is known, what counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct

from compliance.facts import ContactPoint, Facts, HistoryEvent, IntendedContact, Request
from compliance.profiles import Profile, profiles_of
from compliance.rulebooks.choice import DEFAULT, choose_rulebooks
from compliance.rulebooks.model import Book, Rulebooks, Version
from compliance.timezones import candidate_zones
from compliance.verdict import Reason, ReasonCode

_AT = attrgetter("at")
HOUSE = "house"
DRAFT = " [draft, needs counsel]"
HOUSE_VERSION = "1"
_NO_IDS: frozenset[str] = frozenset()
NO_EVENTS: tuple[HistoryEvent, ...] = ()


class Finding(NamedTuple):
    """A reason that holds from the instant asked about up to `until`; None: nothing known ends it.

    Before `until` the same rule cannot pass; at `until` it is asked again.
    """

    reason: Reason
    until: datetime | None
    review: bool = False


class DebtKey(NamedTuple):
    """One debt of the contact with every id that is the same debt; `ids` None: no debt is known, all events count."""

    name: str
    ids: frozenset[str] | None

    @property
    def debt(self) -> str:
        """The debt that a reason names; "" for any."""
        return "" if self.ids is None else self.name

    def meets(self, debts: tuple[str, ...]) -> bool:
        return self.ids is None or not debts or not self.ids.isdisjoint(debts)


ANY_DEBT = DebtKey("any debt", None)


class Situation(Struct, frozen=True):
    """`events`: earlier events with the same person, in order; `requests`: those received by the time of contact."""

    facts: Facts
    contact: IntendedContact
    point: ContactPoint
    books: tuple[Book, ...]
    zones: tuple[str, ...]
    margin_s: int
    events: Sequence[HistoryEvent]
    requests: tuple[Request, ...]
    debts: tuple[DebtKey, ...]
    all_debts: frozenset[str]
    profiles: tuple[Profile, ...] = ()
    laws: int = 0  # so many of the books, the first ones, are the law's; the others bind besides
    since: dict[datetime, Sequence[HistoryEvent]] = {}  # what events_since() found: several rules ask for the same days

    @property
    def third_party(self) -> bool:
        return self.point.party == "third_party"

    def events_since(self, start: datetime) -> Sequence[HistoryEvent]:
        found = self.since.get(start)
        if found is None:
            events = self.events
            first = bisect_left(events, start, key=_AT)
            found = self.since[start] = events[first:] if first else events
        return found

    def about(self, debts: tuple[str, ...]) -> bool:
        """Whether something said about these debts (none: all of them) is about a debt of this contact."""
        return not debts or not self.all_debts or not self.all_debts.isdisjoint(debts)

    def requested(self, *kinds: str) -> list[Request]:
        return [request for request in self.requests if request.kind in kinds]


def situation(facts: Facts, rulebooks: Rulebooks) -> Situation:
    contact, point = facts.contact, facts.point
    requests = facts.debtor.requests
    if requests:
        requests = tuple(request for request in requests if request.at <= contact.at)
    keys = debt_keys(facts, contact.debts or tuple([debt.id for debt in facts.debts]))
    books, laws = _books(facts, rulebooks)
    # by place: names would cost a twentieth of a verdict
    return Situation(
        facts,
        contact,
        point,
        books,
        _zones(facts, point, requests),
        rulebooks.dial_stop_margin_s if contact.channel == "voice" else 0,
        _events(facts, point, requests),
        requests,
        keys,
        _union(keys) if len(keys) > 1 else keys[0].ids or _NO_IDS,
        profiles_of(facts, rulebooks, keys) if facts.holds else (),
        laws,
    )


def house_reason(code: ReasonCode, rule: str, source: str, text: str) -> Reason:
    """A reason from the person's own wishes or the house, which hold under every rulebook."""
    return Reason(code, f"{HOUSE}.{rule}", HOUSE, HOUSE_VERSION, source, text)


def book_reason(version: Version, code: ReasonCode, rule: str, source: str, text: str, debt: str = "") -> Reason:
    if rule in version.draft_rules:
        text += DRAFT
    return Reason(code, rule, version.book, version.label, source, text, debt)


def day_of(at: datetime) -> str:
    """A date in UTC for a sentence to a person."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _books(facts: Facts, rulebooks: Rulebooks) -> tuple[tuple[Book, ...], int]:
    """The law's, then those that bind besides; and how many are the law's."""
    ids = facts.rulebooks
    if ids is None:
        ids = choose_rulebooks(facts.debtor.addresses, _numbers(facts.debtor.points))
    ids = ids or (DEFAULT,)
    laws = len(ids)
    if facts.also:
        ids += tuple([book_id for book_id in dict.fromkeys(facts.also) if book_id not in ids])
    return tuple([rulebooks.get(book_id) for book_id in ids]), laws


def _zones(facts: Facts, point: ContactPoint, requests: tuple[Request, ...]) -> tuple[str, ...]:
    debtor = facts.debtor
    if point.party == "third_party":
        return candidate_zones((), _numbers((point,)))
    own = [p for p in debtor.points if p.party == "consumer"]
    if requests:
        wrong = {request.contact_point for request in requests if request.kind == "wrong_number"}
        own = [p for p in own if p.id not in wrong]
    found = candidate_zones(debtor.addresses, _numbers(own), debtor.own_zone)
    # Only a wrong number is known: it says where its owner is, and why it is closed can be told.
    return found or (candidate_zones((), _numbers((point,))) if point not in own else ())


def _numbers(points: Sequence[ContactPoint]) -> tuple[str, ...]:
    return tuple([point.address for point in points if point.kind not in ("email", "tollfree")])


def _events(facts: Facts, point: ContactPoint, requests: tuple[Request, ...]) -> Sequence[HistoryEvent]:
    events: Sequence[HistoryEvent] = facts.history or NO_EVENTS
    if events and events[-1].at > facts.contact.at:
        events = [event for event in events if event.at <= facts.contact.at]
    if point.party == "third_party":
        theirs = {p.id for p in facts.debtor.points if p.party == "third_party" and person_of(p) == person_of(point)}
        return [event for event in events if event.contact_point in theirs]
    others = [p.id for p in facts.debtor.points if p.party == "third_party"]
    if requests:
        # Calls to a number later found not to be the person's: comment 14(b)(2)(i)-3.
        others += [request.contact_point or "" for request in requests if request.kind == "wrong_number"]
    return [event for event in events if event.contact_point not in others] if others else events


def person_of(point: ContactPoint) -> str:
    return point.person or point.id


def debt_keys(facts: Facts, ids: tuple[str, ...]) -> tuple[DebtKey, ...]:
    """The distinct debts among these ids; where none is named, one key that every debt meets."""
    if not ids:
        return (ANY_DEBT,)
    loans = [debt for debt in facts.debts if debt.type == "student_loan"]
    if not loans:
        return tuple([_plain_key(name) for name in ids])
    accounts = {debt.id: debt.account_at_placement for debt in loans}
    # Student loans serviced under one account number at placement are one debt: 12 CFR 1006.14(b)(4).
    keys = {}
    for name in ids:
        account = accounts.get(name)
        same = {other for other, theirs in accounts.items() if account and theirs == account} | {name}
        keys[frozenset(same)] = DebtKey(name, frozenset(same))
    return tuple(keys.values())


def creditor_keys(s: Situation) -> tuple[DebtKey, ...]:
    """One key for each creditor of the contact's debts, met by all its debts; unknown: all events count.

    A debt of the history that is no longer known (it is paid) may be any creditor's.
    """
    creditors = {debt.id: debt.creditor for debt in s.facts.debts}
    gone = {debt for event in s.events for debt in (*event.debts, *event.call_debts) if debt not in creditors}
    named = {creditors.get(debt) for debt in s.all_debts}
    if not named or None in named:
        return (ANY_DEBT,)
    return tuple(
        DebtKey(str(creditor), frozenset(gone.union(debt for debt, theirs in creditors.items() if theirs == creditor)))
        for creditor in sorted(named, key=str)
    )


@lru_cache(maxsize=65536)
def _plain_key(name: str) -> DebtKey:
    return DebtKey(name, frozenset((name,)))


@lru_cache(maxsize=65536)
def _union(keys: tuple[DebtKey, ...]) -> frozenset[str]:
    return frozenset().union(*(key.ids for key in keys if key.ids))
