"""Small scenarios for tests, and the strategy that makes them up."""

from typing import Any

from hypothesis import strategies as st

from dialer.pacing.interface import STAGES
from dialer.simulation.reading import read
from dialer.simulation.scenario import SINCE, Scenario


def a_scenario(**changes: Any) -> dict[str, Any]:
    """The JSON of a floor of 3 agents for half an hour; `changes` by dotted path: `calls__pdd=2`."""
    value: dict[str, Any] = {
        "schema": "pacesim/1",
        "name": "small",
        "horizon_s": 1800,
        "agents": {"groups": [{"count": 3}], "connect_s": 0.2},
        "calls": {
            "profile": {"rows": [{"t": 0, "human": 0.3, "machine": 0.2, "busy": 0.1, "failed": 0.1}]},
            "pdd": {"dist": "exp", "mean": 2, "max": 8},
            "ring_human": {"dist": "lognormal", "median": 8, "sigma": 0.5},
            "ring_machine": 12,
            "ring_timeout_s": 22,
            "greeting": 1,
            "talk": [{"weight": 1, "talk": {"dist": "exp", "mean": 60}, "wrap": {"dist": "exp", "mean": 10}}],
            "drop_message_s": 6,
        },
    }  # fmt: skip
    for path, changed in changes.items():
        *parents, last = path.split("__")
        at = value
        for parent in parents:
            at = at[parent]
        at[last] = changed
    return value


def exponential(agents: int, horizon_s: float) -> Scenario:
    """The memoryless model with exact values: 25 % live, 12 s to an end, talk of 122 s, nobody waits."""
    twelve = {"dist": "exp", "mean": 12}
    return read(
        {
            "horizon_s": horizon_s,
            "agents": {"groups": [{"count": agents}]},
            "calls": {
                "profile": {"rows": [{"t": 0, "human": 0.25, "busy": 0.75}]},
                "pdd": 0,
                "ring_human": twelve,
                "busy_delay": twelve,
                "hold_s": 0,
                "talk": [{"weight": 1, "talk": {"dist": "exp", "mean": 122}, "wrap": 0}],
            },
        }
    )


def seconds(high: float) -> st.SearchStrategy[float]:
    return st.floats(0.0, high, allow_subnormal=False)


def dists(high: float) -> st.SearchStrategy[Any]:
    """A distribution of seconds, of any shape."""
    mean = st.floats(0.01, high)
    plain = st.one_of(
        seconds(high),
        st.builds(lambda value: {"dist": "const", "value": value}, seconds(high)),
        st.builds(
            lambda low, width: {"dist": "uniform", "low": low, "high": low + width}, seconds(high), seconds(high)
        ),
        st.builds(lambda mean, most: {"dist": "exp", "mean": mean, "max": most}, mean, st.floats(high, 3 * high)),
        st.builds(lambda mean, cv: {"dist": "gamma", "mean": mean, "cv": cv}, mean, st.floats(0.2, 2.0)),
        st.builds(lambda mean, cv: {"dist": "lognormal", "mean": mean, "cv": cv, "max": 3 * high}, mean, seconds(2.0)),
        st.builds(lambda x: {"dist": "empirical", "x": [0, x, 2 * x], "q": [0, 0.5, 1]}, mean),
    )
    parts = st.lists(st.builds(lambda w, d: {"w": w, "d": d}, st.floats(0.1, 1.0), plain), min_size=1, max_size=3)
    return st.one_of(
        plain, st.builds(lambda parts, most: {"dist": "mixture", "parts": parts, "max": most}, parts, mean)
    )


def shows() -> st.SearchStrategy[dict[str, Any]]:
    """A stage that shows in some calls, before or after the others."""
    return st.builds(
        lambda stage, since, by, share: {"stage": stage, since: by, "share": share},
        st.sampled_from(STAGES[1:]), st.sampled_from(SINCE), dists(60.0), st.sampled_from([0, 0.5, 1]),
    )  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any floor of up to six agents for up to 25 minutes, with everything that the schema knows."""
    horizon = draw(st.floats(120.0, 1500.0))
    shares = [draw(st.floats(0.0, 1.0)) for _ in range(5)]
    total = sum(shares) or 1.0
    row = dict(zip(("human", "machine", "busy", "failed"), (share / total for share in shares), strict=False))
    shift = {
        "login_jitter_s": draw(seconds(100.0)),
        "breaks": [{"at_s": draw(seconds(horizon)), "dur_s": draw(seconds(300.0)), "jitter_s": 30, "dur_jitter": 0.2}],
        "unscheduled": draw(st.sampled_from([None, {"per_hour": 6, "dur": {"dist": "exp", "mean": 60}}])),
    }
    if draw(st.booleans()):
        shift |= {"logout_s": horizon / 2, "logout_jitter_s": 20}
    detection = {"delay_human": draw(dists(2.0)), "delay_machine": draw(dists(4.0)), "fp": 0.1, "fn": 0.2}
    value = a_scenario(
        horizon_s=horizon,
        dial_window_s=[draw(seconds(60.0)), draw(st.floats(60.0, horizon))],
        tick_s=draw(st.sampled_from([0.25, 0.5, 1.0, 3.7])),
        trunks={
            "max_lines": draw(st.sampled_from([None, 1, 4, 12])),
            "max_cps": draw(st.sampled_from([None, 0.3, 1.5, 4])),
        },
        agents__groups=[{"count": draw(st.integers(1, 6)), **shift}],
        agents__speed_cv=draw(st.sampled_from([0.0, 0.3])),
        agents__connect_s=draw(st.sampled_from([0.0, 0.2, 1.0])),
        calls__profile={"rows": [{"t": 0, **row}, {"t": horizon / 2, **row, "ring_scale": 1.5, "talk_scale": 0.5}]},
        calls__pdd=draw(dists(6.0)),
        calls__ring_human=draw(dists(25.0)),
        calls__ring_machine=draw(dists(25.0)),
        calls__greeting=draw(dists(3.0)),
        calls__hold_s=draw(seconds(4.0)),
        calls__amd=draw(st.sampled_from([None, detection])),
        calls__talk=[
            {
                "weight": 1,
                "talk": draw(dists(120.0)),
                "wrap": draw(dists(30.0)),
                "shows": draw(st.lists(shows(), max_size=5)),
            }
        ],
        calls__drop_message_s=draw(seconds(8.0)),
        calls__noise=draw(st.sampled_from([None, {"logit_sd": 0.5, "tau_s": 60}])),
        calls__blocks=draw(st.sampled_from([None, {"size": 5, "logit_sd": 1.0}])),
        calls__segments=draw(st.sampled_from([None, None, {"size": 7, "factors": [0.0, 0.5, 9.0]}])),
    )
    return read(value)
