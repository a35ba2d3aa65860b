"""Zones of an address without a stated one: by ZIP where a state straddles, by state, by country; unknown denies."""

import subprocess
import sys
from zoneinfo import available_timezones

import pytest

from compliance.facts import Address
from compliance.places import _table, postal_code_tells, unplaced, zones_of_place
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
        ("US", "AE", None, ()),
        ("US", "AP", "96349-1234", ()),
        ("US", "AA", "90210", ()),  # the state says military, whatever the ZIP
        ("US", None, "09012", ()),
        ("US", "FL", "34002", ()),  # 340 is a post office of the Armed Forces; Florida has 341 and up
        ("US", "FL", "34102", (NY,)),
        ("US", "CA", "96210", ()),
        ("US", "CA", "96101", (LA,)),
        ("US", "NY", "0 9012", ()),
        ("DE", None, "09012", ("Europe/Berlin", "Europe/Busingen")),  # another country's postal codes are its own
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
            assert postal_code_tells(row.country, one.region, None)


def test_a_military_address_is_unknown_until_a_number_abroad_or_the_own_word_tells() -> None:
    apo = Address("US", "AE", None, "APO", "09012")
    home = Address("US", "NY", NY)
    assert candidate_zones((apo,), ()) == ()
    assert candidate_zones((apo,), ("+12125550142",)) == ()  # the number from home goes along
    assert candidate_zones((home, apo), ("+12125550142",)) == ()
    assert candidate_zones((apo,), ("+80012345678",)) == ()
    assert candidate_zones((apo,), ("+4930901820",)) == ("Europe/Berlin",)
    assert set(candidate_zones((apo,), ("+4930901820", "+12125550142"))) == {"Europe/Berlin", NY}
    assert candidate_zones((apo,), ("+12125550142",), "Asia/Tokyo") == ("Asia/Tokyo",)
    assert candidate_zones((Address("US", "AP", "Asia/Tokyo", None, "96349"),), ()) == ("Asia/Tokyo",)


def test_no_civil_prefix_of_a_state_is_an_unplaced_one() -> None:
    for row in _table().values():
        for one in row.postal:
            assert not any(unplaced(row.country, one.region, prefix) for prefix in one.prefixes)


@pytest.mark.parametrize("package", ["campaigns", "compliance", "dialer", "agent_ui.app", "dialer.cli.app"])
def test_every_way_into_the_product_turns_the_systems_time_zones_off(package: str) -> None:
    code = f"import {package}, zoneinfo; assert zoneinfo.TZPATH == (), zoneinfo.TZPATH"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
