"""Runs the benchmarks: `python -m tests.bench [NAME ...] [--smoke] [--json FILE]`; without a NAME all but the
long ones.

Prints one table and writes JSON. Ends with 1 where a goal was missed, not with --smoke.
"""

import argparse
import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Result, machine
from tests.bench.suite import ALL, LONG

OUT = Path("test-results/bench.json")


def run(names: list[str], smoke: bool) -> dict[str, Any]:
    """The report, with the load of the machine before each benchmark and its seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = datetime.now(UTC)
    results = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        load, started = machine()["load_1m"], time.monotonic()
        result = ALL[name](smoke)
        seconds = round(time.monotonic() - started, 1)
        results.append(result.wire() | {"load_before": load, "seconds": seconds})
    return {"at": began.isoformat(timespec="seconds"), "smoke": smoke, "machine": machine(), "results": results}


def table(report: dict[str, Any]) -> Table:
    shown = Table("benchmark", "figure", "value", "goal", "", title=_title(report))
    shown.columns[2].justify = "right"
    for result in report["results"]:
        for number, figure in enumerate(result["figures"]):
            first = result["bench"] if number == 0 else ""
            mark = {True: "reached", False: "MISSED", None: ""}[figure["reached"]]
            shown.add_row(first, figure["name"], _value(figure), figure["goal"], mark)
        shown.add_section()
    return shown


def _value(figure: dict[str, Any]) -> str:
    value = figure["value"]
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return f"{text} {figure['unit']}".strip()


def _title(report: dict[str, Any]) -> str:
    of = report["machine"]
    return f"{report['at']}, {of['cores']} cores of {of['cpu']}, {of['memory']}, Python {of['python']}"


def reached(result: Result | dict[str, Any]) -> bool:
    wire = result.wire() if isinstance(result, Result) else result
    return all(figure["reached"] is not False for figure in wire["figures"])


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    options.add_argument("--smoke", action="store_true", help="a small run of each: does it work at all?")
    options.add_argument("--json", type=Path, default=OUT, metavar="FILE")
    given = options.parse_args()
    unknown = [name for name in given.names if name not in ALL]
    if unknown:
        options.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}")
    report = run(given.names or [name for name in ALL if name not in LONG], given.smoke)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(report, indent=1) + "\n")
    Console(width=118).print(table(report))
    return 0 if given.smoke or all(reached(result) for result in report["results"]) else 1


if __name__ == "__main__":
    sys.exit(main())
