"""Carries out what supervisors press on the board; every change leaves an audit row in the same transaction."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.admin import service as admin
from campaigns.problems import Refused, refuse
from dialer import agent_events as ae
from dialer.agent import AgentState
from dialer.campaign_policy import RulebookPolicy
from dialer.commands import Actor, Command, Reply
from dialer.plan_desk import PlanDesk
from dialer.planning import number, refused_reply
from dialer.state import FloorState, LiveAgent

log = structlog.get_logger(__name__)
DIALING = (
    "mode", "lines_per_agent", "max_lines", "calls_per_second", "priority", "cancel_ringing", "wrap_up_cut_for_waiting",
    "preview_s", "preview_end", "preview_skips", "skills", "staffing",
)  # fmt: skip
ANNOUNCING = ("announcement", "announcement_words", "announcement_to_machines", "amd")
"""What the command campaign_mode may bring along for mode broadcast."""


class SupervisorDesk:
    """`campaign_changed` reads a campaign anew and wakes its loop."""

    def __init__(self, state: FloorState, campaign_changed: Callable[[int], Awaitable[None]]) -> None:
        self._state = state
        self._campaign_changed = campaign_changed
        plans = PlanDesk(state)
        self._commands: dict[str, Callable[[Actor, Command], Awaitable[Reply]]] = {
            "campaign_start": lambda actor, command: self._set_state(actor, command, "running"),
            "campaign_pause": lambda actor, command: self._set_state(actor, command, "paused"),
            "campaign_mode": self._set_mode,
            "campaign_set": self._set,
            "agent_pause": self._agent_pause,
            "agent_logout": self._agent_logout,
            "agent_plan": lambda actor, command: self._planned(actor, command, plans.plan),
            "agent_plan_cancel": lambda actor, command: self._planned(actor, command, plans.cancel),
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
        async def work(conn: AsyncConnection, campaign: admin.Campaign, **who: Any) -> None:
            if campaign.state == to:
                return
            if to == "running":
                await admin.resume(conn, campaign.id, policy=RulebookPolicy(self._state.gate.books), **who)
            else:
                await admin.pause(conn, campaign.id, **who)

        return await self._change(actor, command, work)

    async def _set_mode(self, actor: Actor, command: Command) -> Reply:
        broadcast = command.args.get("mode") == "broadcast"
        names = ("mode", "lines_per_agent", *(ANNOUNCING if broadcast else ()))
        given = {name: command.args.get(name) for name in names}

        async def work(conn: AsyncConnection, campaign: admin.Campaign, **who: Any) -> None:
            changes = {name: value for name, value in given.items() if value is not None or name == "mode"}
            await admin.change_settings(conn, campaign.id, changes, **who)
            if broadcast:
                await self._may_announce(conn, campaign.id)

        return await self._change(actor, command, work)

    async def _may_announce(self, conn: AsyncConnection, campaign_id: int) -> None:
        """Who chooses the mode is told at once what its start would be refused for. Raises Refused."""
        campaign = await admin.get(conn, campaign_id)
        policy = RulebookPolicy(self._state.gate.books)
        found = await admin.start_problems(conn, campaign, policy, self._state.now())
        against = [problem for problem in found if problem.field in ("mode", *ANNOUNCING)]
        if against:
            raise Refused(*against)

    async def _set(self, actor: Actor, command: Command) -> Reply:
        """Limits and manners of dialing; who is called and in which words is set at the campaign's own page."""
        given = command.args.get("settings")
        if not isinstance(given, dict) or not given or not set(given) <= set(DIALING):
            words = f"Give settings, some of {', '.join(DIALING)}."
            return Reply(error_code="bad_argument", message=words, field="settings")

        async def work(conn: AsyncConnection, campaign: admin.Campaign, **who: Any) -> None:
            await admin.change_settings(conn, campaign.id, given, **who)

        return await self._change(actor, command, work)

    async def _change(self, actor: Actor, command: Command, work: Callable[..., Awaitable[None]]) -> Reply:
        """`work` in one transaction, by the rules of the campaigns' own service."""
        campaign_id = command.args.get("campaign_id")
        try:
            async with self._state.engine.begin() as conn:
                if not isinstance(campaign_id, int):
                    raise refuse("campaign_id", "give the campaign's number")
                campaign = await admin.get(conn, campaign_id, lock=True)
                if campaign.tenant_id != actor.tenant_id:
                    raise refuse("campaign_id", "there is no such campaign")
                await work(conn, campaign, now=self._state.now(), actor=f"user:{actor.user_id}")
        except Refused as refused:
            return Reply(error_code="refused", message=str(refused), field=refused.problems[0].field)
        await self._campaign_changed(campaign_id)
        return Reply()

    def _agent(self, actor: Actor, command: Command) -> LiveAgent | None:
        live = self._state.agents.get(command.args.get("user_id") or 0)
        if live is None or live.tenant_id != actor.tenant_id or live.agent.state is AgentState.OFFLINE:
            return None
        return live

    async def _agent_pause(self, actor: Actor, command: Command) -> Reply:
        return await self._tell(actor, command, ae.PauseAsked("supervisor", self._state.now()), "agent.paused")

    async def _agent_logout(self, actor: Actor, command: Command) -> Reply:
        return await self._tell(actor, command, ae.LogoutAsked(self._state.now()), "agent.logged_out")

    async def _planned(self, actor: Actor, command: Command, do: Callable[..., Awaitable[Reply]]) -> Reply:
        """Of any agent, also of one who is not logged in."""
        try:
            return await do(actor.tenant_id, number(command.args, "user_id"), actor.user_id, command.args)
        except Refused as refused:
            return refused_reply(refused)

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
