"""Channels that are closed until the tenant turns them on: a carrier or a platform may bar what the law allows."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.rulebooks.model import Version
from compliance.situation import Finding, Situation, book_reason


def eligibility_findings(s: Situation, version: Version) -> Iterator[Finding]:
    """The channel's switch is off, or was not looked up."""
    rule = version.eligibility.get(s.contact.channel)
    if rule is None or rule.switch in (s.facts.switches or ()):
        return
    text = f"{rule.because}; the switch {rule.switch} is off ({version.book})"
    yield Finding(book_reason(version, "channel", f"{version.book}.eligibility", rule.source, text), None)
