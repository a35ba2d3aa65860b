"""Rings planned breaks and shift ends at their time, and writes down that they are over."""

import asyncio
from collections.abc import Iterable
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from campaigns.shifts.model import Plan
from campaigns.shifts.service import Over, finish
from dialer.agent import AgentState
from dialer.agent_events import PlanDue
from dialer.alarms import Alarm
from dialer.state import FloorState, LiveAgent

log = structlog.get_logger(__name__)
AGAIN_S = 2.0


class Shifts:
    """Call `take_up` whenever an agent's plans were read; a plan that was rung is never rung again."""

    def __init__(self, state: FloorState) -> None:
        self._state = state
        self._alarms: dict[int, tuple[Plan, Alarm]] = {}  # by plan
        self._unwritten: dict[int, Over] = {}
        self._wake = asyncio.Event()

    def take_up(self, agents: Iterable[LiveAgent]) -> None:
        for live in agents:
            live.plans = tuple(plan for plan in live.plans if plan.id not in self._unwritten)
            open_ = {plan.id for plan in live.plans}
            for plan, alarm in list(self._alarms.values()):
                if plan.user_id == live.user_id and plan.id not in open_:
                    alarm.cancel()
                    del self._alarms[plan.id]
            for plan in live.plans:
                self._set(live, plan)

    def _set(self, live: LiveAgent, plan: Plan) -> None:
        if plan.at <= self._state.now():
            self._ring(live, plan)  # before a command of the agent can come in between
        elif plan.id not in self._alarms:
            self._alarms[plan.id] = (plan, self._state.alarms.set(plan.at, partial(self._ring, live, plan)))

    def _ring(self, live: LiveAgent, plan: Plan) -> None:
        self._alarms.pop(plan.id, None)
        live.plans = tuple(other for other in live.plans if other.id != plan.id)
        there = live.agent.state is not AgentState.OFFLINE
        self._unwritten[plan.id] = "kept" if there else "passed"
        self._wake.set()
        if there:
            live.planned = plan
            self._state.feed_agent(live, PlanDue(plan.kind, plan.reason, self._state.now()))
        self._state.agent_changed(live)

    async def run(self) -> None:
        """Write what is over, again and again until the database takes it."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.write()
            if self._unwritten:
                await self._state.clock.sleep(AGAIN_S * self._state.clock.speed)
                self._wake.set()

    async def write(self) -> None:
        over = dict(self._unwritten)
        if not over:
            return
        try:
            async with self._state.engine.begin() as conn:
                await finish(conn, over, self._state.now())
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.warning("shifts.not_written", number=len(over), problem=type(problem).__name__)
            return
        for plan_id in over:
            self._unwritten.pop(plan_id, None)
