"""Abandoned calls beyond the golden cases: edges of rates, periods, greetings, estimates, and bad input."""

import json
from typing import Any

import pytest

from compliance.abandonment import percent
from compliance.explain import abandonment_line


def ask(kind: str, calls: Any, regime: str = "us-ftc") -> dict[str, Any]:
    return abandonment_line(json.dumps({"id": "X", "regime": regime, "kind": kind, "calls": calls}))


def test_no_calls_are_within_the_cap() -> None:
    assert ask("counts", {"answered_by_person": 0, "abandoned": 0}) == {
        "id": "X",
        "rate_percent": "0.00",
        "within_cap": True,
    }


def test_the_exact_ratio_is_compared_and_the_rounded_one_shown() -> None:
    answer = ask("counts", {"answered_by_person": 99_999, "abandoned": 3_000})
    assert (answer["rate_percent"], answer["within_cap"]) == ("3.00", False)


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(1, 8, "12.50"), (1, 800, "0.13"), (1, 20_000, "0.01"), (1, 3, "33.33")]
)
def test_percent_rounds_half_up(part: int, whole: int, shown: str) -> None:
    from fractions import Fraction

    assert percent(Fraction(part, whole)) == shown


def test_each_campaign_has_its_own_periods_from_its_own_first_date() -> None:
    rows = [
        {"campaign": "a", "date": "2026-01-01", "answered_by_person": 100, "abandoned": 3},
        {"campaign": "b", "date": "2026-01-20", "answered_by_person": 100, "abandoned": 4},
        {"campaign": "a", "date": "2026-01-30", "answered_by_person": 100, "abandoned": 3},
        {"campaign": "a", "date": "2026-01-31", "answered_by_person": 10, "abandoned": 0},
    ]
    answer = ask("daily", rows)
    assert [(b["campaign"], b["from"], b["to"], b["within_cap"]) for b in answer["blocks"]] == [
        ("a", "2026-01-01", "2026-01-30", True),
        ("a", "2026-01-31", "2026-01-31", True),
        ("b", "2026-01-20", "2026-01-20", False),
    ]
    assert answer["within_cap"] is False


@pytest.mark.parametrize(
    ("call", "regime", "abandoned"),
    [
        ({"answered_by": "person", "greeting_completed_ms": 1000, "agent_connected_ms": None}, "us-ftc", True),
        ({"answered_by": "machine", "greeting_completed_ms": None, "agent_connected_ms": None}, "us-ftc", False),
        ({"answered_by": "unknown", "greeting_completed_ms": 500, "agent_connected_ms": None}, "us-ftc", True),
        ({"answered_by": "person", "greeting_completed_ms": 3000, "agent_connected_ms": 1000}, "us-ftc", False),
        ({"answered_by": "person", "greeting_completed_ms": None, "agent_connected_ms": 2001}, "us-ftc", True),
    ],
)
def test_a_call_is_abandoned_when_no_agent_is_there_two_seconds_after_the_greeting(
    call: dict[str, Any], regime: str, abandoned: bool
) -> None:
    assert ask("calls", [{"id": "k", **call}], regime)["calls"] == [{"id": "k", "abandoned": abandoned}]


@pytest.mark.parametrize(
    ("regime", "started", "abandoned"), [("us-fcc", 3000, False), ("us-fcc", 3001, True), ("us-ftc", 3000, True)]
)
def test_only_the_fcc_excuses_a_consented_prerecorded_message_that_starts_in_time(
    regime: str, started: int, abandoned: bool
) -> None:
    call = {
        "id": "k",
        "answered_by": "person",
        "greeting_completed_ms": 1000,
        "agent_connected_ms": None,
        "message_started_ms": started,
        "message_has_name_and_number": True,
        "prerecorded_with_written_consent": True,
    }
    assert ask("calls", [call], regime)["calls"][0]["abandoned"] is abandoned


@pytest.mark.parametrize("limb", ["ring_ok", "message_ok", "records_ok"])
def test_the_safe_harbour_needs_all_four_limbs(limb: str) -> None:
    limbs = {"answered_by_person": 100, "abandoned": 3, "ring_ok": True, "message_ok": True, "records_ok": True}
    assert ask("limbs", limbs)["safe_harbour"] is True
    assert ask("limbs", {**limbs, limb: False})["safe_harbour"] is False
    assert ask("limbs", {**limbs, "abandoned": 4})["safe_harbour"] is False


def test_ofcom_cannot_be_certified_without_evidence() -> None:
    amd = {"amd": True, "live_passed": 970, "abandoned": 0, "amd_false_positives": None, "answered_by_machine": 5}
    assert ask("ofcom", amd, "gb-ofcom")["verdict"] == "review"
    plain = {"amd": False, "live_passed": 970, "drops": 10, "machine_share": None}
    assert ask("ofcom", plain, "gb-ofcom")["verdict"] == "review"


def test_ofcom_is_ok_under_the_alarm_line_and_silent_on_it() -> None:
    counts = {"amd": True, "live_passed": 970, "abandoned": 10, "amd_false_positives": 10, "answered_by_machine": 5}
    assert ask("ofcom", counts, "gb-ofcom")["verdict"] == "ok"
    assert ask("ofcom", {**counts, "abandoned": 20}, "gb-ofcom") == {
        "id": "X",
        "rate_percent": "3.00",
        "verdict": None,
    }


@pytest.mark.parametrize(
    ("kind", "calls", "word"),
    [
        ("counts", {"answered_by_person": 1, "abandoned": 2}, "abandoned is more than"),
        ("counts", {"answered_by_person": -1, "abandoned": 0}, "answered_by_person"),
        ("ofcom", {"amd": False, "live_passed": 1, "drops": 1, "machine_share": "most"}, "machine_share"),
        ("ofcom", {"amd": False, "live_passed": 1, "drops": 1, "machine_share": "1.5"}, "between 0 and 1"),
        ("weekly", [], "weekly"),
        ("calls", [{"id": "k"}], "answered_by"),
    ],
)
def test_a_bad_case_is_an_error_of_its_line(kind: str, calls: Any, word: str) -> None:
    assert word in ask(kind, calls)["error"]
