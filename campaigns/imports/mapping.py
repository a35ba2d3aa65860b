"""Reads a mapping file: which header cell is which column, defaults, and how dates and amounts are written.

delimiter = ";"            # else found out
encoding = "cp1250"        # else found out
sheet = "Debtors"          # of a workbook; else the first
date_format = "DD.MM.YYYY" # else ISO 8601, 2026-03-04
decimal_mark = ","         # else found out for each amount; what may be either is refused
[columns]
debtor_reference = "Kunde"
[defaults]
currency = "EUR"
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campaigns.imports.header import unknown_columns
from campaigns.imports.model import COLUMNS, FileMapping
from campaigns.problems import Problem, Refused

_TEXTS = ("delimiter", "encoding", "sheet", "date_format", "decimal_mark")
_TABLES = ("columns", "defaults")
_DATE_WORDS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}


def read_mapping(path: Path) -> FileMapping:
    """Raises Refused with every problem of the file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(Problem(path.name, "there is no such mapping file; check the path")) from None
    except OSError as error:
        raise Refused(Problem(path.name, f"the mapping file cannot be read ({error.strerror})")) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(Problem(path.name, f"not TOML in UTF-8: {error}; mend the line it names")) from None
    return make_mapping(data, path.name)


def make_mapping(data: Mapping[str, Any], where: str = "mapping") -> FileMapping:
    """A mapping out of the file's tables; raises Refused."""
    problems = [
        Problem(where, f"{key!r} is unknown; known are {', '.join((*_TEXTS, *_TABLES))}")
        for key in data
        if key not in (*_TEXTS, *_TABLES)
    ]
    problems += [
        Problem(where, f"{key} must be text in quotes")
        for key in _TEXTS
        if key in data and not isinstance(data[key], str)
    ]
    for table in _TABLES:
        problems += _table_problems(data.get(table, {}), f"{where}, [{table}]")
    if not problems:
        problems += _value_problems(data, where)
    if problems:
        raise Refused(*problems)
    date_format = data.get("date_format")
    return FileMapping(
        columns=dict(data.get("columns", {})),
        defaults=dict(data.get("defaults", {})),
        date_format=strptime_format(date_format) if date_format else None,
        decimal_mark=data.get("decimal_mark"),
        delimiter=data.get("delimiter"),
        encoding=data.get("encoding"),
        sheet=data.get("sheet"),
    )


def strptime_format(written: str) -> str:
    """`DD.MM.YYYY` as `%d.%m.%Y`; what holds a % is taken as it is."""
    if "%" in written:
        return written
    return re.sub("YYYY|YY|MM|DD|hh|mm|ss", lambda found: _DATE_WORDS[found[0]], written)


def _table_problems(table: Any, where: str) -> list[Problem]:
    if not isinstance(table, dict):
        return [Problem(where, 'must be a table of column = "text"')]
    unknown = unknown_columns(list(table))
    problems = [Problem(where, f"{column!r} is no column; known are {', '.join(COLUMNS)}") for column in unknown]
    return problems + [
        Problem(where, f"{column} must be text in quotes")
        for column, text in table.items()
        if not isinstance(text, str)
    ]


def _value_problems(data: Mapping[str, Any], where: str) -> list[Problem]:
    problems = []
    if data.get("decimal_mark", ".") not in (".", ","):
        problems.append(Problem(where, 'decimal_mark must be "." or ","'))
    if len(data.get("delimiter", ",")) != 1 or data.get("delimiter") in ("\n", "\r", '"'):
        problems.append(Problem(where, 'delimiter must be one character, like ";" or "\\t"'))
    date_format = data.get("date_format")
    if date_format is not None and not _is_date_format(strptime_format(date_format)):
        problems.append(Problem(where, "date_format must name year, month and day once, like DD.MM.YYYY"))
    return problems


def _is_date_format(text: str) -> bool:
    named = re.findall(r"%([A-Za-z])", text)
    return sorted(word for word in named if word in "Yymd") in (["Y", "d", "m"], ["d", "m", "y"])
