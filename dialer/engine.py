"""Runs the campaigns: look at the floor, ask the pacer, claim, ask the gate, commit, dial."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.queue import service as queue
from campaigns.queue.model import ClaimedRow, Settlement
from campaigns.strategies.model import arrives_at_call
from compliance.windows import window_state
from dialer import call_events as ce, leases
from dialer.call import Call
from dialer.call_rules import call_rules
from dialer.cards import load_cards
from dialer.contact import Admitted, Refused, WantedContact, admit
from dialer.floor_snapshot import as_present, snapshot
from dialer.giving_up import give_up, staff
from dialer.lanes import Lane
from dialer.odds import give_odds, zone_of
from dialer.pacing import PacingDecision, PacingSnapshot, ProgressivePacer
from dialer.previews import Previews
from dialer.settlement import walk_on
from dialer.state import Card, FloorState, LiveCall, LiveCampaign
from dialer.tallies import Tallies
from dialer.ticks.recorder import Look
from telephony.exchange import NodeHealth

log = structlog.get_logger(__name__)
MIN_GAP_S = 0.1
SPREAD_S = 0.25  # at most: an agent who waits for a call should not wait for this
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
DRY_S = 5.0
AT_ONCE = 32
BUSY_ELSEWHERE = timedelta(seconds=60)
VERDICT_HOLDS = timedelta(seconds=1)


@dataclass(slots=True)
class Loop:
    """One campaign's loop."""

    task: asyncio.Task[None] | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    led_until: datetime | None = None
    dry_until: datetime | None = None
    failures: int = 0
    looked_at: float = float("-inf")
    spread_s: float = MIN_GAP_S  # the calls of a look go out evenly until the next look
    staff: int = 0  # agents at work at the last look
    per_agent: float = 0.0  # calls in flight for each of them, with those of the last look
    again_s: float | None = None  # when only a rate limited the last look: how soon the next call may go
    open_groups: dict[int, tuple[bool, datetime | None]] = field(default_factory=dict)
    groups_until: datetime | None = None
    zones: dict[int, ZoneInfo] = field(default_factory=dict)  # of the window groups


