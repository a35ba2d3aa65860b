"""`promiseline replay` on files: recorded ones, JSON lines, and those that are neither."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dialer.cli.app import app
from dialer.ticks.blocks import MAGIC, block
from tests.dialer.ticks.test_replaying import a_course


def replay(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    return result.exit_code, " ".join((result.stdout + result.stderr).split())


def figures(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["replay", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def ticks(tmp_path: Path) -> Path:
    (tmp_path / "a.ticks").write_bytes(MAGIC + block(a_course(ticks=200)))
    return tmp_path / "a.ticks"


def test_without_a_change_nothing_differs_and_a_change_is_told_for_people(ticks: Path) -> None:
    assert figures(ticks)["differ"] == 0
    code, said = replay(ticks, "--ratio", "3")
    assert code == 0 and "ticks differ" in said and "ratio 3" in said
    assert figures(ticks, "--campaign", "1")["ticks"] == 200


def test_an_end_that_was_cut_off_is_told(ticks: Path) -> None:
    whole = ticks.read_bytes()
    ticks.write_bytes(whole + block(a_course(ticks=20))[:-3])
    assert figures(ticks)["notes"] == [f"{ticks} was cut off: what stands before its end is used"]


def test_json_lines_are_compared_with_the_unchanged_pacer(tmp_path: Path) -> None:
    start = {
        "type": "start", "seed": 1, "abandon_target": 0.03, "ring_timeout_s": 22, "hold_s": 2.0,
        "dial_window_s": [0, 28740], "max_lines": None, "max_cps": None, "amd": None, "n_agents": 2, "connect_s": 0.2,
    }  # fmt: skip
    look = {"type": "snapshot", "agents": [["idle", 3.2], ["idle", 1.0]], "calls": [], "outcomes": [],
            "agent_events": [], "lines_in_use": 0,
            "totals": {"launched": 0, "answered": 0, "connected": 0, "dropped": 0, "amd_machine": 0}}  # fmt: skip
    path = tmp_path / "floor.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (start, {**look, "now": 1.0}, {**look, "now": 1.5})) + "\n")
    assert figures(path)["differ"] == 0
    changed = figures(path, "--mode", "power", "--ratio", "5")
    assert changed["differ"] == 2 and changed["would_launch"] == 20
    path.write_text(path.read_text() + '{"type": "snapshot", "now": -1}\n')
    code, said = replay(path)
    assert code == 1 and f"{path}, line 4" in said.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--mode", "wild"), "'wild' is no mode; known are"),
        (("--ratio", "11"), "not between 1 and 10"),
        (("--campaign", "9"), "holds no tick of campaign 9"),
    ],
)
def test_a_wrong_option_is_refused(ticks: Path, arguments: tuple[str, ...], says: str) -> None:
    code, said = replay(ticks, *arguments)
    assert code == 1 and says in said


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("{", "line 1, column 2"),
        ("[]", "one JSON object"),
        ('{"colour": 1}', "colour: there is no such figure; known are"),
        ('{"abandon_target": -1}', "abandon_target: give a number of 0 or more"),
    ],
)
def test_a_wrong_config_is_refused(ticks: Path, tmp_path: Path, config: str, says: str) -> None:
    (tmp_path / "c.json").write_text(config)
    code, said = replay(ticks, "--config", tmp_path / "c.json")
    assert code == 1 and says in said


def test_what_is_no_recording_is_refused_by_name(tmp_path: Path, ticks: Path) -> None:
    assert replay(tmp_path / "none")[0] == 1
    (tmp_path / "x.ticks").write_bytes(b"something else")
    code, said = replay(tmp_path / "x.ticks")
    assert code == 1 and "x.ticks holds no recorded ticks" in said
    broken = bytearray(ticks.read_bytes())
    broken[-2] ^= 8
    ticks.write_bytes(broken)
    code, said = replay(ticks)
    assert code == 1 and "a.ticks, after record 0" in said and "Traceback" not in said
