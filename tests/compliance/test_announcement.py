"""An announcement without an agent: only where every rulebook that binds says so."""

import msgspec
import pytest

from compliance.announcement import not_allowed_by, opt_out_lacks
from compliance.rulebooks.loader import load_rulebooks, parse_rulebook
from compliance.rulebooks.model import Version

ALLOWS = """
id = "client:radio"
title = "A client that may"
kind = "client"

[[versions]]
version = "1"
hours = [{ windows = { daily = ["08:00", "21:00"] }, source = "contract 1", confidence = "primary" }]

[versions.announcement]
opt_out = { en = ["press 9", "press nine"] }
source = "contract 2"
confidence = "primary"
"""


@pytest.fixture
def allowing() -> Version:
    return parse_rulebook(ALLOWS, "x.toml").versions[0]


def test_no_rulebook_of_the_product_allows_it() -> None:
    books = load_rulebooks().books.values()
    versions = [version for book in books for version in book.versions]
    assert set(not_allowed_by(versions)) == {book.id for book in books}


def test_one_that_says_nothing_is_named_beside_one_that_allows(allowing: Version) -> None:
    federal = load_rulebooks().get("us-federal").versions[0]
    assert not_allowed_by([allowing]) == []
    assert not_allowed_by([allowing, federal]) == ["us-federal"]


def test_the_words_must_hold_one_of_the_ways_out(allowing: Version) -> None:
    assert opt_out_lacks([allowing], "en", "Please call us. Press 9 to be called no more.") == []
    assert opt_out_lacks([allowing], "en", "Please call us.") == ["client:radio asks for one of: press 9, press nine"]


def test_a_value_without_a_source_is_refused() -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError), match="source"):
        parse_rulebook(ALLOWS.replace('source = "contract 2"\n', ""), "x.toml")
