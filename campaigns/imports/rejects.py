"""Writes the rows that were not taken, as a CSV that can be mended in a spreadsheet and imported again."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from campaigns.imports.csv_file import Record
from campaigns.imports.model import Reject

OWN_COLUMNS = ("line", "column", "reason")  # an import ignores them


def harmless(cell: str) -> str:
    """The cell as text for a spreadsheet that would run it as a formula. The import takes the apostrophe off again."""
    if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not cell[1:2].isdigit()):
        return f"'{cell}"
    return cell


def write_rejects(
    path: Path, header: Sequence[str], delimiter: str, rejects: Iterable[Reject], records: Iterator[Record]
) -> int:
    """The number of rows. Rejects come by line; those without their own cells get them from `records` of the file."""
    written = 0
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=delimiter or ",")
        writer.writerow((*OWN_COLUMNS, *map(harmless, header)))
        for reject in rejects:
            cells = reject.row or _cells_of(records, reject.line)
            writer.writerow((reject.line, reject.column, reject.reason, *map(harmless, map(str, cells))))
            written += 1
    return written


def _cells_of(records: Iterator[Record], line: int) -> Sequence[str]:
    return next((record.cells for record in records if record.line >= line), ())
