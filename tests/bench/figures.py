"""Shapes that all benchmarks share: percentiles, a result with its goals, the machine, the table."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; nan of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, round(percent / 100 * len(ordered) + 0.5) - 1))
    return ordered[rank]


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    found = {f"p{p}": round(percentile(values, p), digits) for p in (50, 95, 99)}
    return found | {"max": round(max(values, default=float("nan")), digits), "n": len(values)}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `goal` is in words, like `< 100`; `reached` None: there is no goal."""

    name: str
    value: float | str
    unit: str = ""
    goal: str = ""
    reached: bool | None = None


def below(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f"< {goal:g}", value < goal)


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    return Figure(name, value, unit, f">= {goal:g}", value >= goal)


@dataclass(slots=True)
class Result:
    """What one benchmark found. `details` is for the JSON."""

    bench: str
    figures: list[Figure]
    details: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        return asdict(self)


def machine() -> dict[str, Any]:
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), ""
    )
    return {
        "cores": os.cpu_count(),
        "cpu": model or platform.processor(),
        "memory": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
