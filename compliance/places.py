"""In which time zones an address may lie: by its state, its postal code where that straddles, its country.

A military address lies in none: its state and ZIP are those of a post office, and the person may be anywhere.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from msgspec import Struct, convert


class PostalRow(Struct, forbid_unknown_fields=True):
    """Postal codes that begin with one of `prefixes` lie in these zones only."""

    region: str
    prefixes: tuple[str, ...]
    zones: tuple[str, ...]


class Unplaced(Struct, forbid_unknown_fields=True):
    """Regions and postal prefixes that the country uses for addresses anywhere in the world."""

    regions: tuple[str, ...]
    prefixes: tuple[str, ...]
    source: str


class CountryRow(Struct, forbid_unknown_fields=True):
    country: str
    regions: dict[str, tuple[str, ...]]
    postal: tuple[PostalRow, ...] = ()
    unplaced: Unplaced | None = None


@lru_cache(maxsize=65536)
def zones_of_place(country: str, region: str | None = None, postal_code: str | None = None) -> tuple[str, ...]:
    """All zones of the smallest part that is known: postal prefix, state, country.

    Empty: the country has none, or the address is an unplaced one.
    """
    if unplaced(country, region, postal_code):
        return ()
    row = _table().get(country)
    if row is None or region not in row.regions:
        return _of_country(country)
    zones = row.regions[region]
    if len(zones) > 1 and postal_code:
        code = _plain(postal_code)
        fits = [one for one in row.postal if one.region == region and code.startswith(one.prefixes)]
        if len(fits) == 1:
            return fits[0].zones
    return zones


@lru_cache(maxsize=65536)
def unplaced(country: str, region: str | None = None, postal_code: str | None = None) -> bool:
    """Whether the address may lie anywhere in the world: a military one, by its state or by its postal code alone."""
    row = _table().get(country)
    if row is None or row.unplaced is None:
        return False
    return region in row.unplaced.regions or _plain(postal_code or "").startswith(row.unplaced.prefixes)


@lru_cache(maxsize=65536)
def postal_code_tells(country: str, region: str | None, postal_code: str | None) -> bool:
    """Whether the postal code may say more of the zone than country and region do."""
    row = _table().get(country)
    if row is None:
        return False
    return any(one.region == region for one in row.postal) or unplaced(country, region, postal_code)


@lru_cache(maxsize=1)
def _table() -> dict[str, CountryRow]:
    text = resources.files("compliance").joinpath("places.toml").read_text(encoding="utf-8")
    rows = convert(tomllib.loads(text)["places"], tuple[CountryRow, ...])
    return {row.country: row for row in rows}


def _plain(postal_code: str) -> str:
    return "".join(postal_code.upper().split())


@lru_cache(maxsize=512)
def _of_country(country: str) -> tuple[str, ...]:
    """The country's zones by the tz database's own table (zone.tab)."""
    lines = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == country)
