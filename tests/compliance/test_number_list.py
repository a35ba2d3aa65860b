"""A list in a file answers as a set of its numbers does, and a file that was changed is not opened."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from compliance.number_list import (
    HEADER,
    NumberList,
    NumberListError,
    false_positive,
    on_any,
    open_list,
    value_of,
)
from compliance.number_list_build import Built, ListBuilder

NUMBERS = st.integers(1, 10**9).map(lambda n: f"+1{n:09d}")


def made(path: Path, numbers: list[str], hold_bytes: int = 1 << 20) -> Built:
    with ListBuilder(hold_bytes) as builder:
        for number in numbers:
            builder.add_addresses([number.encode()])
        return builder.write(path)


@given(
    there=st.lists(NUMBERS, max_size=60), asked=st.lists(NUMBERS, max_size=20), hold=st.sampled_from([8, 100, 1 << 20])
)
def test_it_answers_as_a_set_does(
    tmp_path_factory: pytest.TempPathFactory, there: list[str], asked: list[str], hold: int
) -> None:
    path = tmp_path_factory.mktemp("lists") / "a"
    built = made(path, there, hold)
    with open_list(path, built.digest) as found:
        assert found.count == built.count == len(set(there))
        assert all(number in found for number in there)
        assert [number in found for number in asked] == [number in set(there) for number in asked]
        assert list(found.values) == sorted({value_of(number) for number in there})
    assert path.stat().st_size == built.size


@given(one=st.lists(NUMBERS, max_size=40), two=st.lists(NUMBERS, max_size=40), hold=st.sampled_from([16, 1 << 20]))
def test_a_union_is_one_list_or_two_that_are_asked(
    tmp_path_factory: pytest.TempPathFactory, one: list[str], two: list[str], hold: int
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    made(folder / "one", one)
    made(folder / "two", two)
    with open_list(folder / "one") as first, open_list(folder / "two") as second:
        assert all(on_any([first, second], number) for number in one + two)
        assert not on_any([first, second], "+4512345678") and not on_any([], "+4512345678")
        with ListBuilder(hold) as builder:
            builder.add_list(first)
            builder.add_list(second)
            both = builder.write(folder / "both")
    assert both == made(folder / "again", [*two, *one])


def test_digests_that_came_from_outside_are_as_good_as_numbers(tmp_path: Path) -> None:
    numbers = ["+12125550142", "+4520123456", "dana@example.com"]
    with ListBuilder() as builder:
        builder.add_digests(b"".join(hashlib.sha256(number.encode()).digest() for number in numbers))
        with pytest.raises(ValueError, match="32 bytes"):
            builder.add_digests(b"short")
        hashed = builder.write(tmp_path / "hashed")
    assert hashed == made(tmp_path / "plain", numbers)


def test_the_value_is_the_first_eight_bytes_of_sha_256() -> None:
    # printf %s +12125550142 | sha256sum
    assert f"{value_of('+12125550142'):016x}" == hashlib.sha256(b"+12125550142").hexdigest()[:16]
    assert false_positive(10_000_000) < 6e-13


@pytest.mark.parametrize("place", [0, 9, 17, 30, HEADER.size, HEADER.size + 11, -1])
def test_any_changed_byte_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a"
    made(path, [f"+1212555{n:04d}" for n in range(50)])
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(NumberListError):
        open_list(path)


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: c[:-8], lambda c: c + c[-8:], lambda c: c[:40], lambda c: b""]
)
def test_a_file_cut_off_or_grown_is_refused(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a"
    made(path, [f"+1212555{n:04d}" for n in range(50)])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(NumberListError, match="cut off"):
        open_list(path)


def test_another_list_than_the_one_wanted_is_refused(tmp_path: Path) -> None:
    old, new = made(tmp_path / "old", ["+12125550142"]), made(tmp_path / "new", ["+12125550143"])
    with pytest.raises(NumberListError, match="another list"):
        open_list(tmp_path / "old", new.digest)
    assert isinstance(open_list(tmp_path / "old", old.digest), NumberList)


def test_an_empty_list_holds_nobody(tmp_path: Path) -> None:
    made(tmp_path / "a", [])
    with open_list(tmp_path / "a") as found:
        assert found.count == 0 and "+12125550142" not in found
