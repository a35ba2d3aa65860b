"""Decides which cell of a header is which column, by synonyms in eight languages or by the mapping file. Pure."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from campaigns.imports.model import COLUMNS, FileMapping
from campaigns.problems import Problem, Refused

REQUIRED = ("debtor_reference", "debt_reference", "balance", "currency", "due_date", "country")
_GAPS = re.compile(r"[^\w]|_")


@dataclass(frozen=True, slots=True)
class Header:
    """`places` are indexes of cells; `width` is how many cells each row must have."""

    width: int
    places: Mapping[str, int]
    ignored: tuple[str, ...]
    cells: tuple[str, ...]


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """A header cell without case, accents, blanks and marks."""
    spread = unicodedata.normalize("NFKD", word).casefold()
    return _GAPS.sub("", "".join(mark for mark in spread if not unicodedata.category(mark).startswith("M")))


@lru_cache(maxsize=1)
def synonyms() -> dict[str, str]:
    """Plain words to our columns. Raises ValueError when a word stands for two columns."""
    text = resources.files("campaigns.imports").joinpath("headers.toml").read_text(encoding="utf-8")
    known: dict[str, str] = {}
    for column, words in tomllib.loads(text).items():
        for word in (column, *words):
            if known.setdefault(plain(word), column) != column:
                raise ValueError(f"headers.toml: {word!r} stands for {known[plain(word)]} and for {column}")
    return known


def understand(cells: Sequence[str], mapping: FileMapping, country: str | None, where: str) -> Header:
    """Raises Refused with everything that is wrong with the header."""
    names = [cell.strip().lstrip("\ufeff") for cell in cells]
    while names and not names[-1]:
        names.pop()
    problems: list[Problem] = []
    places = _mapped(names, mapping, where, problems)
    taken = set(places.values())
    for index, name in enumerate(names):
        column = synonyms().get(plain(name)) if index not in taken else None
        if column is None or column in mapping.columns:
            continue
        if column in places:
            problems.append(_twice(where, column, names[places[column]], name))
        else:
            places[column] = index
    problems += _missing({*places, *mapping.defaults, *(("country",) if country else ())}, names, where)
    if problems:
        raise Refused(*problems)
    used = set(places.values())
    ignored = tuple(name for index, name in enumerate(names) if index not in used and name)
    return Header(len(names), places, ignored, tuple(names))


def _mapped(names: list[str], mapping: FileMapping, where: str, problems: list[Problem]) -> dict[str, int]:
    index_of = {plain(name): index for index, name in reversed(list(enumerate(names)))}
    places: dict[str, int] = {}
    for column, name in mapping.columns.items():
        index = index_of.get(plain(name))
        if index is None:
            message = f"the mapping file takes {column} from {name!r}, which the header lacks; it has {_quoted(names)}"
            problems.append(Problem(where, message))
        else:
            places[column] = index
    return places


def _twice(where: str, column: str, first: str, second: str) -> Problem:
    message = f"{first!r} and {second!r} both mean {column}; name the right one under [columns] in a mapping file"
    return Problem(where, message)


def _missing(there: set[str], names: Sequence[str], where: str) -> list[Problem]:
    missing = [column for column in REQUIRED if column not in there]
    if "full_name" not in there and not {"given_name", "family_name"} <= there:
        missing.append("given_name and family_name (or full_name)")
    if not missing:
        return []
    mend = "name them in the header, or under [columns] or [defaults] in a mapping file"
    if "country" in missing:
        mend += "; a country for all rows can be given by --country"
    return [Problem(where, f"missing columns: {', '.join(missing)}; the header has {_quoted(names)}; {mend}")]


def _quoted(names: Sequence[str]) -> str:
    """The header's cells, cut: a file without a header has personal data there."""
    if sum(plain(name) in synonyms() for name in names) < min(3, len(names)):
        return f"{len(names)} cells of which few or none are known (is the header line missing?)"
    return ", ".join(repr(name[:40]) for name in names[:40])


def unknown_columns(columns: Sequence[str]) -> list[str]:
    return [column for column in columns if column not in COLUMNS]
