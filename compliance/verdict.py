"""What the gate answers: a decision with every reason, the numbers that decided, and the first instant that passes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from msgspec import Struct, structs

Decision = Literal["allow", "deny", "review"]
ReasonCode = Literal[
    "timezone_unknown",
    "holiday",
    "weekday",
    "hours",
    "preference",
    "place",
    "frequency.attempts",
    "frequency.conversation",
    "frequency.contacts",
    "consent",
    "consent_stale",
    "opt_out",
    "cease",
    "attorney",
    "third_party",
    "abandonment",
    "channel",
    "disclosure",
]
REASON_CODES: tuple[str, ...] = get_args(ReasonCode)
_ORDER = {code: place for place, code in enumerate(REASON_CODES)}


class Reason(Struct, frozen=True):
    """One thing that stands in the way. `text` is a clause for a person, with the numbers that decided."""

    code: ReasonCode
    rule: str
    rulebook: str
    version: str
    source: str
    text: str


class Tally(Struct, frozen=True):
    """How far a cap is used if this contact happens: the `nth` of `limit`, counted from the local date `since`."""

    rule: str
    nth: int
    limit: int
    since: str


class Verdict(Struct, frozen=True):
    """`retry_at`: first instant (aware UTC) at which the same contact is allowed if nothing else happens, or None."""

    decision: Decision
    reasons: tuple[Reason, ...]
    retry_at: datetime | None
    flags: tuple[str, ...]
    tzdb: str
    because: str
    rulebooks: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    tallies: tuple[Tally, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.decision == "allow"

    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct reason codes, in the order of `REASON_CODES`."""
        return tuple(sorted({reason.code for reason in self.reasons}, key=_ORDER.__getitem__))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values only; `from_json` gives back an equal verdict."""
        return {
            "verdict": self.decision,
            "reasons": [structs.asdict(reason) for reason in self.reasons],
            "retry_at": format_instant(self.retry_at),
            "flags": list(self.flags),
            "tzdb": self.tzdb,
            "because": self.because,
            "rulebooks": list(self.rulebooks),
            "zones": list(self.zones),
            "tallies": [structs.asdict(tally) for tally in self.tallies],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        return cls(
            decision=data["verdict"],
            reasons=tuple(Reason(**reason) for reason in data["reasons"]),
            retry_at=None if data["retry_at"] is None else datetime.fromisoformat(data["retry_at"]).astimezone(UTC),
            flags=tuple(data["flags"]),
            tzdb=data["tzdb"],
            because=data["because"],
            rulebooks=tuple(data["rulebooks"]),
            zones=tuple(data["zones"]),
            tallies=tuple(Tally(**tally) for tally in data["tallies"]),
        )


def format_instant(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z; microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
