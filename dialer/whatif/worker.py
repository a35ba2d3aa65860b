"""Runs one question in a process of its own: JSON on standard input, JSON lines of progress and answer on output.

`python -m dialer.whatif.worker` reads `{"scenario": {...}, "mode": "power", "ratio": 2.0, "seeds": [1, 2]}` and writes
`{"done": 1}` after each seed, then `{"summary": {...}}`, or `{"problem": "..."}`.
"""

import os
import sys
from typing import Any

import orjson

POLITE = 10


def main() -> None:
    # a question never takes the processor from a call
    os.nice(POLITE)
    asked = orjson.loads(sys.stdin.buffer.read())
    try:
        _tell({"summary": run(asked)})
    except ValueError as problem:
        _tell({"problem": str(problem)})


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Mean and half-width of each figure over the seeds. Raises ValueError, whose text is for people."""
    from dialer.simulation.modes import mode_of
    from dialer.simulation.reading import read
    from dialer.simulation.runs import Day, run_day, summary

    scenario, mode = read(asked["scenario"]), mode_of(asked["mode"], ratio=asked["ratio"])
    runs = []
    for seed in asked["seeds"]:
        runs.append(run_day(Day(scenario, mode, seed)).result)
        _tell({"done": len(runs)})
    return summary(mode, runs)


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
