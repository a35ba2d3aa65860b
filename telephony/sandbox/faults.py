"""Decides which request or event of the simulated node goes wrong, and how."""

from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    DROP_REPLY = "drop_reply"
    """The request is carried out; the connection breaks before the reply."""
    DROP_REQUEST = "drop_request"
    """The connection breaks before the request is carried out."""
    STALL = "stall"
    """Carried out, and the reply never comes while the connection stays open."""
    DELAY = "delay"
    """Carried out; the reply comes `seconds` (of the wall) late."""
    REFUSE = "refuse"
    """Not carried out; answered by `status`."""


@dataclass(slots=True)
class Rule:
    """One fault for the next `times` requests (None: all) whose "METHOD path" starts with `match`."""

    fault: Fault
    match: str = ""
    times: int | None = 1
    seconds: float = 0.0
    status: int = 503


@dataclass(slots=True)
class Faults:
    rules: list[Rule] = field(default_factory=list)

    def add(
        self, fault: Fault, match: str = "", *, times: int | None = 1, seconds: float = 0.0, status: int = 503
    ) -> Rule:
        """`match` like "POST channels/"; the first rule that matches is used."""
        rule = Rule(fault, match, times, seconds, status)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        self.rules.clear()

    def take(self, method: str, path: str) -> Rule | None:
        """The fault of this request, if any; used up rules go."""
        request = f"{method} {path}"
        for rule in self.rules:
            if request.startswith(rule.match):
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times <= 0:
                        self.rules.remove(rule)
                return rule
        return None