class Engine:
    """Call `campaign_changed` after a campaign's row was read anew; a loop runs while its state is running."""

    def __init__(self, state: FloorState, tallies: Tallies, previews: Previews) -> None:
        self._state = state
        self._tallies = tallies
        self._previews = previews
        self._loops: dict[int, Loop] = {}
        self._committed: Counter[str] = Counter()  # by node: attempts whose turn to be dialed is still to come
        # the machine's own slowness is not multiplied by the clock's speed
        self._speed = state.clock.speed
        state.wake = self.wake

    def campaign_changed(self, campaign: LiveCampaign) -> None:
        loop = self._loops.setdefault(campaign.id, Loop())
        loop.groups_until = loop.dry_until = None
        if campaign.state == "running" and (loop.task is None or loop.task.done()):
            loop.task = self._state.tasks.keep(partial(self._run, campaign.id, loop), f"campaign-{campaign.id}")
        loop.woken.set()

    def wake(self, campaign_id: int | None) -> None:
        """Something happened that may allow a call: a freed agent, an ended call."""
        if campaign_id is not None:
            if campaign_id in self._loops:
                self._loops[campaign_id].woken.set()
            return
        for loop in self._loops.values():
            loop.woken.set()

    async def _run(self, campaign_id: int, loop: Loop) -> None:
        state = self._state
        while (campaign := state.campaigns.get(campaign_id)) is not None and campaign.state == "running":
            pause = state.settings.tick_s
            try:
                with state.metrics.tick.time():
                    await self.tick(campaign, loop)
                loop.failures = 0
            except (SQLAlchemyError, OSError, TimeoutError) as problem:
                loop.failures += 1
                pause = BACK_OFF_S[min(loop.failures, len(BACK_OFF_S)) - 1]
                self._failed(campaign, problem)
            if not loop.failures:
                await state.clock.sleep(MIN_GAP_S)
                pause = (pause if loop.again_s is None else min(pause, loop.again_s)) - MIN_GAP_S
            await self._pause(loop, pause)

    async def _pause(self, loop: Loop, seconds: float) -> None:
        loop.woken.clear() if loop.failures else None
        alarm = self._state.alarms.set(self._state.now() + timedelta(seconds=seconds), loop.woken.set)
        await loop.woken.wait()
        alarm.cancel()
        loop.woken.clear()

    def _failed(self, campaign: LiveCampaign, problem: Exception) -> None:
        campaign.because = "the database does not answer: no dialing without its truth"
        log.error("campaign.tick_failed", campaign_id=campaign.id, problem=type(problem).__name__)
        if not self._state.database_down:
            self._state.database_down = True
            self._state.nodes_changed()

    async def tick(self, campaign: LiveCampaign, loop: Loop) -> None:
        """One look at one campaign. Raises what the database raises; then nothing was dialed."""
        state, now = self._state, self._state.now()
        loop.again_s = None
        looked_at = state.clock.monotonic()
        loop.spread_s = min(SPREAD_S, max(MIN_GAP_S, looked_at - loop.looked_at))
        loop.looked_at = looked_at
        if not await self._leads(campaign, loop, now):
            campaign.because = "another process leads this campaign"
            return
        nodes = self._up_nodes()
        if not nodes:
            campaign.because = "no exchange node is up: no dialing"
            return
        campaign.odds.learn(state.seconds())
        sharing = self._dialing(now)
        seen = snapshot(state, campaign, self._tallies.campaign(campaign.id), sharing, now)
        give_up(state, campaign, as_present(seen, state, campaign.id, sharing, now), now)
        decision = self._ask(campaign, seen)
        wanted = min(decision.launch, state.settings.max_launch_per_tick)
        loop.staff = staff(seen)
        loop.per_agent = (len(seen.calls) + wanted) / max(1, loop.staff)
        dry = loop.dry_until is not None and now < loop.dry_until
        if wanted <= 0 or dry:
            loop.again_s = None if dry else decision.again_s
            if wanted > 0:
                campaign.because = "queue: nobody may be called now"
            return
        if campaign.settings.mode == "preview":
            got = await self._show(campaign, loop, wanted, now)
        else:
            # a verdict is for a call that goes out now: what the nodes would refuse the gate is not even asked for
            shares = self._shares(campaign, nodes, wanted)
            if not shares:
                campaign.because = "nodes: their limit of originates a second is reached"
                loop.again_s = MIN_GAP_S
                return
            got = await self._dial_all(campaign, loop, shares, now)
        loop.again_s = decision.again_s if got else None
        if got == 0:
            # a row may come due in a window group that had none: groups are kept for a minute else
            loop.dry_until, loop.groups_until = now + timedelta(seconds=DRY_S), None
            campaign.because = "queue: nobody may be called now"
        if state.database_down and not loop.failures:
            state.database_down = False
            state.nodes_changed()

    def _ask(self, campaign: LiveCampaign, seen: PacingSnapshot) -> PacingDecision:
        before = campaign.pacer
        if campaign.settings.mode == "predictive" and not self._state.forecasts_ready:
            _, decision = ProgressivePacer().decide(seen)
            campaign.because, campaign.seen = f"the forecast is being compiled, once: {decision.because}", seen
            return decision
        campaign.pacer, decision = before.decide(seen)
        campaign.because = decision.because
        campaign.seen, campaign.launched = seen, decision.launch or campaign.launched
        if self._state.recorder is not None:
            mode, lines = campaign.settings.mode, campaign.settings.lines_per_agent
            self._state.recorder.note(Look(campaign.id, mode, lines, campaign.start, before, seen, decision))
        return decision

    def _dialing(self, now: datetime) -> set[int]:
        """The campaigns among which shared agents are divided."""
        return {
            campaign.id
            for campaign in self._state.campaigns.values()
            if campaign.state == "running"
            and (loop := self._loops.get(campaign.id)) is not None
            and (loop.dry_until is None or loop.dry_until <= now)
        }

    def _up_nodes(self) -> list[str]:
        return [node for node, exchange in self._state.exchanges.items() if exchange.health is NodeHealth.UP]

    async def _leads(self, campaign: LiveCampaign, loop: Loop, now: datetime) -> bool:
        lease_s = self._state.settings.lease_s
        if loop.led_until is not None and now < loop.led_until - timedelta(seconds=lease_s / 2):
            return True
        async with self._state.engine.begin() as conn:
            name = f"campaign:{campaign.id}"
            fence = await leases.take(conn, name, self._state.owner, lease_s=lease_s, now=now)
        loop.led_until = now + timedelta(seconds=lease_s) if fence is not None else None
        return fence is not None

    async def _groups(self, conn: AsyncConnection, campaign: LiveCampaign, loop: Loop, now: datetime) -> list[int]:
        """The window groups whose hours are open; asked again when one may open or close, and every minute."""
        if loop.groups_until is None or now >= loop.groups_until:
            loop.open_groups.clear()
            limit = now + timedelta(seconds=60)
            books = self._state.gate.books
            for group in await queue.groups(conn, campaign.id):
                ids = dict.fromkeys((*group.rulebooks, *group.creditors, *(campaign.settings.rulebooks or ())))
                # one that is not loaded here is the gate's to refuse, with a reason that people see
                known = tuple(name for name in ids if name in books.books)
                found = window_state(group.zones, known, "voice", now, books)
                loop.open_groups[group.id] = (found.open, found.until)
                loop.zones[group.id] = zone_of(group)
                if found.until is not None:
                    limit = min(limit, found.until)
            loop.groups_until = max(limit, now + timedelta(seconds=1))
        return [group_id for group_id, (is_open, _) in loop.open_groups.items() if is_open]

    async def _claim(
        self, conn: AsyncConnection, campaign: LiveCampaign, loop: Loop, wanted: int, now: datetime
    ) -> list[ClaimedRow]:
        groups = await self._groups(conn, campaign, loop, now)
        lease_s = self._state.settings.claim_lease_s
        return await queue.claim(conn, campaign.id, groups, wanted, owner=self._state.owner, lease_s=lease_s, now=now)

    async def _show(self, campaign: LiveCampaign, loop: Loop, wanted: int, now: datetime) -> int:
        async with self._state.engine.begin() as conn:
            claimed = await self._claim(conn, campaign, loop, wanted, now)
            rows = await self._at_a_call(conn, campaign, claimed, now)
            debtors = [row.debtor_id for row in rows]
            cards = await load_cards(conn, debtors) if rows else {}
            phones = await self._previews.phones(conn, debtors) if rows else {}
        await self._previews.offer(campaign, rows, cards, phones)
        return len(claimed)

    async def _dial_all(self, campaign: LiveCampaign, loop: Loop, shares: list[str], now: datetime) -> int:
        """In transactions of some calls each: one lost to a failure is not many, and locks are short."""
        got = 0
        for first in range(0, len(shares), AT_ONCE):
            part = shares[first : first + AT_ONCE]
            claimed = await self._dial(campaign, loop, part, now)
            got += claimed
            if claimed < len(part):
                break
        return got

    async def _dial(self, campaign: LiveCampaign, loop: Loop, shares: list[str], now: datetime) -> int:
        async with self._state.engine.begin() as conn:
            claimed = await self._claim(conn, campaign, loop, len(shares), now)
            if not claimed:
                return 0
            rows = await self._at_a_call(conn, campaign, claimed, now)
            by_debtor = {row.debtor_id: row for row in rows}
            contacts = [
                WantedContact(
                    row.debtor_id,
                    "voice",
                    "announcement" if campaign.settings.mode == "broadcast" else "dialer",
                    campaign_id=campaign.id,
                    node=node,
                    queue_fence=row.fence,
                    also_rulebooks=campaign.settings.rulebooks or (),
                )
                for row, node in zip(rows, shares, strict=False)
            ]
            answers = await admit(conn, contacts, now=now, gate=self._state.gate)
            refused = [answer for answer in answers if isinstance(answer, Refused)]
            await self.put_back(conn, campaign, refused, by_debtor, now)
            admitted = [answer for answer in answers if isinstance(answer, Admitted)]
            cards = await load_cards(conn, [one.wanted.debtor_id for one in admitted]) if admitted else {}
        for answer in refused:
            self.denied(campaign.id, answer)
        lives = [
            self.make_call(campaign, one, by_debtor[one.wanted.debtor_id], cards.get(one.wanted.debtor_id))
            for one in admitted
        ]
        give_odds(campaign, lives, loop.zones, now)
        for live in lives:
            live.staff, live.per_agent = loop.staff, loop.per_agent
        if lives:
            self._committed.update(live.node for live in lives)
            self._state.tasks.spawn(self._launch(lives, loop.spread_s), "launch")
        return len(claimed)

    async def _at_a_call(
        self, conn: AsyncConnection, campaign: LiveCampaign, rows: list[ClaimedRow], now: datetime
    ) -> list[ClaimedRow]:
        """The rows whose step is a call; the others go on with their strategy."""
        others = [row for row in rows if not arrives_at_call(campaign.settings, row.step)]
        if others:
            await walk_on(conn, campaign, others, await load_cards(conn, [row.debtor_id for row in others]), now)
        return [row for row in rows if arrives_at_call(campaign.settings, row.step)]

    def _shares(self, campaign: LiveCampaign, nodes: list[str], wanted: int) -> list[str]:
        """The node of each call, at most `wanted`: where free agents are, in proportion, and as long as it has room."""
        idle = Counter(
            agent.node
            for agent in self._state.agents.values()
            if campaign.id in agent.campaigns and self._state.takes_calls(agent) and agent.node in nodes
        )
        pool = [node for node in idle.elements() if node is not None] or nodes
        room = {node: self._state.exchanges[node].room - self._committed[node] for node in nodes}
        shares: list[str] = []
        for index in range(wanted):
            node = pool[index % len(pool)]
            if room[node] > 0:
                room[node] -= 1
                shares.append(node)
        return shares

    def denied(self, campaign_id: int, answer: Refused) -> None:
        for reason in answer.reasons[:1]:
            self._state.metrics.denied.labels(reason).inc()
            self._tallies.denied(campaign_id, reason)

    async def put_back(
        self,
        conn: AsyncConnection,
        campaign: LiveCampaign,
        refused: list[Refused],
        rows: dict[int, ClaimedRow],
        now: datetime,
    ) -> None:
        """A refused row waits until the gate may allow it; one that it never will is suspended with the reason."""
        settled: list[Settlement] = []
        for answer in refused:
            row = rows[answer.wanted.debtor_id]
            reason = answer.reasons[0] if answer.reasons else "refused"
            later = now + BUSY_ELSEWHERE if reason == "in_progress" else answer.retry_at
            if later is not None:
                settled.append(Settlement(row.debtor_id, row.fence, "waiting", later, row.step, row.tries))
            else:
                held = reason.replace(" ", "_")
                settled.append(Settlement(row.debtor_id, row.fence, "suspended", now, row.step, row.tries, held))
        await queue.settle_many(conn, campaign.id, settled)

    def make_call(
        self, campaign: LiveCampaign, one: Admitted, row: ClaimedRow | None, card: Card | None, agent: int | None = None
    ) -> LiveCall:
        """A committed attempt becomes a live call; it is dialed by Launch."""
        state, settings = self._state, campaign.settings
        rules = call_rules(settings, state.gate.books, one.verdict.rulebooks, one.wanted.origin)
        live = LiveCall(
            call=Call(str(one.attempt_id), rules, for_agent=agent),
            tenant_id=campaign.tenant_id,
            campaign_id=campaign.id,
            debtor_id=one.wanted.debtor_id,
            contact_point_id=one.contact_point_id,
            phone=one.address,
            node=one.wanted.node or next(iter(state.exchanges)),
            origin=one.wanted.origin,
            lane=Lane(state.tasks),
            queue=row,
            card=card,
            debt_ids=one.debt_ids,
            state_since=state.now(),
            judged_at=one.verdict.at,
            in_force=one.verdict.rulebooks,
            permit=one.permit,
        )
        state.calls[live.attempt_id] = live
        return live

    async def _launch(self, lives: list[LiveCall], spread_s: float) -> None:
        """Dial one after the other, evenly over that time: a burst would only wait in the exchange."""
        for index, live in enumerate(lives):
            if index and len(lives) > 3:
                await self._state.clock.sleep(spread_s / len(lives))
            self._committed[live.node] -= 1
            if live.attempt_id in self._state.calls:  # not given up while it waited for its turn
                self.launch(live)

    def launch(self, live: LiveCall) -> None:
        """Dial; or give the attempt back where the node went down meanwhile, or the verdict has grown old."""
        exchange, now = self._state.exchanges[live.node], self._state.now()
        fresh = live.judged_at is None or now - live.judged_at <= VERDICT_HOLDS * self._speed
        if exchange.health is NodeHealth.UP and fresh:
            self._state.feed_call(live, ce.Launch(now))
        else:
            self._state.feed_call(live, ce.HangupAsked("system", now))
