"""The program as a whole: its commands, and what it says of a fault of its own."""

import re
from pathlib import Path

import pytest

import dialer.cli.users
from dialer.cli import A_FAULT, main
from dialer.cli.app import PARTS
from tests.dialer.cli.program import Program


async def test_every_command_is_told_of_and_has_help_of_its_own(tmp_path: Path) -> None:
    told, *each = await Program(tmp_path).all(["--help"], *([name, "--help"] for name in ("campaign", "pacer")))

    assert set(re.findall(r"^│ ([a-z][a-z-]*) ", told.out, re.MULTILINE)) == set(PARTS)
    assert [ran.code for ran in each] == [0, 0]
    assert "create" in each[0].out and "--mode" in each[1].out
    assert all("completion" not in ran.out for ran in each)


async def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    ran = await Program(tmp_path)("campain")

    assert ran.code == 2 and "No such command 'campain'" in ran.err


def test_a_fault_is_one_sentence_and_its_details_are_in_a_file_of_this_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["promiseline", "user", "list"])
    monkeypatch.setattr(dialer.cli.users, "in_transaction", broken)

    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr()
    [file] = tmp_path.iterdir()
    assert (ended.value.code, said.out) == (A_FAULT, "")
    assert (
        said.err.startswith("promiseline: a fault of the program itself (ZeroDivisionError)") and str(file) in said.err
    )
    assert "Traceback" not in said.err and "nobody thought of this" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
