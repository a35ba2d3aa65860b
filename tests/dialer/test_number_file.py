"""Files as outside lists come: every line is taken as what it is, or named with its reason."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from campaigns.imports.problems import FileRefused
from dialer.import_parts import import_parts
from dialer.number_file import How, Read, read_numbers

A, B = "+12125550142", "+4520123456"


class Taken:
    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.digests: list[bytes] = []
        self.rejects: list[tuple[int, str, str]] = []
        self.progress: list[tuple[int, int]] = []

    def add_addresses(self, addresses: Sequence[bytes]) -> None:
        self.addresses += [address.decode() for address in addresses]

    def add_digests(self, digests: bytes) -> None:
        self.digests += [digests[at : at + 32] for at in range(0, len(digests), 32)]

    def reject(self, line: int, written: str, reason: str) -> None:
        self.rejects.append((line, written, reason))

    def show(self, done: int, total: int) -> None:
        self.progress.append((done, total))


def read(path: Path, content: str | bytes, how: How | None = None) -> tuple[Taken, Read]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    taken = Taken()
    return taken, read_numbers(path, taken, import_parts(), how or How(), taken.reject, taken.show)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.txt"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "phone\n", "\n\n"])
def test_plain_lines_however_they_end(file: Path, ending: str, last: str, start: str) -> None:
    taken, found = read(file, start + ending.join([A, B]) + last.replace("\n", ending))
    assert (sorted(taken.addresses), found.lines, found.rejected) == ([A, B], 2, 0)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert taken.progress[-1] == (file.stat().st_size, file.stat().st_size)


def test_digests_numbers_and_e_mail_addresses_may_stand_together(file: Path) -> None:
    digest = hashlib.sha256(A.encode())
    taken, _ = read(file, f"{B}\n{digest.hexdigest()}\n{digest.hexdigest().upper()}\n Dana@Example.com \n")
    assert (taken.addresses, taken.digests) == ([B, "dana@example.com"], [digest.digest()] * 2)
    only, _ = read(file, f"{digest.hexdigest()}\n" * 3)
    assert only.digests == [digest.digest()] * 3


@pytest.mark.parametrize(
    "written", ["+1 (212) 555-0142", "0012125550142", '"+12125550142"', "'+12125550142", "212-555-0142"]
)
def test_a_number_may_be_written_in_many_ways(file: Path, written: str) -> None:
    taken, _ = read(file, f"{B}\n{written}\n", How(country="US"))
    assert taken.addresses == [B, A], taken.rejects


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2125550142", "without country code"),
        ("+123", "no number in E.164"),
        ("+0123456789", "no number in E.164"),
        ("call me", "no telephone number"),
        ("dana@", "no e-mail address"),
        ("e3b0c44298fc1c14", "no telephone number"),
    ],
)
def test_what_is_no_number_is_named_by_its_line(file: Path, written: str, why: str) -> None:
    taken, found = read(file, f"{A}\n\n{written}\n{B}\n")
    assert taken.addresses == [A, B] and (found.lines, found.rejected) == (3, 1)
    ((line, there, reason),) = taken.rejects
    assert (line, there) == (3, written) and why in reason


def test_a_table_names_its_column_or_is_asked_for_it(file: Path) -> None:
    table = f"id;Phone;name\n1;{A};Ann\n\n2;{B};Bob\n3\n"
    taken, found = read(file, table)
    assert taken.addresses == [A, B]
    assert [(line, reason) for line, _, reason in taken.rejects] == [
        (5, "the row has 1 cells, the number is in another")
    ]
    assert found.lines == 3
    for column in ("2", "phone"):
        assert read(file, table, How(column))[0].addresses == [A, B]
    with pytest.raises(FileRefused, match="the columns are a, b, and it is not plain"):
        read(file, f"a;b\n1;{A}\n")
    with pytest.raises(FileRefused, match="there is no column '4'"):
        read(file, table, How("4"))


def test_area_code_and_number_may_stand_in_two_columns(file: Path) -> None:
    taken, _ = read(file, "212,5550142\n646,5550143\n", How("1+2", "US"))
    assert taken.addresses == [A, "+16465550143"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        ("+12125550142\n".encode("utf-16"), "no text in UTF-8"),
        (b"7" * (3 << 20), "longer than 1 MiB"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(file: Path, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        read(file, content)
    with pytest.raises(FileRefused, match="no such file"):
        read_numbers(file / "none", Taken(), import_parts(), How(), Taken().reject, Taken().show)


@given(
    numbers=st.lists(st.integers(10**6, 10**15 - 1).map(lambda n: f"+{n}"), min_size=1, max_size=30),
    at=st.integers(0, 30),
)
def test_one_odd_line_changes_nothing_for_the_others(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[str], at: int
) -> None:
    """The whole block's way and the way of single lines take the same."""
    file = tmp_path_factory.mktemp("files") / "list.txt"
    fast, _ = read(file, "".join(f"{number}\n" for number in numbers))
    lines = [*numbers[:at], "odd 1", *numbers[at:]]
    slow, found = read(file, "".join(f"{number}\n" for number in lines))
    assert fast.addresses == slow.addresses == numbers
    assert (found.lines, [line for line, _, _ in slow.rejects]) == (len(lines), [min(at, len(numbers)) + 1])


def test_a_long_file_is_read_in_pieces_and_no_line_is_lost(file: Path) -> None:
    numbers = [f"+1212{n:07d}" for n in range(60_000)]
    taken, found = read(file, "\n".join(numbers))
    assert taken.addresses == numbers and found.lines == 60_000
    assert len(taken.progress) > 2 and [done for done, _ in taken.progress] == sorted(
        done for done, _ in taken.progress
    )
