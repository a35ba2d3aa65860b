"""Small files to import, and a stand-in for what an import asks of other packages."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from campaigns.imports.model import Hours, Phone, Place

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
GOOD = {
    "debtor_reference": "D1",
    "given_name": "Ann",
    "family_name": "Bee",
    "language": "en",
    "country": "US",
    "region": "NY",
    "city": "Albany",
    "timezone": "America/New_York",
    "phone_1": "+12125550100",
    "email": "ann@example.com",
    "sms_consent_at": "2026-02-01",
    "debt_reference": "L1",
    "product": "Loan",
    "principal": "100.00",
    "balance": "80.50",
    "currency": "USD",
    "due_date": "2025-11-30",
    "last_payment_date": "",
}


class Parts:
    """Numbers are + and 8 to 15 digits; the zone is that of the address."""

    def phone(self, written: str, country: str) -> Phone | str:
        plain = written.replace(" ", "")
        if not plain.startswith("+") or not plain[1:].isdigit() or not 8 <= len(plain[1:]) <= 15:
            return "no telephone number: write digits, like +4520123456"
        return Phone(plain, "mobile")

    def hours(self, places: tuple[Place, ...], phones: tuple[str, ...], own_timezone: str | None) -> Hours:
        zones = (own_timezone,) if own_timezone else tuple(place.timezone for place in places if place.timezone)
        return Hours(zones, (f"book-{places[0].country.lower()}",))


def rows_of(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """One good row for each mapping, changed by it; references are numbered where they are not given."""
    made = []
    for number, change in enumerate(changes, 1):
        phone = f"+1212555{100 + number:04d}"
        own = {"debtor_reference": f"D{number}", "debt_reference": f"L{number}", "phone_1": phone}
        made.append({**GOOD, **own, **change})
    return made


def csv_text(rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    def quoted(cell: str) -> str:
        doubled = cell.replace('"', '""')
        return f'"{doubled}"' if delimiter in cell or '"' in cell or "\n" in cell else cell

    columns = list(rows[0])
    lines = [delimiter.join(columns)]
    lines += [delimiter.join(quoted(row.get(column, "")) for column in columns) for row in rows]
    return "\n".join(lines) + "\n"


def a_file(folder: Path, *changes: Mapping[str, str], name: str = "debtors.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(csv_text(rows_of(*changes)), encoding=encoding, newline="")
    return path


_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Debtors" sheetId="1" r:id="r1"/></sheets></workbook>',
    # style 1 is a date
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}


class Dated(float):
    """A day count that the workbook shows as a date."""


class Raw(str):
    """A cell as XML."""


def a_workbook(path: Path, rows: Sequence[Sequence[str | float]]) -> Path:
    """A workbook of one sheet, as small as one can be."""

    def cell(value: str | float) -> str:
        if isinstance(value, Raw):
            return value
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f"<c{' s=' + chr(34) + '1' + chr(34) if isinstance(value, Dated) else ''}><v>{float(value)!r}</v></c>"

    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in _PARTS.items():
            packed.writestr(name, text)
        packed.writestr("xl/worksheets/sheet1.xml", _SHEET.format(lines))
    return path
