"""The mapping file: columns, defaults, formats; every mistake is named."""

from pathlib import Path

import pytest

from campaigns.imports.mapping import make_mapping, read_mapping, strptime_format
from campaigns.problems import Refused


def test_a_whole_mapping_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(
        'delimiter = ";"\nencoding = "cp1250"\ndate_format = "DD.MM.YYYY"\ndecimal_mark = ","\nsheet = "A"\n'
        '[columns]\ndebtor_reference = "Kunde"\n[defaults]\ncurrency = "EUR"\n'
    )
    found = read_mapping(path)
    assert (found.delimiter, found.encoding, found.date_format, found.decimal_mark) == (";", "cp1250", "%d.%m.%Y", ",")
    assert (found.columns, found.defaults, found.sheet) == ({"debtor_reference": "Kunde"}, {"currency": "EUR"}, "A")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x =", "not TOML"),
        ('colums = "a"', "'colums' is unknown; known are delimiter"),
        ("delimiter = 1", "delimiter must be text in quotes"),
        ('delimiter = ";;"', "delimiter must be one character"),
        ('decimal_mark = "x"', "decimal_mark must be"),
        ('date_format = "MM.YYYY"', "date_format must name year, month and day once"),
        ("columns = 1", "must be a table"),
        ('[columns]\nbalanse = "x"', "'balanse' is no column; known are debtor_reference"),
        ("[defaults]\ncurrency = 1", "currency must be text in quotes"),
    ],
)
def test_a_mistake_in_a_mapping_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(text)
    with pytest.raises(Refused, match=rf"bank\.toml.*{says}"):
        read_mapping(path)


def test_a_missing_mapping_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no such mapping file"):
        read_mapping(tmp_path / "none.toml")


def test_a_folder_in_place_of_a_mapping_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the mapping file cannot be read \(Is a directory\)"):
        read_mapping(tmp_path)


def test_formats_may_be_written_in_words_or_as_strptime_takes_them() -> None:
    assert strptime_format("DD/MM/YYYY hh:mm") == "%d/%m/%Y %H:%M"
    assert make_mapping({"date_format": "%Y%m%d"}).date_format == "%Y%m%d"
