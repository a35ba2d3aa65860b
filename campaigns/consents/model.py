"""The consent ledger's rule: which rows hold at an instant, and what that comes to for a channel. Pure.

A consent holds from its instant until it expires, or until an end of the same contact point and channel comes at its
instant or later: of the same instant, the end wins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Channel = Literal["voice", "sms", "whatsapp", "email"]
How = Literal["written", "oral", "used_with_collector"]
Event = Literal["given", "renewed", "revoked", "expired"]
CHANNELS: tuple[Channel, ...] = ("voice", "sms", "whatsapp", "email")
GIVEN: frozenset[str] = frozenset({"given", "renewed"})
Standing = Literal["given", "revoked", "expired", "none"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger. `at`: when it happened; `recorded_at`: when it was written down, None: with an import."""

    channel: Channel
    event: Event
    at: datetime
    how: How | None = None
    expires_at: datetime | None = None
    evidence: str = ""
    recorded_by: str = ""
    recorded_at: datetime | None = None
    text_shown: str = ""
    text_version: str = ""
    text_language: str = ""


def holding(entries: Iterable[Entry], channel: Channel, at: datetime) -> list[Entry]:
    """The consents to the channel that hold at this instant, in order of time."""
    past = [entry for entry in entries if entry.channel == channel and entry.at <= at]
    last_end = max((entry.at for entry in past if entry.event not in GIVEN), default=None)
    return sorted(
        (
            entry
            for entry in past
            if entry.event in GIVEN
            and (last_end is None or entry.at > last_end)
            and (entry.expires_at is None or entry.expires_at > at)
        ),
        key=lambda entry: entry.at,
    )


def standing(entries: Iterable[Entry], channel: Channel, at: datetime) -> Standing:
    """In one word."""
    entries = list(entries)
    if holding(entries, channel, at):
        return "given"
    past = [entry for entry in entries if entry.channel == channel and entry.at <= at]
    if not past:
        return "none"
    newest = max(past, key=lambda entry: (entry.at, entry.event not in GIVEN))
    return "revoked" if newest.event == "revoked" else "expired"


def channels_of(kind: str) -> tuple[Channel, ...]:
    """Which channels a contact point of this kind can take."""
    return ("email",) if kind == "email" else ("voice", "sms", "whatsapp") if kind == "mobile" else ("voice",)
