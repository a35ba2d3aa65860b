"""Runs questions one after the other in processes of their own, with progress and a limit of time."""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.problems import Problem, Refused
from compliance.abandonment_ledger import Policy
from dialer.abandonment import subject_of
from dialer.detection_facts import belief_of
from dialer.pacers import start_of
from dialer.state import new_id
from dialer.whatif.learnt import Learnt, happened, learn
from dialer.whatif.scenario import Question, assumed, scenario_of

log = structlog.get_logger(__name__)
LOOKS_BACK = timedelta(days=14)
WITHIN_S = 120.0
KEPT = 50
WAITING_AT_MOST = 4
SIMULATED = ("progressive", "power", "predictive")
WORKER = (sys.executable, "-m", "dialer.whatif.worker")
# name in the answer: name of the simulation's figure
FIGURES = {
    "occupancy": "occupancy",
    "wait_mean_s": "wait_mean_s",
    "wait_p95_s": "wait_p95_s",
    "abandon_rate": "abandon_rate",
    "answer_to_agent_p95_s": "delay_p95_s",
    "calls": "calls",
    "answered": "live_answers",
    "talks": "connects_live",
    "talk_min_per_hour": "talk_min_per_hour",
}
NEVER_NEGATIVE = 0.0


@dataclass(slots=True)
class Run:
    """One question on its way. `answer` once it is done; `message` says what went wrong, for people."""

    id: str
    tenant_id: int
    campaign_id: int
    state: Literal["waiting", "running", "done", "failed", "timeout"] = "waiting"
    progress: float = 0.0
    message: str = ""
    answer: dict[str, Any] = field(default_factory=dict)

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "progress": round(self.progress, 3),
            "message": self.message,
            "answer": self.answer or None,
        }


class WhatIf:
    """`ask` returns at once; `run` of its id tells how far it is. Runs are forgotten with the process."""

    def __init__(
        self, engine: AsyncEngine, policy: Policy, *, within_s: float = WITHIN_S, worker: Sequence[str] = WORKER
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._within_s = within_s
        self._worker = worker
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, tenant_id: int, campaign_id: int, asked: Mapping[str, Any], seeds: int, now: datetime) -> Run:
        """`asked`: agents, start_h, hours, and mode and lines_per_agent, None: the campaign's. Raises Refused."""
        if sum(run.state in ("waiting", "running") for run in self._runs.values()) >= WAITING_AT_MOST:
            raise Refused(Problem("", f"{WAITING_AT_MOST} questions are being answered: wait for one of them"))
        since = now - LOOKS_BACK
        async with self._engine.connect() as conn:
            campaign = await admin.get(conn, campaign_id)
            settings = campaign.settings
            zone = settings.abandonment.timezone
            learnt = await learn(conn, campaign_id, zone, since)
            days = await happened(conn, campaign_id, zone, since)
            subject = subject_of(campaign_id, campaign.name, settings)
            detection = await belief_of(conn, tenant_id, subject, self._policy, now)
        question = Question(
            asked["agents"], asked["start_h"], asked["hours"],
            asked.get("mode") or settings.mode, asked.get("lines_per_agent") or settings.lines_per_agent,
        )  # fmt: skip
        if question.mode not in SIMULATED:
            words = f"a campaign in mode {question.mode} is not simulated; ask with mode {', '.join(SIMULATED)}"
            raise Refused(Problem("mode", words))
        start = start_of(campaign_id, settings, question.agents, self._policy, detection)
        order = {
            "scenario": scenario_of(question, learnt, settings, start),
            "mode": question.mode,
            "ratio": question.lines_per_agent,
            "seeds": list(range(1, seeds + 1)),
        }
        run = self._keep(Run(str(new_id()), tenant_id, campaign_id))
        supposed = assumed(question, learnt, settings, start)
        run_answer = {"learnt": learnt_view(learnt), "assumed": supposed, "happened": days}
        task = asyncio.ensure_future(self._answer(run, order, run_answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    def run(self, tenant_id: int, campaign_id: int, run_id: str) -> Run | None:
        found = self._runs.get(run_id)
        mine = found is not None and (found.tenant_id, found.campaign_id) == (tenant_id, campaign_id)
        return found if mine else None

    async def close(self) -> None:
        """End what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, run: Run) -> Run:
        self._runs[run.id] = run
        while len(self._runs) > KEPT:
            self._runs.popitem(last=False)
        return run

    async def _answer(self, run: Run, order: dict[str, Any], beside: dict[str, Any]) -> None:
        async with self._one_at_a_time:
            run.state = "running"
            process = await asyncio.create_subprocess_exec(
                *self._worker, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                async with asyncio.timeout(self._within_s):
                    summary = await _converse(process, order, run)
                run.answer = {"figures": figures_view(summary), **beside}
                run.state, run.progress = "done", 1.0
            except TimeoutError:
                run.state = "timeout"
                run.message = f"It took longer than {self._within_s:g} s: ask for fewer agents, hours or seeds."
            except WorkerFailed as problem:
                run.state, run.message = "failed", str(problem)
                log.warning("whatif.failed", campaign_id=run.campaign_id)
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()


class WorkerFailed(Exception):
    """The worker has no answer; the text is for people."""


async def _converse(process: asyncio.subprocess.Process, order: dict[str, Any], run: Run) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
    process.stdin.write(orjson.dumps(order))
    process.stdin.close()
    async for line in process.stdout:
        said = orjson.loads(line)
        if "summary" in said:
            summary: dict[str, Any] = said["summary"]
            return summary
        if "problem" in said:
            raise WorkerFailed(said["problem"])
        run.progress = said["done"] / len(order["seeds"])
    raise WorkerFailed("The simulation ended without an answer: the server's log says more.")


def figures_view(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Each figure's mean with its 95 % interval over the seeds; the abandonment rate is that of all seeds together."""
    found = {}
    for name, theirs in FIGURES.items():
        one = summary["figures"].get(theirs)
        if one is None:
            continue
        half = one["half_width"]
        low, high = (None, None) if half is None else (max(NEVER_NEGATIVE, one["mean"] - half), one["mean"] + half)
        found[name] = {"mean": _short(one["mean"]), "low": _short(low), "high": _short(high)}
    pooled = summary["pooled_abandon_rate"]
    if pooled is not None and "abandon_rate" in found:
        found["abandon_rate"]["mean"] = _short(pooled)
    return found


def learnt_view(learnt: Learnt) -> dict[str, Any]:
    return {
        "calls": learnt.calls,
        "answer_rate": _short(learnt.humans / learnt.calls),
        "ring_median_s": _median(learnt.ring_s),
        "talk_median_s": _median(learnt.talk_s),
        "wrap_up_median_s": _median(learnt.wrap_up_s),
        "hours": [{"hour": hour.hour, "calls": hour.calls, "answered": hour.human} for hour in learnt.hours],
    }


def _median(quantiles: Sequence[float]) -> float | None:
    return _short(quantiles[len(quantiles) // 2]) if quantiles else None


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}") if abs(value) < 10_000 else round(value)
