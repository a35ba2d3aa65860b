"""Scenarios: what ships is read, what is wrong is refused with the path of every field."""

import json
import math
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dialer.simulation.checker import ScenarioProblem
from dialer.simulation.reading import load, names, parse, read
from dialer.simulation.scenario import Dist
from tests.dialer.simulation.small import a_scenario

NAN = float("nan")


def problems(value: Any) -> list[str]:
    with pytest.raises(ScenarioProblem) as refused:
        read(value)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_the_eighteen_scenarios_ship_and_are_read() -> None:
    assert len(names()) == 18
    for name in names():
        scenario = load(name)
        assert scenario.name == name and scenario.agents.count > 0 and scenario.seeds == (1, 2, 3, 4, 5)
    p10 = load("p10_churn25_2day")
    assert (p10.max_lines, p10.max_cps, p10.agents.count, len(p10.agents.groups[0].shifts)) == (70, 4.0, 25, 2)


def test_missing_optional_fields_take_the_defaults_of_the_schema() -> None:
    scenario = read(a_scenario())
    calls = scenario.calls
    assert (scenario.tick_s, scenario.abandon_target, scenario.dial_window_s) == (0.5, 0.03, (0.0, 1800.0))
    assert (scenario.windows_s, scenario.window_min_answers) == ((1800.0, 3600.0, 86400.0), 100)
    assert (calls.hold_s, calls.busy_delay, calls.amd) == (2.0, Dist("const", 1.0), None)
    assert (calls.machine_talk, calls.machine_wrap) == (Dist("const", 6.0), Dist("const", 2.0))
    assert scenario.max_lines is scenario.max_cps is None


def test_unknown_fields_are_ignored() -> None:
    assert read(a_scenario(calls__unheard_of={"x": [NAN]}, colour="red")) == read(a_scenario())


