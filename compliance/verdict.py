"""What the gate answers: a decision with every reason, the numbers that decided, and the first instant that passes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

from msgspec import Struct, structs

from compliance.localtime import spoken, wall

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
    """One thing that stands in the way. `text` is a clause for a person, with the numbers that decided.

    `debt`: the debt that `text` names after the word "about", by the caller's own id; "" where it names none.
    """

    code: ReasonCode
    rule: str
    rulebook: str
    version: str
    source: str
    text: str
    debt: str = ""


class Tally(Struct, frozen=True):
    """How far a cap is used if this contact happens: the `nth` of `limit`, counted from the local date `since`."""

    rule: str
    nth: int
    limit: int
    since: date


class Verdict(Struct, frozen=True):
    """`at`: the instant judged. `retry_at`: first instant at which the same contact is allowed if nothing else happens.

    `rulebooks` are those in force, as `id@version`; `tzdb` is the IANA version that told the local times.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    retry_at: datetime | None
    flags: tuple[str, ...]
    tzdb: str
    at: datetime
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

    @property
    def because(self) -> str:
        """One sentence for a person, made from the other fields."""
        if self.decision == "allow":
            clocks = ", ".join(f"{wall(zone, self.at)} in {zone}" for zone in self.zones)
            counts = "".join(f"; {t.rule} {t.nth} of {t.limit} since {spoken(t.since)}" for t in self.tallies)
            return f"Allowed by {', '.join(self.rulebooks)}: it is {clocks}{counts}."
        head = "A person must decide" if self.decision == "review" else "Not allowed"
        tail = f" Possible again at {format_instant(self.retry_at)}." if self.retry_at is not None else ""
        return f"{head}: {'; '.join(reason.text for reason in self.reasons)}.{tail}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values only; `from_json` gives back an equal verdict."""
        return {
            "verdict": self.decision,
            "reasons": [structs.asdict(reason) for reason in self.reasons],
            "retry_at": format_instant(self.retry_at),
            "flags": list(self.flags),
            "tzdb": self.tzdb,
            "because": self.because,
            "at": format_instant(self.at),
            "rulebooks": list(self.rulebooks),
            "zones": list(self.zones),
            "tallies": [{**structs.asdict(tally), "since": tally.since.isoformat()} for tally in self.tallies],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        return cls(
            decision=data["verdict"],
            reasons=tuple(Reason(**reason) for reason in data["reasons"]),
            retry_at=None if data["retry_at"] is None else _instant(data["retry_at"]),
            flags=tuple(data["flags"]),
            tzdb=data["tzdb"],
            at=_instant(data["at"]),
            rulebooks=tuple(data["rulebooks"]),
            zones=tuple(data["zones"]),
            tallies=tuple(Tally(**{**tally, "since": date.fromisoformat(tally["since"])}) for tally in data["tallies"]),
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def format_instant(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z; microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
