"""Carries out what supervisors press on the board; every change leaves an audit row in the same transaction."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from dialer import agent_events as ae
from dialer.agent import AgentState
from dialer.commands import Actor, Command, Reply
from dialer.state import FloorState, LiveAgent

log = structlog.get_logger(__name__)


class SupervisorDesk:
    """`campaign_changed` reads a campaign anew and wakes its loop."""

    def __init__(self, state: FloorState, campaign_changed: Callable[[int], Awaitable[None]]) -> None:
        self._state = state
        self._campaign_changed = campaign_changed
        self._commands: dict[str, Callable[[Actor, Command], Awaitable[Reply]]] = {
            "campaign_start": lambda actor, command: self._set_state(actor, command, "running"),
            "campaign_pause": lambda actor, command: self._set_state(actor, command, "paused"),
            "campaign_mode": self._set_mode,
            "agent_pause": self._agent_pause,
            "agent_logout": self._agent_logout,
        }

    async def do(self, actor: Actor, command: Command) -> Reply:
        """Every command says what shall be, so that doing it twice is doing it once."""
        handler = self._commands.get(command.name)
        if handler is None:
            known = ", ".join(sorted(self._commands))
            return Reply(error_code="unknown_command", message=f"There is no command of this name; known are {known}.")
        try:
            return await handler(actor, command)
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.error("supervisor.database_failed", command=command.name, problem=type(problem).__name__)
            return Reply(error_code="database_down", message="The database does not answer: nothing was changed.")

    async def _set_state(self, actor: Actor, command: Command, to: str) -> Reply:
        return await self._change(actor, command, {"state": to}, f"campaign.{'started' if to == 'running' else to}")

    async def _set_mode(self, actor: Actor, command: Command) -> Reply:
        changes = {"mode": command.args.get("mode")}
        if command.args.get("lines_per_agent") is not None:
            changes["lines_per_agent"] = command.args["lines_per_agent"]
        return await self._change(actor, command, {"settings": changes}, "campaign.mode_changed")

    async def _change(self, actor: Actor, command: Command, change: dict[str, Any], action: str) -> Reply:
        campaign_id = command.args.get("campaign_id")
        c = t.campaign.c
        async with self._state.engine.begin() as conn:
            found = await conn.execute(
                select(c.state, c.settings).where(c.id == campaign_id, c.tenant_id == actor.tenant_id).with_for_update()
            )
            row = found.one_or_none()
            if row is None:
                return Reply(error_code="no_campaign", message="There is no such campaign.", field="campaign_id")
            values: dict[str, Any] = {"version": c.version + 1}
            if "state" in change:
                if row.state == "finished":
                    return Reply(error_code="finished", message="This campaign is finished: make a new one.")
                if change["state"] == "running" and row.state != "running":
                    refusal = await self._may_not_start(conn, int(campaign_id or 0), row.state)
                    if refusal is not None:
                        return refusal
                values["state"] = change["state"]
            else:
                try:
                    settings = CampaignSettings.model_validate({**row.settings, **change["settings"]})
                except ValueError:
                    text = "mode is preview, progressive or power; lines_per_agent is from 1 to 10."
                    return Reply(error_code="bad_mode", message=text, field="mode")
                values["settings"] = settings.model_dump(mode="json")
            await conn.execute(update(t.campaign).where(c.id == campaign_id).values(**values))
            await audit.record(
                conn,
                tenant_id=actor.tenant_id,
                at=self._state.now(),
                actor=f"user:{actor.user_id}",
                action=action,
                subject=f"campaign:{campaign_id}",
                detail={key: value for key, value in change.items() if key == "settings"},
            )
        await self._campaign_changed(int(campaign_id or 0))
        return Reply()

    async def _may_not_start(self, conn: AsyncConnection, campaign_id: int, state: str) -> Reply | None:
        """What stands against starting, as `promiseline campaign start` says it."""
        if state == "draft":
            text = "This campaign has no queue yet. Fill it and start it once with: promiseline campaign start NAME"
            return Reply(error_code="draft", message=text, field="campaign_id")
        problems = await admin.start_problems(conn, await admin.get(conn, campaign_id))
        if not problems:
            return None
        text = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        return Reply(error_code="cannot_start", message=f"The campaign cannot start. {text}", field="campaign_id")

    def _agent(self, actor: Actor, command: Command) -> LiveAgent | None:
        live = self._state.agents.get(command.args.get("user_id") or 0)
        if live is None or live.tenant_id != actor.tenant_id or live.agent.state is AgentState.OFFLINE:
            return None
        return live

    async def _agent_pause(self, actor: Actor, command: Command) -> Reply:
        return await self._tell(actor, command, ae.PauseAsked("supervisor", self._state.now()), "agent.paused")

    async def _agent_logout(self, actor: Actor, command: Command) -> Reply:
        return await self._tell(actor, command, ae.LogoutAsked(self._state.now()), "agent.logged_out")

    async def _tell(self, actor: Actor, command: Command, event: ae.AgentEvent, action: str) -> Reply:
        live = self._agent(actor, command)
        if live is None:
            return Reply(error_code="no_agent", message="This agent is not logged in.", field="user_id")
        async with self._state.engine.begin() as conn:
            await audit.record(
                conn,
                tenant_id=actor.tenant_id,
                at=self._state.now(),
                actor=f"user:{actor.user_id}",
                action=action,
                subject=f"user:{live.user_id}",
            )
        self._state.feed_agent(live, event)
        return Reply({"state": str(live.agent.state), "wish": live.agent.wish})
