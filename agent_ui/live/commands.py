"""Carries one console's commands to the floor: in their order, one at a time, each with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from agent_ui.live.clients import Client
from agent_ui.live.wire import refusal
from agent_ui.metrics import WebMetrics
from dialer.commands import Command, FloorPort, Reply

log = structlog.get_logger()

WAITING_AT_MOST = 20


class Commands:
    """`still_may` says whether the client may act now; it is asked right before each command."""

    def __init__(
        self,
        floor: FloorPort,
        metrics: WebMetrics,
        still_may: Callable[[Client], Awaitable[bool]],
        deadline_s: float,
    ) -> None:
        self._floor = floor
        self._metrics = metrics
        self._still_may = still_may
        self._deadline_s = deadline_s
        self._late: set[asyncio.Task[Reply]] = set()

    async def run(self, client: Client, command: Command) -> Reply:
        if client.waiting >= WAITING_AT_MOST:
            return self._counted(client, refusal("busy", "Too many commands at once. Wait for their answers."))
        client.waiting += 1
        try:
            async with client.line:
                return self._counted(client, await self._ask(client, command))
        finally:
            client.waiting -= 1

    async def _ask(self, client: Client, command: Command) -> Reply:
        if not await self._still_may(client):
            return refusal("session_ended", "Your session ended. Log in again.")
        ask = self._floor.agent_command if client.namespace == "/agent" else self._floor.supervisor_command
        task = asyncio.ensure_future(ask(client.actor, command))
        # not cut off at the deadline: half a command is worse than a late one, and the same cmd_id asks for its answer
        done, _ = await asyncio.wait({task}, timeout=self._deadline_s)
        if not done:
            self._late.add(task)
            task.add_done_callback(self._settled_late)
            log.warning("live.command_late", name=command.name, user_id=client.identity.user_id)
            message = "The dialer has not answered yet. Look at the console before you try again."
            return refusal("late", message)
        try:
            return task.result()
        except Exception:
            # the console must hear something whatever the floor's fault; the log has the rest
            log.exception("live.command_failed", name=command.name, user_id=client.identity.user_id)
            return refusal("internal", "Something went wrong on the server. Try again, and report it if it stays so.")

    def _settled_late(self, task: "asyncio.Task[Reply]") -> None:
        self._late.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("live.late_command_failed", error=type(task.exception()).__name__)

    def _counted(self, client: Client, reply: Reply) -> Reply:
        self._metrics.commands.labels(client.namespace, reply.error_code or "ok").inc()
        return reply
