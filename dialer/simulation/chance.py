"""Draws what is settled before the first call: shifts, breaks, pauses, speeds of the agents, drift of the list."""

import math

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.layout import LOGIN, LOGOUT, PAUSE_DUE
from dialer.simulation.scenario import Dist, Noise, Scenario, Shift

Due = tuple[float, int, int, float]
"""When, what, which agent, for how many seconds."""


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Three independent streams: agents, list, calls. A pacer changes the course of the last one alone."""
    agents, drift, calls = (np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3))
    return agents, drift, calls


def speeds(scenario: Scenario, rng: np.random.Generator) -> NDArray[np.float64]:
    """Each agent's factor on talk and wrap-up: lognormal with mean 1."""
    sigma = math.sqrt(math.log1p(scenario.agents.speed_cv**2))
    return np.exp(sigma * rng.standard_normal(scenario.agents.count) - sigma**2 / 2)


def schedule(scenario: Scenario, rng: np.random.Generator) -> list[Due]:
    """Every login, pause and logout that falls due before the horizon, in order of time."""
    found: list[Due] = []
    who = 0
    for group in scenario.agents.groups:
        for _ in range(group.count):
            for shift in group.shifts:
                found += _of_shift(shift, who, scenario.horizon_s, rng)
            who += 1
    return sorted(due for due in found if due[0] < scenario.horizon_s)


def _of_shift(shift: Shift, who: int, horizon: float, rng: np.random.Generator) -> list[Due]:
    login = shift.login_s + rng.random() * shift.login_jitter_s
    logout = max(login, shift.logout_s + _either_way(rng) * shift.logout_jitter_s)
    pauses = []
    for planned in shift.breaks:
        at = planned.at_s + _either_way(rng) * planned.jitter_s
        pauses.append((at, planned.dur_s * (1.0 + _either_way(rng) * planned.dur_jitter)))
    if shift.unscheduled is not None and shift.unscheduled.per_hour > 0:
        at = login
        while (at := at + rng.exponential(3600.0 / shift.unscheduled.per_hour)) < min(logout, horizon):
            pauses.append((at, draw_one(shift.unscheduled.dur, rng)))
    found = [(login, LOGIN, who, 0.0)]
    found += [(at, PAUSE_DUE, who, seconds) for at, seconds in _within(pauses, login, logout)]
    return found if math.isinf(logout) else [*found, (logout, LOGOUT, who, 0.0)]


def _within(pauses: list[tuple[float, float]], login: float, logout: float) -> list[tuple[float, float]]:
    """The pauses cut to the shift."""
    cut = [(max(at, login), at + seconds) for at, seconds in pauses]
    return [(at, end - at) for at, end in cut if end > at and at < logout]


def _either_way(rng: np.random.Generator) -> float:
    return 2.0 * rng.random() - 1.0


def drift(noise: Noise | None, horizon_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The shift of the log-odds for each second, begun at its lasting spread."""
    if noise is None or noise.logit_sd == 0:
        return np.zeros(1)
    steps = rng.standard_normal(math.ceil(horizon_s) + 1)
    keep = math.exp(-1.0 / noise.tau_s)
    push = noise.logit_sd * math.sqrt(-math.expm1(-2.0 / noise.tau_s))
    path = np.empty_like(steps)
    value = noise.logit_sd * steps[0]
    for second, step in enumerate(steps):
        if second:
            value = keep * value + push * step
        path[second] = value
    return path


def draw_one(dist: Dist, rng: np.random.Generator) -> float:
    """One value of a distribution, outside the kernel."""
    match dist.shape:
        case "const":
            value = dist.a
        case "uniform":
            value = dist.a + (dist.b - dist.a) * rng.random()
        case "exp":
            value = dist.a * rng.standard_exponential()
        case "gamma":
            value = dist.b * rng.standard_gamma(dist.a)
        case "lognormal":
            value = math.exp(dist.a + dist.b * rng.standard_normal())
        case "empirical":
            value = float(np.interp(rng.random(), dist.qs, dist.xs))
        case "mixture":
            weights = np.cumsum([weight for weight, _ in dist.parts])
            part = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
            value = draw_one(dist.parts[min(part, len(dist.parts) - 1)][1], rng)
    return float(min(max(value, dist.low), dist.high))
