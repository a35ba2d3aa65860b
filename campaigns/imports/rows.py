"""Turns the cells of one row into a row of the staging table, or says all that is wrong with it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from campaigns.imports import cells as read
from campaigns.imports.csv_file import Record
from campaigns.imports.header import Header
from campaigns.imports.model import CONSENTS, PHONES, FileMapping, Parts, Place, Reject

T = TypeVar("T")
Staged = tuple[Any, ...]
"""Values in the order of campaigns.imports.staging.COLUMNS."""


class Chunk(NamedTuple):
    """What became of some rows; small enough to be pickled between processes."""

    staged: list[Staged]
    rejects: list[Reject]
    rows: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that is the same for all rows of a file. Pickled for worker processes."""

    header: Header
    mapping: FileMapping
    country: str | None
    parts: Parts
    now: datetime

    def read(self, records: Sequence[Record]) -> Chunk:
        staged: list[Staged] = []
        rejects: list[Reject] = []
        for record in records:
            row = _Row(self, record)
            result = row.staged() if row.fits() else None
            if result is not None and not row.problems:
                staged.append(result)
            else:
                columns = ", ".join(dict.fromkeys(column for column, _ in row.problems))
                rejects.append(Reject(record.line, columns, row.reasons(), tuple(str(cell) for cell in record.cells)))
        return Chunk(staged, rejects, len(records), records[-1].line if records else 0)


class _Row:
    def __init__(self, reader: Reader, record: Record) -> None:
        self._reader = reader
        self._record = record
        self._places = reader.header.places
        self._defaults = reader.mapping.defaults
        self._dates = reader.mapping.date_format
        self.problems: list[tuple[str, str]] = []

    def fits(self) -> bool:
        """Whether the cells can be told apart; notes why not."""
        record, width = self._record, self._reader.header.width
        if record.problem is not None:
            self.problems.append(("", record.problem))
            return False
        if len(record.cells) < width or any(record.cells[width:]):
            reason = (
                f"the row has {len(record.cells)} cells and the header {width}; put quotes around cells that hold the "
                "delimiter or a line break, and leave no cell out"
            )
            self.problems.append(("", reason))
        if any("\0" in cell for cell in record.cells):
            self.problems.append((self._column_of_nul(), "there is a NUL byte in the cell; remove it"))
        return not self.problems

    def reasons(self) -> str:
        if len(self.problems) == 1:
            return self.problems[0][1]
        return "; ".join(f"{column}: {reason}" if column else reason for column, reason in self.problems)

    def _column_of_nul(self) -> str:
        names = {index: column for column, index in self._places.items()}
        return ", ".join(names.get(i, f"cell {i + 1}") for i, cell in enumerate(self._record.cells) if "\0" in cell)

    def staged(self) -> Staged | None:
        country = self._get("country", read.country, given=self._reader.country)
        given, family = self._names()
        place = Place(
            country or "",
            self._get("region", lambda cell: read.region(cell, country)) if country else None,
            self._text("city"),
            self._get("timezone", read.zone),
            self._text("postal_code"),
        )
        own_zone = self._get("own_timezone", read.zone)
        phones, kinds = self._phones(country)
        currency = self._need("currency", read.currency)
        balance = self._money("balance", currency)
        principal = self._money("principal", currency) if self._cell("principal") else balance
        now = self._reader.now
        person = (
            self._record.line, self._need("debtor_reference", str), given, family,
            self._get("language", read.language) or "en",
            self._get("date_of_birth", self._past), own_zone,
        )  # fmt: skip
        rest = (
            place.country, place.region, place.city, place.postal_code, self._text("street"), place.timezone,
            phones, kinds, self._get("email", read.email),
            *(self._get(consent, lambda cell: read.instant(cell, self._dates, now)) for consent in CONSENTS),
            self._need("debt_reference", str), principal, balance, currency,
            self._need("due_date", lambda cell: read.due_day(cell, self._dates, now.date())),
            self._get("last_payment_date", self._past), self._text("product") or "",
        )  # fmt: skip
        if self.problems:
            return None
        hours = self._reader.parts.hours((place,), tuple(phones), own_zone)
        return (*person, sorted(hours.zones), list(hours.rulebooks), *rest)

    def _cell(self, column: str) -> str:
        index = self._places.get(column)
        cell = self._record.cells[index] if index is not None else ""
        stripped = cell.strip()
        if not stripped:
            return self._defaults.get(column, "")
        if stripped is cell or len(stripped) == len(cell):
            stripped = cell  # keeps what a workbook said about it
        # an apostrophe before a formula is how spreadsheets, and our reject file, mark text
        return stripped[1:] if stripped[0] == "'" and stripped[1:2] in ("=", "+", "-", "@") else stripped

    def _get(self, column: str, understand: Callable[[str], T], given: str | None = None) -> T | None:
        """The column's value; null when the cell is empty or wrong, which is then noted."""
        cell = self._cell(column) or given
        if not cell:
            return None
        if len(cell) > read.LONGEST_CELL:
            self.problems.append((column, f"the cell is longer than {read.LONGEST_CELL} characters; shorten it"))
            return None
        try:
            return understand(cell)
        except read.CellProblem as problem:
            self.problems.append((column, str(problem)))
            return None

    def _need(self, column: str, understand: Callable[[str], T]) -> T | None:
        if not self._cell(column):
            self.problems.append((column, "the cell is empty; every row needs it"))
            return None
        return self._get(column, understand)

    def _text(self, column: str) -> str | None:
        return self._get(column, str)

    def _past(self, cell: str) -> date:
        return read.past_day(cell, self._dates, self._reader.now.date())

    def _money(self, column: str, currency: str | None) -> int | None:
        if currency is None:
            return None  # noted already
        return self._need(column, lambda cell: read.amount(cell, currency, self._reader.mapping.decimal_mark))

    def _names(self) -> tuple[str, str]:
        given, family = self._text("given_name") or "", self._text("family_name") or ""
        full = self._text("full_name")
        if full and not (given and family):
            given, family = read.names(full)
        if not given and not family:
            self.problems.append(("family_name", "the debtor has no name; a caller must ask for somebody"))
        return given, family

    def _phones(self, country: str | None) -> tuple[list[str], list[str]]:
        phones: list[str] = []
        kinds: list[str] = []
        for column in PHONES:
            cell = self._text(column)
            if not cell or country is None:
                continue
            found = self._reader.parts.phone(cell, country)
            if isinstance(found, str):
                self.problems.append((column, f"the number is {found}"))
            elif found.e164 not in phones:
                phones.append(found.e164)
                kinds.append(self._get(f"{column}_kind", read.phone_kind) or found.kind)
        return phones, kinds


def records_after(records: Iterable[Record], line: int) -> Iterable[Record]:
    """The records behind this line; for going on where an import was cut off."""
    return (record for record in records if record.line > line) if line else records
