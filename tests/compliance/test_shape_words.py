"""What is wrong with the shape of a case, said with its place and its mend."""

import json
from typing import Any

import msgspec
import pytest

from compliance.cases import CaseRow
from compliance.explain import abandonment_line, check_line
from compliance.shape_words import in_words
from tests.compliance.cases import Case, books, make, request


def refused(case: Case) -> str:
    return str(check_line(json.dumps(case), books())["error"])


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ({"channel": "fax"}, "contact.channel: 'fax' is not known; use email, sms, voice or whatsapp"),
        ({"at": None}, "contact.at: this is null; write text in quotation marks"),
        ({"purpose": "fun"}, "contact.purpose: 'fun' is not known; use collection or location"),
        ({"debts": "card"}, "contact.debts: this is text in quotation marks; write a list in [ ]"),
    ],
)
def test_a_field_of_the_contact_is_named_with_what_may_stand_there(contact: Any, words: str) -> None:
    assert refused(make(**contact)) == words


def test_a_field_that_is_missing_is_named_with_what_may_stand_there() -> None:
    case = make()
    del case["contact"]["channel"]
    assert refused(case) == "contact: channel is missing; add it: email, sms, voice or whatsapp"
    del case["contact"]
    assert refused(case) == "contact is missing; add it"


def test_the_place_is_told_through_lists_and_keys() -> None:
    deny: list[Case] = [{"weekdays": ["moon"]}]
    refuses = request("2026-06-01T12:00:00Z", "inconvenient_time", deny=deny)
    told = refused(make(requests=[refuses]))
    assert told.startswith("debtor.requests[0].details.deny[0].weekdays[0]: 'moon' is not known; use fri, mon")
    deny[0] = {"weekdays": ["mon"], "from": "8 am"}
    told = refused(make(requests=[refuses]))
    assert told == ("debtor.requests[0].details.deny[0].from: this is no time of day; write it like 08:30, up to 24:00")
    assert refused(make(debt_details={"card": {"type": 7}})) == (
        "debt_details[...].type: this is a whole number; write text in quotation marks or null"
    )
    assert refused(make() | {"rulebooks": "default"}) == (
        "rulebooks: this is text in quotation marks; write a list in [ ] or null"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"regime": None}, "regime is missing; add it: us-ftc, us-fcc or gb-ofcom"),
        ({"regime": "us"}, "regime 'us' is unknown; use us-ftc, us-fcc or gb-ofcom"),
        ({"regime": ["us-ftc"]}, "regime ['us-ftc'] is unknown"),
        ({"kind": None}, "kind is missing; add it: counts, daily"),
        ({"calls": None}, "calls: this is null; write an object in { }"),
        ({"calls": {"abandoned": 1}}, "calls: answered_by_person is missing; add it"),
        ({"calls": {"answered_by_person": 2, "abandoned": -1}}, "calls.abandoned: must be at least 0"),
        ({"calls": {"answered_by_person": 1, "abandoned": 2}}, "calls: abandoned is more than answered_by_person"),
        (
            {"kind": "daily", "calls": [{"campaign": "a", "date": "2026-02-30", "answered_by_person": 1}]},
            "calls[0].date: this is no date that exists",
        ),
        ({"kind": "calls", "calls": [{"id": "k", "answered_by": "fax"}]}, "calls[0].answered_by: 'fax' is not known"),
    ],
)
def test_an_abandonment_calculation_is_told_field_and_mend(changes: Any, words: str) -> None:
    case = {"id": "a", "regime": "us-ftc", "kind": "counts", "calls": {"answered_by_person": 9, "abandoned": 1}}
    assert "error" not in abandonment_line(json.dumps(case))
    assert str(abandonment_line(json.dumps(case | changes))["error"]).startswith(words)


def test_what_has_no_words_of_its_own_is_passed_on_with_its_place() -> None:
    assert in_words(msgspec.ValidationError("odd - at `$.contact.at`"), CaseRow) == "contact.at: odd"
    assert in_words(msgspec.ValidationError("odd"), CaseRow) == "odd"
    assert in_words(msgspec.ValidationError("Invalid enum value 'x' - at `$.none[0]`"), CaseRow).startswith("none[0]: ")
