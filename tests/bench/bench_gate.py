"""Measures the pure verdict with 200 history rows: p50 and p99 in microseconds, printed as one JSON object.

Wall time and the thread's own processor time side by side: on a machine that is busy otherwise only the second tells.

Run: `.venv/bin/python -m tests.bench.bench_gate`. Figure to reach: p99 under 50 for an allow or deny verdict.
"""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from compliance.facts import Address, Consent, ContactPoint, Debt, Debtor, Facts, HistoryEvent, IntendedContact
from compliance.gate import decide, judge
from compliance.rulebooks.loader import load_rulebooks

ROWS = 200
BOOKS = load_rulebooks()
NOW = datetime(2026, 6, 16, 16, 0, tzinfo=UTC)


def facts(seed: int, days: int, hour: int, rulebooks: tuple[str, ...] | None) -> Facts:
    """A person with two numbers and 200 earlier events spread over so many days, asked about at an hour (UTC)."""
    rng = random.Random(seed)  # noqa: S311
    at = NOW.replace(hour=hour) + timedelta(days=seed % 5)
    starts = sorted(at - timedelta(minutes=rng.randrange(1, days * 1440)) for _ in range(ROWS))
    consent = Consent("sms", at - timedelta(days=20), "written")
    return Facts(
        debtor=Debtor(
            points=(
                ContactPoint("m1", "mobile", "+16175550142", (consent,)),
                ContactPoint("l1", "landline", "+12125550143"),
            ),
            addresses=(Address("US", "MA", "America/New_York"),),
        ),
        debts=(Debt("card"), Debt("loan")),
        contact=IntendedContact(at, "voice", "m1", ("card",)),
        history=tuple(
            HistoryEvent(
                start,
                "out",
                rng.choice(("voice", "sms")),
                rng.choice(("m1", "l1")),
                "no_answer",
                (rng.choice(("card", "loan")),),
            )
            for start in starts
        ),
        rulebooks=rulebooks,
        dnc_listed=(),
        holds=(),
    )


def measure(
    work: Callable[[Facts], object], cases: list[Facts], clock: Callable[[], int], rounds: int = 20
) -> dict[str, float]:
    """Every case is asked `rounds` times after one warm-up; each question is timed alone."""
    for case in cases:
        work(case)
    gc.collect()
    gc.freeze()
    took = []
    for _ in range(rounds):
        for case in cases:
            began = clock()
            work(case)
            took.append(clock() - began)
    took.sort()
    return {f"p{p}": round(took[int(len(took) * p / 100)] / 1000, 1) for p in (50, 99)}


def all_kinds(number: int = 200) -> dict[str, dict[str, Any]]:
    """Microseconds of each kind of question, with `number` different persons."""
    figures = {}
    kinds: dict[str, tuple[int, int, tuple[str, ...] | None]] = {
        "allow, 200 rows in 400 days": (400, 16, ("us-federal",)),
        "deny by cap, 200 rows in 30 days": (30, 16, ("us-federal",)),
        "deny by hours, 200 rows in 400 days": (400, 3, ("us-federal",)),
        "two rulebooks chosen, 200 rows in 90 days": (90, 16, None),
    }
    for name, (days, hour, rulebooks) in kinds.items():
        cases = [facts(seed, days, hour, rulebooks) for seed in range(number)]
        figures[name] = {
            "verdict_us": measure(lambda case: judge(case, BOOKS), cases, time.perf_counter_ns),
            "verdict_cpu_us": measure(lambda case: judge(case, BOOKS), cases, time.thread_time_ns),
            "with_retry_us": measure(lambda case: decide(case, BOOKS), cases, time.perf_counter_ns),
            "with_retry_cpu_us": measure(lambda case: decide(case, BOOKS), cases, time.thread_time_ns),
            "verdicts": {kind: sum(judge(c, BOOKS).decision == kind for c in cases) for kind in ("allow", "deny")},
        }
    return figures


def main() -> None:
    print(json.dumps(all_kinds(), indent=1))


if __name__ == "__main__":
    main()
