"""Who gets whom."""

from collections.abc import Iterator
from datetime import datetime

from hypothesis import given, strategies as st

from dialer.idle import Idle
from dialer.matching import FreeAgent, Pair, WaitingCall, match
from tests.dialer.samples import at


def agent(user_id: int, idle_since: float, *campaigns: int) -> FreeAgent:
    return FreeAgent(user_id, at(idle_since), frozenset(campaigns or (1,)))


def call(name: str, since: float, campaign: int = 1, deadline: float = 100, only: int | None = None) -> WaitingCall:
    return WaitingCall(name, campaign, at(since), at(deadline), only)


def test_the_longest_waiting_call_gets_the_longest_idle_agent() -> None:
    pairs = match([call("b", 2), call("a", 1)], [agent(2, 5), agent(1, 9)], at(10))
    assert pairs == [Pair("a", 2), Pair("b", 1)]


def test_an_agent_takes_calls_of_their_campaigns_only() -> None:
    assert match([call("a", 1, campaign=2)], [agent(1, 0, 1), agent(2, 5, 1, 2)], at(10)) == [Pair("a", 2)]


def test_the_person_of_the_highest_priority_is_first_however_long_another_waits() -> None:
    urgent = WaitingCall("b", 2, at(3), at(100), priority=5)
    assert match([call("a", 1), urgent], [agent(1, 0, 1, 2)], at(10)) == [Pair("b", 1)]
    both = match([call("a", 1), urgent], [agent(1, 0, 1, 2), agent(2, 5, 1, 2)], at(10))
    assert both == [Pair("b", 1), Pair("a", 2)]


def test_a_call_past_its_deadline_gets_nobody() -> None:
    assert match([call("a", 1, deadline=10)], [agent(1, 0)], at(10)) == []


def test_a_call_that_an_agent_chose_goes_to_that_agent() -> None:
    assert match([call("a", 1, only=2)], [agent(1, 0), agent(2, 5)], at(2)) == [Pair("a", 2)]
    assert match([call("a", 1, only=3)], [agent(1, 0), agent(2, 5)], at(2)) == []


def test_an_agent_that_failed_a_call_is_not_tried_again() -> None:
    tried = WaitingCall("a", 1, at(1), at(100), excluded=frozenset({1}))
    assert match([tried], [agent(1, 0), agent(2, 5)], at(2)) == [Pair("a", 2)]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 3), st.integers(0, 60)), max_size=20),
    st.lists(st.tuples(st.integers(0, 50), st.sets(st.integers(1, 3), min_size=1)), max_size=20),
)
def test_nobody_is_matched_twice_and_nobody_waits_beside_a_free_agent(
    calls: list[tuple[int, int, int]], agents: list[tuple[int, set[int]]]
) -> None:
    waiting = [call(f"c{n:02}", since, campaign, due) for n, (since, campaign, due) in enumerate(calls)]
    free = [agent(n, since, *campaigns) for n, (since, campaigns) in enumerate(agents)]
    free.sort(key=lambda one: (one.idle_since, one.user_id))
    pairs = match(waiting, free, at(30))
    assert len({pair.attempt_id for pair in pairs}) == len({pair.user_id for pair in pairs}) == len(pairs)
    used = {pair.user_id for pair in pairs}
    done = {pair.attempt_id for pair in pairs}
    for left in waiting:
        if left.attempt_id not in done and left.deadline > at(30):
            assert not [one for one in free if one.user_id not in used and left.campaign_id in one.campaigns]


def test_no_more_agents_are_looked_at_than_it_takes() -> None:
    looked: list[int] = []

    def idle() -> Iterator[FreeAgent]:
        for n in range(1, 5001):
            looked.append(n)
            yield agent(n, n, 1 + n % 2)

    assert match([call("a", 1, campaign=1), call("b", 2, campaign=2)], idle(), at(10)) == [Pair("a", 2), Pair("b", 1)]
    assert looked == [1, 2]


@given(st.lists(st.tuples(st.integers(1, 6), st.none() | st.integers(0, 9)), max_size=30))
def test_the_idle_are_in_the_order_of_their_idle_time(steps: list[tuple[int, int | None]]) -> None:
    idle, model = Idle(), dict[int, datetime]()
    for user_id, since in steps:
        if since is None:
            idle.take(user_id)
            model.pop(user_id, None)
        else:
            idle.put(user_id, at(since))
            model[user_id] = at(since)
        assert list(idle) == sorted((since, user_id) for user_id, since in model.items())
        assert len(idle) == len(model)
