"""The gate agrees with the brute-force checker on cases of all jurisdictions; `retry_at` is the first that passes.

All instants of these cases and all offsets lie on quarters of an hour, so trying each quarter tries every change.
A case costs more to draw than to judge, so each is asked everything. The two halves run beside each other.
"""

import json
import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from compliance.cases import facts_of_case
from compliance.gate import decide, judge
from compliance.verdict import Verdict
from tests.compliance.brute import Brute, Case, parse
from tests.compliance.cases import books
from tests.compliance.strategies import Q, cases

EXAMPLES = int(os.environ.get("GATE_EXAMPLES", "2000"))
pytestmark = pytest.mark.timeout(600 + EXAMPLES)
HORIZON = timedelta(days=33)


checked = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("half", [1, 2])
@settings(checked, max_examples=(EXAMPLES + 1) // 2)
@given(case=cases())
def test_the_gate_and_the_brute_force_checker_agree(half: int, case: Case) -> None:
    facts, brute = facts_of_case(case), Brute(case)
    verdict = decide(facts, books())
    decision, reasons = brute.decision(parse(case["contact"]["at"]))
    assert (verdict.decision, set(verdict.codes)) == (decision, reasons), "verdict and reasons"
    judged = judge(facts, books())
    assert (judged.decision, judged.codes) == (verdict.decision, verdict.codes), "the verdict with and without a retry"
    assert verdict.retry_at == _first_allowed(verdict, case, brute), "the first allowed quarter of an hour"
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict, "the way through JSON and back"


def _first_allowed(verdict: Verdict, case: Case, brute: Brute) -> object:
    """What the checker finds within the horizon; a later retry it must not find, and cannot confirm."""
    if verdict.decision == "allow":
        return None
    first = brute.first_allowed(Q, HORIZON)
    beyond = verdict.retry_at is not None and verdict.retry_at > parse(case["contact"]["at"]) + HORIZON
    return verdict.retry_at if beyond and first is None else first
