"""Requests of one call go one after the other; those of many calls beside each other."""

import asyncio

import pytest

from dialer.lanes import Lane, Tasks


async def test_jobs_of_one_lane_run_in_order_and_lanes_beside_each_other() -> None:
    tasks, seen = Tasks(), list[str]()
    slow, beside, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        await slow.wait()
        seen.append("first")

    async def say(word: str) -> None:
        seen.append(word)
        (done if word == "second" else beside).set()

    one, other = Lane(tasks), Lane(tasks)
    one.put(wait)
    one.put(lambda: say("second"))
    other.put(lambda: say("beside"))
    await asyncio.wait_for(beside.wait(), 1)
    slow.set()
    await asyncio.wait_for(done.wait(), 1)
    assert seen == ["beside", "first", "second"]
    await tasks.close()


async def test_a_lane_goes_on_after_a_job_that_failed() -> None:
    tasks, done = Tasks(), asyncio.Event()

    async def fail() -> None:
        raise RuntimeError("a fault in a job")

    async def finish() -> None:
        done.set()

    lane = Lane(tasks)
    lane.put(fail)
    lane.put(finish)
    await asyncio.wait_for(done.wait(), 1)
    await tasks.close()


async def test_closing_ends_what_still_runs() -> None:
    tasks = Tasks()
    task = tasks.spawn(asyncio.Event().wait(), "waits for ever")
    await tasks.close()
    assert task.cancelled()


async def test_a_loop_that_must_not_end_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.lanes.AGAIN_S", 0.0)
    tasks, again = Tasks(), asyncio.Event()
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("a fault in a loop")
        again.set()

    tasks.keep(work, "work")
    await asyncio.wait_for(again.wait(), 1)
    await tasks.close()
