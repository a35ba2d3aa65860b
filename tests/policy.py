"""The rules of contact as the product starts campaigns with them, and rules made for tests."""

from msgspec import structs

from compliance.rulebooks.loader import load_rulebooks, parse_rulebook
from compliance.rulebooks.model import Rulebooks, Version
from compliance.rulebooks.spec import AnnouncementSpec
from dialer.campaign_policy import RulebookPolicy
from dialer.settings import DIAL_STOP_MARGIN_S

BOOKS = load_rulebooks(dial_stop_margin_s=DIAL_STOP_MARGIN_S)
POLICY = RulebookPolicy(BOOKS)

ANNOUNCING = """
id = "{id}"
title = "for tests"

[[versions]]
version = "1"
hours = [{{ windows = {{ daily = ["00:00", "24:00"] }}, source = "test", confidence = "primary" }}]

[versions.announcement]
opt_out = {{ en = ["press 9"] }}
source = "test"
confidence = "primary"
"""


def announcing() -> Rulebooks:
    """Rulebooks of the product's names that are always open and allow announcements, which none of the product does."""
    made = {name: parse_rulebook(ANNOUNCING.format(id=name), f"{name}.toml") for name in BOOKS.books}
    return Rulebooks(made, DIAL_STOP_MARGIN_S)


def announced(books: Rulebooks) -> Rulebooks:
    """The same rulebooks, each of which also allows announcements: everything else of theirs binds as before."""
    rule = AnnouncementSpec(source="test", confidence="primary")

    def allowing(version: Version) -> Version:
        work = version.at_work and allowing(version.at_work)
        return structs.replace(version, spec=structs.replace(version.spec, announcement=rule), at_work=work)

    made = {
        name: structs.replace(book, versions=tuple(allowing(version) for version in book.versions))
        for name, book in books.books.items()
    }
    return structs.replace(books, books=made)
