"""Reads rulebook files and refuses what is wrong, with the file, the line where it can be known, and how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from compliance.rulebooks.checks import Steps, check
from compliance.rulebooks.model import Book, Rulebooks, build
from compliance.rulebooks.spec import BookSpec

_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_PATH = re.compile(r" - at (?:key in )?`\$([^`]*)`$")
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")


class RulebookError(ValueError):
    """A rulebook file that must not be used: `file:line: what is wrong; how to mend it`."""


def load_rulebooks(*extra: Path, dial_stop_margin_s: int = 0) -> Rulebooks:
    """The rulebooks shipped with the product and those in the extra folders (client, campaign); ids must differ."""
    books, wrong = _read(extra)
    if wrong:
        raise wrong[0]
    return Rulebooks(books, dial_stop_margin_s)


def faults(*extra: Path) -> tuple[int, list[RulebookError]]:
    """How many rulebooks can be used, and what is wrong with each file that cannot."""
    books, wrong = _read(extra)
    return len(books), wrong


def _read(extra: Sequence[Path]) -> tuple[dict[str, Book], list[RulebookError]]:
    books: dict[str, Book] = {}
    wrong: list[RulebookError] = []
    folders: list[Traversable] = [resources.files("compliance.rulebooks"), *extra]
    for folder in folders:
        try:
            files = _files(folder)
        except RulebookError as error:
            wrong.append(error)
            continue
        for file in files:
            try:
                book = parse_rulebook(_text(file), str(file))
                _add(books, book, file)
            except RulebookError as error:
                wrong.append(error)
    return books, wrong


def _add(books: dict[str, Book], book: Book, file: Traversable) -> None:
    if book.id in books:
        raise RulebookError(
            f"{file}:1: rulebook id {book.id!r} is used twice; give this one its own id "
            f"(the other is in {books[book.id].file})"
        )
    books[book.id] = book


def _files(folder: Traversable) -> list[Traversable]:
    try:
        found = sorted(folder.iterdir(), key=lambda item: item.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RulebookError(f"{folder}: the folder of rulebooks cannot be read ({reason}); mend its path") from None
    return [file for file in found if file.name.endswith(".toml")]


def _text(file: Traversable) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise RulebookError(f"{file}:1: cannot be read ({error.strerror}); mend its rights") from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise RulebookError(f"{file}:{line}: not UTF-8; save the file as UTF-8") from None


def parse_rulebook(text: str, file: str) -> Book:
    """One rulebook from TOML; RulebookError says what is wrong with it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        line = int(at[1]) if at else len(text.splitlines()) or 1
        what = str(error)[: at.start()].strip() if at else str(error)
        raise RulebookError(f"{file}:{line}: not TOML: {what}; mend this line") from None
    try:
        spec = msgspec.convert(data, BookSpec)
    except msgspec.ValidationError as error:
        raise _refusal(file, text, str(error)) from None
    check(spec, lambda steps, words: RulebookError(f"{file}:{line_of(text, steps)}: {words}"))
    return build(spec, file)


def _refusal(file: str, text: str, message: str) -> RulebookError:
    found = _PATH.search(message)
    steps = _steps(found[1]) if found else []
    what = message[: found.start()] if found else message
    where = ".".join(str(step) for step in steps) or "the file"
    return RulebookError(f"{file}:{line_of(text, steps)}: {where}: {what}; {_mend(what, where)}")


def _mend(what: str, where: str) -> str:
    """How to mend what the types refuse."""
    if "missing required field `source`" in what:
        return "write where the value comes from"
    if "missing required field `confidence`" in what:
        return "say primary, secondary or memory"
    if "missing required field" in what:
        return "add it; see compliance/rulebooks/schema.json"
    if "unknown field" in what:
        return "drop it or mend its name; see compliance/rulebooks/schema.json"
    if ".windows" in where or ".review" in where:
        return 'write a window like ["08:00", "21:00"] with times from 00:00 to 24:00, or "closed"'
    if "Expected `int` >=" in what or "Expected `int` <=" in what:
        return "give a whole number in that range"
    return "see compliance/rulebooks/schema.json"


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
