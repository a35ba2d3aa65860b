"""In which time zones an address may lie: by its state, its postal code where that straddles, its country."""

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


class CountryRow(Struct, forbid_unknown_fields=True):
    country: str
    regions: dict[str, tuple[str, ...]]
    postal: tuple[PostalRow, ...] = ()


@lru_cache(maxsize=65536)
def zones_of_place(country: str, region: str | None = None, postal_code: str | None = None) -> tuple[str, ...]:
    """All zones of the smallest part that is known: postal prefix, state, country. Empty: the country has none."""
    row = _table().get(country)
    if row is None or region not in row.regions:
        return _of_country(country)
    zones = row.regions[region]
    if len(zones) > 1 and postal_code:
        code = "".join(postal_code.upper().split())
        fits = [one for one in row.postal if one.region == region and code.startswith(one.prefixes)]
        if len(fits) == 1:
            return fits[0].zones
    return zones


@lru_cache(maxsize=4096)
def straddles(country: str, region: str | None) -> bool:
    """Whether the postal code says more of the zone than country and region do."""
    row = _table().get(country)
    return row is not None and any(one.region == region for one in row.postal)


@lru_cache(maxsize=1)
def _table() -> dict[str, CountryRow]:
    text = resources.files("compliance").joinpath("places.toml").read_text(encoding="utf-8")
    rows = convert(tomllib.loads(text)["places"], tuple[CountryRow, ...])
    return {row.country: row for row in rows}


@lru_cache(maxsize=512)
def _of_country(country: str) -> tuple[str, ...]:
    """The country's zones by the tz database's own table (zone.tab)."""
    lines = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == country)
