"""The times of a call: the campaign's, or stricter ones where the rulebooks that allowed the call ask for them."""

from functools import lru_cache

from campaigns.model import CampaignSettings
from compliance.answering import strictest
from compliance.rulebooks.model import Rulebooks
from dialer.call import CallRules

RING_MIN_S = 15
"""The shortest ring where no rulebook names one."""


def call_rules(
    settings: CampaignSettings, books: Rulebooks, in_force: tuple[str, ...] = (), origin: str = "dialer"
) -> CallRules:
    """`in_force`: the verdict's rulebooks, as id@version. An unknown one changes nothing. `origin`: the attempt's."""
    ring_min_s, connect_max_ms = _strictest(SameBooks(books), in_force)
    return CallRules(
        max(settings.ring_timeout_s, ring_min_s or 0),
        min(settings.answer_wait_ms, connect_max_ms or settings.answer_wait_ms),
        settings.amd,
        ring_min_s or RING_MIN_S,
        announces=origin == "announcement",
        announces_to_machines=settings.announcement_to_machines,
    )


class SameBooks:
    """One set of rulebooks as a key: the same object is the same set."""

    def __init__(self, books: Rulebooks) -> None:
        self.books = books

    def __hash__(self) -> int:
        return id(self.books)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameBooks) and other.books is self.books


@lru_cache(maxsize=4096)
def _strictest(books: SameBooks, in_force: tuple[str, ...]) -> tuple[int | None, int | None]:
    versions = [version for book in books.books.books.values() for version in book.versions if version.name in in_force]
    found = strictest(versions)
    return found.ring_min_s, found.connect_max_ms
