"""A row's cells become a staged row, or all that is wrong with it is said."""

import pytest

from campaigns.imports.csv_file import Record
from campaigns.imports.header import understand
from campaigns.imports.model import PHONES, FileMapping, Reject
from campaigns.imports.rows import Reader
from campaigns.imports.staging import COLUMNS
from tests.campaigns.imports.files import GOOD, NOW, Parts


def _read(change: dict[str, str], mapping: FileMapping | None = None) -> dict[str, object] | Reject:
    row = {**GOOD, **change}
    header = understand(tuple(row), mapping or FileMapping(), None, "x")
    reader = Reader(header, mapping or FileMapping(), None, Parts(), NOW)
    chunk = reader.read([Record(7, list(row.values()))])
    assert chunk.rows == 1
    return chunk.rejects[0] if chunk.rejects else dict(zip(COLUMNS, chunk.staged[0], strict=True))


def _staged(change: dict[str, str], mapping: FileMapping | None = None) -> dict[str, object]:
    found = _read(change, mapping)
    assert isinstance(found, dict), found
    return found


def test_a_good_row_is_staged_with_its_hours() -> None:
    row = _staged({})
    assert (row["line"], row["debtor_ref"], row["debt_ref"]) == (7, "D1", "L1")
    assert (row["principal_minor"], row["balance_minor"], row["currency"]) == (10000, 8050, "USD")
    assert (row["zones"], row["rulebooks"]) == (["America/New_York"], ["book-us"])
    assert (row["phones"], row["phone_kinds"]) == (["+12125550100"], ["mobile"])


def test_everything_that_is_wrong_with_a_row_is_said_at_once() -> None:
    found = _read({"balance": "12x", "due_date": "2025-02-30", "currency": "USD", "phone_1": "12", "email": "a"})
    assert isinstance(found, Reject)
    assert found.line == 7
    assert set(found.column.split(", ")) == {"balance", "due_date", "phone_1", "email"}
    assert "balance: letters in the amount" in found.reason
    assert found.row == tuple(
        {**GOOD, "balance": "12x", "due_date": "2025-02-30", "phone_1": "12", "email": "a"}.values()
    )


@pytest.mark.parametrize("column", ["debtor_reference", "debt_reference", "balance", "currency", "due_date"])
def test_a_cell_that_every_row_needs_may_not_be_empty(column: str) -> None:
    found = _read({column: " "})
    assert isinstance(found, Reject)
    assert found.column == column
    assert found.reason == "the cell is empty; every row needs it"


def test_a_debtor_without_name_is_rejected() -> None:
    found = _read({"given_name": "", "family_name": ""})
    assert isinstance(found, Reject)
    assert "the debtor has no name" in found.reason


def test_the_same_number_twice_counts_once_and_a_stated_kind_wins() -> None:
    more = dict.fromkeys(PHONES, "") | {
        "phone_1": "+12125550100",
        "phone_2": "+1 2125550100",
        "phone_3": "+12125550177",
    }
    row = _staged({**more, "phone_3_kind": "work"})
    assert row["phones"] == ["+12125550100", "+12125550177"]
    assert row["phone_kinds"] == ["mobile", "work"]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+x", "-y", "<b>&"])
def test_cells_that_look_like_formulas_are_kept_as_text(cell: str) -> None:
    assert _staged({"product": cell})["product"] == cell
    assert _staged({"product": f"'{cell}"})["product"] == (cell if cell[0] in "=@+-" else f"'{cell}")


def test_a_nul_byte_is_rejected_with_its_column() -> None:
    found = _read({"city": "Al\0bany"})
    assert isinstance(found, Reject)
    assert (found.column, found.reason) == ("city", "there is a NUL byte in the cell; remove it")


def test_too_few_and_too_many_cells_are_rejected_but_empty_ones_at_the_end_are_not() -> None:
    header = understand(tuple(GOOD), FileMapping(), None, "x")
    reader = Reader(header, FileMapping(), None, Parts(), NOW)
    cells = list(GOOD.values())
    chunk = reader.read([Record(2, cells[:-1]), Record(3, [*cells, "x"]), Record(4, [*cells, "", ""])])
    assert [one.line for one in chunk.rejects] == [2, 3]
    assert f"the row has {len(cells) - 1} cells and the header {len(cells)}" in chunk.rejects[0].reason
    assert len(chunk.staged) == 1


def test_defaults_fill_empty_cells_and_an_endless_cell_is_rejected() -> None:
    assert _staged({"language": ""}, FileMapping(defaults={"language": "es"}))["language"] == "es"
    found = _read({"street": "x" * 3000})
    assert isinstance(found, Reject)
    assert found.reason == "the cell is longer than 2000 characters; shorten it"


def test_the_persons_own_word_on_the_time_zone_replaces_the_address() -> None:
    row = _staged({"own_timezone": "Europe/Warsaw"})
    assert (row["own_timezone"], row["timezone"], row["zones"]) == (
        "Europe/Warsaw",
        "America/New_York",
        ["Europe/Warsaw"],
    )
