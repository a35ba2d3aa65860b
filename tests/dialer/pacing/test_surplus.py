"""Which ringing calls are given up when agents leave."""

from hypothesis import given, strategies as st

from dialer.pacing.surplus import Flying, surplus


def a_call(key: str, age_s: float, *, ringing_s: float | None = None, staff: int = 4, per_agent: float = 1.0) -> Flying:
    return Flying(key, age_s, ringing_s, 15, staff, per_agent)


def test_nothing_is_given_up_while_nobody_has_left() -> None:
    calls = [a_call("a", 3), a_call("b", 2), a_call("c", 1), a_call("d", 0)]
    assert surplus(calls, answered=0, idle=0, staff=4) == []


def test_the_youngest_calls_end_first_until_each_agent_has_as_many_as_before() -> None:
    calls = [a_call("old", 9), a_call("older", 12), a_call("young", 3), a_call("youngest", 1)]
    assert surplus(calls, answered=0, idle=0, staff=2) == ["youngest", "young"]


def test_a_call_that_rings_is_left_alone_until_the_shortest_ring_of_the_rulebook() -> None:
    calls = [a_call("rings", 20, ringing_s=14.9), a_call("rang", 20.5, ringing_s=15.0)]
    assert surplus(calls, answered=0, idle=0, staff=0) == ["rang"]


def test_a_call_that_does_not_ring_yet_ends_at_once() -> None:
    assert surplus([a_call("a", 1)], answered=0, idle=0, staff=0) == ["a"]


def test_an_idle_agent_keeps_a_call() -> None:
    assert surplus([a_call("a", 1, staff=2, per_agent=0.5)], answered=0, idle=1, staff=1) == []


def test_who_has_answered_stands_before_those_who_have_not() -> None:
    assert surplus([a_call("a", 1, staff=2)], answered=1, idle=1, staff=1) == ["a"]


def test_asked_again_about_those_that_are_left_it_ends_no_more() -> None:
    calls = [a_call(str(age), age, staff=10, per_agent=1.5) for age in range(15)]
    gone = set(surplus(calls, answered=0, idle=0, staff=5))
    left = [call for call in calls if call.key not in gone]
    assert len(left) == 7
    assert surplus(left, answered=0, idle=0, staff=5) == []


calls = st.lists(
    st.builds(
        Flying,
        key=st.uuids().map(str),
        age_s=st.floats(0, 60),
        ringing_s=st.none() | st.floats(0, 60),
        ring_min_s=st.integers(1, 30),
        staff=st.integers(0, 50),
        per_agent=st.floats(0, 10),
    ),
    max_size=60,
)


@given(calls, st.integers(0, 20), st.integers(0, 20), st.integers(0, 60))
def test_never_one_that_must_ring_on_never_one_launched_with_no_more_agents(
    flying: list[Flying], answered: int, idle: int, staff: int
) -> None:
    keys = surplus(flying, answered=answered, idle=idle, staff=staff)
    ended = [call for call in flying if call.key in keys]
    assert len(keys) == len(ended)
    assert all(call.ringing_s is None or call.ringing_s >= call.ring_min_s for call in ended)
    assert len(keys) <= sum(1 for call in flying if staff < call.staff)
    assert len(flying) - len(keys) >= min(len(flying), idle - answered)
    kept = [call for call in flying if call.key not in keys and call.may_end]
    assert all(young.age_s <= old.age_s for young in ended for old in kept)
