"""`promiseline simulate`, as a supervisor and as a program see it; it needs no database."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dialer.simulation.modes import compared
from dialer.simulation.reading import read
from dialer.simulation.runs import Day, run_day
from tests.dialer.cli.program import Program, Ran
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(400)  # the first run on a machine compiles the kernel


@pytest.fixture(scope="module", autouse=True)
def everything_compiled() -> None:
    """Once for this machine and here, where it may take its time: the commands under test are given a minute."""
    scenario = read(a_scenario(horizon_s=60))
    for mode in compared(2.0):
        run_day(Day(scenario, mode, 1))


@pytest.fixture
def simulate(tmp_path: Path) -> Program:
    return Program(tmp_path)


def written(program: Program, **changes: Any) -> str:
    (program.folder / "floor.json").write_text(json.dumps(a_scenario(**changes)))
    return "floor.json"


async def run(program: Program, *words: str) -> Ran:
    return await program("simulate", *words)


async def test_a_mode_is_simulated_with_its_figures_and_their_confidence(simulate: Program) -> None:
    file = written(simulate)
    found = (await run(simulate, file, "--mode", "ratio", "--ratio", "2", "--seeds", "3", "--json")).json()
    (mode,) = found["modes"]
    assert (found["scenario"], found["agents"], mode["title"], mode["seeds"]) == ("small", 3, "ratio 2", [1, 2, 3])
    assert 0.3 < mode["figures"]["occupancy"]["mean"] < 1 and mode["figures"]["occupancy"]["half_width"] > 0
    assert len(mode["runs"]) == 3 and mode["pooled_abandon_rate"] > 0
    again = (
        await run(simulate, file, "--mode", "power", "--ratio", "2", "--seeds", "3", "--jobs", "2", "--json")
    ).json()
    assert again["modes"][0]["runs"] == mode["runs"]


async def test_a_person_gets_a_table_and_a_picture(simulate: Program) -> None:
    file = written(simulate)
    ran = await run(simulate, file, "--seed", "4", "--seed", "5", "--picture", "day.svg")
    assert ran.code == 0 and "progressive 1:1" in ran.out and "occupancy, %" in ran.out and "2 seed(s)" in ran.out
    assert "picture: day.svg" in ran.err
    ElementTree.parse(simulate.folder / "day.svg")  # noqa: S314


async def test_seeds_follow_one_another_or_the_option_is_repeated(simulate: Program) -> None:
    file = written(simulate, horizon_s=600)
    rows, again = [
        (await run(simulate, file, *words, "--json")).json()
        for words in (("--seed", "3", "1", "3"), ("--seed", "3", "--seed", "1"))
    ]
    assert [day["seed"] for day in rows["modes"][0]["runs"]] == [3, 1] and rows["modes"] == again["modes"]


async def test_all_modes_are_compared(simulate: Program) -> None:
    ran = await run(
        simulate, written(simulate, horizon_s=600), "--compare", "--seeds", "2", "--picture", "all.png", "--json"
    )
    modes = [mode["mode"] for mode in ran.json()["modes"]]
    assert modes[:3] == ["progressive", "ratio", "ratio"] and {"vici-hard", "vici-tapered", "vici-average"} < set(modes)
    assert (simulate.folder / "all.png").read_bytes().startswith(b"\x89PNG")


async def test_modes_side_by_side_are_read_on_a_narrow_terminal(simulate: Program) -> None:
    ran = await simulate("simulate", written(simulate, horizon_s=600), "--compare", "--seeds", "2", COLUMNS="80")
    assert ran.code == 0 and "…" not in ran.out
    rows = [line for line in ran.out.splitlines() if line.startswith(("│", "┃"))]
    assert all(line.endswith(("│", "┃")) and len(line) <= 80 for line in rows)
    assert all(
        words in ran.out for words in ("abandoned,", "occupancy,", "talk,", "wait,", "connect", "lines", "24 h,")
    )
    for title in ("progressive 1:1", "vici-hard", "vici-average", "predictive"):
        assert ran.out.count(title) == ran.out.count("┡") > 1
    assert "picture: small-modes.svg" in ran.err
    drawn = ElementTree.parse(simulate.folder / "small-modes.svg").getroot()  # noqa: S314
    assert "vici-average" in "".join(drawn.itertext())


async def test_every_feature_of_the_schema_in_one_floor_runs_in_every_mode(simulate: Program) -> None:
    file = str(Path(__file__).parents[1] / "simulation" / "everything.json")
    found = (await run(simulate, file, "--compare", "--seed", "3", "--json")).json()
    days = {mode["title"]: mode["runs"][0] for mode in found["modes"]}
    assert len(days) == 8 and found["horizon_s"] > 86_400 and found["abandon_target"] == 0.02
    for title, day in days.items():
        assert 0.2 < day["occupancy"] < 0.95, title
        assert min(day["calls"], day["amd_released"], day["machine_to_agent"], day["busy"], day["failed"]) > 0, title
        assert day["peak_lines"] <= 30 and set(day["rolling_max"]) == {"900", "3600"}
        # shifts of two and twice one hour for two agents each, less breaks and pauses, give or take late ends
        assert 5.5 < day["agent_hours"] < 8
    assert days["predictive"]["occupancy"] >= days["progressive 1:1"]["occupancy"] - 0.05
    assert days["predictive"]["abandon_rate"] < days["ratio 3"]["abandon_rate"] / 2


async def test_a_floor_that_hangs_up_on_nobody_who_is_rung_is_dialed_predictively(simulate: Program) -> None:
    file = written(simulate, calls__ring_timeout_s=None, calls__profile={"rows": [{"t": 0, "human": 0.3, "busy": 0.7}]})
    (mode,) = (await run(simulate, file, "--mode", "predictive", "--seed", "1", "--json")).json()["modes"]
    assert mode["runs"][0]["connects_live"] > 30 and mode["runs"][0]["no_answer"] == 0


async def test_a_wrong_scenario_is_refused_with_every_problem(simulate: Program) -> None:
    rows = [{"t": 0, "human": 1.3}]
    told = (await run(simulate, written(simulate, calls__pdd=-1, calls__profile={"rows": rows}))).refusal()
    assert "floor.json has 2 problems" in told
    assert "calls.profile.rows[0].human: 1.3 is not a probability between 0 and 1" in told and "calls.pdd: -1" in told


REFUSED = [
    (("nowhere.json",), "there is no file and no scenario nowhere.json; by name there are"),
    (("std_2", "--mode", "guess"), "there is no mode guess; there are progressive"),
    (("std_2", "--seed", "1", "--seeds", "2"), "--seed and --seeds cannot both be given"),
    (("std_2", "7"), "7: one scenario is simulated at a time, and stands first; what follows are seeds: --seed 1 2 3"),
    (("--seed", "1", "2", "std_2"), "std_2: one scenario is simulated at a time, and stands first"),
    (("std_2", "--seeds", "0"), "--seeds: 0 is not a number between 1 and 10,000"),
    (("std_2", "--seed", "-1"), "--seed: a seed is a whole number of 0 or more"),
    (("std_2", "--jobs", "0"), "--jobs: 0 is not a number between 1 and 64"),
    (("std_2", "--tick", "nan"), "--tick: nan is not a number of seconds between 0.25 and 60"),
    (("std_2", "--target", "3"), "--target: 3 is not a share between 0 and 1; 3 % is 0.03"),
    (("std_2", "--ratio", "0"), "a ratio is above 0"),
    (("std_2", "--picture", "day.gif"), "must end in .svg or .png"),
    (("std_2", "--picture", "nowhere/day.svg"), "does not exist"),
]


@pytest.mark.parametrize(("words", "told"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
async def test_wrong_words_are_refused_before_anything_runs(
    simulate: Program, words: tuple[str, ...], told: str
) -> None:
    assert told in (await run(simulate, *words)).refusal()
