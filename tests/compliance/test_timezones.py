"""Where a person may be: numbers, addresses, the override table, the person's own word; and the pinned database."""

import zoneinfo

import pytest

from compliance.facts import Address
from compliance.timezones import TZDB_VERSION, area_code_zones, candidate_zones, zones_of_number

NEW_YORK = Address("US", "NY", "America/New_York")


def test_the_machines_own_database_is_switched_off() -> None:
    assert zoneinfo.TZPATH == ()
    assert TZDB_VERSION == "2026f"


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550142", {"America/New_York"}),
        ("+14235550142", {"America/Chicago", "America/New_York"}),
        ("+18505550142", {"America/Chicago", "America/New_York"}),
        ("+12085550142", {"America/Boise", "America/Los_Angeles"}),
        ("+13085550142", {"America/Chicago", "America/Denver"}),
        ("+34612345678", {"Atlantic/Canary", "Europe/Madrid"}),
        ("+18005550142", set()),
        ("+15005550142", set()),
        ("+19005550142", set()),
        ("+870773112345", set()),
        ("+80012345678", set()),
        ("+99912345", set()),
        ("not a number", set()),
    ],
)
def test_a_number_gives_the_library_zones_united_with_the_override_table(number: str, zones: set[str]) -> None:
    assert set(zones_of_number(number)) == zones


def test_every_override_zone_exists() -> None:
    assert zoneinfo.available_timezones().issuperset(zone for zones in area_code_zones().values() for zone in zones)


def test_hints_are_united_and_names_of_one_clock_are_one() -> None:
    kolkata = Address("IN", "MH", "Asia/Kolkata")
    assert candidate_zones((kolkata,), ("+919812345678",)) == ("Asia/Kolkata",)
    assert set(candidate_zones((NEW_YORK,), ("+13105550142",))) == {"America/New_York", "America/Los_Angeles"}


def test_the_own_word_replaces_the_set() -> None:
    assert candidate_zones((NEW_YORK,), ("+13105550142",), "America/Denver") == ("America/Denver",)


def test_what_is_unknown_is_unknown_and_never_guessed() -> None:
    assert candidate_zones((), ("+18005550142",)) == ()
    assert candidate_zones((Address("US", "NY", "America/Gotham"),), ("+12125550142",)) == ()
    assert candidate_zones((NEW_YORK,), (), "Nowhere/Land") == ()
