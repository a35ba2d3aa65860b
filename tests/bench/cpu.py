"""CPU time of processes by what they are: on a machine that others use too it says more than seconds on the wall."""

import os
from collections.abc import Mapping
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def seconds(roots: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far of each named process and its living descendants; one named inside another counts alone."""
    parents, used = _table()
    owner = {pid: name for name, pid in roots.items()}
    found = dict.fromkeys(roots, 0.0)
    for pid in used:
        at = pid
        while at not in owner and at in parents:
            at = parents[at]
        if at in owner:
            found[owner[at]] += used[pid]
    return found


def each_ms(before: Mapping[str, float], after: Mapping[str, float], number: int) -> dict[str, float]:
    """Milliseconds for each of `number` things done between two readings."""
    return {name: round((after[name] - before[name]) / max(1, number) * 1000, 2) for name in after}


def _table() -> tuple[dict[int, int], dict[int, float]]:
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICK
    return parents, used
