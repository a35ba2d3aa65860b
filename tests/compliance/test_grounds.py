"""What allowed a contact: every rulebook in force, every count, each with its source; nothing of what is refused."""

from hypothesis import HealthCheck, given, settings

from compliance.caps import ordinal
from compliance.cases import facts_of_case
from compliance.gate import judge
from compliance.grounds import Ground, grounds
from tests.compliance.brute import Case
from tests.compliance.cases import books, event, make
from tests.compliance.strategies import cases


def told(case: Case) -> dict[str, Ground]:
    return {one.rule: one for one in grounds(facts_of_case(case), books())}


def test_a_call_is_allowed_by_its_window_its_counts_and_its_spacing_each_with_the_paragraph() -> None:
    found = told(make(history=[event("2026-06-08T16:00:00Z"), event("2026-06-09T16:00:00Z")]))
    hours, cap = found["us-federal.hours"], found["us-federal.7-in-7"]
    assert hours.text == "it is 12:00 Wed 10 Jun in America/New_York, inside 08:00-21:00"
    assert "12 CFR 1006.6(b)(1)" in hours.source and hours.version and hours.confidence == "primary"
    assert cap.text == "3rd call about one debt since 4 Jun, limit 7 (America/New_York)"
    assert "12 CFR 1006.14(b)(2)(i)(A)" in cap.source
    assert {"house.timezone", "house.opt-out", "house.do-not-contact", "house.holds", "house.requests"} <= set(found)
    assert not any(one.rule.endswith(".consent") for one in found.values()), "a call needs none here"


def test_a_text_names_its_consent_and_the_switch_that_was_turned_on() -> None:
    consent = [{"channel": "sms", "at": "2026-06-01T12:00:00Z", "by": "written"}]
    case = make(channel="sms", points=[{"id": "m1", "kind": "mobile", "address": "+12125550142", "consent": consent}])
    case["switches"] = ["us_third_party_sms"]
    found = told(case)
    assert "2026-06-01" in found["us-federal.consent"].text
    assert "us_third_party_sms" in found["us-federal.eligibility"].text


def test_what_is_a_draft_says_so() -> None:
    found = told(
        make(rulebooks=["default"], addresses=[{"country": "CA", "region": "BC", "timezone": "America/Vancouver"}])
    )
    drafts = [one.rule for one in found.values() if one.draft]
    assert drafts and all(rule.startswith("default.") for rule in drafts)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_all_that_let_a_contact_pass_is_told_and_nothing_of_one_that_was_refused(case: Case) -> None:
    facts = facts_of_case(case)
    verdict, found = judge(facts, books()), grounds(facts, books())
    if not verdict.allowed:
        assert found == ()
        return
    assert {f"{one.rulebook}@{one.version}" for one in found if one.rule.endswith(".hours")} == set(verdict.rulebooks)
    for tally in verdict.tallies:
        of = f", limit {tally.limit} "
        assert any(
            one.rule == tally.rule and one.text.startswith(ordinal(tally.nth)) and of in one.text for one in found
        )
    assert all(one.source and one.text for one in found)
