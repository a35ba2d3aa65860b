"""Decides how a skill is written, what somebody lacks for a campaign, and who takes a campaign's calls. Pure."""

import re
from collections.abc import Collection, Iterable
from typing import Literal

Staffing = Literal["assigned", "skilled"]
MOST_SKILLS = 32
"""Of one agent, and of one campaign."""
_SKILL = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def tidy(skills: Iterable[str]) -> tuple[str, ...]:
    """Each skill once, in one order, so that equal sets are equal values."""
    return tuple(sorted(set(skills)))


def complaint(skills: Collection[str]) -> str | None:
    """What is wrong with these skills and how to mend it; None: nothing."""
    odd = sorted(skill for skill in skills if not _SKILL.fullmatch(skill))
    if odd:
        named = ", ".join(repr(skill[:40]) for skill in odd[:3])
        return f"{named}: write a skill like es or hardship: 1 to 32 of a-z 0-9 _ -, beginning with a letter"
    if len(set(skills)) > MOST_SKILLS:
        return f"too many: at most {MOST_SKILLS} skills"
    return None


def lacking(required: Iterable[str], has: Collection[str]) -> tuple[str, ...]:
    """The skills that are required and that somebody with these has not."""
    return tuple(skill for skill in required if skill not in has)


def takes_calls(staffing: Staffing, required: Collection[str], *, assigned: bool, has: Collection[str]) -> bool:
    """Whether an agent with these skills takes the calls of a campaign that is staffed so."""
    if staffing == "skilled":
        return bool(required) and not lacking(required, has)
    return assigned and not lacking(required, has)
