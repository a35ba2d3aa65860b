"""What makes an answer likelier, learnt from calls against truths that are known."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dialer.pacing.interface import OutcomeKind
from dialer.pacing.modes import ProgressivePacer
from dialer.pacing.odds_book import HEARD_OF_S, OddsBook
from dialer.pacing.segments import (
    FEATURES,
    LAST_ATTEMPT,
    LEAST_ODDS,
    LISTS_KEPT,
    MOST_ODDS,
    Cell,
    Factors,
    Tried,
    cell_of,
    learnt,
    odds,
    shown,
    tells,
)
from dialer.pacing.stored import Stored, stored, stored_factors

cells = st.builds(
    lambda list_id, score, hour, attempt: cell_of(list_id=list_id, score=score, hour=hour, attempt=attempt),
    st.none() | st.integers(0, 10**12),
    st.integers(-5, 200_000),
    st.integers(0, 23),
    st.integers(1, 60),
)
histories = st.lists(st.tuples(cells, st.booleans(), st.integers(1, 60)), max_size=40)


@given(cells)
def test_where_nothing_is_known_the_odds_are_one(cell: Cell) -> None:
    assert odds(Factors(), cell) == 1.0


@given(histories, cells)
@settings(deadline=None)
def test_whatever_comes_the_odds_are_bounded_and_the_state_is(
    history: list[tuple[Cell, bool, int]], cell: Cell
) -> None:
    factors = Factors()
    for tried, answered, times in history:
        factors = learnt(factors, [Tried(0.0, tried, answered)] * times)
    assert LEAST_ODDS <= odds(factors, cell) <= MOST_ODDS
    assert all(math.isfinite(one.factor) and one.sure > 0 for one in shown(factors))
    assert math.isfinite(factors.usual.mean) and factors.usual.mean <= 0
    sizes = {feature: len(factors.known.get(feature, {})) for feature in FEATURES}
    assert sizes["list"] <= LISTS_KEPT and sizes["score"] <= 10 and sizes["hour"] <= 24
    assert sizes["attempt"] <= LAST_ATTEMPT


def test_more_lists_than_are_kept_push_out_the_one_not_called_for_longest() -> None:
    factors = Factors()
    for list_id in (1, *range(2, LISTS_KEPT + 1), 1, LISTS_KEPT + 1):
        factors = learnt(factors, [Tried(0.0, Cell(list_id, 5, 9, 1), True)])
    assert len(factors.known["list"]) == LISTS_KEPT
    assert 1 in factors.known["list"] and 2 not in factors.known["list"]


def calls(dice: np.random.Generator, chances: dict[Cell, float], number: int) -> list[Tried]:
    cells = list(chances)
    drawn = [cells[place] for place in dice.integers(len(cells), size=number)]
    return [Tried(0.0, cell, bool(dice.random() < chances[cell])) for cell in drawn]


def test_the_factors_of_a_multiplicative_list_are_found() -> None:
    dice, lists, attempts, hours = np.random.default_rng(1), {1: 0.5, 2: 1.5}, {1: 1.2, 2: 0.8}, {9: 0.7, 18: 1.3}
    chances = {
        Cell(one, 5, h, a): 0.2 * lf * hf * af
        for one, lf in lists.items() for h, hf in hours.items() for a, af in attempts.items()
    }  # fmt: skip
    factors = learnt(Factors(), calls(dice, chances, 12_000))

    def ratio(one: Cell, other: Cell) -> float:
        return odds(factors, one) / odds(factors, other)

    assert ratio(Cell(2, 5, 9, 1), Cell(1, 5, 9, 1)) == pytest.approx(3.0, rel=0.15)
    assert ratio(Cell(1, 5, 18, 1), Cell(1, 5, 9, 1)) == pytest.approx(1.3 / 0.7, rel=0.15)
    assert ratio(Cell(1, 5, 9, 1), Cell(1, 5, 9, 2)) == pytest.approx(1.5, rel=0.15)
    # a combination that was never seen apart from its parts
    assert ratio(Cell(2, 5, 18, 1), Cell(1, 5, 9, 2)) == pytest.approx(3 * 1.3 / 0.7 * 1.5, rel=0.25)


def test_one_fact_is_not_given_to_every_factor_in_full() -> None:
    """A rich list in the morning, a poor one after it, with other scores: four times as likely, and not 4 * 4 * 4."""
    dice, rich, poor = np.random.default_rng(2), Cell(1, 9, 9, 1), Cell(2, 4, 11, 1)
    factors = learnt(Factors(), calls(dice, {rich: 0.4}, 2_000) + calls(dice, {poor: 0.1}, 2_000))
    assert odds(factors, rich) / odds(factors, poor) == pytest.approx(4.0, rel=0.25)


def test_a_few_calls_change_little() -> None:
    one, other = Cell(1, 5, 9, 1), Cell(2, 6, 10, 2)
    first = learnt(Factors(), [Tried(0.0, one, False), Tried(0.0, other, False)])
    assert 1.0 < odds(learnt(first, [Tried(0.0, one, True)]), one) < 1.6
    assert 0.7 < odds(learnt(first, [Tried(0.0, one, False)] * 3), one) < 1.0


def test_what_all_calls_have_alike_tells_nothing() -> None:
    dice, one = np.random.default_rng(5), Cell(1, 5, 9, 1)
    factors = learnt(Factors(), calls(dice, {one: 0.5}, 300))
    assert odds(factors, one) == 1.0
    factors = learnt(factors, calls(dice, {one._replace(hour=10): 0.1}, 300))
    assert 2.2 < odds(factors, one) / odds(factors, one._replace(hour=10)) < 6.0


def test_yesterdays_hours_are_known_this_morning() -> None:
    dice, factors = np.random.default_rng(3), Factors()
    for hour, share in ((9, 0.1), (12, 0.2), (18, 0.4)) * 2:
        factors = learnt(factors, calls(dice, {Cell(1, 5, hour, 1): share}, 1_500))
    again = stored_factors(stored(ProgressivePacer(), factors) or b"")
    assert again == factors
    ratio = odds(again, Cell(1, 5, 18, 1)) / odds(again, Cell(1, 5, 9, 1))
    assert ratio == pytest.approx(4.0, rel=0.25)


def test_a_list_that_has_changed_is_learnt_anew() -> None:
    dice, one, other = np.random.default_rng(4), Cell(1, 5, 9, 1), Cell(2, 5, 9, 1)
    factors = learnt(Factors(), calls(dice, {one: 0.3, other: 0.1}, 6_000))
    assert odds(factors, one) / odds(factors, other) > 2
    factors = learnt(factors, calls(dice, {one: 0.1, other: 0.3}, 20_000))
    assert odds(factors, other) / odds(factors, one) > 1.5


@pytest.mark.parametrize("old", [b"", b"\x94garbage", msgspec.msgpack.encode(["predictive", None, 0.0, b"memory"])])
def test_what_was_stored_before_there_were_factors_has_none(old: bytes) -> None:
    assert stored_factors(old) == Factors()
    if old.startswith(b"\x94\xaa"):
        assert msgspec.msgpack.decode(old, type=Stored).body == b"memory"


@pytest.mark.parametrize(
    ("kind", "plain", "detects"),
    [
        ("answered", True, None),
        ("connected", None, True),
        ("dropped", None, True),
        ("amd_machine", False, False),
        ("no_answer", False, False),
        ("busy", False, False),
        ("failed", None, None),
    ],
)
def test_what_an_outcome_tells(kind: OutcomeKind, plain: bool | None, detects: bool | None) -> None:
    assert (tells(kind, False), tells(kind, True)) == (plain, detects)


def test_quick_answers_do_not_make_a_new_list_look_rich() -> None:
    """A quarter answers within seconds, the others ring out: nothing is learnt before these are heard of too."""
    dice, other, cell = np.random.default_rng(6), Cell(6, 5, 9, 1), Cell(7, 5, 9, 1)
    book = OddsBook(learnt(Factors(), calls(dice, {other: 0.25}, 500)))
    for launched_s in range(0, 20, 4):
        book.hear(cell, "answered", launched_s, 20.0, detects=False)
    book.learn(23.0)
    assert book.give(cell) == 1.0 and book.unlearnt == 5
    for launched_s in set(range(20)) - set(range(0, 20, 4)):
        book.hear(cell, "no_answer", launched_s, 20.0, detects=False)
    book.learn(20.0 + 20.0 + HEARD_OF_S)
    assert book.unlearnt == 0 and book.give(cell) == pytest.approx(1.0, abs=0.25)


def test_the_next_odds_are_those_of_the_last_calls() -> None:
    tried = [Tried(0.0, Cell(1, 5, 9, 1), True), Tried(0.0, Cell(2, 5, 9, 1), False)]
    book = OddsBook(learnt(Factors(), tried * 20))
    assert book.next_odds == 1.0
    given = [book.give(Cell(1, 5, 9, 1)) for _ in range(8)]
    assert given[0] > 1.3 and book.next_odds == given[0]
