"""Gives an import what it may not import itself: numbers by telephony, zones and rulebooks by compliance.

A million rows have two million numbers, and the exact answer for one takes 0.3 ms. Numbers that differ only in digits
without meaning (compliance.number_patterns) are asked about once.
"""

import string
from typing import NamedTuple

import phonenumbers

from campaigns.imports.model import Hours, Phone, Place
from compliance.facts import Address
from compliance.number_patterns import calling_code_of, free_digits, meaningless_digits
from compliance.places import postal_code_tells
from compliance.rulebooks.choice import choose_rulebooks, country_of_number
from compliance.timezones import candidate_zones, zones_of_number
from telephony.number import E164, LineKind, parse

KINDS = {
    LineKind.MOBILE: "mobile",
    LineKind.MOBILE_OR_LANDLINE: "mobile",  # the rules for mobiles are the stricter ones
    LineKind.TOLLFREE: "tollfree",
}
_PLAIN = str.maketrans("", "", " -().")
_DIGITS = frozenset(string.digits)
LARGEST_CACHE = 300_000


class _Alike(NamedTuple):
    """What numbers that begin alike have in common. `start` is E.164 up to the digits without meaning."""

    start: str
    kind: str


class ImportParts:
    """See campaigns.imports.model.Parts."""

    def __init__(self) -> None:
        self._alike: dict[tuple[str, str, int], _Alike] = {}
        self._examples: dict[tuple[str, int], str] = {}
        self._first: dict[tuple[tuple[str, ...], str | None], str] = {}

    def phone(self, written: str, country: str) -> Phone | str:
        """E.164 and kind; the message of telephony.number where there is none."""
        plain = written.translate(_PLAIN)
        region = "" if plain.startswith("+") else country
        free = free_digits(plain) if not region else _free_of_national(plain, country)
        if not free:
            return _exactly(written, country)
        key = (region, plain[:-free], len(plain))
        known = self._alike.get(key)
        if known is not None:
            return Phone(known.start + plain[-free:], known.kind)
        found = _exactly(written, country)
        if isinstance(found, Phone) and found.e164[-free:] == plain[-free:] and _same_plan(found.e164, plain, country):
            if len(self._alike) >= LARGEST_CACHE:
                self._alike.clear()
            self._alike[key] = _Alike(found.e164[:-free], found.kind)
        return found

    def hours(self, places: tuple[Place, ...], phones: tuple[str, ...], own_timezone: str | None) -> Hours:
        """Numbers enter both answers only by their zones and country: one number stands for all that share them."""
        addresses = tuple(map(_address, places))
        numbers = tuple(map(self._example, phones))
        return Hours(candidate_zones(addresses, numbers, own_timezone), choose_rulebooks(addresses, numbers))

    def _example(self, number: str) -> str:
        free = free_digits(number)
        key = (number[:-free] if free else number, len(number))
        known = self._examples.get(key)
        if known is None:
            known = self._first.setdefault((zones_of_number(number), country_of_number(number)), number)
            if len(self._examples) >= LARGEST_CACHE:
                self._examples.clear()
            self._examples[key] = known
        return known


def _address(place: Place) -> Address:
    """With the postal code only where it says something of the zone: thousands of persons then share one answer."""
    says = place.timezone is None and postal_code_tells(place.country, place.region, place.postal_code)
    return Address(place.country, place.region, place.timezone, place.city, place.postal_code if says else None)


def _exactly(written: str, country: str) -> Phone | str:
    found = parse(written, country)
    return Phone(found.text, KINDS.get(found.kind, "landline")) if isinstance(found, E164) else found.message


def _free_of_national(number: str, country: str) -> int:
    if not 6 <= len(number) <= 15 or not _DIGITS.issuperset(number):
        return 0
    code = phonenumbers.country_code_for_region(country)
    # what is taken off before the national number is not known yet: the fewest over the lengths that may remain
    return min(meaningless_digits(code, len(number) - cut, "", country) for cut in range(4)) if code else 0


def _same_plan(e164: str, plain: str, country: str) -> bool:
    """Whether the number came out as it was expected to: with +, unchanged; else of the country's own calling code."""
    if plain.startswith("+"):
        return e164 == plain
    code = str(phonenumbers.country_code_for_region(country))
    taken_off = len(plain) - (len(e164) - 1 - len(code))
    return e164.startswith(f"+{code}") and calling_code_of(e164[1:]) == int(code) and 0 <= taken_off < 4


def import_parts() -> ImportParts:
    return ImportParts()
