"""Turns an attempt into the gate's history: what became of it, in the gate's vocabulary. Pure."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from compliance.facts import CallOutcome, Channel, FactsError, HistoryEvent

_AS_IT_IS: frozenset[str] = frozenset(get_args(CallOutcome))


class Attempt(NamedTuple):
    """An attempt as the gate's history wants it; `debt_ids` are numbers with commas between them."""

    contact_point_id: int
    debt_ids: str
    channel: Channel
    direction: Literal["out", "in"]
    at: datetime
    state: str
    ended_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    bridged_at: datetime | None
    outcome: str | None
    cause: int | None

    @property
    def in_call(self) -> bool:
        """Whether it is an outgoing call that has not ended."""
        return self.state != "ended" and self.channel == "voice" and self.direction == "out"


def event_of(row: Attempt) -> HistoryEvent | None:
    """One attempt as the gate counts it; None when it never reached the person's line."""
    outcome = _voice(row) if row.channel == "voice" else _message(row)
    if outcome is None:
        return None
    debts = tuple(row.debt_ids.split(",")) if row.debt_ids else ()
    return HistoryEvent(utc(row.at), row.direction, row.channel, str(row.contact_point_id), outcome, debts)


def _message(row: Attempt) -> str | None:
    if row.direction == "in":
        return "message_received"
    # whatever is not known to have been refused by the carrier may have been sent
    return "message_failed" if row.outcome in ("failed", "cancelled") else "message_sent"


def _voice(row: Attempt) -> str | None:
    """Not ended: the worst that it may become. Ended, outcome unknown: a call placed, unless it never connected."""
    outcome = row.outcome
    if outcome == "announced":
        # to have heard us out is a talk with us as far as the rules of contact go
        return "voicemail_message" if row.answered_by == "machine" else "conversation"
    if outcome in _AS_IT_IS:
        return outcome
    if row.state != "ended":
        return "in_progress"
    if row.bridged_at is not None:
        return "conversation"
    if row.answered_at is not None:
        return "answered_dropped"
    if outcome in ("failed", "cancelled") and row.ringing_at is None and _told(row):
        return None
    return "no_answer"


def _told(row: Attempt) -> bool:
    """Whether the exchange itself said how the call ended, so that silence about ringing means that there was none."""
    return row.cause is not None or row.outcome == "cancelled"


def utc(at: datetime) -> datetime:
    """The instant in UTC; FactsError for one without a zone."""
    if at.tzinfo is None:
        raise FactsError("an instant has no time zone")
    return at.astimezone(UTC)
