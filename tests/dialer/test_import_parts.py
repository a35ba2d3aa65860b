"""The short cut over numbers alike gives what asking about each number gives."""

import pickle
from random import Random

import phonenumbers
import pytest

from campaigns.imports.model import Hours, Phone, Place
from compliance.facts import Address
from compliance.rulebooks.choice import choose_rulebooks, country_exactly, country_of_number
from compliance.timezones import candidate_zones, zones_exactly, zones_of_number
from dialer.import_parts import ImportParts, import_parts
from telephony.number import E164, parse

NEW_YORK = Place("US", "NY", "New York", "America/New_York")


def _exact(written: str, country: str) -> tuple[str, bool]:
    found = parse(written, country)
    return (found.text, True) if isinstance(found, E164) else (found.message, False)


@pytest.mark.parametrize("seed", range(3))
def test_every_country_and_kind_of_number_reads_as_it_does_alone(seed: int) -> None:
    random, parts = Random(seed), ImportParts()  # noqa: S311
    asked = 0
    for region in random.sample(sorted(phonenumbers.SUPPORTED_REGIONS), 60):
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            national = list(phonenumbers.national_significant_number(example))
            national[random.randrange(len(national))] = random.choice("0123456789")
            for form in (f"+{example.country_code}%s", "%s", "0%s", f"00{example.country_code}%s"):
                start = (form % "".join(national))[: -random.randint(1, 4)]
                length = len(form % "".join(national)) - len(start)
                for _ in range(4):
                    written = start + "".join(random.choices("0123456789", k=length))
                    asked += 1
                    _same(parts, written, region)
    assert asked > 3_000


def _same(parts: ImportParts, written: str, region: str) -> None:
    found = parts.phone(written, region)
    text, good = _exact(written, region)
    assert (found.e164 if isinstance(found, Phone) else found) == text, written
    if good:
        assert zones_of_number(parts._example(text)) == zones_of_number(text) == zones_exactly(text), text
        assert country_of_number(parts._example(text)) == country_of_number(text) == country_exactly(text), text


def test_numbers_alike_are_asked_about_once() -> None:
    parts = import_parts()
    for last in range(500):
        found = parts.phone(f"+1 (212) 333-{last:04d}", "US")
        assert isinstance(found, Phone)
        assert found.e164 == f"+1212333{last:04d}"
        parts.hours((NEW_YORK,), (found.e164,), None)
    assert len(parts._alike) == len(parts._examples) == 1


def test_hours_are_those_of_the_gate() -> None:
    address = Address("US", "NY", "America/New_York", "New York")
    numbers = ("+12125550100", "+13125550100")
    expected = Hours(candidate_zones((address,), numbers), choose_rulebooks((address,), numbers))
    assert import_parts().hours((NEW_YORK,), numbers, None) == expected
    assert expected.zones == ("America/New_York", "America/Chicago")
    assert "us-nyc" in expected.rulebooks
    assert import_parts().hours((NEW_YORK,), numbers, "Europe/Warsaw").zones == ("Europe/Warsaw",)


def test_a_military_zip_is_told_apart_where_the_state_alone_does_not_straddle() -> None:
    parts, numbers = import_parts(), ("+12125550100",)
    assert parts.hours((Place("US", "CA", "Anytown", None, "90210"),), numbers, None).zones
    assert parts.hours((Place("US", "CA", "FPO", None, "96210"),), numbers, None).zones == ()


def test_kinds_follow_the_stricter_rules() -> None:
    parts = import_parts()
    assert parts.phone("+12125550100", "US") == Phone("+12125550100", "mobile")
    assert parts.phone("+442079460000", "GB") == Phone("+442079460000", "landline")
    assert parts.phone("+18005550100", "US") == Phone("+18005550100", "tollfree")
    assert parts.phone("020 7946 0000", "GB") == Phone("+442079460000", "landline")
    assert parts.phone("12", "US") == "too short for its country"


def test_parts_travel_to_worker_processes() -> None:
    assert pickle.loads(pickle.dumps(import_parts())).phone("+12125550100", "US") == Phone("+12125550100", "mobile")  # noqa: S301
