"""Writes the rows that were not taken, as a CSV that can be mended in a spreadsheet and imported again."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from campaigns.imports.csv_file import Record
from campaigns.imports.model import Reject

OWN_COLUMNS = ("line", "column", "reason")  # an import ignores them


def harmless(cell: str) -> str:
    """The cell as text for a spreadsheet that would run it as a formula. The import takes the apostrophe off again."""
    if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not cell[1:2].isdigit()):
        return f"'{cell}"
    return cell


class RejectFile:
    """Takes rejects by line, a page at a time. Those without their own cells get them from `records` of the file."""

    def __init__(self, path: Path, header: Sequence[str], delimiter: str, records: Iterator[Record]) -> None:
        self._file = path.open("w", newline="", encoding="utf-8-sig")
        self._writer = csv.writer(self._file, delimiter=delimiter or ",")
        self._records = records
        self._writer.writerow((*OWN_COLUMNS, *map(harmless, header)))

    def write(self, rejects: Iterable[Reject]) -> None:
        for reject in rejects:
            cells = reject.row or self._cells_of(reject.line)
            self._writer.writerow((reject.line, reject.column, reject.reason, *map(harmless, map(str, cells))))

    def _cells_of(self, line: int) -> Sequence[str]:
        return next((record.cells for record in self._records if record.line >= line), ())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
