"""Which rulebooks bind a person, by addresses and numbers: rulebooks.md, "Which rulebooks when `rulebooks` is null"."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from compliance.facts import Address
from compliance.number_patterns import stand_in
from compliance.timezones import known_number

DEFAULT = "default"
BY_COUNTRY = {
    "US": "us-federal",
    "AU": "au",
    "CO": "co",
    "IN": "in",
    "MX": "mx",
    "IT": "it-unirec",
    "PL": "pl-zpf",
    "GB": "gb",
    "SA": "sa",
}
BY_REGION = {
    ("US", "MA"): "us-ma",
    ("US", "DC"): "us-dc",
    ("US", "WA"): "us-wa",
    ("CA", "QC"): "ca-qc",
    ("CA", "ON"): "ca-on",
    ("CA", "AB"): "ca-ab",
}


@lru_cache(maxsize=65536)
def choose_rulebooks(addresses: tuple[Address, ...], numbers: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that apply together, most general first; empty when neither addresses nor numbers say anything."""
    chosen: list[str] = []
    for address in addresses:
        chosen += _of_address(address)
    by_address = bool(chosen)
    for number in numbers:
        country = country_of_number(number)
        if country in BY_COUNTRY:
            chosen.append(BY_COUNTRY[country])
        elif country is not None and not by_address:
            chosen.append(DEFAULT)
    return tuple(dict.fromkeys(chosen))


def country_of_number(number: str) -> str | None:
    """ISO country of an E.164 number; None for toll-free, satellite and unknown numbers."""
    return country_exactly(stand_in(number))


@lru_cache(maxsize=65536)
def country_exactly(number: str) -> str | None:
    """The same without the short cut over numbers alike."""
    parsed, kind = known_number(number)
    if parsed is None or kind == PhoneNumberType.TOLL_FREE:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    region = region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return None if region in ("001", "ZZ") else region


def _of_address(address: Address) -> list[str]:
    found = [BY_COUNTRY[address.country]] if address.country in BY_COUNTRY else []
    region = BY_REGION.get((address.country, address.region or ""))
    if region:
        found.append(region)
    if address.country == "US" and address.region == "NY" and (address.city or "").casefold() == "new york":
        found.append("us-nyc")
    return found or [DEFAULT]
