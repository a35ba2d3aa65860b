"""Who answers, and how often."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from telephony.sandbox import DebtorModel, DebtorScript, Fate, Rates

MODEL = DebtorModel(seed=7)
NUMBERS = [f"1555{n:07d}" for n in range(6000)]


@given(st.text("0123456789", min_size=5, max_size=15), st.integers(1, 50))
def test_the_same_number_and_attempt_always_do_the_same(number: str, attempt: int) -> None:
    assert MODEL.script(number, attempt) == DebtorModel(seed=7).script(number, attempt)


def test_another_seed_is_another_world() -> None:
    other = DebtorModel(seed=8)
    assert any(MODEL.script(number, 1) != other.script(number, 1) for number in NUMBERS[:20])


def test_attempts_of_one_number_differ() -> None:
    fates = {MODEL.script(NUMBERS[3], attempt).fate for attempt in range(1, 40)}
    assert {Fate.PERSON, Fate.NO_ANSWER} <= fates


def test_the_shares_are_those_of_a_real_portfolio() -> None:
    scripts = [MODEL.script(number, 1) for number in NUMBERS]
    fates = Counter(script.fate for script in scripts)
    share = {fate: count / len(scripts) for fate, count in fates.items()}
    assert 0.24 < share[Fate.PERSON] < 0.31
    assert 0.17 < share[Fate.MACHINE] < 0.23
    refusals = Counter(script.sip for script in scripts if script.fate is Fate.FAILED)
    assert 0.03 < refusals[486] / len(scripts) < 0.07
    assert 0.02 < refusals[404] / len(scripts) < 0.05
    assert share[Fate.NO_ANSWER] > 0.35


def test_people_ring_wait_and_talk_as_people_do() -> None:
    people = [script for number in NUMBERS if (script := MODEL.script(number, 1)).fate is Fate.PERSON]
    rings = sorted(script.ring_s for script in people)
    assert 7.5 < rings[len(rings) // 2] < 9.5
    assert 4.5 < sum(script.patience_s for script in people) / len(people) < 7.0
    assert 100 < sum(script.talk_s for script in people) / len(people) < 140


def test_an_invalid_number_stays_invalid() -> None:
    invalid = next(number for number in NUMBERS if MODEL.script(number, 1).sip == 404)
    assert all(MODEL.script(invalid, attempt).sip == 404 for attempt in range(1, 30))


def test_fixed_scripts_come_in_order_and_the_last_repeats() -> None:
    busy, answers = DebtorScript(fate=Fate.FAILED, sip=486), DebtorScript()
    model = DebtorModel(scripts={"1555": [busy, answers]})
    assert [model.script("1555", attempt) for attempt in (1, 2, 3)] == [busy, answers, answers]


def test_shares_above_one_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to"):
        Rates(person=0.9, machine=0.2)
