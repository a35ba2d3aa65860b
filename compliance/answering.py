"""How long it must ring and how soon somebody must speak: the strictest of all rulebooks that bind."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from compliance.rulebooks.model import Version


class Answering(Struct, frozen=True):
    """`ring_min_s`: shortest ring before giving up; `connect_max_ms`: latest agent. None: no rule. With the sources."""

    ring_min_s: int | None = None
    connect_max_ms: int | None = None
    ring_source: str = ""
    connect_source: str = ""


def strictest(versions: Iterable[Version]) -> Answering:
    """The longest ring and the shortest wait that any of these versions asks for."""
    rules = [(version.book, version.spec.answering) for version in versions if version.spec.answering is not None]
    rings = [
        (rule.ring_min_s, f"{book}: {rule.source}") for book, rule in rules if rule and rule.ring_min_s is not None
    ]
    waits = [
        (rule.connect_max_ms, f"{book}: {rule.source}")
        for book, rule in rules
        if rule and rule.connect_max_ms is not None
    ]
    ring, ring_source = max(rings, default=(None, ""), key=lambda one: one[0])
    wait, wait_source = min(waits, default=(None, ""), key=lambda one: one[0])
    return Answering(ring, wait, ring_source, wait_source)
