"""Drives `promiseline pacer` over its pipe with a floor that shares no code with it, and prints what came of it.

python -m tests.dialer.outside SCENARIO.json [--seed 1] [--tick 0.5] [--target 0.03] [--hours H] [-- pacer options]
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.dialer.outside.floor import OutsideFloor, Tally


class Pipe:
    """The pacer's process. `asked`: its answers' times in seconds."""

    def __init__(self, options: list[str]) -> None:
        command = [str(Path(sys.executable).with_name("promiseline")), "pacer", *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.asked: list[float] = []
        self.last = ""

    def tell(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def ask(self, snapshot: dict[str, Any]) -> int:
        assert self._process.stdout is not None
        began = time.perf_counter()
        self.tell(snapshot)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"at {snapshot['now']}: the pacer ended without an answer")
        answer = json.loads(line)
        self.asked.append(time.perf_counter() - began)
        if "error" in answer:
            raise SystemExit(f"at {snapshot['now']}: {answer['error']}")
        self.last = answer["because"]
        return int(answer["launch"])

    def close(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(10)


def worst_window(tally: Tally, span_s: float, least: int) -> float | None:
    """The highest share abandoned in any (t - span, t] that ends at an answer, with at least so many answers."""
    live, first, lost, worst = sorted(tally.live), 0, 0, None
    for at, abandoned in live:
        lost += abandoned
        while live[first][0] <= at - span_s:
            lost -= live[first][1]
            first += 1
        answers = live.index((at, abandoned), first) - first + 1
        if answers >= least:
            worst = max(worst or 0.0, lost / answers)
    return worst


def report(floor: OutsideFloor, pipe: Pipe | None = None) -> dict[str, Any]:
    tally = floor.tally
    lost = sum(abandoned for _, abandoned in tally.live)
    delays = sorted(tally.delays)
    found: dict[str, Any] = {
        "occupancy": round(floor.occupancy(), 4),
        "live_answers": len(tally.live),
        "abandon_rate": round(lost / max(1, len(tally.live)), 4),
        "worst_hour": worst_window(tally, 3600, 100),
        "delay_p95_s": round(delays[int(len(delays) * 0.95)], 2) if delays else None,
        "calls": tally.calls,
        "refused": tally.refused,
        "peak_lines": tally.peak_lines,
    }
    if pipe is not None:
        asked = sorted(pipe.asked)
        found |= {"decision_ms_p50": round(asked[len(asked) // 2] * 1000, 3), "last_because": pipe.last}
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tick", type=float)
    parser.add_argument("--target", type=float)
    parser.add_argument("--hours", type=float)
    parser.add_argument("pacer", nargs="*")
    options = parser.parse_args()
    scenario = json.loads(options.scenario.read_text())
    if options.tick:
        scenario["tick_s"] = options.tick
    if options.target:
        scenario.setdefault("pacing", {})["abandon_target"] = options.target
    if options.hours:
        scenario["horizon_s"] = options.hours * 3600
        scenario["dial_window_s"] = [0, options.hours * 3600 - 60]
    pipe = Pipe(options.pacer)
    floor = OutsideFloor(scenario, options.seed, pipe.ask)
    pipe.tell(floor.start())
    floor.run()
    pipe.close()
    print(json.dumps({"scenario": scenario["name"], "seed": options.seed, **report(floor, pipe)}))


if __name__ == "__main__":
    main()
