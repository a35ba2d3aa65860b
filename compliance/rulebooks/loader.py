"""Reads rulebook files and refuses what is wrong, with the file, the line where it can be known, and how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import msgspec

from compliance.facts import CHANNELS
from compliance.nocontact_days import check_library, date_of
from compliance.rulebooks.model import WEEKDAYS, Book, Rulebooks, build, day_index, seconds_of
from compliance.rulebooks.spec import BookSpec, HoursSpec, VersionSpec

_PATH = re.compile(r" - at (?:key in )?`\$([^`]*)`$")
Steps = list[str | int]
Refuse = Callable[[Steps, str], "RulebookError"]
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")


class RulebookError(ValueError):
    """A rulebook file that must not be used: `file:line: what is wrong; how to mend it`."""


def load_rulebooks(*extra: Path, dial_stop_margin_s: int = 0) -> Rulebooks:
    """The rulebooks shipped with the product and those in the extra folders (client, campaign); ids must differ."""
    folders: list[Traversable] = [resources.files("compliance.rulebooks"), *extra]
    books: dict[str, Book] = {}
    for folder in folders:
        for file in sorted(folder.iterdir(), key=lambda item: item.name):
            if file.name.endswith(".toml"):
                book = parse_rulebook(file.read_text(encoding="utf-8"), str(file))
                if book.id in books:
                    raise RulebookError(f"{file}:1: rulebook id {book.id!r} is used twice; give this one its own id")
                books[book.id] = book
    return Rulebooks(books, dial_stop_margin_s)


def parse_rulebook(text: str, file: str) -> Book:
    """One rulebook from TOML; RulebookError says what is wrong with it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(f"{file}: not TOML: {error}; mend the line it names") from None
    try:
        spec = msgspec.convert(data, BookSpec)
    except msgspec.ValidationError as error:
        raise _refusal(file, text, str(error)) from None
    _check(spec, file, text)
    return build(spec)


def _refusal(file: str, text: str, message: str) -> RulebookError:
    found = _PATH.search(message)
    steps = _steps(found[1]) if found else []
    what = message[: found.start()] if found else message
    where = ".".join(str(step) for step in steps) or "the file"
    mend = "write where the value comes from" if "`source`" in what else "see compliance/rulebooks/schema.json"
    return RulebookError(f"{file}:{line_of(text, steps)}: {where}: {what}; {mend}")


def _steps(path: str) -> Steps:
    return [key or (int(index) if index.isdigit() else index) for key, index in _STEP.findall(path)]


def line_of(text: str, steps: Steps) -> int:
    """The line of the deepest table or key of this path that can be found in the text; 1 when none can."""
    table: tuple[Any, ...] = ()
    counts: dict[tuple[Any, ...], int] = {}
    best, best_depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"^\s*\[(\[?)([\w.\-]+)\]", line):
            table = _open_table(header[2].split("."), bool(header[1]), counts)
            path: tuple[Any, ...] = table
        elif key := re.match(r"^\s*([\w\-]+)\s*=", line):
            path = (*table, key[1])
        else:
            continue
        if len(path) > best_depth and tuple(steps[: len(path)]) == path:
            best, best_depth = number, len(path)
    return best


def _open_table(names: list[str], is_array: bool, counts: dict[tuple[Any, ...], int]) -> tuple[Any, ...]:
    path: tuple[Any, ...] = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        if is_array and depth == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _check(spec: BookSpec, file: str, text: str) -> None:
    def refuse(steps: Steps, message: str) -> RulebookError:
        return RulebookError(f"{file}:{line_of(text, steps)}: {message}")

    for zone in spec.zones:
        if zone not in available_timezones():
            raise refuse(["zones"], f"zone {zone!r} is unknown; use a name of the IANA database")
    labels = [version.version for version in spec.versions]
    if len(set(labels)) < len(labels):
        raise refuse(["versions"], "two versions have the same label; give each its own")
    order = sorted(range(len(labels)), key=lambda index: spec.versions[index].effective_from or date.min)
    _check_versions(spec, order, refuse)
    for index, version in enumerate(spec.versions):
        ids = [cap.id for cap in version.caps] + [cooloff.id for cooloff in version.cooloffs]
        if len(set(ids)) < len(ids):
            raise refuse(["versions", index], f"rule ids must differ: {', '.join(ids)}")
        _check_hours(index, version, refuse)
        _check_holidays(index, version, refuse)


def _check_versions(spec: BookSpec, order: list[int], refuse: Refuse) -> None:
    last: date | None = None
    for place, index in enumerate(order):
        version = spec.versions[index]
        where: Steps = ["versions", index]
        first = version.effective_from
        if first and version.effective_to and version.effective_to < first:
            raise refuse(where, "effective_to is before effective_from; swap them")
        if place:
            if last is None or first is None or first <= last:
                raise refuse(where, "overlap: an earlier version is still in force; end it the day before this starts")
            if first > last + timedelta(days=1):
                raise refuse(where, f"gap: no version from {last + timedelta(days=1)} on; start this one there")
        last = version.effective_to
    if last is not None:
        raise refuse(["versions", order[-1]], f"gap: no version after {last}; drop effective_to or add a version")


def _check_hours(index: int, version: VersionSpec, refuse: Refuse) -> None:
    covered: list[str] = []
    for place, hours in enumerate(version.hours):
        covered += hours.channels or CHANNELS
        _check_days(hours, ["versions", index, "hours", place], refuse)
    for channel in CHANNELS:
        if covered.count(channel) != 1:
            kind = "overlap" if channel in covered else "gap"
            raise refuse(["versions", index], f"{kind}: channel {channel} needs hours exactly once")


def _check_days(hours: HoursSpec, where: Steps, refuse: Refuse) -> None:
    days: list[int] = []
    for key, value in (*hours.windows.items(), *hours.review.items()):
        if isinstance(value, tuple) and seconds_of(value[0]) >= seconds_of(value[1]):
            raise refuse(where, f"window {key} ends before it starts; swap its times or split it at midnight")
    for key in hours.windows:
        if key != "holiday":
            days += _days_of(key, where, refuse)
    for key in hours.review:
        _days_of(key, where, refuse)
    for day, name in enumerate(WEEKDAYS):
        if days.count(day) != 1:
            kind = "overlap" if day in days else "gap"
            raise refuse(where, f'{kind}: {name} needs a window exactly once; write {name} = "closed" for none')


def _days_of(key: str, where: Steps, refuse: Refuse) -> tuple[int, ...]:
    try:
        return day_index(key)
    except ValueError:
        raise refuse(where, f"{key!r} is not a day; use mon, mon-fri, daily or holiday") from None


def _check_holidays(index: int, version: VersionSpec, refuse: Refuse) -> None:
    if version.holidays is None:
        return
    try:
        if version.holidays.library is not None:
            check_library(version.holidays.library)
        for rule in version.holidays.rules:
            date_of(rule, 2026)
    except ValueError as error:
        raise refuse(["versions", index, "holidays"], f"holidays: {error}") from None
