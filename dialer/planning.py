"""Reads a planned break or shift end from a console's command. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from campaigns.problems import Refused, refuse
from campaigns.shifts.model import PlanAsked
from dialer.commands import Reply


def plan_asked(args: Mapping[str, Any]) -> PlanAsked:
    """`kind` pause or logout, `at` with its offset, `minutes` and `reason` of a break. Raises Refused."""
    minutes, reason = args.get("minutes"), args.get("reason")
    if minutes is not None and (not isinstance(minutes, int) or isinstance(minutes, bool)):
        raise refuse("minutes", "give whole minutes, or leave them out")
    if reason is not None and not isinstance(reason, str):
        raise refuse("reason", "give the reason as a word, or leave it out")
    return PlanAsked(str(args.get("kind")), _instant(args.get("at")), minutes, reason)


def _instant(given: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        raise refuse("at", "give an instant like 2026-03-31T15:00:00+00:00") from None
    if found.tzinfo is None:
        raise refuse("at", "give the instant with its offset from UTC")
    return found.astimezone(UTC)


def number(args: Mapping[str, Any], name: str) -> int:
    """The number of a plan or an agent. Raises Refused."""
    found = args.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**63:
        raise refuse(name, "give its number")
    return found


def refused_reply(refused: Refused) -> Reply:
    """All that is wrong in one text; the first field, where the form shows it."""
    words = " ".join(f"{problem.message}." for problem in refused.problems)
    return Reply(error_code="refused", message=words, field=refused.problems[0].field)
