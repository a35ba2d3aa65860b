"""A message's life as a table: every cell is there, and nothing that may have been sent goes back to the queue."""

import pytest

from dialer.message_life import EVENTS, FINAL, STATES, TRANSITIONS, Event, State, event_of_status, step
from telephony.messaging.port import STATUS_RANK


def test_every_cell_is_decided() -> None:
    assert set(TRANSITIONS) == set(STATES)
    for state in STATES:
        assert set(TRANSITIONS[state]) == set(EVENTS), state
        assert set(TRANSITIONS[state].values()) <= set(STATES)


def test_only_a_carrier_that_did_not_take_it_brings_a_message_back_to_the_queue() -> None:
    back = {(state, event) for state in STATES for event in EVENTS if step(state, event) == "queued"}
    assert back == {
        ("queued", "put_off"),
        ("queued", "pushed_back"),
        ("in_flight", "pushed_back"),
        ("unknown", "pushed_back"),
    }


def test_only_the_gate_puts_a_message_in_flight() -> None:
    into = {(state, event) for state in STATES for event in EVENTS if step(state, event) == "in_flight" != state}
    assert into == {("queued", "admitted")}


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize(
    "event", ["admitted", "put_off", "refused", "withdrawn", "accepted", "pushed_back", "rejected", "lost"]
)
def test_what_is_over_is_moved_by_reports_only(state: State, event: Event) -> None:
    assert step(state, event) == state


@pytest.mark.parametrize("state", STATES)
def test_a_report_of_delivery_is_believed_in_every_state(state: State) -> None:
    assert step(state, "delivered") == "delivered"


@pytest.mark.parametrize("status", sorted(STATUS_RANK))
def test_every_status_of_the_carrier_is_an_event(status: str) -> None:
    final = event_of_status(status) != "on_its_way"
    assert final is (STATUS_RANK[status] >= 6)
