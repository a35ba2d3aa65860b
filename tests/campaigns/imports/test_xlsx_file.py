"""A workbook as records of text: dates, day counts, numbers without binary noise."""

import zipfile
from pathlib import Path

import pytest

from campaigns.imports.cells import amount, day
from campaigns.imports.problems import FileRefused
from campaigns.imports.survey import survey
from campaigns.imports.xlsx_file import NumberText, XlsxFile
from tests.campaigns.imports.files import Dated, Raw, a_workbook


def test_a_workbook_is_known_by_its_content_and_read_row_by_row(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "debtors.dat", [["a", "b"], ["=1+1", "x"], ["", ""], ["", "y"]])
    assert survey(path).kind == "xlsx"
    found = list(XlsxFile(path))
    assert [(record.line, list(record.cells)) for record in found] == [
        (1, ["a", "b"]),
        (2, ["=1+1", "x"]),
        (4, ["", "y"]),
    ]


def test_dates_come_as_dates_and_bare_day_counts_are_understood(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "debtors.xlsx", [["due"], [Dated(45657)], [45657]])
    cells = [record.cells[0] for record in XlsxFile(path)][1:]
    assert cells == ["2024-12-31", "45657"]
    assert {day(cell).isoformat() for cell in cells} == {"2024-12-31"}


def test_formulas_give_their_stored_values(tmp_path: Path) -> None:
    row = [
        Raw("<c><f>1+1</f><v>2</v></c>"),
        Raw('<c t="str"><f>A1</f><v>Anna</v></c>'),
        Raw('<c s="1"><f>TODAY()</f><v>45657</v></c>'),
        Raw('<c t="str"><f>IF(A1,"","")</f><v></v></c>'),
    ]
    [_, record] = XlsxFile(a_workbook(tmp_path / "debtors.xlsx", [["a", "b", "c", "d"], row]))
    assert (list(record.cells), record.problem) == (["2", "Anna", "2024-12-31", ""], None)


@pytest.mark.parametrize(
    ("cell", "where"),
    [
        ('<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "B3"),
        ('<c t="e"><v>#N/A</v></c>', "2. cell"),
        ('<c r="B3"><f>VLOOKUP(A3,X:Y,2)</f></c>', "B3"),
        ('<c r="B3"><f>1+1</f><v></v></c>', "B3"),
        ('<c r="B3"><f>1+1</f><v/></c>', "B3"),
    ],
)
def test_a_formula_without_a_value_spoils_its_row_and_is_never_taken_for_an_empty_cell(
    tmp_path: Path, cell: str, where: str
) -> None:
    """A region that is lost so would leave the debtor without the rules of the state."""
    rows = [["a", "b"], ["1", "x"], ["2", Raw(cell)], ["3", Raw("<c><f>2</f><v>2</v></c>")]]
    found = {record.line: record.problem for record in XlsxFile(a_workbook(tmp_path / "debtors.xlsx", rows))}
    assert found[1] is found[2] is found[4] is None
    assert found[3] is not None and found[3].startswith(f"{where} has a formula with an error or without")
    assert "save it again" in found[3]


def test_numbers_keep_the_fifteen_digits_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "debtors.xlsx", [["n"], [0.1 + 0.2], [491701234567.0], [1234.5], [1.234], [1e15]])
    cells = [record.cells[0] for record in XlsxFile(path)][1:]
    assert cells == ["0.3", "491701234567", "1234.5", "1.234", "1000000000000000"]
    assert all(isinstance(cell, NumberText) for cell in cells)
    assert amount(cells[2], "USD", ",") == 123450  # the decimal mark of a number is no matter of the mapping file
    assert amount(cells[3], "KWD", None) == 1234


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "debtors.xlsx", [["a"]])
    assert len(list(XlsxFile(path, "Debtors"))) == 1
    with pytest.raises(FileRefused, match="there is no such sheet; the workbook has 1: set `sheet`"):
        XlsxFile(path, "Other")


def test_archives_and_damaged_workbooks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "debtors.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("debtors.csv", "a,b\n")
    with pytest.raises(FileRefused, match="a ZIP archive and no workbook; unpack it"):
        XlsxFile(path)
    whole = a_workbook(tmp_path / "whole.xlsx", [["a"]]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileRefused, match="damaged or cut off"):
        XlsxFile(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "nonsense")
    with pytest.raises(FileRefused, match="cannot be read"):
        XlsxFile(path)
