"""Runs requests to the exchange one after the other for each call, and many calls beside each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)
AGAIN_S = 1.0
Job = Callable[[], Awaitable[None]]


class Tasks:
    """Background tasks of one floor: none is lost, a failure is logged, `close()` ends them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def keep(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[Any]:
        """A loop that must not end: when it fails it is logged and begun again after a second."""

        async def run() -> None:
            while True:
                try:
                    await work()
                    return
                except Exception as problem:  # the floor lives on whatever one loop stumbles over
                    log.error("floor.loop_failed", task=name, problem=type(problem).__name__, exc_info=True)
                    await asyncio.sleep(AGAIN_S)

        return self.spawn(run(), name)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("floor.task_failed", task=task.get_name(), problem=type(problem).__name__, exc_info=problem)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Lane:
    """A queue of jobs in order; a task runs only while there is work."""

    __slots__ = ("_busy", "_jobs", "_tasks")

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._jobs: deque[Job] = deque()
        self._busy = False

    def put(self, job: Job) -> None:
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._tasks.spawn(self._run(), "lane")

    async def _run(self) -> None:
        try:
            while self._jobs:
                try:
                    await self._jobs.popleft()()
                except Exception as problem:  # the hang-up behind a failed job must still go out
                    log.error("lane.job_failed", problem=type(problem).__name__, exc_info=True)
        finally:
            self._busy = False
