"""Every golden case: the published ones, and a second reading of the same rules, each aimed at one sentence."""

import json

import pytest

from compliance.explain import abandonment_line, check_line
from tests.compliance.cases import Case, books, golden


@pytest.mark.parametrize("case", [*golden("contacts"), *golden("second_reading")], ids=lambda case: case["id"])
def test_the_gate_gives_the_verdict_of_the_golden_case(case: Case) -> None:
    expect = case.pop("expect")
    answer = check_line(json.dumps(case), books())
    assert answer["id"] == case["id"]
    assert (answer["verdict"], set(answer["reasons"])) == (expect["verdict"], set(expect["reasons"]))
    assert answer["retry_at"] == expect.get("retry_at", answer["retry_at"])
    assert set(expect.get("flags", [])) <= set(answer["flags"])
    assert answer["because"]


@pytest.mark.parametrize("case", golden("abandonment"), ids=lambda case: case["id"])
def test_the_regime_gives_the_figures_of_the_golden_case(case: Case) -> None:
    expect = case.pop("expect")
    answer = abandonment_line(json.dumps(case))
    assert answer["id"] == case["id"]
    assert {key: answer.get(key) for key in expect} == expect
