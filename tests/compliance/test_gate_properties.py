"""The gate agrees with the brute-force checker on cases of all jurisdictions; `retry_at` is the first that passes.

All instants of these cases and all offsets lie on quarters of an hour, so trying each quarter tries every change.
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

pytestmark = pytest.mark.timeout(600)
EXAMPLES = int(os.environ.get("GATE_EXAMPLES", "2000"))
checked = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@checked
@given(cases())
def test_the_gate_and_the_brute_force_checker_give_the_same_verdict_and_reasons(case: Case) -> None:
    verdict = judge(facts_of_case(case), books())
    decision, reasons = Brute(case).decision(parse(case["contact"]["at"]))
    assert (verdict.decision, set(verdict.codes)) == (decision, reasons)


@checked
@given(cases())
def test_retry_at_is_the_first_allowed_quarter_of_an_hour(case: Case) -> None:
    verdict = decide(facts_of_case(case), books())
    horizon = timedelta(days=33)
    if verdict.decision == "allow":
        assert verdict.retry_at is None
        return
    first = Brute(case).first_allowed(Q, horizon)
    if verdict.retry_at is None or verdict.retry_at > parse(case["contact"]["at"]) + horizon:
        assert first is None
    else:
        assert first == verdict.retry_at


@checked
@given(cases())
def test_a_verdict_survives_the_round_trip_through_json(case: Case) -> None:
    verdict = decide(facts_of_case(case), books())
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict
