"""A message's life from the queue to the last report: states, events, and the state after each pair. Pure.

Truth from the carrier wins: a report of a message that we took for unsent proves that it was sent, and it is never
sent again.
"""

from collections.abc import Mapping
from typing import Literal, get_args

State = Literal["queued", "in_flight", "unknown", "sent", "delivered", "undelivered", "failed", "refused", "cancelled"]
Event = Literal[
    "admitted",  # the gate allowed it; the attempt is written, the request goes out next
    "put_off",  # the gate said later
    "refused",  # the gate said no, for good
    "withdrawn",  # the person opted out, or somebody cancelled it
    "broken",  # it cannot be rendered
    "accepted",  # the carrier has it
    "pushed_back",  # the carrier did not take it and may take it later
    "rejected",  # the carrier said no
    "lost",  # no trustworthy answer, or the sender died: it may have been sent
    "on_its_way",  # reports from here on
    "delivered",
    "undelivered",
    "failed",
]
STATES: tuple[State, ...] = get_args(State)
EVENTS: tuple[Event, ...] = get_args(Event)
UNSENT: frozenset[State] = frozenset({"queued", "refused", "cancelled"})
FINAL: frozenset[State] = frozenset({"delivered", "undelivered", "failed", "refused", "cancelled"})
_REPORTS: Mapping[Event, State] = {
    "on_its_way": "sent",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
}


def _over(state: State) -> Mapping[Event, State]:
    """Nothing of ours moves it any more; only a report does."""
    return {event: state for event in EVENTS if event not in _REPORTS} | dict(_REPORTS)


def _reported(state: State) -> Mapping[Event, State]:
    """The last word was said; a second last word replaces it only when its rank is higher, which the caller checks."""
    return {**_over(state), "on_its_way": state}


TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    "queued": {
        "admitted": "in_flight",
        "put_off": "queued",
        "refused": "refused",
        "withdrawn": "cancelled",
        "broken": "failed",
        "accepted": "sent",
        "pushed_back": "queued",
        "rejected": "failed",
        "lost": "unknown",
        **_REPORTS,
    },
    "in_flight": {
        "admitted": "in_flight",
        "put_off": "in_flight",
        "refused": "in_flight",
        "withdrawn": "in_flight",  # too late: the request is out
        "broken": "in_flight",
        "accepted": "sent",
        "pushed_back": "queued",
        "rejected": "failed",
        "lost": "unknown",
        **_REPORTS,
    },
    "unknown": {
        "admitted": "unknown",
        "put_off": "unknown",
        "refused": "unknown",
        "withdrawn": "unknown",
        "broken": "unknown",
        "accepted": "sent",
        "pushed_back": "queued",
        "rejected": "failed",
        "lost": "unknown",
        **_REPORTS,
    },
    "sent": _over("sent"),
    "delivered": _reported("delivered"),
    "undelivered": _reported("undelivered"),
    "failed": _over("failed"),
    "refused": _over("refused"),
    "cancelled": _over("cancelled"),
}


def step(state: State, event: Event) -> State:
    """The state after the event."""
    return TRANSITIONS[state][event]


def event_of_status(status: str) -> Event:
    """The event that a carrier's status (a key of port.STATUS_RANK) stands for."""
    if status in ("delivered", "read"):
        return "delivered"
    if status == "undelivered":
        return "undelivered"
    if status in ("failed", "canceled"):
        return "failed"
    return "on_its_way"
