"""Calls that play a recording and have no agent: only where every rulebook that binds the person allows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compliance.rulebooks.model import Version
from compliance.situation import Finding, Situation, book_reason

NO_RULE = "no rule allows it"


def announcement_findings(s: Situation, version: Version) -> Iterator[Finding]:
    """The rulebook does not allow an announcement without an agent; that is what a rulebook says by saying nothing."""
    if s.contact.origin != "announcement" or version.spec.announcement is not None:
        return
    text = f"an announcement without an agent is not allowed ({version.book}: {NO_RULE})"
    yield Finding(book_reason(version, "channel", f"{version.book}.announcement", NO_RULE, text), None)


def not_allowed_by(versions: Iterable[Version]) -> list[str]:
    """The rulebooks that do not allow announcements, by id."""
    return list(dict.fromkeys(version.book for version in versions if version.spec.announcement is None))


def opt_out_lacks(versions: Iterable[Version], language: str, words: str) -> list[str]:
    """What the announcement's words must say of opting out and do not, a clause for each rulebook."""
    said, found = words.casefold(), []
    for version in versions:
        rule = version.spec.announcement
        phrases = rule.opt_out.get(language, ()) if rule is not None else ()
        if phrases and not any(phrase.casefold() in said for phrase in phrases):
            found.append(f"{version.book} asks for one of: {', '.join(phrases)}")
    return found
