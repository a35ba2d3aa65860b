"""Simulated agents: they see what a console sees, and press what an agent would press, at human speed."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from dialer.commands import Actor, Command, FloorPort, Reply
from dialer.streams import Delta
from telephony.clock import Clock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Habits:
    """How an agent works. Seconds are ranges, shares are probabilities."""

    identify_s: tuple[float, float] = (4.0, 12.0)
    talk_s: tuple[float, float] = (25.0, 140.0)
    wrap_up_s: tuple[float, float] = (3.0, 14.0)
    right_party: float = 0.85
    wrong_person: float = 0.08
    promise: float = 0.40
    pause_after_call: float = 0.02
    pause_s: tuple[float, float] = (60.0, 240.0)


@dataclass(slots=True)
class Notebook:
    """What was said on the lines, by attempt: no log of the exchange can know it, and the inspection needs it."""

    wrong_parties: set[str] = field(default_factory=set)
    no_more_calls: dict[str, datetime] = field(default_factory=dict)


Hears = Callable[[str], str]
"""What is at the other end of a call, as an agent would hear it: person or machine."""

OTHER_ENDS = ("contact_no_result", "contact_no_result", "refuses", "already_paid", "hardship", "no_more_calls")


class SimulatedAgent:
    """One agent at a console that nobody sees."""

    def __init__(
        self,
        actor: Actor,
        floor: FloorPort,
        clock: Clock,
        seed: str,
        hears: Hears = lambda attempt_id: "person",
        habits: Habits | None = None,
        notebook: Notebook | None = None,
    ) -> None:
        self._hears = hears
        self.actor = actor
        self._floor = floor
        self._clock = clock
        self._random = Random(seed)  # noqa: S311
        self._habits = habits or Habits()
        self._machine: str | None = None
        self._notebook = notebook or Notebook()
        self._changed = asyncio.Event()
        self._stream = f"agent:{actor.user_id}"
        self._task: asyncio.Task[None] | None = None
        self._unlisten: Callable[[], None] | None = None

    async def start(self) -> None:
        self._unlisten = self._floor.hub.listen(self._hear)
        await self._floor.agent_present(self.actor, True)
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, stream: str, delta: Delta) -> None:
        if stream == self._stream:
            self._changed.set()

    def _seen(self) -> dict[str, Any]:
        return self._floor.hub.state(self._stream)

    async def _work(self) -> None:
        while True:
            state = (self._seen().get("agent") or {}).get("state")
            if state in ("talking", "hold"):
                await self._talk()
            elif state == "wrap_up":
                await self._wrap_up()
            elif state in ("offline", "paused"):
                await self._come_back()
            elif state == "preview":
                await self._for(2.0, 8.0)
                await self._press("preview_dial")
            else:
                await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _come_back(self) -> None:
        if (self._seen().get("agent") or {}).get("state") == "paused":
            await self._for(*self._habits.pause_s)
        reply = await self._press("ready")
        if reply.error_code is None:
            state = (self._seen().get("agent") or {}).get("state")
            if state in ("offline", "paused"):
                await self._change()
        else:
            await self._for(2.0, 6.0)

    async def _talk(self) -> None:
        call = self._call()
        if call is None:
            await self._change()
            return
        attempt = call["attempt_id"]
        await self._for(*self._habits.identify_s)
        if not self._still_on(attempt):
            return
        if self._hears(attempt) == "machine":
            self._machine = attempt
            await self._leave(attempt)
            return
        draw = self._random.random()
        if draw < self._habits.right_party:
            checks = [check["key"] for check in call["checks"]]
            await self._press("identify", result="right_party", checks=checks)
            await self._converse(attempt)
        else:
            wrong = draw < self._habits.right_party + self._habits.wrong_person
            if wrong:
                self._notebook.wrong_parties.add(attempt)
            await self._press("identify", result="wrong_person" if wrong else "refused", checks=[])
        await self._leave(attempt)

    async def _leave(self, attempt: str) -> None:
        if self._still_on(attempt):
            await self._press("hangup")
            while self._still_on(attempt):
                await self._change()

    async def _converse(self, attempt: str) -> None:
        wants_promise = self._random.random() < self._habits.promise
        await self._for(*self._habits.talk_s)
        file = self._seen().get("file")
        if not (wants_promise and self._still_on(attempt) and file):
            return
        debts = [debt for debt in file["debts"] if debt["balance"]["minor"] > 0]
        if not debts:
            return
        debt = self._random.choice(debts)
        limits = file["promise_limits"]
        share = self._random.choice((0.1, 0.2, 0.25, 0.5, 1.0))
        amount = min(debt["balance"]["minor"], max(limits["min_minor"], int(debt["balance"]["minor"] * share)))
        days = self._random.randint(1, min(20, limits["max_days"]))
        due = (self._clock.now() + timedelta(days=days)).date().isoformat()
        await self._press(
            "promise", debt_id=debt["id"], amount_minor=amount, currency=debt["balance"]["currency"], due_date=due
        )
        await self._for(2.0, 6.0)

    async def _wrap_up(self) -> None:
        await self._for(*self._habits.wrap_up_s)
        state = (self._seen().get("agent") or {}).get("state")
        if state != "wrap_up":
            return
        attempt, code = (self._call() or {}).get("attempt_id"), self._code()
        reply = await self._press("dispose", code=code)
        if code == "no_more_calls" and attempt and reply.error_code is None:
            self._notebook.no_more_calls[attempt] = self._clock.now()
        if self._random.random() < self._habits.pause_after_call:
            await self._press("pause", reason="break")
        elif reply.error_code is not None:
            await self._for(1.0, 2.0)

    def _code(self) -> str:
        call = self._call() or {}
        if call.get("attempt_id") == self._machine:
            return "machine"
        if call.get("identity") == "wrong_person":
            return "wrong_person"
        promises = (self._seen().get("file") or {}).get("promises") or []
        if any(promise["state"] == "pending" for promise in promises):
            return "promise"
        if call.get("identity") == "right_party":
            return self._random.choice(OTHER_ENDS)
        return "hung_up"

    def _call(self) -> dict[str, Any] | None:
        return self._seen().get("call")

    def _still_on(self, attempt: str) -> bool:
        call = self._call()
        talking = (self._seen().get("agent") or {}).get("state") in ("talking", "hold")
        return talking and call is not None and call["attempt_id"] == attempt

    async def _for(self, low: float, high: float) -> None:
        await self._clock.sleep(self._random.uniform(low, high))

    async def _press(self, name: str, **args: Any) -> Reply:
        reply = await self._floor.agent_command(self.actor, Command(uuid.uuid4().hex, name, args))
        if reply.error_code is not None:
            log.debug("demo.agent.refused", command=name, code=reply.error_code)
        return reply
