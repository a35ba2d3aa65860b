"""Where a person may be: the candidate time zones from numbers, addresses and the person's own word."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from zoneinfo import available_timezones

import phonenumbers
import tzdata  # type: ignore[import-untyped]
from msgspec import Struct, convert
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, timezone as number_zones

from compliance.facts import Address
from compliance.number_patterns import stand_in
from compliance.places import unplaced, zones_of_place

TZDB_VERSION: str = tzdata.IANA_VERSION
UNKNOWN: tuple[str, ...] = ()
_LINES = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_PLACELESS = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.UNKNOWN})


class ZoneRow(Struct, forbid_unknown_fields=True):
    codes: tuple[str, ...]
    zones: tuple[str, ...]
    source: str
    draft: bool = False


@lru_cache(maxsize=65536)
def candidate_zones(
    addresses: tuple[Address, ...], numbers: tuple[str, ...], own_word: str | None = None
) -> tuple[str, ...]:
    """All zones in which the person may be; the contact must fit in each. Empty: unknown.

    `numbers` are E.164. A zone name that the database lacks makes the whole answer unknown, never a guess. So does a
    military address, unless a number of another country says where the person serves: a soldier's number from home
    goes along and tells of no place.
    """
    if own_word is not None:
        return (own_word,) if own_word in _known_zones() else UNKNOWN
    stated = [zone for address in addresses for zone in _of_address(address)]
    if not _known_zones().issuperset(stated):
        return UNKNOWN
    if any(map(_anywhere, addresses)) and not any(map(_abroad, numbers)):
        return UNKNOWN
    hinted = sorted({zone for number in numbers for zone in zones_of_number(number)})
    return _distinct([*stated, *hinted])


def _of_address(address: Address) -> tuple[str, ...]:
    """Its stated zone; without one all zones of its postal area, state or country."""
    if address.timezone:
        return (address.timezone,)
    return zones_of_place(address.country, address.region, address.postal_code)


def _anywhere(address: Address) -> bool:
    return not address.timezone and unplaced(address.country, address.region, address.postal_code)


def _abroad(number: str) -> bool:
    """Whether it has a place outside the North American plan, which is all that home is for a military address."""
    return not number.startswith("+1") and bool(zones_of_number(number))


def zones_of_number(number: str) -> tuple[str, ...]:
    """Zones of an E.164 number: the library's united with the override table; none for toll-free and satellite."""
    return zones_exactly(stand_in(number))


@lru_cache(maxsize=65536)
def zones_exactly(number: str) -> tuple[str, ...]:
    """The same without the short cut over numbers alike, which takes a hundred times as long."""
    parsed, kind = known_number(number)
    if parsed is None:
        return ()
    # Special North American numbers (500, 900) have dozens of zones: they say nothing about a place.
    if kind in _PLACELESS or (parsed.country_code == 1 and kind not in _LINES):
        return ()
    by_area = phonenumbers.is_number_type_geographical(kind, parsed.country_code or 0)
    # the library's general question would find the kind once more: half of its time
    look = number_zones.time_zones_for_geographical_number if by_area else number_zones.time_zones_for_number
    zones = set(look(parsed))
    if parsed.country_code == 1:
        zones.update(area_code_zones().get(str(parsed.national_number)[:3], ()))
    return tuple(sorted(zones & _known_zones() - {"Etc/Unknown"}))


@lru_cache(maxsize=1024)
def known_number(number: str) -> tuple[PhoneNumber | None, int]:
    """The number read, and its PhoneNumberType: zones and country ask for both, one after the other."""
    parsed = parse_number(number)
    return parsed, PhoneNumberType.UNKNOWN if parsed is None else phonenumbers.number_type(parsed)


def is_zone(name: str) -> bool:
    return name in _known_zones()


def parse_number(number: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except NumberParseException:
        return None


@lru_cache(maxsize=1)
def area_code_zones() -> dict[str, tuple[str, ...]]:
    """The override table: area code to zones."""
    text = resources.files("compliance").joinpath("area_codes.toml").read_text(encoding="utf-8")
    rows = convert(tomllib.loads(text)["rows"], tuple[ZoneRow, ...])
    return {code: row.zones for row in rows for code in row.codes}


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _distinct(zones: list[str]) -> tuple[str, ...]:
    """One name for zones whose clocks are the same for ever (Asia/Calcutta, Asia/Kolkata), the first one given."""
    chosen: dict[bytes, str] = {}
    for zone in zones:
        chosen.setdefault(_compiled(zone), zone)
    return tuple(chosen.values())


@lru_cache(maxsize=1024)
def _compiled(zone: str) -> bytes:
    return resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
