"""Both tables are total: no pair of state and event was forgotten, and an impossible one changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from dialer import agent, call
from dialer.agent import Agent, AgentState
from dialer.call import Call, CallRules, CallState
from dialer.lives import IGNORED, IMPOSSIBLE, Cell, Row, UnexpectedEvent, table
from tests.dialer.samples import AGENT_SAMPLES, CALL_SAMPLES, a_call, an_agent


def test_every_event_of_a_call_has_a_sample() -> None:
    assert {type(event) for event in CALL_SAMPLES} == set(call.EVENTS)


def test_every_event_of_an_agent_has_a_sample() -> None:
    assert {type(event) for event in AGENT_SAMPLES} == set(agent.EVENTS)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("event", CALL_SAMPLES, ids=lambda event: type(event).__name__)
def test_each_cell_of_a_call_does_what_the_table_says(state: CallState, event: Any) -> None:
    check(call.TRANSITIONS[state][type(event)], a_call(state), event, call.step)


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("event", AGENT_SAMPLES, ids=lambda event: type(event).__name__)
def test_each_cell_of_an_agent_does_what_the_table_says(state: AgentState, event: Any) -> None:
    check(agent.TRANSITIONS[state][type(event)], an_agent(state), event, agent.step)


def check(cell: Cell, before: Any, event: Any, step: Callable[[Any, Any], Any]) -> None:
    if cell.kind == "impossible":
        with pytest.raises(UnexpectedEvent):
            step(before, event)
        return
    after, effects = step(before, event)
    if cell is IGNORED:
        assert (after, effects) == (before, ())
    else:
        assert after.state in {before.state, *cell.targets}


def test_a_forgotten_cell_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="undecided or unknown"):
        table((int, str), {"only": Row({int: IMPOSSIBLE})})


def test_a_cell_decided_twice_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="decided twice"):
        table((int,), {"only": Row({int: IGNORED}, ignored=frozenset({int}))})


def test_an_unknown_kind_of_event_is_unexpected() -> None:
    with pytest.raises(UnexpectedEvent) as caught:
        call.step(Call("a", CallRules()), object())  # type: ignore[arg-type]
    assert (caught.value.life, caught.value.state, caught.value.event) == ("call", "committed", "object")
    with pytest.raises(UnexpectedEvent):
        agent.step(Agent(1), object())  # type: ignore[arg-type]
