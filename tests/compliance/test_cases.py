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
    ("case", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"a": 1}', "has no id"),
        ('{"id": "X"}', "missing required field `debtor`"),
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


def test_expect_and_note_are_not_read() -> None:
    case = make()
    assert (
        check_line(json.dumps({**case, "expect": {"verdict": "deny"}, "note": "deny it"}), books())["verdict"]
        == "allow"
    )