ROW = {"t": 0, "human": 0.3}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"horizon_s": -1}, "horizon_s: -1 is not a number above 0"),
    ({"horizon_s": "long"}, 'horizon_s: "long" is not a number'),
    ({"horizon_s": None}, "horizon_s: is missing"),
    ({"horizon_s": True}, "horizon_s: True is not a number"),
    ({"horizon_s": 10**400}, "horizon_s: 1000"),
    ({"schema": "pacesim/9"}, 'schema: "pacesim/9" is not known'),
    ({"tick_s": 0.1}, "tick_s: 0.1 is not a number between 0.25 and 60"),
    ({"dial_window_s": [20, 10]}, "dial_window_s: [20.0, 10.0] is not two times"),
    ({"dial_window_s": 3}, "dial_window_s: 3 is not a list"),
    ({"pacing": {"abandon_target": 1.5}}, "pacing.abandon_target: 1.5 is not a probability between 0 and 1"),
    ({"pacing": 3}, "pacing: 3 is not an object"),
    ({"trunks": {"max_lines": 2.5}}, "trunks.max_lines: 2.5 is not a whole number"),
    ({"trunks": {"max_cps": 0}}, "trunks.max_cps: 0 is not a number above 0"),
    ({"metrics": {"windows_s": [60, 0]}}, "metrics.windows_s[1]: 0 is not a number above 0"),
    ({"seeds": [1, "two"]}, "seeds[1]: 'two' is not a whole number"),
    ({"agents": {"groups": []}}, "agents.groups: is empty"),
    ({"agents": None}, "agents: is missing"),
    ({"agents__groups": [{"count": 0}]}, "agents.groups[0].count: 0 is not a whole number of 1 or more"),
    ({"agents__groups": [{}]}, "agents.groups[0].count: is missing"),
    ({"agents__groups": [{"count": 10**9}]}, "agents.groups: 1000000000 agents; there must be between 1 and 5,000"),
    ({"agents__groups": [{"count": 1, "shifts": []}]}, "agents.groups[0].shifts: is empty"),
    ({"agents__groups": [{"count": 1, "logout_s": 5, "login_s": 9}]}, "agents.groups[0].logout_s: 5 is before"),
    (
        {"agents__groups": [{"count": 1, "shifts": [{"logout_s": 50}, {"login_s": 40}]}]},
        "agents.groups[0].shifts[1].login_s: 40 is before the shift before it has ended",
    ),
    (
        {"agents__groups": [{"count": 1, "breaks": [{"at_s": 5, "dur_s": -1}]}]},
        "agents.groups[0].breaks[0].dur_s: -1 is not a number of 0 or more",
    ),
    ({"calls__profile": {"rows": [{**ROW, "human": 1.3}]}}, "calls.profile.rows[0].human: 1.3 is not a probability"),
    ({"calls__profile": {"rows": [{**ROW, "human": NAN}]}}, "calls.profile.rows[0].human: nan is not a probability"),
    ({"calls__profile": {"rows": [{**ROW, "busy": 0.9}]}}, "calls.profile.rows[0]: human, machine, busy"),
    ({"calls__profile": {"rows": [{**ROW, "talk_scale": -1}]}}, "calls.profile.rows[0].talk_scale: -1 is not"),
    ({"calls__profile": {"rows": [ROW, ROW]}}, "calls.profile.rows[1].t: 0 is not after the row before it (0)"),
    ({"calls__profile": {"rows": [ROW], "interp": "cubic"}}, 'calls.profile.interp: "cubic" is not known'),
    ({"calls__profile": {"rows": []}}, "calls.profile.rows: is empty"),
    ({"calls__pdd": -2}, "calls.pdd: -2 is not a time of 0 s or more"),
    ({"calls__pdd": None}, "calls.pdd: is missing"),
    ({"calls__pdd": {"dist": "weird"}}, 'calls.pdd.dist: "weird" is not known; it must be one of const, uniform'),
    ({"calls__pdd": {"mean": 3}}, "calls.pdd.dist: is missing"),
    ({"calls__pdd": {"dist": "exp", "mean": -3}}, "calls.pdd.mean: -3 is not"),
    ({"calls__pdd": {"dist": "exp", "mean": 3, "min": 5, "max": 2}}, "calls.pdd.min: 5 is above max 2"),
    ({"calls__pdd": {"dist": "uniform", "low": 3, "high": 2}}, "calls.pdd.high: 2 is below low 3"),
    ({"calls__pdd": {"dist": "gamma", "mean": 3, "cv": 0}}, "calls.pdd.cv: 0 is not a number above 0"),
    ({"calls__pdd": {"dist": "lognormal", "mean": 0, "cv": 1}}, "calls.pdd.mean: 0 is not a number above 0"),
    ({"calls__pdd": {"dist": "empirical", "x": [1], "q": [0, 1]}}, "calls.pdd.q: has 2 values and x has 1"),
    ({"calls__pdd": {"dist": "empirical", "x": [2, 1], "q": [0, 1]}}, "calls.pdd.x: must be times"),
    ({"calls__pdd": {"dist": "empirical", "x": [1, 2], "q": [0, 2]}}, "calls.pdd.q: must be shares"),
    (
        {"calls__pdd": {"dist": "mixture", "parts": [{"w": 0.5, "d": {"dist": "exp", "mean": "x"}}]}},
        'calls.pdd.parts[0].d.mean: "x" is not a number',
    ),
    ({"calls__pdd": {"dist": "mixture", "parts": [{"w": 0, "d": 1}]}}, "calls.pdd.parts: the weights are all 0"),
    ({"calls__ring_timeout_s": 12}, "calls.ring_timeout_s: 12 is not a time of 15 s"),
    ({"calls__amd": {"fp": 2, "fn": 0, "delay_human": 1, "delay_machine": 1}}, "calls.amd.fp: 2 is not a probability"),
    ({"calls__talk": []}, "calls.talk: is empty"),
    ({"calls__talk": [{"weight": 0, "talk": 1, "wrap": 1}]}, "calls.talk: the weights are all 0"),
    ({"calls__noise": {"logit_sd": 1, "tau_s": 0}}, "calls.noise.tau_s: 0 is not a number above 0"),
    ({"calls__segments": {"size": 0, "factors": [1]}}, "calls.segments.size: 0 is not a whole number of 1 or more"),
    ({"calls__segments": {"size": 5}}, "calls.segments.factors: is missing"),
    ({"calls__segments": {"size": 5, "factors": [1, -1]}}, "calls.segments.factors[1]: -1 is not a number between 0"),
    ({"calls__segments": {"size": 5, "factors": [1, 21]}}, "calls.segments.factors[1]: 21 is not a number between 0"),
    ({"calls__blocks": {"size": 0, "logit_sd": 1}}, "calls.blocks.size: 0 is not a whole number of 1 or more"),
    ({"calls": None}, "calls: is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), WRONG, ids=[told.split(":")[0] for _, told in WRONG])
def test_a_wrong_field_is_named_with_its_path(changes: dict[str, Any], told: str) -> None:
    (found,) = problems(a_scenario(**changes))
    assert found.startswith(told)


def numbers(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Every number of a scenario: what holds it, its key there, its path."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inside:
        at = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".removeprefix(".")
        if isinstance(found, int | float):
            yield value, key, at
        yield from numbers(found, at)


@pytest.mark.parametrize("name", names())
def test_whatever_number_of_a_scenario_is_none_is_refused_at_its_own_place(name: str) -> None:
    scenario = json.loads((resources.files("dialer.simulation") / "scenarios" / f"{name}.json").read_text())
    places = list(numbers(scenario))
    for holder, key, path in places:
        kept, holder[key] = holder[key], NAN
        assert any(told.startswith(f"{path}: nan is not") for told in problems(scenario)), path
        holder[key] = kept
    assert len(places) > 40 and read(scenario).name == name


def test_all_problems_are_told_at_once() -> None:
    rows = [{"t": 0, "human": 1.3}, {"t": 5, "human": 0.2}, {"t": 9, "human": "often"}]
    found = problems(a_scenario(horizon_s=0, calls__profile={"rows": rows}, calls__pdd=-1))
    assert [one.split(":")[0] for one in found] == [
        "horizon_s",
        "calls.profile.rows[0].human",
        "calls.profile.rows[2].human",
        "calls.pdd",
    ]


@pytest.mark.parametrize("text", ["", "{", "[1,", '{"a": NaN', "\x00"])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ScenarioProblem, match="not JSON"):
        parse(text)


@pytest.mark.parametrize("value", [[], 3, None, "text", {}])
def test_what_is_no_scenario_is_refused(value: Any) -> None:
    assert problems(value)


def test_nan_in_a_file_is_refused_with_its_path() -> None:
    text = json.dumps(a_scenario(calls__hold_s=NAN))
    with pytest.raises(ScenarioProblem, match=r"calls\.hold_s: nan is not a number of 0 or more"):
        parse(text)


def test_a_deeply_nested_distribution_is_refused() -> None:
    dist: Any = 1
    for _ in range(5000):
        dist = {"dist": "mixture", "parts": [{"w": 1, "d": dist}]}
    assert problems(a_scenario(calls__pdd=dist)) == ["the scenario is nested too deeply"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PATHS = (
    "horizon_s", "dial_window_s", "tick_s", "pacing", "trunks", "metrics", "seeds", "agents", "agents__groups",
    "agents__connect_s", "calls", "calls__profile", "calls__pdd", "calls__talk", "calls__amd", "calls__noise",
    "calls__blocks", "calls__hold_s",
)  # fmt: skip


@given(path=st.sampled_from(PATHS), value=JSON)
def test_any_value_anywhere_is_read_or_refused_in_words(path: str, value: Any) -> None:
    try:
        scenario = read(a_scenario(**{path: value}))
    except ScenarioProblem as refused:
        assert all(problem for problem in refused.problems)
    else:
        assert math.isfinite(scenario.horizon_s) and scenario.agents.count > 0


def test_a_file_that_is_missing_or_not_text_is_told(tmp_path: Any) -> None:
    with pytest.raises(ScenarioProblem, match="p04_collect50"):
        load(str(tmp_path / "nowhere.json"))
    odd = tmp_path / "odd.json"
    odd.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioProblem, match="not UTF-8"):
        load(str(odd))
