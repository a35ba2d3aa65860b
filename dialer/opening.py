"""What an agent says before the right party is known: the opening words, and what may be left on a voicemail.

Nothing else stands here: what a rulebook wants said of the debt belongs to the file (dialer.wishes.to_say).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from campaigns.casefile.model import WordsView
from compliance.disclosures import filled, spoken_disclosures
from compliance.rulebooks.model import Rulebooks
from dialer.call_rules import SameBooks


class _Words(NamedTuple):
    when: Literal["opening", "voicemail"]
    text: str
    source: str


def opening_words(
    books: Rulebooks, in_force: tuple[str, ...], language: str, names: Mapping[str, str]
) -> list[WordsView]:
    """The words of the rulebooks that allowed the call (id@version), in the person's language or else in English.

    `names`: agent, business_name, business_phone.
    """
    found = _words(SameBooks(books), in_force, language)
    return [{"when": one.when, "text": filled(one.text, names), "source": one.source} for one in found]


@lru_cache(maxsize=4096)
def _words(books: SameBooks, in_force: tuple[str, ...], language: str) -> tuple[_Words, ...]:
    versions = [version for book in books.books.books.values() for version in book.versions if version.name in in_force]
    said = spoken_disclosures(versions, language)
    found: dict[tuple[str, str], _Words] = {}
    for rule, text in said:
        if rule.when in ("opening", "voicemail"):
            found.setdefault((rule.when, text), _Words(rule.when, text, rule.source))
    return tuple(found.values())
