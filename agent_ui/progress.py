"""Answers a request for long work in lines of JSON: how far it is, as often as a person can see, then its end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import orjson
import structlog
from aiohttp import ClientConnectionResetError, web

from agent_ui.problems import error_wire
from dialer.faults import database_gone

log = structlog.get_logger()
T = TypeVar("T")

EVERY_S = 0.2

Told = tuple[str, int, int]  # phase, done, total


class Progress:
    """Made in the loop that listens. `tell` may be called in any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._last: tuple[str, float] = ("", 0.0)

    def tell(self, phase: str, done: int, total: int) -> None:
        # the wall's time: it is a person at a page who waits
        now = time.monotonic()
        if phase == self._last[0] and done < total and now - self._last[1] < EVERY_S:
            return
        self._last = (phase, now)
        self._loop.call_soon_threadsafe(self._told.put_nowait, (phase, min(done, total), total))

    async def until(self, work: "asyncio.Task[Any]") -> AsyncIterator[Told]:
        """What is told while the work goes on; ends with it, whether it succeeded or not."""
        while not work.done():
            heard = asyncio.ensure_future(self._told.get())
            await asyncio.wait({heard, work}, return_when=asyncio.FIRST_COMPLETED)
            if heard.done():
                yield heard.result()
            else:
                heard.cancel()
        while not self._told.empty():
            yield self._told.get_nowait()


async def answer_in_lines(
    request: web.Request,
    job: Callable[[Progress], Coroutine[Any, Any, T]],
    end: Callable[[web.StreamResponse, T], Awaitable[None]],
) -> web.StreamResponse:
    """`{"phase", "done", "total"}` again and again, then what `end` writes of the job's result. The job raises nothing:
    the answer has begun (`failure`). It goes on to its end where nobody listens any more."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
    await response.prepare(request)
    progress = Progress()
    work = asyncio.create_task(job(progress))
    try:
        async for phase, done, total in progress.until(work):
            await response.write(line({"phase": phase, "done": done, "total": total}))
        await end(response, await work)
        await response.write_eof()
    except ClientConnectionResetError:
        await work
    return response


def failure(fault: Exception, event: str, nothing: str, **where: int) -> dict[str, Any]:
    """The last line after a fault, which the middleware cannot tell any more. `nothing`: like "nothing was taken"."""
    if database_gone(fault):
        log.warning(f"{event}_database_gone", error=type(fault).__name__)
        message = f"The database does not answer just now: {nothing}. Try again in a few seconds."
        return error_wire("database_unavailable", message)
    log.error(f"{event}_failed", exc_info=fault, **where)
    return error_wire("internal", f"Something went wrong on the server: {nothing}.")


def line(told: dict[str, Any]) -> bytes:
    return orjson.dumps(told) + b"\n"
