"""The picture: well-formed, titled, with every mode in the legend; names are text and no markup."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialer.simulation.modes import mode_of
from dialer.simulation.picture import PictureProblem, draw, picture
from dialer.simulation.reading import read
from dialer.simulation.runs import Day, Ran, run_days
from dialer.simulation.scenario import Scenario
from dialer.simulation.svg import Scale, steps
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(400)


def some(**changes: object) -> tuple[Scenario, list[tuple[str, list[Ran]]]]:
    scenario = read(a_scenario(**changes))
    modes = [mode_of("progressive"), mode_of("ratio", ratio=3)]
    return scenario, [(mode.title, run_days([Day(scenario, mode, seed) for seed in (1, 2)])) for mode in modes]


def texts(document: str) -> list[str]:
    root = ElementTree.fromstring(document)  # noqa: S314  # our own picture
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_axes_legend_target_and_titles_are_there() -> None:
    scenario, modes = some(name='<b>"floor" & co', pacing={"abandon_target": 0.05})
    found = texts(picture(scenario, modes))
    assert '<b>"floor" & co: 3 agents, 2 seeds' in found and {"progressive 1:1", "ratio 3"} <= set(found)
    assert {"occupancy, %", "free agents", "hours since the start", "target 5 %", "abandoned, %"} <= set(found)


def test_a_day_without_calls_or_agents_is_drawn_too() -> None:
    scenario, modes = some(dial_window_s=[0, 0])
    assert "nan" not in picture(scenario, modes)
    late = {"groups": [{"count": 1, "login_s": 5000}]}
    assert texts(picture(*some(agents=late)))


def test_png_and_svg_are_written_and_other_files_refused(tmp_path: Path) -> None:
    scenario, modes = some(horizon_s=600)
    draw(scenario, modes, tmp_path / "day.png")
    assert (tmp_path / "day.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with pytest.raises(PictureProblem, match=r"must end in \.svg or \.png"):
        draw(scenario, modes, tmp_path / "day.pdf")
    (tmp_path / "taken.svg").mkdir()
    with pytest.raises(PictureProblem, match="cannot be written"):
        draw(scenario, modes, tmp_path / "taken.svg")


def test_steps_are_round_and_span_the_values() -> None:
    assert steps(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert steps(0.41, 0.43)[0] <= 0.41 and steps(0.41, 0.43)[-1] >= 0.43
    assert len(steps(3.0, 3.0)) >= 2
    assert Scale(0.0, 2.0, 100.0, 300.0).at(1.0) == 200.0
