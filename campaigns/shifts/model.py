"""Decides which planned breaks and shift ends may be made, and which of them is near. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from campaigns.problems import Problem

Kind = Literal["pause", "logout"]
PAUSE_REASONS = ("break", "lunch", "training", "meeting", "technical")
FARTHEST = timedelta(days=7)
LONGEST_MIN = 480
MOST_PLANS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A break (`pause`) or shift end (`logout`) that begins at `at`, aware UTC.

    `minutes`: how long the break is meant to be, for people to read: nobody is made ready by a clock. `reason`: one of
    PAUSE_REASONS for a break, None for a shift end.
    """

    id: int
    user_id: int
    kind: Kind
    at: datetime
    minutes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """A plan as somebody asked for it, not checked yet."""

    kind: str
    at: datetime
    minutes: int | None = None
    reason: str | None = None


def check_plan(asked: PlanAsked, plans: Sequence[Plan], now: datetime) -> list[Problem]:
    """What stands against the plan beside the agent's open ones, `plans`."""
    found = []
    if asked.kind not in ("pause", "logout"):
        found.append(Problem("kind", "the kind is pause (a break) or logout (the end of the shift)"))
    if asked.at <= now:
        found.append(Problem("at", "the time is past: choose one in the future"))
    elif asked.at > now + FARTHEST:
        found.append(Problem("at", f"too far away: at most {FARTHEST.days} days"))
    found += _check_break(asked, plans) if asked.kind == "pause" else _check_end(asked)
    if len(plans) >= MOST_PLANS and replaced(asked.kind, plans) is None:
        found.append(Problem("at", f"there are {MOST_PLANS} plans already: cancel one first"))
    return found


def _check_break(asked: PlanAsked, plans: Sequence[Plan]) -> list[Problem]:
    found = []
    if asked.reason not in PAUSE_REASONS:
        found.append(Problem("reason", f"the reason of a break is one of {', '.join(PAUSE_REASONS)}"))
    if asked.minutes is not None and not 1 <= asked.minutes <= LONGEST_MIN:
        found.append(Problem("minutes", f"a break lasts 1 to {LONGEST_MIN} minutes"))
    elif any(plan.kind == "pause" and _overlap(asked, plan) for plan in plans):
        found.append(Problem("at", "another break is planned then: cancel it first, or choose another time"))
    return found


def _check_end(asked: PlanAsked) -> list[Problem]:
    if asked.minutes is None and asked.reason is None:
        return []
    field = "minutes" if asked.minutes is not None else "reason"
    return [Problem(field, "the end of a shift has no length and no reason: leave it out")]


def _overlap(one: PlanAsked, other: Plan) -> bool:
    return one.at < _until(other.at, other.minutes) and other.at < _until(one.at, one.minutes)


def _until(at: datetime, minutes: int | None) -> datetime:
    return at + timedelta(minutes=minutes or 1)


def replaced(kind: str, plans: Iterable[Plan]) -> Plan | None:
    """The plan whose place a new one takes: a shift ends once."""
    return next((plan for plan in plans if kind == plan.kind == "logout"), None)


def leaves_within(plans: Iterable[Plan], now: datetime, ahead: timedelta) -> Kind | None:
    """How the agent leaves within that time by plan; the end of the shift stands before a break."""
    near = {plan.kind for plan in plans if plan.at <= now + ahead}
    return "logout" if "logout" in near else "pause" if near else None
