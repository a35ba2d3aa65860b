"""Zones of an address without a stated one: by ZIP where a state straddles, by state, by country; unknown denies."""

import subprocess
import sys
from zoneinfo import available_timezones

import pytest

from compliance.facts import Address
from compliance.places import _table, straddles, zones_of_place
from compliance.timezones import candidate_zones

NY, CHI, DEN, LA = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("country", "region", "code", "zones"),
    [
        ("US", "NY", None, (NY,)),
        ("US", "FL", None, (NY, CHI)),
        ("US", "FL", "33101", (NY,)),
        ("US", "FL", "32501-1234", (CHI,)),
        ("US", "FL", "32401", (NY, CHI)),  # the prefix itself straddles
        ("US", "FL", "99999", (NY, CHI)),
        ("US", "TN", "37402", (NY,)),
        ("US", "TN", "37203", (CHI,)),
        ("US", "TN", "37301", (NY, CHI)),
        ("US", "TX", "79901", (DEN,)),
        ("US", "ID", "83814", (LA,)),
        ("US", "AZ", "86045", ("America/Phoenix", DEN)),
        ("CA", "ON", "m5v 2t6", ("America/Toronto",)),
        ("CA", "ON", "P0T 1A0", ("America/Toronto", "America/Winnipeg", "America/Atikokan")),
        ("CA", "BC", "V6B1A1", ("America/Vancouver",)),
        ("AU", "NSW", "2880", ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe")),
        ("GB", "ENG", "SW1A 1AA", ("Europe/London",)),
        ("PL", None, None, ("Europe/Warsaw",)),
        ("XX", None, None, ()),
    ],
)
def test_the_smallest_known_part_tells_the_zones(
    country: str, region: str | None, code: str | None, zones: tuple[str, ...]
) -> None:
    assert zones_of_place(country, region, code) == zones


def test_a_country_without_a_known_state_may_be_anywhere_in_it() -> None:
    assert {NY, CHI, DEN, LA, "Pacific/Honolulu"} <= set(zones_of_place("US"))
    assert {"America/Mexico_City", "America/Tijuana", "America/Cancun"} <= set(zones_of_place("MX", "JAL"))


def test_a_stated_zone_is_believed_and_numbers_are_united() -> None:
    assert candidate_zones((Address("US", "FL", "America/Chicago", None, "33101"),), ()) == (CHI,)
    assert candidate_zones((Address("US", "FL", None, None, "33101"),), ("+13125550142",)) == (NY, CHI)
    assert candidate_zones((Address("US", "FL"),), (), "America/Denver") == (DEN,)
    assert candidate_zones((Address("XX"),), ()) == ()


def test_the_table_names_zones_that_exist_and_prefixes_that_do_not_contradict_each_other() -> None:
    for row in _table().values():
        names = {zone for zones in row.regions.values() for zone in zones} | {
            z for one in row.postal for z in one.zones
        }
        assert names <= available_timezones()
        prefixes = [(one.region, prefix) for one in row.postal for prefix in one.prefixes]
        assert len(prefixes) == len(set(prefixes))
        for region, prefix in prefixes:
            assert not any(other != prefix and other.startswith(prefix) for where, other in prefixes if where == region)
        for one in row.postal:
            assert set(one.zones) < set(row.regions[one.region]), one
            assert straddles(row.country, one.region)


@pytest.mark.parametrize("package", ["campaigns", "compliance", "dialer", "agent_ui.app", "dialer.cli.app"])
def test_every_way_into_the_product_turns_the_systems_time_zones_off(package: str) -> None:
    code = f"import {package}, zoneinfo; assert zoneinfo.TZPATH == (), zoneinfo.TZPATH"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
