"""The rules of contact as the product starts campaigns with them, and rules made for tests."""

from compliance.rulebooks.loader import load_rulebooks, parse_rulebook
from compliance.rulebooks.model import Rulebooks
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
