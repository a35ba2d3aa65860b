"""Reads one contact case of the JSON-lines form (docs: compliance test cases) into facts; refuses what is unclear."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from compliance.case_checks import CaseError, check_address, check_debts, check_points, check_requests, check_zones
from compliance.facts import (
    Address,
    Channel,
    Consent,
    ContactPoint,
    Debt,
    Debtor,
    Facts,
    FactsError,
    HistoryEvent,
    IntendedContact,
    NumberCheck,
    OptOut,
    Origin,
    Outcome,
    PointKind,
    RefusedTime,
    Request,
    RequestKind,
)
from compliance.rulebooks.model import WEEKDAYS, seconds_of
from compliance.rulebooks.spec import SWITCHES
from compliance.shape_words import CLOCK, in_words

_UTC_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
FIRST_YEAR, LAST_YEAR = 1970, 2199
LAST_DAY = date(LAST_YEAR, 12, 31)
Instant = str
ClockTime = Annotated[str, Meta(pattern=CLOCK)]


class ConsentRow(Struct):
    channel: Channel
    at: Instant
    by: Literal["written", "oral", "used_with_collector"]
    expires: Instant | None = None


class OptOutRow(Struct):
    channel: Channel
    at: Instant
    debts: tuple[str, ...] | None = None


class CheckRow(Struct):
    kind: str
    at: Instant
    result: str


class PointRow(Struct):
    id: str
    kind: PointKind
    address: str
    consent: tuple[ConsentRow, ...] = ()
    opted_out: tuple[OptOutRow, ...] = ()
    party: Literal["consumer", "third_party"] = "consumer"
    person: str | None = None
    number_checks: tuple[CheckRow, ...] = ()


class DenyRow(Struct):
    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    start: ClockTime | None = msgspec.field(default=None, name="from")
    end: ClockTime | None = msgspec.field(default=None, name="to")


class DetailsRow(Struct):
    deny: tuple[DenyRow, ...] = ()
    until: str | None = None
    place: Literal["home", "work"] | None = None
    form: Literal["written", "electronic", "oral"] | None = None
    debts: tuple[str, ...] | None = None
    name: str | None = None
    within_validation_period: bool | None = None
    verified_at: Instant | None = None
    on_date: str | None = None
    expires: str | None = None
    contact_point: str | None = None


class RequestRow(Struct):
    at: Instant
    kind: RequestKind
    details: DetailsRow | None = None


class DebtorRow(Struct):
    contact_points: tuple[PointRow, ...]
    addresses: tuple[Address, ...] = ()
    requests: tuple[RequestRow, ...] = ()


class EventRow(Struct):
    at: Instant
    direction: Literal["out", "in"]
    channel: Channel
    contact_point: str
    outcome: Outcome
    debts: tuple[str, ...] = ()
    call_counted_for: tuple[str, ...] | None = None


class ContactRow(Struct):
    at: Instant
    channel: Channel
    contact_point: str
    debts: tuple[str, ...]
    origin: Origin
    purpose: Literal["collection", "location"] = "collection"


class DebtRow(Struct):
    type: str | None = None
    account_at_placement: str | None = None


class CaseRow(Struct):
    id: str
    debtor: DebtorRow
    contact: ContactRow
    rulebooks: tuple[str, ...] | None = None
    debts: tuple[str, ...] = ()
    debt_details: dict[str, DebtRow] | None = None
    history: tuple[EventRow, ...] = ()


def facts_of_case(data: dict[str, Any]) -> Facts:
    """The facts of one case; nothing is listed or held, every channel is on. CaseError for what cannot be read."""
    try:
        row = msgspec.convert(data, CaseRow)
    except msgspec.ValidationError as error:
        raise CaseError(in_words(error, CaseRow)) from None
    details = row.debt_details or {}
    names = dict.fromkeys((*row.debts, *details))
    try:
        facts = Facts(
            debtor=Debtor(
                points=tuple(_point(point) for point in row.debtor.contact_points),
                addresses=row.debtor.addresses,
                requests=tuple(_request(request) for request in row.debtor.requests),
            ),
            debts=tuple(
                Debt(name, details[name].type, details[name].account_at_placement) if name in details else Debt(name)
                for name in names
            ),
            contact=_contact(row.contact),
            history=tuple(_event(event, index) for index, event in enumerate(row.history)),
            rulebooks=row.rulebooks,
            switches=SWITCHES,
            dnc_listed=(),
            holds=(),
        )
    except FactsError as error:
        raise CaseError(str(error)) from None
    debtor = facts.debtor
    check_zones(debtor.addresses)
    check_points(debtor.points, facts.history or (), debtor.requests)
    check_requests(debtor.requests)
    check_debts(facts.contact, names)
    return facts


def _point(row: PointRow) -> ContactPoint:
    where = f"contact point {row.id}"
    check_address(row.kind, row.address, where)
    return ContactPoint(
        id=row.id,
        kind=row.kind,
        address=row.address,
        consents=tuple(
            Consent(consent.channel, instant(consent.at, where), consent.by, _maybe(consent.expires, where))
            for consent in row.consent
        ),
        opt_outs=tuple(OptOut(out.channel, instant(out.at, where), out.debts or ()) for out in row.opted_out),
        party=row.party,
        person=row.person,
        number_checks=tuple(
            NumberCheck(check.kind, instant(check.at, where), check.result) for check in row.number_checks
        ),
    )


def _request(row: RequestRow) -> Request:
    details, where = row.details or DetailsRow(), f"request {row.kind}"
    return Request(
        at=instant(row.at, where),
        kind=row.kind,
        debts=details.debts or (),
        deny=tuple(_refused(deny) for deny in details.deny),
        until=_day(details.until, where),
        place=details.place,
        form=details.form,
        within_validation_period=details.within_validation_period,
        verified_at=_maybe(details.verified_at, where),
        on_date=_day(details.on_date, where),
        expires=_day_or_instant(details.expires, where),
        contact_point=details.contact_point,
        name=details.name,
    )


def _refused(row: DenyRow) -> RefusedTime:
    start = seconds_of(row.start) if row.start else 0
    end = seconds_of(row.end) if row.end else 86400
    weekdays = frozenset(WEEKDAYS.index(day) for day in row.weekdays)
    return RefusedTime(weekdays, start, end if end > start else end + 86400)


def _event(row: EventRow, index: int) -> HistoryEvent:
    at = instant(row.at, f"history[{index}]")
    return HistoryEvent(at, row.direction, row.channel, row.contact_point, row.outcome, row.debts, row.call_counted_for)


def _contact(row: ContactRow) -> IntendedContact:
    return IntendedContact(
        instant(row.at, "contact"), row.channel, row.contact_point, row.debts, row.origin, row.purpose
    )


def instant(text: str, where: str) -> datetime:
    """An aware UTC time; CaseError for a naive one or one of another offset."""
    if not _UTC_TIME.match(text):
        raise CaseError(f"{where}: {text!r} is not a UTC time; write it like 2026-07-01T12:00:00Z")
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise CaseError(f"{where}: {text!r} is not a time that exists") from None
    _within(found.year, text, where)
    return found


def _within(year: int, text: str, where: str) -> None:
    """Calendars and clocks are known for some centuries only, and sums of dates must not leave them."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CaseError(f"{where}: {text} is not between {FIRST_YEAR} and {LAST_YEAR}; mend the year")


def _maybe(text: str | None, where: str) -> datetime | None:
    """The end of something; one that is written as for ever (9999-12-31) is far enough away as LAST_DAY."""
    if text is not None and _UTC_TIME.match(text) and text[:4] > str(LAST_YEAR):
        return datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
    return None if text is None else instant(text, where)


def _day(text: str | None, where: str) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise CaseError(f"{where}: {text!r} is not a date; write it like 2026-07-01") from None
    _within(min(found.year, LAST_YEAR), text, where)
    return min(found, LAST_DAY)


def _day_or_instant(text: str | None, where: str) -> datetime | date | None:
    return _day(text, where) if text is None or _DATE.match(text) else instant(text, where)
