"""Each benchmark runs in small and gives its figures; what the figures say is not asked here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.stage import ROOT
from tests.bench.suite import ALL

FIGURES = {
    "lines": ("bare loop: calls held", "whole system: calls held", "whole system / bare loop"),
    "floor": ("answered to bridged, p99", "event to console, p99 (5 consoles)"),
    "claim": ("claim of 100 from 4,000, p99",),
    "admit": ("admissions",),
    "gate": ("allow, 200 rows in 400 days, CPU p99",),
    "audit": ("audit rows sealed", "audit rows verified", "verdicts sealed"),
    "live": ("delta to console, spread, p99",),
    "lists": ("list of 20,000 numbers loaded", "its file", "look-up, p99"),
    "import": ("import of 300 debtors", "most memory of the program"),
    "search": ("page of 30,000 verdicts, newest, p99", "page of 30,000 verdicts, reason that none has, p99"),
    "verdicts": ("look, p99", "admission, p99"),
    "simulator": ("simulated calls, 2 processes", "CPU of one look of a pacer of Python"),
    "stages": ("10 agents, nothing shows: occupancy", "10 agents, all stages show: abandoned"),
    "occupancy": ("occupancy, simulated", "occupancy, real system", "difference", "violations"),
    "occupancy_first_day": ("occupancy, simulated", "occupancy, real system", "difference", "violations"),
    "pacing_shocks": ("step 10 to 30 %, 10 agents: excess", "outage, 10 agents: worst half hour"),
    "year": ("contacts allowed", "allowed, and the second gate refuses"),
}


def test_every_benchmark_has_a_small_run() -> None:
    assert FIGURES.keys() == ALL.keys()


@pytest.mark.slow
@pytest.mark.asterisk
@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FIGURES)
def test_the_benchmark_runs_and_gives_its_figures(name: str, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "tests.bench", name, "--smoke", "--json", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["machine"]["cores"] > 0 and report["machine"]["cpu"]
    (result,) = report["results"]
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    for wanted in FIGURES[name]:
        found = [value for figure, value in figures.items() if figure.startswith(wanted)]
        assert found and found[0] >= 0, (wanted, figures)  # nan is not
    assert name in done.stdout


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    command = [sys.executable, "-m", "tests.bench", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "there are lines, floor" in done.stderr
