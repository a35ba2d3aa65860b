"""A line that is not a case gets an error that says where and how to mend it; the others go on."""

import json
from typing import Any

import pytest

from compliance.explain import abandonment_line, check_line
from tests.compliance.cases import books, event, make, request


def error(case: Any) -> str:
    return str(check_line(case if isinstance(case, str) else json.dumps(case), books())["error"])


def test_a_naive_time_is_refused_with_its_place() -> None:
    assert error(make(at="2026-06-10T16:00:00")) == (
        "contact: '2026-06-10T16:00:00' is not a UTC time; write it like 2026-07-01T12:00:00Z"
    )
    assert "history[0]" in error(make(history=[event("2026-06-01T10:00:00+02:00")]))


def test_an_unknown_number_is_refused_without_being_repeated() -> None:
    said = error(make(points=[{"id": "m1", "address": "+99912345"}]))
    assert "contact point m1" in said and "99912345" not in said


@pytest.mark.parametrize(
    "number",
    ["+1212555", "+12125550142999999", "+1212555O142", "+1 212 555 0142", "+1", "12125550142", "(212) 555-0142"],
)
def test_what_is_no_e164_number_is_refused(number: str) -> None:
    assert "the number is unknown" in error(make(points=[{"id": "m1", "address": number}]))


@pytest.mark.parametrize("address", ["pat", "pat@", "@example.com", "a@b@c"])
def test_what_is_no_email_address_is_refused(address: str) -> None:
    assert "not an e-mail address" in error(make(points=[{"id": "e1", "address": address}]))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("inconvenient_time", "requests[0]: inconvenient_time has no details.deny"),
        ("inconvenient_place", "requests[0]: inconvenient_place has no details.place"),
        ("wrong_number", "requests[0]: wrong_number has no details.contact_point"),
        ("third_party_reported", "requests[0]: third_party_reported has no details.contact_point"),
    ],
)
def test_a_request_that_does_not_say_what_it_closes_is_refused(kind: str, words: str) -> None:
    assert words in error(make(requests=[request("2026-06-01T10:00:00Z", kind)]))


def test_a_request_that_needs_no_details_may_leave_them_out() -> None:
    stops: tuple[dict[str, object], ...] = ({"details": None}, {"details": {}}, {})
    for stop in stops:
        case = make(requests=[{"at": "2026-06-01T10:00:00Z", "kind": "stop_calling", **stop}])
        assert check_line(json.dumps(case), books())["reasons"] == ["opt_out"]


def test_a_wrong_number_may_be_struck_off_the_contact_points() -> None:
    wrong = request("2026-06-05T10:00:00Z", "wrong_number", contact_point="m0")
    case = make(history=[event("2026-06-01T14:00:00Z", contact_point="m0")], requests=[wrong])
    assert check_line(json.dumps(case), books())["verdict"] == "allow"


def test_the_same_contact_point_twice_is_refused() -> None:
    case = make()
    case["debtor"]["contact_points"] += case["debtor"]["contact_points"][:1]
    assert error(case) == "contact point m1 is there twice; give each its own id"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ('{"id": 7}', "the id 7 is not text"),
        (json.dumps(make(debts=["ghost"])), "contact: debt ghost is not among the case's debts (card)"),
        (json.dumps(make(history=[event("2026-06-01T10:00:00Z", contact_point="m9")])), "history[0]: contact point m9"),
        (
            json.dumps(make(addresses=[{"country": "US", "region": "NY", "timezone": "Mars/Olympus"}])),
            "addresses[0]: time zone 'Mars/Olympus' is not in the database 2026f",
        ),
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"a": 1}', "has no id"),
        ('{"id": "X"}', "debtor is missing"),
        (json.dumps(make(contact_point="m9")), "m9 is not among"),
        (json.dumps(make(channel="email")), "does not take channel email"),
        (json.dumps(make(contact_point="e1")), "does not take channel voice"),
        (json.dumps(make(channel="fax")), "fax"),
        (json.dumps(make(rulebooks=["us-xx"])), "us-xx"),
        (json.dumps(make(history=[event("2026-06-01T10:00:00Z", "vanished")])), "vanished"),
        (json.dumps(make(at="2026-02-30T10:00:00Z")), "does not exist"),
        (json.dumps(make(requests=[request("2026-06-01T10:00:00Z", "callback_consent", on_date="soon")])), "soon"),
    ],
)
def test_a_bad_line_says_what_is_wrong(case: str, words: str) -> None:
    said = error(case)
    assert words in said or (words == "does not exist" and "not a time that exists" in said)


def test_a_bad_abandonment_line_says_what_is_wrong() -> None:
    assert "not JSON" in abandonment_line("{")["error"]
    assert "regime" not in abandonment_line('{"id": "X", "regime": "us-ftc", "kind": "rings", "calls": []}')


@pytest.mark.parametrize(("amd", "missing"), [(True, "abandoned"), (False, "drops")])
def test_a_count_left_out_is_not_a_count_of_none(amd: bool, missing: str) -> None:
    calls = {"amd": amd, "live_passed": 10, "amd_false_positives": 0, "machine_share": "0.1"}
    line = json.dumps({"id": "X", "regime": "gb-ofcom", "kind": "ofcom", "calls": calls})
    assert f"{missing} is missing" in abandonment_line(line)["error"]


def test_expect_and_note_are_not_read() -> None:
    case = make()
    assert (
        check_line(json.dumps({**case, "expect": {"verdict": "deny"}, "note": "deny it"}), books())["verdict"]
        == "allow"
    )
