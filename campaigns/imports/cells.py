"""Reads single cells: dates, codes, names, places. Pure; the text of a CellProblem holds nothing of the cell."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from campaigns.imports.model import PHONE_KINDS
from campaigns.imports.places import COUNTRIES, REGIONS
from campaigns.imports.xlsx_file import NumberText
from campaigns.money import AmountProblem, exponent, parse_amount

LONGEST_CELL = 2_000
EXCEL_DAY_0 = date(1899, 12, 30)  # day counts of workbooks; right from 1900-03-01 on
_ISO_DAY = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})")
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,13}\.[0-9]{2}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{2,4})?")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
_WORDS_OF_KINDS = {
    **{kind: kind for kind in PHONE_KINDS},
    **dict.fromkeys(("cell", "cellphone", "móvil", "celular", "handy", "komórka"), "mobile"),
    **dict.fromkeys(("home", "fixed", "land", "land line", "fijo", "fixe", "festnetz", "stacjonarny"), "landline"),
    **dict.fromkeys(("office", "business", "trabajo", "bureau", "arbeit", "praca"), "work"),
    **dict.fromkeys(("toll-free", "toll free"), "tollfree"),
}


class CellProblem(ValueError):
    """What is wrong with a cell and how to mend it."""


def amount(cell: str, currency: str, decimal_mark: str | None) -> int:
    """Minor units."""
    if _PLAIN_AMOUNT.fullmatch(cell) and decimal_mark != "," and exponent(currency) == 2:
        return int(cell[:-3] + cell[-2:])
    try:
        return parse_amount(cell, currency, decimal_mark="." if isinstance(cell, NumberText) else decimal_mark)
    except AmountProblem as problem:
        raise CellProblem(str(problem)) from None


def day(cell: str, date_format: str | None = None) -> date:
    """A date as ISO 8601 writes it, or as `date_format` (strptime) says; in a workbook also a day count."""
    if isinstance(cell, NumberText):
        return _of_day_count(cell)
    if date_format is not None:
        try:
            return datetime.strptime(cell, date_format).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            if not _ISO_DAY.fullmatch(cell):
                message = "the date is impossible or not written as date_format in the mapping file says"
                raise CellProblem(message) from None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        found = _ISO_DAY.match(cell)
        if found is None:
            message = (
                "the date can be read in several ways; write it like 2026-03-31, or set date_format in a mapping file"
            )
            raise CellProblem(
                message if any(c.isdigit() for c in cell) else "this is no date; write one like 2026-03-31"
            ) from None
        if cell[found.end() :] not in ("", "T00:00:00", " 00:00:00", "T00:00:00Z", " 00:00"):
            raise CellProblem("only a date belongs here, like 2026-03-31, without a time") from None
        return _of_parts(found)


def _of_parts(found: re.Match[str]) -> date:
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise CellProblem("there is no such day in the calendar; check year, month and day (2026-03-31)") from None


def _of_day_count(cell: str) -> date:
    whole = cell.partition(".")[0]
    if not whole.isdigit() or not 61 <= int(whole) <= 80_000:
        raise CellProblem("this number is no date of a workbook; format the column as a date")
    return EXCEL_DAY_0 + timedelta(days=int(whole))


def past_day(cell: str, date_format: str | None, today: date) -> date:
    """A day between 1900 and tomorrow (it may be tomorrow already where the file was made)."""
    found = day(cell, date_format)
    if found.year < 1900:
        raise CellProblem("the year is before 1900; write years of the Gregorian calendar, like 2026-03-31")
    if found > today + timedelta(days=1):
        raise CellProblem("the date lies in the future, where it cannot be; check the year")
    return found


def due_day(cell: str, date_format: str | None, today: date) -> date:
    found = day(cell, date_format)
    if not 1950 <= found.year <= today.year + 50:
        raise CellProblem("the year is impossible for a debt; write years of the Gregorian calendar, like 2026-03-31")
    return found


def instant(cell: str, date_format: str | None, now: datetime) -> datetime:
    """When a consent was given; a bare date counts from its first moment in UTC, so that a later withdrawal wins."""
    at = None
    if not isinstance(cell, NumberText) and date_format is None and len(cell) > 10:
        try:
            at = datetime.fromisoformat(cell)
        except ValueError:
            at = None
    if at is None:
        found = past_day(cell, date_format, now.date())
        at = datetime(found.year, found.month, found.day, tzinfo=UTC)
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    if at > now + timedelta(days=1) or at.year < 1900:
        raise CellProblem("the consent lies in the future or before 1900; check the year")
    return at


@lru_cache(maxsize=4096)
def language(cell: str) -> str:
    """The ISO 639 code without a country: `es-MX` is `es`."""
    found = _LANGUAGE.fullmatch(cell)
    if found is None:
        raise CellProblem("this is no language code; write one like en, es or fa")
    return found[1].lower()


@lru_cache(maxsize=4096)
def country(cell: str) -> str:
    code = cell.upper()
    if code not in COUNTRIES:
        raise CellProblem("this is no country code; write two letters of ISO 3166-1, like US, GB or MX")
    return code


@lru_cache(maxsize=65536)
def region(cell: str, country_code: str) -> str:
    """The part of ISO 3166-2 behind the country; rules of states hang on it, so the known countries are strict."""
    code = cell.removeprefix(f"{country_code}-")
    known = REGIONS.get(country_code)
    if known is None:
        return code
    found = known.get(code.casefold())
    if found is None:
        raise CellProblem(f"{country_code} has no such region; write the code of ISO 3166-2 or the full name, like NY")
    return found


@lru_cache(maxsize=4096)
def zone(cell: str) -> str:
    if cell not in available_timezones():
        raise CellProblem("there is no such time zone; write a name of the IANA database, like America/New_York")
    return cell


@lru_cache(maxsize=4096)
def currency(cell: str) -> str:
    code = cell.upper()
    try:
        exponent(code)
    except KeyError:
        raise CellProblem("this currency is unknown; write its ISO 4217 code, like USD, EUR or MXN") from None
    return code


@lru_cache(maxsize=4096)
def phone_kind(cell: str) -> str:
    found = _WORDS_OF_KINDS.get(cell.casefold())
    if found is None:
        raise CellProblem(f"this is no kind of phone; write one of {', '.join(PHONE_KINDS)}")
    return found


def email(cell: str) -> str:
    if len(cell) > 254 or not _EMAIL.fullmatch(cell):
        raise CellProblem("this is no e-mail address; write one like name@example.com, or leave the cell empty")
    return cell


def names(full: str) -> tuple[str, str]:
    """Given and family name out of `Family, Given` or `Given Family`."""
    if "," in full:
        family, _, given = full.partition(",")
        return given.strip(), family.strip()
    given, _, family = full.rpartition(" ")
    return given.strip(), family.strip()
