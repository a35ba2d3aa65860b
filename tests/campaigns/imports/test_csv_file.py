"""A CSV file as records with line numbers, whatever is in it."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from campaigns.imports.csv_file import CsvFile, Record
from campaigns.imports.problems import FileRefused


def _read(folder: Path, content: str | bytes, encoding: str = "utf-8", delimiter: str | None = None) -> list[Record]:
    path = folder / "debtors.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(CsvFile(path, encoding, delimiter))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    found = _read(tmp_path, f'a{mark}"b,;c"{mark}d\n1{mark}2{mark}3\n')
    assert [list(record.cells) for record in found] == [["a", "b,;c", "d"], ["1", "2", "3"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_all_line_ends_in_all_encodings_give_the_same_rows(tmp_path: Path, encoding: str, end: str) -> None:
    found = _read(tmp_path, f"a,b{end}é,2{end}3,4", encoding)
    assert [(record.line, list(record.cells)) for record in found] == [
        (1, ["a", "b"]),
        (2, ["é", "2"]),
        (3, ["3", "4"]),
    ]


def test_a_row_has_the_number_of_its_first_line_and_blank_lines_count(tmp_path: Path) -> None:
    found = _read(tmp_path, 'a,b\n\n1,"x\ny"\n2,z\n')
    assert [(record.line, list(record.cells)) for record in found] == [
        (1, ["a", "b"]),
        (3, ["1", "x\ny"]),
        (5, ["2", "z"]),
    ]


def test_a_quote_within_a_cell_spoils_its_row_only(tmp_path: Path) -> None:
    found = _read(tmp_path, 'a,b\n1,"x"y"\n2,z\n')
    assert found[1].problem == "a quote stands inside a cell; double it, and put quotes around the whole cell"
    assert list(found[1].cells) == ['1,"x"y"']
    assert (found[2].line, list(found[2].cells)) == (3, ["2", "z"])


def test_a_quote_never_closed_is_refused_with_the_line_where_it_opens(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"debtors.csv, line 2: a quote is opened in this row and never closed"):
        _read(tmp_path, 'a,b\n1,"x\n2,y\n')
    with pytest.raises(FileRefused, match=r"line 2: a quote is opened"):
        _read(tmp_path, 'a,b\n1,"x\n' + "2,y\n" * 100_000)
    with pytest.raises(FileRefused, match=r"line 2: a quote is opened"):
        _read(tmp_path, 'a,b\n1,"' + "x" * 200_000 + "\n")


def test_one_endless_line_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "debtors.csv"
    path.write_bytes(("a,b\n" + "x" * (8 << 20)).encode("utf-16"))
    source = CsvFile(path, "utf-16")
    with pytest.raises(FileRefused, match=r"line 2: the line is longer than 1 MiB"):
        list(source)
    assert source.done < source.total / 2


def test_an_undecodable_byte_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"byte .* is not utf-8; save the file as CSV UTF-8"):
        _read(tmp_path, b"a,b\n\xff,1\n")


def test_what_was_read_is_told_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "debtors.csv"
    path.write_text("a,b\n" + "1,2\n" * 200_000)
    source = CsvFile(path, "utf-8")
    places = [source.done for _ in source]
    assert places == sorted(places)
    assert places[0] < source.total / 2
    assert places[-1] == source.total == path.stat().st_size


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")), min_size=2,
                         max_size=2), min_size=1, max_size=8))  # fmt: skip
def test_what_a_csv_writer_wrote_comes_back(rows: list[list[str]]) -> None:
    import csv
    import io
    import tempfile

    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["h", "i"], *rows])
    with tempfile.TemporaryDirectory() as folder:
        found = _read(Path(folder), written.getvalue())
    assert [list(record.cells) for record in found[1:]] == rows
