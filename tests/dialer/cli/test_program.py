"""The program as a whole: its commands, and what it says of a fault of its own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import dialer.cli.users
from dialer.cli import A_FAULT, main
from dialer.cli.app import PARTS, app
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


# a server, a program that speaks JSON lines with another, and two that always answer in JSON lines
WITHOUT_JSON = {"serve", "pacer", "compliance check", "compliance abandonment"}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_every_command_that_prints_figures_prints_them_as_json_too() -> None:
    found = dict(commands(typer.main.get_command(app)))

    lacking = {name for name, command in found.items() if not any("--json" in one.opts for one in command.params)}

    assert lacking == WITHOUT_JSON
    assert {"import", "campaign status", "user shift", "compliance amd-evidence add", "audit verify"} <= set(found)


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
