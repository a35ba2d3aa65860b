"""Rulebook files: the shipped ones say what the reference says, and a wrong one is refused with line and mend."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from compliance.rulebooks.loader import RulebookError, load_rulebooks, parse_rulebook
from compliance.rulebooks.model import UNSET_WINDOW, Version, day_index
from compliance.rulebooks.spec import json_schema
from tests.compliance.cases import GOLDEN, books

GOOD = """id = "client-x"
title = "A client"
zones = ["Europe/Warsaw"]

[[versions]]
version = "1"

[[versions.hours]]
windows = { mon-fri = ["09:00", "17:00"], sat = "closed", sun = "closed" }
source = "contract"
confidence = "primary"

[[versions.caps]]
id = "client-x.2-a-day"
reason = "frequency.attempts"
counts = "calls_placed"
max = 2
days = 1
per = "person"
channels = ["voice"]
source = "contract"
confidence = "primary"
"""


def test_a_good_file_is_read() -> None:
    book = parse_rulebook(GOOD, "x.toml")
    assert (book.id, book.versions[0].name) == ("client-x", "client-x@1")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("max = 2", "max = -1", 17, "Expected `int` >= 1; give a whole number in that range"),
        ("max = 2", "max = 0", 17, "Expected `int` >= 1; give a whole number in that range"),
        ("days = 1", "days = 61", 18, "Expected `int` <= 60; give a whole number in that range"),
        ("days = 1", 'days = 3\nperiod = "calendar_week"', 18, "days says nothing of a calendar_week"),
        ('channels = ["voice"]', "channels = []", 20, "length >= 1"),
        ('confidence = "primary"\n\n[[versions.caps]]', "\n[[versions.caps]]", 8, "say primary, secondary or memory"),
        ('["09:00", "17:00"]', '["09:00", "25:61"]', 9, 'write a window like ["08:00", "21:00"]'),
        ("mon-fri", "mon-", 8, "'mon-' is not a day; use mon, mon-fri, daily or holiday"),
        ("mon-fri", "fri-fri", 8, "'fri-fri' is not a day"),
        ("mon-fri", "mon-tue-fri", 8, "'mon-tue-fri' is not a day"),
        ('version = "1"', 'version = "1"\neffective_from = 2026-02-30', 7, "not TOML"),
        ('version = "1"', 'version = "1"\neffective_from = "soon"', 7, "effective_from"),
        ('source = "contract"', 'source = ""', 10, "source"),
        ('title = "A client"', 'title = "A client"\ntitle = "Again"', 3, "mend this line"),
        ("windows = {", 'review = { mon = ["08:00", "09:00"] }\nwindows = {', 8, "mon has a review window and is open"),
        (
            "windows = {",
            'review = { sat = ["08:00", "09:00"], sat-sun = ["10:00", "11:00"] }\nwindows = {',
            8,
            "overlap: sat has two review windows; keep one",
        ),
        (
            'source = "contract"\nconfidence = "primary"\n\n[[versions.caps]]',
            'confidence = "primary"\n\n[[versions.caps]]',
            8,
            "write where the value comes from",
        ),
        ("Europe/Warsaw", "Europe/Warschau", 3, "zone 'Europe/Warschau' is unknown; use a name of the IANA database"),
        (', sun = "closed"', "", 8, 'gap: sun needs a window exactly once; write sun = "closed" for none'),
        ("sat = ", "fri-sat = ", 8, "overlap: fri needs a window exactly once"),
        ('["09:00", "17:00"]', '["17:00", "09:00"]', 8, "ends before it starts"),
        ("mon-fri", "workdays", 8, "'workdays' is not a day; use mon, mon-fri, daily or holiday"),
        ("09:00", "9am", 9, "hours.0.windows"),
        ('per = "person"', 'per = "planet"', 19, "planet"),
        ("days = 1\n", "days = 1\ncolour = 1\n", 13, "colour"),
        ('id = "client-x"\n', "", 1, "id"),
        ("[[versions.hours]]", "[[versions.hours", 8, "not TOML"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_how_to_mend_it(old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(RulebookError) as refused:
        parse_rulebook(GOOD.replace(old, new, 1), "x.toml")
    assert words in str(refused.value)
    assert str(refused.value).startswith(f"x.toml:{line}: ")


def versions(*spans: tuple[str | None, str | None]) -> str:
    text = GOOD.split("[[versions]]")[0]
    for number, (first, last) in enumerate(spans):
        text += f'[[versions]]\nversion = "{number}"\n'
        text += f"effective_from = {first}\n" if first else ""
        text += f"effective_to = {last}\n" if last else ""
        text += '[[versions.hours]]\nwindows = { daily = ["09:00", "17:00"] }\nsource = "s"\nconfidence = "memory"\n'
    return text


def test_versions_follow_each_other_day_by_day() -> None:
    book = parse_rulebook(versions(("2027-01-01", None), (None, "2026-12-31")), "x.toml")
    assert [version.label for version in book.versions] == ["1", "0"]


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        (((None, "2026-12-31"), ("2027-01-02", None)), "gap: no version from 2027-01-01 on; start this one there"),
        (((None, "2026-12-31"), ("2026-12-31", None)), "overlap: an earlier version is still in force"),
        (((None, None), ("2027-01-01", None)), "overlap"),
        (((None, "2026-12-31"),), "gap: no version after 2026-12-31"),
        ((("2027-01-01", "2026-01-01"), ("2027-01-02", None)), "effective_to is before effective_from"),
    ],
)
def test_gaps_and_overlaps_of_versions_are_refused(spans: Any, words: str) -> None:
    with pytest.raises(RulebookError, match=words):
        parse_rulebook(versions(*spans), "x.toml")


@pytest.mark.parametrize(
    ("holidays", "words"), [('library = "XX"', "XX"), ('library = "CA-ZZ"', "ZZ"), ('rules = ["some-day"]', "some-day")]
)
def test_unknown_holidays_are_refused(holidays: str, words: str) -> None:
    text = f'{GOOD}\n[versions.holidays]\n{holidays}\nsource = "s"\nconfidence = "memory"\n'
    with pytest.raises(RulebookError, match=words) as refused:
        parse_rulebook(text, "x.toml")
    assert ":24: holidays" in str(refused.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            'retention = [{ what = "records", min_days = 10, max_days = 5, source = "s", confidence = "memory" }]',
            "max_days is below min_days",
        ),
        ('retention = [{ what = "records", source = "s", confidence = "memory" }]', "neither min_days nor max_days"),
        (
            'disclosures = [{ id = "a", channels = ["sms"], when = "every", source = "s", confidence = "memory" }]',
            "disclosure 'a' says nothing",
        ),
        ('answering = { ring_min_s = 0, source = "s", confidence = "memory" }', "ring_min_s"),
        (
            'abandonment = { formula = "us-ftc", period = "30_days", limit_percent = "-3", source = "s", '
            'confidence = "memory" }',
            "limit_percent",
        ),
        ('recording = { consent = "nobody", source = "s", confidence = "memory" }', "nobody"),
        (
            'eligibility = { sms = { switch = "telepathy", because = "b", source = "s", confidence = "memory" } }',
            "telepathy",
        ),
        ('opt_out = { sms = { confirmations = 2, source = "s", confidence = "memory" } }', "confirmations"),
    ],
)
def test_values_that_contradict_themselves_are_refused(table: str, words: str) -> None:
    text = GOOD.replace('version = "1"', f'version = "1"\n{table}')
    with pytest.raises(RulebookError, match=words) as refused:
        parse_rulebook(text, "x.toml")
    assert str(refused.value).startswith("x.toml:7: ")


def test_a_date_may_not_be_added_and_removed() -> None:
    dates = "add = [2026-01-02]\nremove = [2026-01-02]"
    text = f'{GOOD}\n[versions.holidays]\nlibrary = "PL"\n{dates}\nsource = "s"\nconfidence = "memory"\n'
    with pytest.raises(RulebookError, match="2026-01-02 is added and removed; keep one"):
        parse_rulebook(text, "x.toml")


def test_a_folder_or_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="nowhere: the folder of rulebooks cannot be read"):
        load_rulebooks(tmp_path / "nowhere")
    (tmp_path / "latin.toml").write_bytes('id = "x"\ntitle = "Québec"\n'.encode("latin-1"))
    with pytest.raises(RulebookError, match=r"latin.toml:2: not UTF-8; save the file as UTF-8"):
        load_rulebooks(tmp_path)


def test_hours_at_work_narrow_the_others(tmp_path: Path) -> None:
    work = (
        '\n[[versions.hours]]\npoints = "work"\nchannels = ["voice"]\n'
        'windows = { mon-fri = ["10:00", "20:00"], sat-sun = ["10:00", "12:00"] }\n'
        'source = "contract"\nconfidence = "primary"\n'
    )
    version = parse_rulebook(GOOD + work, "x.toml").versions[0]
    assert version.at_work is not None
    assert [str(day) for day in version.at_work.hours["voice"].days] == ["10:00-17:00"] * 5 + ["None"] * 2
    assert version.at_work.hours["sms"] == version.hours["sms"]
    with pytest.raises(RulebookError, match="channel voice has hours at work more than once"):
        parse_rulebook(GOOD + work + work, "x.toml")


def test_hours_by_channel_must_cover_each_channel_once() -> None:
    with pytest.raises(RulebookError, match="gap: channel sms"):
        parse_rulebook(GOOD.replace("[[versions.hours]]\n", '[[versions.hours]]\nchannels = ["voice"]\n'), "x.toml")


def test_an_extra_folder_adds_rulebooks_and_may_not_replace_any(tmp_path: Path) -> None:
    (tmp_path / "client-x.toml").write_text(GOOD)
    assert "client-x" in load_rulebooks(tmp_path).books
    (tmp_path / "again.toml").write_text(GOOD)
    with pytest.raises(RulebookError, match="used twice"):
        load_rulebooks(tmp_path)


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    published = json.loads(resources.files("compliance.rulebooks").joinpath("schema.json").read_text())
    assert published == json.loads(json.dumps(json_schema()))


REFERENCE = json.loads((GOLDEN / "rulebooks.json").read_text())


def test_all_rulebooks_of_the_reference_are_shipped() -> None:
    chosen = {book.id for book in books().books.values() if book.kind == "jurisdiction"}
    assert chosen == {book["id"] for book in REFERENCE}


@pytest.mark.parametrize("book", REFERENCE, ids=lambda book: book["id"])
def test_a_shipped_rulebook_says_what_the_reference_says(book: dict[str, Any]) -> None:
    shipped = books().get(book["id"]).versions
    assert len(shipped) == len(book["versions"])
    for version, reference in zip(shipped, book["versions"], strict=True):
        assert _values(version) == _reference_values(reference)


def _values(version: Version) -> dict[str, Any]:
    caps = {cap.id: cap for rules in version.caps.values() for cap, _ in rules}
    cooloffs = {rule.id: rule for rules in version.cooloffs.values() for rule in rules}
    days = version.no_contact_days
    return {
        "from": version.first and version.first.isoformat(),
        "to": version.last and version.last.isoformat(),
        "hours": [window and str(window) for window in version.hours["voice"].days],
        "review": [window and str(window) for window in version.hours["sms"].review],
        "holidays": days and (days.library or sorted(days.rules)),
        "caps": sorted(
            (cap.reason, cap.counts, cap.max, cap.days, cap.per, cap.points, sorted(cap.channels))
            for cap in caps.values()
        ),
        "cooloffs": [(r.reason, r.trigger, r.days, r.per, list(r.channels)) for r in cooloffs.values()],
        "consent": {channel: rule.fresh_days for channel, rule in version.consent.items()},
        "channels_denied": sorted(version.channels_denied),
        "third_party": version.third_party and version.third_party.rule,
        "direct": version.direct_contact and version.direct_contact.one_channel_days,
        "redial": {outcome: hours for outcome, (hours, _) in version.redial_hours.items()},
    }


def _reference_values(reference: dict[str, Any]) -> dict[str, Any]:
    holidays = reference["holidays"]
    return {
        "from": reference["from"],
        "to": reference["to"],
        "hours": _week(reference["hours"]),
        "review": _week(reference.get("review", {})),
        "holidays": holidays and (holidays.get("library") or sorted(holidays["list"])),
        "caps": sorted(
            (c["reason"], c["counts"], c["max"], c["days"], c["per"], c["points"], sorted(c["channels"]))
            for c in reference["caps"]
        ),
        "cooloffs": [(r["reason"], r["trigger"], r["days"], r["per"], r["channels"]) for r in reference["cooloffs"]],
        "consent": {channel: rule.get("fresh_days") for channel, rule in reference["consent"].items()},
        "channels_denied": sorted(reference["channels_denied"]),
        "third_party": reference["third_party"],
        "direct": reference.get("direct_contact", {}).get("one_channel_days"),
        "redial": reference.get("redial_hours", {}),
    }


def _week(hours: dict[str, Any]) -> list[str | None]:
    week: list[str | None] = [None] * 7
    for key, value in hours.items():
        for index in day_index(key):
            window = UNSET_WINDOW if value == "unset" else value
            week[index] = window and "-".join(window)
    return week
