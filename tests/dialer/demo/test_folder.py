"""The demonstration's folder: marked before anything is in it, and never a server's."""

from pathlib import Path

from dialer.demo.folder import claim, is_demonstration
from tests.dialer.cli.program import Program


def test_an_empty_folder_is_marked_and_known_again(tmp_path: Path) -> None:
    folder = tmp_path / ".demo"
    assert not is_demonstration(folder)

    assert claim(folder)
    (folder / "postgres").mkdir()

    assert is_demonstration(folder)
    assert claim(folder), "its own data is there"


async def test_the_data_of_a_server_is_neither_shown_nor_removed(tmp_path: Path) -> None:
    version = tmp_path / ".demo" / "postgres" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("18")
    program = Program(tmp_path)

    for words in ((), ("--reset",)):
        said = (await program("demo", "--port", "0", *words)).refusal()
        assert "holds the data of a server and not of a demonstration: nothing was touched" in said
    assert version.read_text() == "18"
    assert [path.name for path in version.parent.parent.iterdir()] == ["postgres"]


async def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    json, endless, nothing, port, nobody = await Program(tmp_path).all(
        ["demo", "--json"],
        ["demo", "--headless", "--seconds", "inf"],
        ["demo", "--headless", "--speed", "nan"],
        ["demo", "--port", "99999"],
        ["demo", "--debtors", "0"],
    )

    assert "give --headless too" in json.refusal()
    assert "must be numbers above 0" in endless.refusal() and "must be numbers above 0" in nothing.refusal()
    assert (port.code, port.out, nobody.code, nobody.out) == (2, "", 2, "")
    assert "--port" in port.err and "--debtors" in nobody.err
    assert not (tmp_path / ".demo").exists()
