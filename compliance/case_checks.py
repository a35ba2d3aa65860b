"""What a contact case must say beside the shape of its fields: an answer to a typing error would be a guess."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import phonenumbers
from phonenumbers import ValidationResult

from compliance.facts import Address, ContactPoint, HistoryEvent, IntendedContact, Request
from compliance.timezones import TZDB_VERSION, is_zone, parse_number


class CaseError(ValueError):
    """A line that is not a case; the message says where and how to mend it."""


def is_e164(number: str) -> bool:
    """Digits after a plus, of a country code and a length that the numbering plans know."""
    if not (number[:1] == "+" and number[1:].isascii() and number[1:].isdigit()):
        return False
    parsed = parse_number(number)
    possible = None if parsed is None else phonenumbers.is_possible_number_with_reason(parsed)
    return bool(possible == ValidationResult.IS_POSSIBLE)


def check_address(kind: str, address: str, where: str) -> None:
    """CaseError for a telephone number or an e-mail address that nobody could be reached at."""
    if kind != "email":
        if not is_e164(address):
            raise CaseError(f"{where}: the number is unknown; write it as E.164 with its country code")
    elif not all(address.partition("@")) or address.count("@") != 1:
        raise CaseError(f"{where}: the address is not an e-mail address; write it like pat@example.com")


def check_zones(addresses: Iterable[Address]) -> None:
    for index, address in enumerate(addresses):
        if address.timezone and not is_zone(address.timezone):
            raise CaseError(
                f"addresses[{index}]: time zone {address.timezone!r} is not in the database {TZDB_VERSION}; "
                "write it like America/New_York"
            )


def check_points(points: Iterable[ContactPoint], history: Iterable[HistoryEvent], requests: Iterable[Request]) -> None:
    """Each id once, and events only at known points (a wrong number may be struck off already)."""
    known: set[str | None] = set()
    for point in points:
        if point.id in known:
            raise CaseError(f"contact point {point.id} is there twice; give each its own id")
        known.add(point.id)
    known.update(request.contact_point for request in requests)
    for index, event in enumerate(history):
        if event.contact_point not in known:
            raise CaseError(
                f"history[{index}]: contact point {event.contact_point} is not among the debtor's contact points"
            )


def check_requests(requests: Iterable[Request]) -> None:
    """A request without what it is about would close nothing, and nobody would see it."""
    needs = {
        "inconvenient_time": ("deny", "the refused times"),
        "inconvenient_place": ("place", "home or work"),
        "wrong_number": ("contact_point", "its id"),
        "third_party_reported": ("contact_point", "its id"),
    }
    for index, request in enumerate(requests):
        field, what = needs.get(request.kind, ("kind", ""))
        if not getattr(request, field):
            raise CaseError(f"requests[{index}]: {request.kind} has no details.{field}; add {what}")


def check_debts(contact: IntendedContact, debts: Collection[str]) -> None:
    """History may name a debt that is paid; what is collected now must be in collection."""
    for debt in contact.debts:
        if debts and debt not in debts:
            raise CaseError(f"contact: debt {debt} is not among the case's debts ({', '.join(debts)})")
