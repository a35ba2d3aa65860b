"""Reads the first sheet (or a named one) of an XLSX workbook as records of text."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook

from campaigns.imports.csv_file import Record
from campaigns.imports.problems import file_refused
from campaigns.imports.xlsx_formulas import cells_without_value

LARGEST_UNPACKED = 4 << 30  # a million rows of 25 columns unpack to about 1 GB
MEND = "mend the formula, or open the workbook in a spreadsheet program and save it again"
Cell = int | float | str | bool | time | date | datetime | timedelta


class NumberText(str):
    """A cell that is a number in the workbook: its decimal mark is a point, and in a date column it is a day count."""

    __slots__ = ()


class XlsxFile:
    """Iterate once. `done` and `total` are rows of the sheet."""

    delimiter = ""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self._check(path)
        try:
            book = CalamineWorkbook.from_path(str(path))
            names = book.sheet_names
            if not names or (sheet is not None and sheet not in names):
                message = f"there is no such sheet; the workbook has {len(names)}: set `sheet` in the mapping file"
                raise file_refused(path.name, message)
            self._sheet = book.get_sheet_by_name(sheet or names[0])
            self._without_value = cells_without_value(path, sheet or names[0])
        except (CalamineError, zipfile.BadZipFile, ExpatError, OSError) as error:
            message = f"the workbook cannot be read ({type(error).__name__}); save it again as .xlsx, or as CSV UTF-8"
            raise file_refused(path.name, message) from None
        first = self._sheet.start
        self._first_row = first[0] if first else 0
        self.total = self._first_row + self._sheet.height
        self.done = 0

    def __iter__(self) -> Iterator[Record]:
        for number, row in enumerate(self._sheet.iter_rows(), start=1):
            self.done = number
            cells = [_text(cell) for cell in row]
            lost = self._without_value.get(number)
            if lost is not None:
                yield Record(number, cells, f"{lost} has a formula with an error or without a stored value; {MEND}")
            elif any(cells):
                yield Record(number, cells)

    @staticmethod
    def _check(path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as packed:
                names = packed.namelist()
                unpacked = sum(member.file_size for member in packed.infolist())
        except zipfile.BadZipFile:
            raise file_refused(path.name, "the workbook is damaged or cut off; save or send it again") from None
        if not any(name.startswith("xl/") for name in names):
            raise file_refused(path.name, "this is a ZIP archive and no workbook; unpack it and import the CSV in it")
        if unpacked > LARGEST_UNPACKED:
            raise file_refused(path.name, "the workbook unpacks to more than 4 GiB; export it as CSV UTF-8 in parts")


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        # 15 digits are what a spreadsheet keeps and shows; what lies behind them is noise of binary fractions
        return NumberText(format(Decimal(format(cell, ".15g")), "f"))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
