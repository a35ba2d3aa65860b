"""What a file is, how it is encoded, and what is refused before anything is written."""

import os
from pathlib import Path

import pytest

from campaigns.imports.problems import FileRefused
from campaigns.imports.survey import LONGEST_LINE, survey


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "debtors.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252")],
)  # fmt: skip
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, found: str) -> None:
    path = _file(tmp_path, "reference,name\n1,José Müller\n".encode(encoding))
    assert survey(path).encoding == found


def test_a_name_split_between_two_blocks_is_still_utf_8(tmp_path: Path) -> None:
    line = b"x" * 99 + b"\n"
    start = line * (1048500 // 100)
    path = _file(tmp_path, start + b"a" * ((1 << 20) - 1 - len(start)) + "é\n".encode())
    assert survey(path).encoding == "utf-8"


def test_utf_8_that_breaks_off_is_refused_with_byte_and_line_and_not_read_as_something_else(tmp_path: Path) -> None:
    path = _file(tmp_path, "name\nJosé\n".encode() + b"Mar\xeda\n")
    with pytest.raises(FileRefused, match=r"debtors.csv, line 3: byte 14 is not UTF-8; in Excel choose Save As, CSV"):
        survey(path)


def test_bytes_of_no_encoding_that_can_be_guessed_are_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, b"name\nx\ny\x81\n")
    with pytest.raises(FileRefused, match=r"line 3: byte 8 belongs to no encoding that can be guessed.*`encoding`"):
        survey(path)


def test_the_encoding_of_the_mapping_file_is_taken_at_its_word(tmp_path: Path) -> None:
    assert survey(_file(tmp_path, "نام\n".encode("cp1256")), "cp1256").encoding == "cp1256"
    with pytest.raises(FileRefused, match=r"line 1: byte 0 is not ascii"):
        survey(_file(tmp_path, b"\xff\n"), "ascii")
    with pytest.raises(FileRefused, match="`encoding` is unknown"):
        survey(_file(tmp_path, b"a\n"), "utf-99")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"%PDF-1.7\n%\xe2\xe3", "this is a PDF; only CSV and XLSX"), (b"\x1f\x8b\x08\x00abc", "unpack it first"),
     (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", "old Excel workbook .*save it as .xlsx"), (b"\x89PNG\r\n", "a picture"),
     (b"", "the file is empty"), (bytes(range(1, 256)) * 40, "this is no text")],
)  # fmt: skip
def test_what_is_no_table_is_refused_by_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        survey(_file(tmp_path, content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="there is no such file"):
        survey(tmp_path / "none.csv")
    with pytest.raises(FileRefused, match="a folder or device"):
        survey(tmp_path)


def test_a_file_that_this_user_may_not_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "debtors.csv").write_text("a")
    monkeypatch.setattr("os.access", lambda *_: False)  # root, who runs tests, may read everything

    with pytest.raises(FileRefused, match="this user may not read the file"):
        survey(path)


def test_a_gigabyte_of_one_line_is_refused_after_two_blocks(tmp_path: Path) -> None:
    path = _file(tmp_path, b"reference,name\n" + b"x" * (3 << 20))
    os.truncate(path, 1 << 30)
    seen: list[int] = []
    with pytest.raises(FileRefused, match=r"line 2: the line is longer than 1 MiB"):
        survey(path, progress=lambda done, _total: seen.append(done))
    assert len(seen) <= 2


def test_a_line_of_the_greatest_length_is_let_through(tmp_path: Path) -> None:
    survey(_file(tmp_path, b"a\n" + b"x" * LONGEST_LINE + b"\n"))
    with pytest.raises(FileRefused, match="line 2: the line is longer"):
        survey(_file(tmp_path, b"a\n" + b"x" * (LONGEST_LINE + 1) + b"\n"))


def test_the_digest_and_the_size_are_those_of_the_file(tmp_path: Path) -> None:
    found = survey(_file(tmp_path, b"abc\n"))
    assert found.sha256 == "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"
    assert found.size == 4
