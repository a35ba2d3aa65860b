"""Decides what one answered call adds to its campaign's abandonment figures. Pure.

The database does the same sum with each write of an attempt (migration 0004); a test keeps the two alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from compliance.abandonment import CONNECT_MAX_MS, AnsweredCall, is_abandoned

SLOT = timedelta(minutes=15)  # every zone's offset is a multiple of it, so that dates and hours are whole slots
MILLISECOND = timedelta(milliseconds=1)
Number = Annotated[int, Meta(ge=0)]


class EndedCall(Struct, frozen=True):
    """One answered call that is decided: connected, given up as abandoned, or ended.

    `missed`: the dialer's own flag, by the campaign's `answer_wait_ms`. A greeting whose end nobody heard is null.
    """

    answered_at: datetime
    answered_by: Literal["person", "machine", "unknown"] = "unknown"
    greeting_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    missed: bool = False


class Tally(Struct, frozen=True):
    """Answered calls of a period. Persons: everybody who is not known to be a machine, third parties too.

    `abandoned`: persons without an agent 2 s after their greeting; `missed`: by the campaign's own limit;
    `machines_cut`: machines by detection's word; `machines_heard`: machines that an agent was connected to.
    """

    persons: Number = 0
    abandoned: Number = 0
    missed: Number = 0
    machines_cut: Number = 0
    machines_heard: Number = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.persons + other.persons,
            self.abandoned + other.abandoned,
            self.missed + other.missed,
            self.machines_cut + other.machines_cut,
            self.machines_heard + other.machines_heard,
        )


def counted(call: EndedCall) -> Tally:
    """What one decided call adds to its slot.

    Whoever hung up before the limit was not abandoned, but is a person who answered; unknown ends count as waiting.
    """
    if call.answered_by == "machine":
        heard = call.bridged_at is not None
        return Tally(machines_heard=int(heard), machines_cut=int(not heard))
    waits_from = call.greeting_at or call.answered_at
    limit = waits_from + timedelta(milliseconds=CONNECT_MAX_MS)
    stayed = call.missed or call.bridged_at is not None or call.ended_at is None or call.ended_at > limit
    connected = None if call.bridged_at is None else max(0.0, (call.bridged_at - waits_from) / MILLISECOND)
    unmet = is_abandoned(AnsweredCall("", call.answered_by, agent_connected_ms=connected), "us-ftc")
    return Tally(persons=1, abandoned=int(stayed and unmet), missed=int(call.missed))


def slot_of(at: datetime) -> datetime:
    """The beginning of the quarter hour."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
