"""Writes scenarios unlike the public ones: `python -m tests.bench.pacing_variants FOLDER`.

They guard against tuning to the public ones: other answer levels and sizes, steps, outages, tight trunks, slow rings,
short talks, errors of machine detection, a target of 1 %, other ticks. Run them with
`python -m tests.bench.bench_pacing FOLDER/*.json`.
"""

import copy
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

HORIZON_S = 14400
SHORT = [{"name": "short", "weight": 1, "talk": {"dist": "exp", "mean": 20}, "wrap": 0}]
LONG = [
    {
        "name": "long",
        "weight": 1,
        "talk": {"dist": "gamma", "mean": 400, "cv": 0.5},
        "wrap": {"dist": "gamma", "mean": 60, "cv": 0.5},
    }
]
SLOW_RING = {"dist": "lognormal", "median": 15, "sigma": 0.4}


def row(at_s: float, human: float, *, machine: float = 0.0, failed: float = 0.08) -> dict[str, float]:
    return {"t": at_s, "human": human, "machine": machine, "busy": 0.04, "failed": failed}


def public(name: str) -> Any:
    return json.loads((resources.files("dialer.simulation") / "scenarios" / f"{name}.json").read_text())


def variant(
    agents: int,
    *rows: dict[str, float],
    base: str = "p02_small5",
    target: float = 0.03,
    tick_s: float = 0.5,
    trunks: dict[str, float] | None = None,
    amd: dict[str, float] | None = None,
    **calls: Any,
) -> dict[str, Any]:
    """A scenario of four hours; `calls` replaces parts of the calls, `amd` parts of the machine detection."""
    made: dict[str, Any] = copy.deepcopy(public(base))
    group = made["agents"]["groups"][0]
    made |= {"horizon_s": HORIZON_S, "dial_window_s": [0, HORIZON_S - 60], "tick_s": tick_s, "trunks": trunks or {}}
    made["pacing"]["abandon_target"] = target
    group["count"] = agents
    group["breaks"] = [rest for rest in group.get("breaks", []) if rest["at_s"] < HORIZON_S - 3000]
    made["calls"] |= {"profile": {"interp": "step", "rows": list(rows)}} | calls
    if amd is not None:
        made["calls"]["amd"] |= amd
    return made


def variants() -> dict[str, dict[str, Any]]:
    errors = {"fp": 0.02, "est_fp": 0.02}
    return {
        "rich_3": variant(3, row(0, 0.6)),
        "poor_8": variant(8, row(0, 0.08), tick_s=1.0),
        "strict_15": variant(15, row(0, 0.3), target=0.01),
        "strict_5": variant(5, row(0, 0.25), target=0.01),
        "tight_trunk_70": variant(70, row(0, 0.05, failed=0.3), trunks={"max_lines": 250, "max_cps": 6}),
        "steps_150": variant(150, row(0, 0.1), row(5000, 0.3), row(10000, 0.05), tick_s=1.0),
        "steps_20": variant(20, row(0, 0.08), row(4000, 0.6), row(8000, 0.1), row(11000, 0.4)),
        "step_50": variant(50, row(0, 0.1), row(5000, 0.3), tick_s=1.0),
        "detection_40": variant(40, row(0, 0.15, machine=0.5), base="p04_collect50", amd=errors),
        "slow_ring_12": variant(12, row(0, 0.2), ring_timeout_s=30, ring_human=SLOW_RING, talk=LONG),
        "outages_100": variant(
            100,
            row(0, 0.25), row(5000, 0.0, failed=0.96), row(5300, 0.25), row(9000, 0.0), row(9200, 0.25),
            tick_s=1.0,
        ),
        "short_talk_20": variant(20, row(0, 0.2), talk=SHORT),
        "quick_tick_25": variant(25, row(0, 0.35), tick_s=0.25),
    }  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "test-results/pacing-variants")
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in variants().items():
        (folder / f"{name}.json").write_text(json.dumps(made | {"name": name}, indent=1) + "\n")
    print(f"{len(variants())} scenarios in {folder}")


if __name__ == "__main__":
    main()
