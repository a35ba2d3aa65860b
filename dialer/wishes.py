"""What an agent says of a person's wishes: which kinds may be recorded in a call, and the tone that they bring."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from campaigns.casefile.model import SayView
from compliance.disclosures import spoken_disclosures
from compliance.profiles import TIGHTENS
from compliance.rulebooks.model import Rulebooks

IN_A_CALL = (
    "inconvenient_time", "inconvenient_place", "stop_calling", "cease_all", "refuses_to_pay", "attorney", "dispute",
    "hardship", "deceased", "bankruptcy", "breathing_space", "third_party_reported", "wrong_number",
)  # fmt: skip
"""Wishes that an agent may record, in the order of the form."""
OF_THE_NUMBER = ("third_party_reported", "wrong_number")
WORDS = ("deny", "until", "place", "form", "within_validation_period", "name", "debts")
"""Details that a console may send; the rest is the server's own to fill in."""


def details_of(kind: str, args: Mapping[str, Any], contact_point_id: int, attempt_id: str) -> dict[str, Any]:
    """The details of a wish from a command's arguments; what was said in a call came by word of mouth."""
    details = {name: args[name] for name in WORDS if args.get(name) is not None}
    if kind in OF_THE_NUMBER:
        details["contact_point"] = contact_point_id
    if kind in ("cease_all", "refuses_to_pay"):
        details.setdefault("form", "oral")
    return details | {"attempt": attempt_id}


def tone_of(books: Rulebooks, wishes: Sequence[Mapping[str, Any]], today: date) -> dict[str, str] | None:
    """How to speak with the person while their wishes in force last, by language; None: as always."""
    for wish in wishes:
        book = TIGHTENS.get(str(wish["kind"]))
        if wish["ended_at"] is None and book is not None and book in books.books:
            version = books.get(book).at(today)
            if version is not None and version.spec.tone is not None:
                return dict(version.spec.tone.texts)
    return None


def to_say(books: Rulebooks, in_force: Sequence[str], language: str) -> list[SayView]:
    """What must be said to the right party under the rulebooks in force (id@version), in the person's language.

    What opens a call or is left on a voicemail comes before the right party is known, and is not in this list.
    """
    versions = [version for book in books.books.values() for version in book.versions if version.name in in_force]
    said = spoken_disclosures(versions, language)
    return [
        {"when": rule.when, "text": text, "source": rule.source}
        for rule, text in said
        if rule.when == "first" or rule.when == "every"
    ]
