"""Reads a scenario out of JSON and refuses a wrong one with every problem at once. The files of the package by name."""

import json
import math
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from dialer.simulation.checker import REQUIRED, Node, ScenarioProblem
from dialer.simulation.reading_calls import read_calls, read_dist
from dialer.simulation.scenario import Agents, Break, Group, Scenario, Shift, Unscheduled

SCHEMA = "pacesim/1"
MOST_AGENTS, LONGEST_S, MOST_SECONDS_OF_AGENTS = 5_000, 40 * 86_400.0, 5_000 * 86_400.0
NEVER = float("inf")


def names() -> tuple[str, ...]:
    """The scenarios that come with the product."""
    folder = resources.files("dialer.simulation") / "scenarios"
    return tuple(sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")))


def load(which: str) -> Scenario:
    """A scenario by the name of one of the package or by the path of a file.

    Raises ScenarioProblem, whose text is for people.
    """
    if which in names():
        return parse((resources.files("dialer.simulation") / "scenarios" / f"{which}.json").read_text())
    path = Path(which)
    if not path.is_file():
        raise ScenarioProblem([f"there is no file and no scenario {which}; by name there are {', '.join(names())}"])
    try:
        return parse(path.read_text(encoding="utf-8"), path.stem)
    except UnicodeDecodeError as problem:
        raise ScenarioProblem([f"the file {which} is not UTF-8 text (byte {problem.start})"]) from problem
    except OSError as problem:
        raise ScenarioProblem([f"the file {which} cannot be read: {problem.strerror}"]) from problem


def parse(text: str, name: str = "scenario") -> Scenario:
    """A scenario out of JSON text; `name` where it has none. Raises ScenarioProblem."""
    try:
        # NaN and Infinity are read here, so that they are refused with their path
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ScenarioProblem([f"this is not JSON: {problem}"]) from problem
    return read(value, name)


def read(value: Any, name: str = "scenario") -> Scenario:
    """A scenario out of parsed JSON. Raises ScenarioProblem with all problems."""
    problems: list[str] = []
    try:
        scenario = _scenario(Node(value, "", problems), name)
    except RecursionError as problem:
        raise ScenarioProblem(["the scenario is nested too deeply"]) from problem
    if problems:
        raise ScenarioProblem(problems)
    return scenario


def _scenario(node: Node, name: str) -> Scenario:
    schema = node.text("schema", SCHEMA)
    if schema != SCHEMA:
        node.wrong("schema", f'"{schema}" is not known; this reads {SCHEMA}')
    horizon = node.number("horizon_s", above=True, high=LONGEST_S, what=f"a number above 0 and at most {LONGEST_S:g}")
    pacing, trunks, metrics = node.child("pacing"), node.child("trunks"), node.child("metrics")
    agents = _agents(node.child("agents", needed=True))
    if agents.count * horizon > MOST_SECONDS_OF_AGENTS:
        node.wrong("horizon_s", f"{horizon:g} s of {agents.count} agents is more than 5,000 agents' days")
    return Scenario(
        name=node.text("name", name),
        description=node.text("description", ""),
        horizon_s=horizon,
        dial_window_s=_window(node, horizon),
        agents=agents,
        calls=read_calls(node.child("calls", needed=True)),
        tick_s=node.number("tick_s", 0.5, low=0.25, high=60.0, what="a number between 0.25 and 60"),
        abandon_target=pacing.share("abandon_target", 0.03) if pacing else 0.03,
        max_lines=cast("int | None", trunks.whole("max_lines", None, low=1)) if trunks else None,
        max_cps=cast("float | None", trunks.positive("max_cps", None)) if trunks else None,
        windows_s=_windows(metrics),
        window_min_answers=metrics.whole("window_min_answers", 100) if metrics else 100,
        seeds=_seeds(node),
    )


def _window(node: Node, horizon: float) -> tuple[float, float]:
    if not node.has("dial_window_s"):
        return 0.0, horizon
    before = len(node.problems)
    found = node.numbers("dial_window_s")
    if len(node.problems) > before:
        return 0.0, horizon
    if len(found) != 2 or not 0 <= found[0] <= found[1]:
        node.wrong("dial_window_s", f"{list(found)} is not two times [from, to] with 0 <= from <= to")
        return 0.0, horizon
    return found[0], found[1]


def _windows(node: Node | None) -> tuple[float, ...]:
    default = (1800.0, 3600.0, 86400.0)
    if node is None:
        return default
    found = node.numbers("windows_s", default)
    for place, window in enumerate(found):
        if window <= 0:
            node.wrong(f"windows_s[{place}]", f"{window:g} is not a number above 0")
    return found


def _seeds(node: Node) -> tuple[int, ...]:
    found = []
    for place, seed in enumerate(node.items("seeds")):
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
            node.wrong(f"seeds[{place}]", f"{seed!r} is not a whole number of 0 or more")
        else:
            found.append(seed)
    return tuple(found) or (1, 2, 3, 4, 5)


def _agents(node: Node | None) -> Agents:
    if node is None:
        return Agents(())
    found = Agents(
        groups=node.children("groups", _group, needed=True),
        speed_cv=node.number("speed_cv", 0.0, high=10.0, what="a number between 0 and 10"),
        connect_s=node.number("connect_s", 0.0),
    )
    if found.groups and not 1 <= found.count <= MOST_AGENTS:
        node.wrong("groups", f"{found.count} agents; there must be between 1 and {MOST_AGENTS:,}")
        return Agents(())
    return found


def _group(node: Node) -> Group:
    count = node.whole("count", REQUIRED, low=1)
    if node.has("shifts"):
        shifts = node.children("shifts", _shift, needed=True)
        for place, (one, other) in enumerate(pairwise(shifts)):
            if other.login_s < one.logout_s:
                node.wrong(f"shifts[{place + 1}].login_s", f"{other.login_s:g} is before the shift before it has ended")
        return Group(count, shifts)
    return Group(count, (_shift(node),))


def _shift(node: Node) -> Shift:
    login = node.number("login_s", 0.0)
    logout = node.number("logout_s", NEVER)
    if logout < login:
        node.wrong("logout_s", f"{logout:g} is before login_s {login:g}")
    pauses = node.child("unscheduled")
    return Shift(
        login_s=login,
        login_jitter_s=node.number("login_jitter_s", 0.0),
        logout_s=logout,
        logout_jitter_s=node.number("logout_jitter_s", 0.0),
        breaks=node.children("breaks", _break),
        unscheduled=None
        if pauses is None
        else Unscheduled(
            pauses.number("per_hour", high=60.0, what="a number between 0 and 60"), read_dist(pauses, "dur")
        ),
    )


def _break(node: Node) -> Break:
    share = node.number("dur_jitter", 0.0, high=1.0, what="a share between 0 and 1")
    at, dur = node.number("at_s"), node.number("dur_s")
    return Break(at, dur, node.number("jitter_s", 0.0), share if math.isfinite(share) else 0.0)
