"""Limits and formulas of abandonment come from the rulebooks that bind, the strictest of each regime."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from compliance.abandonment_law import BookLimit, limits_of
from compliance.abandonment_ledger import Policy, Subject, judge, windows
from compliance.abandonment_tally import Tally
from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.model import Version

NOW = datetime(2026, 6, 16, 16, 0, tzinfo=UTC)
CLIENT = """
id = "client-a"
title = "A client"
kind = "client"
[[versions]]
version = "1"
[[versions.hours]]
windows = { daily = ["08:00", "21:00"] }
source = "contract 7"
confidence = "primary"
[versions.abandonment]
formula = "us-fcc"
period = "30_days"
limit_percent = "1.5"
source = "contract 8"
confidence = "primary"
"""


def _versions(folder: Path, *ids: str) -> list[Version]:
    (folder / "client-a.toml").write_text(CLIENT)
    found = [load_rulebooks(folder).get(name).at(NOW.date()) for name in ids]
    return [version for version in found if version is not None]


def test_the_strictest_book_of_each_regime_is_named(tmp_path: Path) -> None:
    books = _versions(tmp_path, "us-federal", "us-ma", "client-a", "gb", "default")
    assert limits_of(books) == (
        BookLimit("gb-ofcom", Fraction(3, 100), "gb"),  # no safe level: held to the level of its alarm
        BookLimit("us", Fraction(3, 200), "client-a"),
    )
    assert limits_of(_versions(tmp_path, "client-a", "us-federal")) == limits_of(
        _versions(tmp_path, "us-federal", "client-a")
    )
    assert limits_of(_versions(tmp_path, "default", "in")) == ()


def test_a_stricter_book_lowers_the_limit_of_its_regime_alone_and_binds() -> None:
    laws = (BookLimit("us", Fraction(3, 200), "client-a"), BookLimit("gb-ofcom", None, "x"))
    subject = Subject(1, "c", binds=("house",), laws=laws)
    plain = Subject(1, "c", binds=("house",))
    tally = Tally(10_000, 200, 200, 0, 0)  # two percent

    def limits(of: Subject) -> dict[str, tuple[Fraction, bool, str]]:
        found = [judge(of, window, tally, Policy()) for window in windows(NOW, "UTC", Policy(), NOW)]
        return {gauge.key: (gauge.limit, gauge.binds, gauge.state) for gauge in found}

    ours, cap = limits(subject), Fraction(3, 100)
    assert ours["us"] == (Fraction(3, 200), True, "over")
    assert ours["gb-ofcom"][:2] == (cap, True) and ours["house-24h"] == limits(plain)["house-24h"]
    assert limits(plain)["us"] == (cap, False, "ok")


def test_a_book_that_would_allow_more_than_three_percent_changes_nothing() -> None:
    lax = Subject(1, "c", laws=(BookLimit("us", Fraction(5, 100), "x"),))
    assert lax.limit_of("us") == Fraction(3, 100)
