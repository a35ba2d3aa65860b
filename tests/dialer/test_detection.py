"""What a campaign believes of its machine detection: two shares that are easily taken for each other, and caution."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, strategies as st

from compliance.abandonment_ledger import Evidence, Policy
from compliance.abandonment_tally import Tally
from dialer.detection import (
    LEAVES,
    PRIOR_RATIO,
    UNTESTED,
    Belief,
    believed,
    calls_needed,
    counted_from,
    held_because,
    hold_of,
    of_persons,
    ratio_of,
    sentence,
)
from dialer.pacing.spending import AIM

TODAY = date(2026, 11, 22)
POLICY = Policy()
MINE, OTHER = 7, 8
AS_MANY = Tally(persons=4000, machines_cut=4000)
counts = st.integers(0, 5000)
tallies = st.builds(Tally, persons=counts, machines_cut=counts, machines_heard=counts)


def a_test(sample: int = 1000, found: int = 5, *, days: int = 0, campaign: int | None = MINE) -> Evidence:
    return Evidence(TODAY - timedelta(days=days), sample, found, "Q. Auditor", campaign)


def belief(*tests: Evidence, own: Tally = AS_MANY, house: Tally = AS_MANY) -> Belief:
    return believed(tests, MINE, own, house, POLICY, TODAY)


@st.composite
def recorded(draw: st.DrawFn) -> Evidence:
    sample = draw(st.integers(1, 3000))
    found = draw(st.integers(0, sample))
    return a_test(sample, found, days=draw(st.integers(-3, 100)), campaign=draw(st.sampled_from([None, MINE, OTHER])))


@given(persons=st.integers(1, 10_000), wrongly=counts, machines=counts)
def test_the_share_of_cut_calls_becomes_the_share_of_persons(persons: int, wrongly: int, machines: int) -> None:
    """By plain counting: of all persons, those who were cut."""
    cut = wrongly + machines
    assume(cut > 0)
    truth = wrongly / (persons + wrongly)
    assert of_persons(wrongly / cut, cut / persons) == pytest.approx(truth)


def test_nobody_tested_it() -> None:
    assert belief() == replace(UNTESTED, ratio=ratio_of(AS_MANY), false_negatives=0.001)
    assert believed((), MINE, Tally(), Tally(), POLICY, TODAY) == UNTESTED
    assert UNTESTED.false_positives == 0.2 and ratio_of(Tally()) == PRIOR_RATIO


def test_half_a_percent_of_a_thousand_leaves_a_target_of_three_percent_its_greater_part() -> None:
    found = belief(a_test(1000, 5))
    assert (found.sample, found.found, found.of_house) == (1000, 5, False)
    assert found.last_day == TODAY + timedelta(days=90)
    assert found.false_positives == 0.012, "as docs/pacing.md says"
    assert held_because(found, 0.03, POLICY) == ""


def test_a_few_clean_calls_prove_nothing() -> None:
    assert belief(a_test(20, 0)).false_positives > 0.1
    assert belief(a_test(50, 0)).false_positives > belief(a_test(500, 0)).false_positives


@given(sample=st.integers(10, 3000), more=st.integers(1, 50), days=st.integers(0, 90), older=st.integers(1, 30))
def test_more_persons_found_or_an_older_test_are_never_less_false_positives(
    sample: int, more: int, days: int, older: int
) -> None:
    clean = belief(a_test(sample, 0, days=days))
    assert belief(a_test(sample, min(more, sample), days=days)).false_positives >= clean.false_positives
    if days + older <= POLICY.evidence_days:
        assert belief(a_test(sample, 0, days=days + older)).false_positives >= clean.false_positives


@given(st.lists(recorded(), max_size=5), tallies, tallies)
def test_it_is_never_better_than_what_was_found_and_only_valid_tests_count(
    tests: list[Evidence], own: Tally, house: Tally
) -> None:
    found = believed(tests, MINE, own, house, POLICY, TODAY)
    valid = [one for one in tests if one.campaign in (None, MINE) and 0 <= (TODAY - one.tested_on).days <= 90]
    assert 0 < found.false_positives <= 1 and 0 <= found.false_negatives <= 1 and found.ratio >= 0
    assert (found.sample > 0) == bool(valid)
    used = [one for one in valid if (one.campaign is None) == found.of_house]
    if len(used) == 1 and found.sample:
        calls = house if found.of_house else own
        plain = used[0].false_positives / used[0].sample
        # a handful of calls that were all persons is drawn toward what is usual, which is far too much as well
        assert found.false_positives >= of_persons(min(plain, 0.2), ratio_of(calls)) - 1e-9


def test_a_test_of_another_campaign_a_stale_one_and_one_of_tomorrow_are_none() -> None:
    for one in (a_test(campaign=OTHER), a_test(days=91), a_test(days=-1)):
        assert belief(one).sample == 0


def test_several_tests_count_together() -> None:
    twice = belief(a_test(500, 2), a_test(500, 2, days=3))
    assert (twice.sample, twice.found) == (1000, 4)
    assert twice.false_positives < belief(a_test(500, 2)).false_positives


def test_a_test_of_the_house_is_turned_into_persons_by_the_houses_own_calls() -> None:
    """Where the house cuts three calls for a person, each cut call has a person less often than it does here."""
    machines_abound = Tally(persons=2000, machines_cut=6000)
    house = belief(a_test(1000, 5, campaign=None), own=Tally(2000, machines_cut=500), house=machines_abound)
    assert house.of_house
    assert house.false_positives == belief(a_test(1000, 5), own=machines_abound).false_positives
    assert house.false_positives > 2 * belief(a_test(1000, 5), own=Tally(2000, machines_cut=500)).false_positives


def test_a_small_test_of_its_own_makes_no_campaign_worse_off_and_a_bad_one_does() -> None:
    house = a_test(3000, 6, campaign=None)
    assert belief(house, a_test(30, 0)) == replace(belief(house), ratio=ratio_of(AS_MANY))
    assert belief(house, a_test(200, 30)).false_positives > 0.1
    assert not belief(house, a_test(5000, 5)).of_house, "a better one of its own is gone by"


def test_machines_that_agents_were_given_are_the_other_error() -> None:
    found = belief(own=Tally(persons=500, machines_cut=850, machines_heard=150))
    assert found.false_negatives == pytest.approx(0.15, abs=0.002)


def test_the_calls_that_are_counted_are_those_that_were_there_to_test() -> None:
    assert counted_from([a_test(days=40), a_test(days=10)], TODAY) == TODAY - timedelta(days=40)
    assert counted_from([], TODAY) == TODAY - timedelta(days=30)


def test_the_pacer_aims_at_the_share_that_detection_is_held_against() -> None:
    assert LEAVES == AIM


@pytest.mark.parametrize("target", [0.01, 0.03])
def test_as_many_clean_calls_as_it_asks_for_are_enough_and_one_fewer_are_not(target: float) -> None:
    needed = calls_needed(belief(), target, POLICY)
    assert needed is not None
    assert hold_of(belief(a_test(needed, 0)), target, POLICY) is None
    assert hold_of(belief(a_test(needed - 1, 0)), target, POLICY) is not None


def test_where_no_number_of_calls_would_do_none_is_named() -> None:
    assert calls_needed(UNTESTED, 0.0005, POLICY) is None
    assert "listen to calls that it cut" in held_because(UNTESTED, 0.0005, POLICY)


def test_people_are_told_why_it_stays_at_one_for_one_and_what_to_do() -> None:
    untested = held_because(belief(), 0.03, POLICY)
    assert untested.startswith("machine detection: no valid sample test") and "amd-evidence add" in untested
    assert f"{calls_needed(belief(), 0.03, POLICY)} calls or more" in untested
    errs = held_because(belief(a_test(400, 20)), 0.03, POLICY)
    assert "its own tests: 20 of 400 cut calls had a person" in errs and "target is 3.0%" in errs
    assert sentence(belief(), 0.03, POLICY).startswith("It stays at one call for each free agent. Machine detection")
    good = sentence(belief(a_test(campaign=None)), 0.03, POLICY)
    assert "tests of the whole house: 5 of 1000" in good and "counts until 20 Feb" in good
