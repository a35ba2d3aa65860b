"""One running floor: agents, calls and campaigns of the nodes given to it, behind the port that the web role uses."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.queue import service as queue
from dialer import agent_events as ae, leases
from dialer.abandonment_guard import AbandonmentGuard
from dialer.agent import AgentState, Leg
from dialer.agents import Agents
from dialer.alarms import Alarms
from dialer.announcements import Announcements
from dialer.board import Board
from dialer.call_runner import CallRunner
from dialer.callback_calls import CallbackCalls
from dialer.changes import Changes
from dialer.commands import Actor, Command, Reply
from dialer.console import Console
from dialer.contact import GateContext
from dialer.desk import Desk
from dialer.engine import Engine
from dialer.files import Files
from dialer.lanes import Tasks
from dialer.link import Link
from dialer.metrics import FloorMetrics
from dialer.pacers import PacerKeeper
from dialer.pacing_watch import PacingWatch
from dialer.previews import Previews
from dialer.records import Records
from dialer.recovery import Recovery
from dialer.restore import assign, load_agents, load_campaigns
from dialer.shifts import Shifts
from dialer.state import FloorSettings, FloorState, LiveAgent, LiveCall, new_id
from dialer.streams import StreamHub
from dialer.supervisor import SupervisorDesk
from dialer.tallies import Tallies
from dialer.ticks.recorder import TickRecorder
from telephony.clock import Clock
from telephony.exchange import EndpointChanged, Exchange, ExchangeEvent, NodeDown, NodeSlow, NodeUp

log = structlog.get_logger(__name__)
CALL_PREFIX = "pl-c-"
CONNECTED_WITHIN = timedelta(milliseconds=30)
DATABASE_DOWN = Reply(error_code="database_down", message="The database does not answer: try again in a moment.")
NOT_AN_AGENT = Reply(error_code="not_an_agent", message="Only agents have a console; log in as an agent.")


class Floor:
    """Implements dialer.commands.FloorPort. `start()` restores what lived, then dials; `stop()` ends in good order.

    The exchanges are not closed by it, the engine is not disposed of: whoever made them does that.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        exchanges: Sequence[Exchange],
        clock: Clock,
        gate: GateContext,
        hub: StreamHub,
        settings: FloorSettings | None = None,
        *,
        tenant_id: int | None = None,
        owner: str | None = None,
        registry: CollectorRegistry | None = None,
        recorder: TickRecorder | None = None,
    ) -> None:
        """`tenant_id` None: the campaigns of all tenants. `owner` names this life of the process in leases."""
        self.hub = hub
        self.link = Link(clock)
        self.metrics = FloorMetrics(registry)
        self.state = state = FloorState(
            engine=engine,
            exchanges={exchange.node: exchange for exchange in exchanges},
            clock=clock,
            gate=gate,
            hub=hub,
            settings=settings or FloorSettings(),
            metrics=self.metrics,
            owner=owner or f"floor:{new_id()}",
            tenant_id=tenant_id,
            tasks=Tasks(),
            alarms=Alarms(clock),
            recorder=recorder,
        )
        self.tallies = Tallies(clock)
        self.records = Records(state)
        self.calls = CallRunner(state, self.records, self.tallies)
        self.agents = Agents(state, self.records, self.tallies)
        self.previews = Previews(state)
        self.engine = Engine(state, self.tallies, self.previews)
        self.keeper = PacerKeeper(state)
        self.recovery = Recovery(state, self.records, self.agents)
        self.console = Console(state, self.tallies)
        self.board = Board(state, self.tallies)
        self.guard = AbandonmentGuard(state, self.board.touch)
        self.desk = Desk(state, self.records, self.tallies, Files(state))
        self.supervisors = SupervisorDesk(state, self.campaign_changed)
        self.shifts = Shifts(state)
        self.changes = Changes(state, self.records, self.campaign_changed, self.agents_changed)
        self._connecting: set[int] = set()
        self._moved: dict[int, LiveAgent] | None = None  # consoles to be shown at the end of the present event
        self._wire()

    def _wire(self) -> None:
        state = self.state
        state.feed_call, state.feed_agent = self.calls.feed, self.agents.feed
        state.match = self.calls.match
        state.call_changed, state.agent_changed = self._call_changed, self._agent_changed
        state.nodes_changed, state.agents_changed = self._nodes_changed, self.agents_changed
        self.calls.ring_agent, self.calls.suspect_agent = self.agents.ring_for, self.agents.check_leg
        self.calls.opted_out = Announcements(state).opted_out
        self.calls.cut_wrap_up, self.agents.connect = self.agents.cut_wrap_up, self.calls.add_to_bridge
        self.agents.release_preview, self.agents.dial_preview = self.previews.release, self.previews.dial
        self.previews.make_call, self.previews.launch = self.engine.make_call, self.engine.launch
        self.previews.put_back, self.previews.denied = self.engine.put_back, self.engine.denied
        self.previews.notice = self.agents.notice

    async def start(self) -> None:
        """Raises what the database raises when it cannot be reached; nothing was started then."""
        await self.recovery.restore()
        await self.board.load_today()
        await self.guard.read()
        await self.desk.reopen_files()
        tasks = self.state.tasks
        self.state.alarms.start()
        self.records.start()
        for exchange in self.state.exchanges.values():
            tasks.keep(partial(self._pump, exchange), f"pump-{exchange.node}")
        tasks.keep(self.recovery.run, "reconcile")
        tasks.keep(self.board.run, "board")
        tasks.keep(self.board.run_figures, "board-figures")
        tasks.keep(self.guard.run, "abandonment")
        tasks.keep(self._keep_house, "housekeeping")
        tasks.keep(self.keeper.run, "pacer-states")
        tasks.keep(PacingWatch(self.state).run, "pacing-watch")
        tasks.keep(self.changes.run, "changes")
        tasks.keep(self.shifts.run, "shifts")
        tasks.keep(CallbackCalls(self.state, self.previews).run, "callbacks")
        for live in list(self.state.agents.values()):
            self.console.show(live)
        self.shifts.take_up(list(self.state.agents.values()))
        for campaign in self.state.campaigns.values():
            self.engine.campaign_changed(campaign)
        self.board.touch()

    async def stop(self) -> None:
        """Dial no more, write what is known. Calls in progress live on at the exchange; the next start adopts them."""
        await self.state.tasks.close()
        await self.state.alarms.stop()
        await self.records.stop()
        await self.shifts.write()
        await self.keeper.save()
        try:
            async with self.state.engine.begin() as conn:
                await leases.drop_all(conn, self.state.owner, self.state.now())
        except (SQLAlchemyError, OSError) as problem:
            log.warning("floor.leases_not_dropped", problem=type(problem).__name__)

    async def _keep_house(self) -> None:
        """Keep what we have claimed while calls and wrap-ups last."""
        lease_s = self.state.settings.claim_lease_s
        while True:
            await self.state.clock.sleep(lease_s / 3)
            try:
                async with self.state.engine.begin() as conn:
                    await queue.renew(conn, self.state.owner, lease_s=lease_s, now=self.state.now())
            except (SQLAlchemyError, OSError) as problem:
                log.warning("floor.housekeeping_failed", problem=type(problem).__name__)

    async def _pump(self, exchange: Exchange) -> None:
        async for event in exchange.events():
            try:
                self.handle(exchange, event)
            except Exception as problem:  # one event's fault must not stop the node's others
                log.error(
                    "floor.event_failed", event_type=type(event).__name__, problem=type(problem).__name__, exc_info=True
                )

    def handle(self, exchange: Exchange, event: ExchangeEvent) -> None:
        """Take one event of a node to the call or leg it is about. Does not wait for anything.

        One event moves a call and its agent by several steps: each console is shown what came of all of them, once.
        """
        self._moved = {}
        try:
            self._take(exchange, event)
        finally:
            moved, self._moved = self._moved, None
            for live in moved.values():
                self._tell(live)

    def _take(self, exchange: Exchange, event: ExchangeEvent) -> None:
        if isinstance(event, NodeUp | NodeDown | NodeSlow):
            self._node_event(exchange, event)
        elif isinstance(event, EndpointChanged):
            self.agents.phone_changed(event.endpoint, event.online)
        elif event.channel_id.startswith(CALL_PREFIX):
            live = self.state.calls.get(event.channel_id[len(CALL_PREFIX) :])
            if live is not None:
                self.calls.feed(live, event)
        else:
            agent = self.state.legs.get(event.channel_id)
            if agent is not None and agent.channel_id == event.channel_id:
                self.agents.leg_event(agent, event)

    def _node_event(self, exchange: Exchange, event: NodeUp | NodeDown | NodeSlow) -> None:
        why = ""
        if isinstance(event, NodeDown):
            why = event.why
        elif isinstance(event, NodeSlow) and event.slow:
            why = f"events come {event.lag_ms:.0f} ms late"
        self.state.node_why[exchange.node] = why
        log.info("floor.node", node=exchange.node, event_type=type(event).__name__, why=why)
        if isinstance(event, NodeUp):
            self.state.tasks.spawn(self._node_up(exchange), f"node-up-{exchange.node}")
        self._nodes_changed()

    async def _node_up(self, exchange: Exchange) -> None:
        """The first thing: what lived while nobody listened. Then legs that are missing are raised."""
        await self.recovery.reconcile(exchange)
        now = self.state.now()
        for live in list(self.state.agents.values()):
            if live.node == exchange.node and live.agent.leg is Leg.NONE:
                self.agents.feed(live, ae.LegRetry(now))
        self.state.wake(None)

    def _call_changed(self, live: LiveCall) -> None:
        for agent_id in {live.call.agent_id, live.call.talked_with, live.call.for_agent} - {None}:
            agent = self.state.agents.get(agent_id or 0)
            if agent is not None and agent.call is live:
                self._show(agent)
        self.board.touch()

    def _agent_changed(self, live: LiveAgent) -> None:
        self._show(live)
        self.board.touch()

    def _nodes_changed(self) -> None:
        for live in self.state.agents.values():
            self._show(live)
        self.board.touch()

    def _show(self, live: LiveAgent) -> None:
        if self._moved is None:
            self._tell(live)
        else:
            self._moved[live.user_id] = live

    def _tell(self, live: LiveAgent) -> None:
        """An agent is connected with an answer within milliseconds: that it is about to be is told only if it lasts."""
        if live.agent.state is not AgentState.RESERVED or live.call is None or live.call.call.for_agent is not None:
            self.console.show(live)
        elif live.user_id not in self._connecting:
            self._connecting.add(live.user_id)
            self.state.alarms.set(self.state.now() + CONNECTED_WITHIN, partial(self._still_connecting, live))

    def _still_connecting(self, live: LiveAgent) -> None:
        self._connecting.discard(live.user_id)
        if live.agent.state is AgentState.RESERVED:
            self.console.show(live)

    async def agent_command(self, actor: Actor, command: Command) -> Reply:
        try:
            live = await self._agent(actor)
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.error("floor.agent_not_read", problem=type(problem).__name__)
            return DATABASE_DOWN
        return NOT_AN_AGENT if live is None else await self.desk.do(live, actor, command)

    async def supervisor_command(self, actor: Actor, command: Command) -> Reply:
        if actor.role not in ("supervisor", "admin"):
            return Reply(error_code="forbidden", message="Only supervisors may do this.")
        return await self.supervisors.do(actor, command)

    async def agent_present(self, actor: Actor, present: bool) -> None:
        try:
            live = await self._agent(actor)
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.error("floor.agent_not_read", problem=type(problem).__name__)
            return  # the agent's first command reads again
        if live is not None:
            now = self.state.now()
            self.agents.feed(live, ae.ConsoleBack(now) if present else ae.ConsoleGone(now))
            self.console.show(live)

    async def campaign_changed(self, campaign_id: int) -> None:
        """Read the campaign and its agents anew; who takes its calls may be others now."""
        everybody = self.state.agents
        before = {live.user_id: live.campaigns for live in everybody.values()}
        async with self.state.engine.connect() as conn:
            loaded = await load_campaigns(conn, self.state, [campaign_id])
            if any(campaign.settings.staffing == "skilled" for campaign in loaded):
                for live in everybody.values():
                    assign(self.state, live)
            users = {user for campaign in loaded for user in campaign.agents}
            users |= {a.user_id for a in everybody.values() if campaign_id in a.campaigns | a.assigned}
            agents = await load_agents(conn, self.state, [user for user in users if user in everybody])
        for campaign in loaded:
            self.engine.campaign_changed(campaign)
        self.guard.wake()
        moved = [live for live in everybody.values() if live.campaigns != before.get(live.user_id)]
        self._read_anew({live.user_id: live for live in (*agents, *moved)}.values())

    async def agents_changed(self, user_ids: Collection[int]) -> None:
        """Read these agents anew, where they are on this floor: skills, campaigns, plans."""
        known = [user_id for user_id in user_ids if user_id in self.state.agents]
        if not known:
            return
        async with self.state.engine.connect() as conn:
            agents = await load_agents(conn, self.state, known)
        self._read_anew(agents)
        self.state.wake(None)

    def _read_anew(self, agents: Collection[LiveAgent]) -> None:
        self.shifts.take_up(agents)
        for live in agents:
            self.console.show(live)
        self.state.match()  # somebody who waits may be theirs now
        self.board.touch()

    async def _agent(self, actor: Actor) -> LiveAgent | None:
        """The agent on the floor; read from the database when they come for the first time."""
        live = self.state.agents.get(actor.user_id)
        if live is not None:
            return live if live.tenant_id == actor.tenant_id else None
        if actor.role != "agent":
            return None
        async with self.state.engine.connect() as conn:
            found = await load_agents(conn, self.state, [actor.user_id])
        if not found or found[0].tenant_id != actor.tenant_id:
            self.state.agents.pop(actor.user_id, None)
            return None
        self._read_anew(found)
        return found[0]
