"""Which breaks and shift ends may be planned, and which is near."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from campaigns.shifts.model import FARTHEST, MOST_PLANS, Plan, PlanAsked, check_plan, leaves_within, replaced
from tests.builders import NOW

LATER = NOW + timedelta(hours=2)


def a_break(number: int, minutes_from_now: int, minutes: int | None = 15) -> Plan:
    return Plan(number, 7, "pause", NOW + timedelta(minutes=minutes_from_now), minutes, "break")


def test_a_break_and_the_end_of_a_shift_are_taken() -> None:
    assert check_plan(PlanAsked("pause", LATER, 15, "lunch"), [], NOW) == []
    assert check_plan(PlanAsked("pause", LATER, None, "break"), [], NOW) == []
    assert check_plan(PlanAsked("logout", LATER), [a_break(1, 120)], NOW) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (PlanAsked("holiday", LATER), "kind"),
        (PlanAsked("logout", NOW), "at"),
        (PlanAsked("logout", NOW + FARTHEST + timedelta(seconds=1)), "at"),
        (PlanAsked("pause", LATER, 15, "Call my wife"), "reason"),
        (PlanAsked("pause", LATER, 15), "reason"),
        (PlanAsked("pause", LATER, 0, "break"), "minutes"),
        (PlanAsked("pause", LATER, 481, "break"), "minutes"),
        (PlanAsked("logout", LATER, 15), "minutes"),
        (PlanAsked("logout", LATER, None, "break"), "reason"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(asked: PlanAsked, field: str) -> None:
    assert [problem.field for problem in check_plan(asked, [], NOW)] == [field]


@pytest.mark.parametrize(("start", "free"), [(105, True), (106, False), (119, False), (134, False), (135, True)])
def test_two_breaks_do_not_overlap(start: int, free: bool) -> None:
    asked = PlanAsked("pause", NOW + timedelta(minutes=start), 15, "lunch")
    assert (check_plan(asked, [a_break(1, 120)], NOW) == []) is free


def test_a_shift_ends_once_and_the_new_end_takes_the_old_ones_place_even_when_the_plans_are_many() -> None:
    end = Plan(9, 7, "logout", LATER)
    plans = [*(a_break(n, 20 * n) for n in range(1, MOST_PLANS)), end]
    assert replaced("logout", plans) is end and replaced("pause", plans) is None
    assert check_plan(PlanAsked("logout", LATER + timedelta(hours=1)), plans, NOW) == []
    one_more = check_plan(PlanAsked("pause", NOW + timedelta(days=1), 5, "break"), plans, NOW)
    assert [problem.field for problem in one_more] == ["at"]


@given(
    st.lists(st.tuples(st.sampled_from(["pause", "logout"]), st.integers(-100, 3600)), max_size=6),
    st.integers(0, 120),
)
def test_who_leaves_within_a_time_has_a_plan_in_it_and_the_end_goes_first(
    whens: list[tuple[str, int]], ahead: int
) -> None:
    plans = [
        Plan(n, 7, "pause" if kind == "pause" else "logout", NOW + timedelta(seconds=s))
        for n, (kind, s) in enumerate(whens)
    ]
    near = {kind for kind, seconds in whens if seconds <= ahead}
    expected = "logout" if "logout" in near else "pause" if near else None
    assert leaves_within(plans, NOW, timedelta(seconds=ahead)) == expected
