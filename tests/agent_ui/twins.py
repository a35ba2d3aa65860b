"""Twins of what stands around the web role: a scripted floor, a clock moved by hand, a carrier's webhooks."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher

from agent_ui.ports import Form
from dialer.commands import Actor, Command, Reply
from dialer.link import Link
from dialer.streams import Op, StreamHub

SIGNED = "good"
PASSWORD = "correct horse battery"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class HandClock:
    """Time that stands still until it is moved."""

    speed = 1.0

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._start = start
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._now + timedelta(seconds=seconds), woken))
        await woken.wait()

    def advance(self, by: timedelta) -> None:
        self._now += by
        for at, woken in self._sleepers:
            if at <= self._now:
                woken.set()


class FloorTwin:
    """Does what its script says: `replies` by command name (a Reply, or an exception to raise), `holds` to wait on."""

    def __init__(self, clock: HandClock, epoch: str = "epoch-1") -> None:
        self.hub = StreamHub(clock, epoch)
        self.link = Link(clock)
        self.replies: dict[str, Reply | Exception] = {}
        self.holds: dict[str, asyncio.Event] = {}
        self.presence: list[tuple[int, bool]] = []
        self.presence_changed = asyncio.Event()
        self.commands: list[tuple[str, Actor, Command]] = []
        self.changed_campaigns: list[int] = []
        self.publishes_on_presence = True
        self.presence_fault: Exception | None = None
        self._done: dict[str, Reply] = {}

    async def agent_command(self, actor: Actor, command: Command) -> Reply:
        return await self._do("agent", actor, command)

    async def supervisor_command(self, actor: Actor, command: Command) -> Reply:
        return await self._do("supervisor", actor, command)

    async def _do(self, whose: str, actor: Actor, command: Command) -> Reply:
        if command.cmd_id in self._done:
            return self._done[command.cmd_id]
        hold = self.holds.get(command.name)
        if hold is not None:
            await hold.wait()
        self.commands.append((whose, actor, command))
        reply = self.replies.get(command.name, Reply(result={"number": len(self.commands)}))
        if isinstance(reply, Exception):
            raise reply
        self._done[command.cmd_id] = reply
        return reply

    async def agent_present(self, actor: Actor, present: bool) -> None:
        if self.presence_fault is not None:
            raise self.presence_fault
        self.presence.append((actor.user_id, present))
        self.presence_changed.set()
        if present and self.publishes_on_presence:
            self.hub.publish(f"agent:{actor.user_id}", [Op((), {"agent": {"state": "offline"}})])

    async def campaign_changed(self, campaign_id: int) -> None:
        self.changed_campaigns.append(campaign_id)


class WebhookTwin:
    """Believes a request whose X-Signature is SIGNED; `fault` is raised by its handlers."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.statuses: list[tuple[UUID, Form]] = []
        self.inbounds: list[Form] = []
        self.fault: Exception | None = None

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        self.paths.append(path_and_query)
        return headers.get("X-Signature") == SIGNED

    async def status(self, message_id: UUID, form: Form) -> None:
        if self.fault is not None:
            raise self.fault
        self.statuses.append((message_id, form))

    async def inbound(self, form: Form) -> None:
        if self.fault is not None:
            raise self.fault
        self.inbounds.append(form)


def floor_state(floor: FloorTwin, tenant: int, **values: Any) -> None:
    """Publish the supervisor's board."""
    floor.hub.publish(f"floor:{tenant}", [Op((), {"campaigns": {}, **values})])
