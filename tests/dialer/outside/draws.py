"""Draws of the distributions that a scenario names, from the standard library's generator alone."""

import math
from bisect import bisect_right
from random import Random
from typing import Any


def draw(dist: Any, random: Random) -> float:
    """One value in seconds of a `Dist`: a number, or an object with `dist` and its parameters."""
    if isinstance(dist, int | float):
        return float(dist)
    value = _draw(dist, random)
    low, high = float(dist.get("min", -math.inf)), float(dist.get("max", math.inf))
    return min(max(value, low), high)


def _draw(dist: dict[str, Any], random: Random) -> float:
    match dist["dist"]:
        case "const":
            return float(dist["value"])
        case "uniform":
            return random.uniform(dist["low"], dist["high"])
        case "exp":
            return random.expovariate(1 / dist["mean"])
        case "gamma":
            shape = 1 / dist["cv"] ** 2
            return random.gammavariate(shape, dist["mean"] / shape)
        case "lognormal":
            if "median" in dist:
                return random.lognormvariate(math.log(dist["median"]), dist["sigma"])
            variance = math.log(1 + dist["cv"] ** 2)
            return random.lognormvariate(math.log(dist["mean"]) - variance / 2, math.sqrt(variance))
        case "empirical":
            return _line(dist["q"], dist["x"], random.random())
        case "mixture":
            parts = dist["parts"]
            part = random.choices(parts, [one["w"] for one in parts])[0]
            return draw(part["d"], random)
    raise ValueError(f"no such distribution: {dist['dist']}")


def _line(xs: list[float], ys: list[float], x: float) -> float:
    place = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    left, right = xs[place - 1], xs[place]
    share = 0.0 if right == left else min(max((x - left) / (right - left), 0.0), 1.0)
    return ys[place - 1] + share * (ys[place] - ys[place - 1])


def row_at(profile: dict[str, Any], second: float) -> dict[str, float]:
    """The profile's figures at a whole second: probabilities by class, and scales."""
    rows, at = profile["rows"], math.floor(second)
    place = bisect_right([row["t"] for row in rows], at)
    before, after = rows[max(place - 1, 0)], rows[min(place, len(rows) - 1)]
    found = {}
    for key, default in (("human", 0.0), ("machine", 0.0), ("busy", 0.0), ("failed", 0.0),
                         ("ring_scale", 1.0), ("talk_scale", 1.0), ("wrap_scale", 1.0)):  # fmt: skip
        low, high = before.get(key, default), after.get(key, default)
        if profile.get("interp", "linear") == "step" or after["t"] <= before["t"]:
            found[key] = low
        else:
            found[key] = low + (high - low) * (at - before["t"]) / (after["t"] - before["t"])
    return found
