"""Reads from the database what lived when the last process ended: campaigns, agents' sessions, open attempts."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.model import CampaignSettings
from campaigns.queue.model import ClaimedRow
from campaigns.shifts.service import open_plans
from campaigns.skills import lacking, takes_calls
from dialer.agent import Agent, AgentState, Leg
from dialer.call import Call, CallRules, CallState
from dialer.call_rules import call_rules
from dialer.cards import load_cards
from dialer.lanes import Lane
from dialer.pacers import learnt, take_up
from dialer.state import FloorState, LiveAgent, LiveCall, LiveCampaign

CAMPAIGNS = text("""
SELECT c.id, c.tenant_id, c.name, cr.name AS creditor, c.state, c.version, c.settings,
       coalesce((SELECT array_agg(user_id) FROM campaign_agent ca WHERE ca.campaign_id = c.id), '{}') AS agents,
       CASE WHEN c.settings->>'staffing' = 'skilled' THEN (
           SELECT count(*) FROM app_user u WHERE u.tenant_id = c.tenant_id AND u.role = 'agent' AND u.active
           AND u.skills @> ARRAY(SELECT jsonb_array_elements_text(c.settings->'skills'))
       ) END AS skilled
FROM campaign c JOIN creditor cr ON cr.id = c.creditor_id
WHERE (CAST(:ids AS bigint[]) IS NULL OR c.id = ANY(CAST(:ids AS bigint[])))
  AND (CAST(:tenant AS integer) IS NULL OR c.tenant_id = CAST(:tenant AS integer))
""")
USERS = text("""
SELECT u.id, u.tenant_id, u.display_name, u.phone_endpoint, u.simulated, u.skills, u.version,
       coalesce((SELECT array_agg(campaign_id) FROM campaign_agent ca WHERE ca.user_id = u.id), '{}') AS campaigns
FROM app_user u WHERE u.id = ANY(CAST(:ids AS bigint[])) AND u.active
""")
SESSIONS = text("SELECT * FROM agent_session WHERE node = ANY(CAST(:nodes AS text[])) OR node = ''")
_ATTEMPT = """
SELECT a.*, cp.address, q.fence, q.step, q.tries, q.score, q.window_group_id,
       (SELECT v.rulebooks FROM verdict v WHERE v.attempt_id = a.id LIMIT 1) AS allowed_by
FROM attempt a JOIN contact_point cp ON cp.id = a.contact_point_id
LEFT JOIN queue_row q ON q.campaign_id = a.campaign_id AND q.debtor_id = a.debtor_id AND q.fence = a.queue_fence
    AND q.state = 'leased'
WHERE a.channel = 'voice' AND a.direction = 'out' AND """
OPEN = text(_ATTEMPT + "a.state <> 'ended' AND (a.node = ANY(CAST(:nodes AS text[])) OR a.node IS NULL)")
BY_ID = text(_ATTEMPT + "a.id = ANY(CAST(:ids AS uuid[]))")
# connected calls that ended and that no agent's wrap-up will settle any more
UNSETTLED = text(_ATTEMPT + "a.state = 'ended' AND a.bridged_at IS NOT NULL AND q.fence IS NOT NULL")
# appointments that were being shown or dialed when the last process ended
UNPLACED = text("""
UPDATE callback c SET state = 'pending' WHERE c.state = 'placed' AND NOT EXISTS (
    SELECT 1 FROM attempt a WHERE a.debtor_id = c.debtor_id AND a.origin = 'callback' AND a.state <> 'ended')
""")
TAKE_OVER = text("""
UPDATE queue_row q SET lease_owner = :owner, lease_until = :until
FROM unnest(CAST(:campaigns AS bigint[]), CAST(:debtors AS bigint[]), CAST(:fences AS bigint[])) AS v(c, d, f)
WHERE q.campaign_id = v.c AND q.debtor_id = v.d AND q.fence = v.f AND q.state = 'leased'
""")


async def load_campaigns(
    conn: AsyncConnection, state: FloorState, ids: Collection[int] | None = None
) -> list[LiveCampaign]:
    """Read campaigns anew and put them on the floor; those that are known keep what their pacer has learnt."""
    values = {"ids": None if ids is None else list(ids), "tenant": state.tenant_id}
    rows = (await conn.execute(CAMPAIGNS, values)).mappings().all()
    kept = await learnt(conn, [row["id"] for row in rows if row["id"] not in state.campaigns])
    loaded = []
    for row in rows:
        settings = CampaignSettings.model_validate(row["settings"])
        known = state.campaigns.get(row["id"])
        campaign = LiveCampaign(
            row["id"], row["tenant_id"], row["name"], row["creditor"], row["state"], row["version"], settings,
            agents=frozenset(row["agents"]),
        )  # fmt: skip
        staff = len(campaign.agents) if row["skilled"] is None else row["skilled"]
        take_up(campaign, known, kept, state.settings.abandonment, staff)
        if known is not None:
            campaign.because, campaign.outcomes, campaign.seat_events = known.because, known.outcomes, known.seat_events
            campaign.abandonment, campaign.gauges = known.abandonment, known.gauges
            campaign.seen, campaign.launched = known.seen, known.launched
            campaign.surprised_since = known.surprised_since
        state.campaigns[campaign.id] = campaign
        loaded.append(campaign)
    return loaded


async def load_agents(conn: AsyncConnection, state: FloorState, user_ids: Sequence[int]) -> list[LiveAgent]:
    """Put these users on the floor, offline, unless they are there already.

    Their campaigns, skills and plans are read anew; Shifts.take_up rings the plans.
    """
    loaded = []
    rows = (await conn.execute(USERS, {"ids": list(user_ids)})).mappings().all()
    plans = await open_plans(conn, user_ids)
    for row in rows:
        live = state.agents.get(row["id"])
        if live is None:
            live = LiveAgent(
                Agent(row["id"]), row["tenant_id"], row["display_name"], row["phone_endpoint"], row["simulated"],
                Lane(state.tasks),
            )  # fmt: skip
            state.agents[row["id"]] = live
        live.name, live.endpoint = row["display_name"], row["phone_endpoint"]
        live.assigned, live.skills, live.version = frozenset(row["campaigns"]), tuple(row["skills"]), row["version"]
        live.plans = plans.get(live.user_id, ())
        assign(state, live)
        loaded.append(live)
    return loaded


def assign(state: FloorState, live: LiveAgent) -> None:
    """The agent takes the calls of their campaigns, as these are staffed now."""
    campaigns, lacks = set[int](), list[tuple[int, tuple[str, ...]]]()
    for campaign in state.campaigns.values():
        if campaign.tenant_id != live.tenant_id:
            continue
        settings, assigned = campaign.settings, campaign.id in live.assigned
        if takes_calls(settings.staffing, settings.skills, assigned=assigned, has=live.skills):
            campaigns.add(campaign.id)
        elif assigned and (missing := lacking(settings.skills, live.skills)):
            lacks.append((campaign.id, missing))
    live.campaigns, live.lacks = frozenset(campaigns), tuple(sorted(lacks))
    theirs = [state.campaigns[campaign_id].settings for campaign_id in live.campaigns]
    per_call = bool(theirs) and all(settings.agent_connect == "per_call" for settings in theirs)
    wrap_up_s = max((settings.wrap_up_s for settings in theirs), default=live.agent.wrap_up_s)
    live.agent = replace(live.agent, per_call=per_call, wrap_up_s=wrap_up_s)
    state.seated(live)


async def restore(conn: AsyncConnection, state: FloorState) -> list[LiveCall]:
    """All that lived, as it was last written; connected calls that nobody will dispose of any more are returned."""
    nodes = list(state.exchanges)
    await load_campaigns(conn, state)
    sessions = [dict(row) for row in (await conn.execute(SESSIONS, {"nodes": nodes})).mappings()]
    await load_agents(conn, state, [row["user_id"] for row in sessions])
    opened = await _calls(conn, state, OPEN, {"nodes": nodes})
    for live in opened:
        state.calls[live.attempt_id] = live
    wanted = [row["attempt_id"] for row in sessions if row["attempt_id"] and str(row["attempt_id"]) not in state.calls]
    ended = {live.attempt_id: live for live in await _calls(conn, state, BY_ID, {"ids": wanted})} if wanted else {}
    for row in sessions:
        if row["user_id"] in state.agents:
            _restore_agent(state, state.agents[row["user_id"]], row, ended)
    held = [live for live in (*opened, *ended.values()) if live.queue is not None]
    await _take_over(conn, state, held)
    await conn.execute(UNPLACED)
    in_wrap_up = {agent.call.attempt_id for agent in state.agents.values() if agent.call is not None}
    unsettled = await _calls(conn, state, UNSETTLED, {})
    return [live for live in unsettled if live.attempt_id not in in_wrap_up]


async def _take_over(conn: AsyncConnection, state: FloorState, lives: Sequence[LiveCall]) -> None:
    rows = [(live.campaign_id, live.debtor_id, live.queue.fence) for live in lives if live.queue is not None]
    if not rows:
        return
    until = state.now() + timedelta(seconds=state.settings.claim_lease_s)
    campaigns, debtors, fences = (list(column) for column in zip(*rows, strict=True))
    values = {"owner": state.owner, "until": until, "campaigns": campaigns, "debtors": debtors, "fences": fences}
    await conn.execute(TAKE_OVER, values)


async def _calls(conn: AsyncConnection, state: FloorState, query: Any, values: dict[str, Any]) -> list[LiveCall]:
    rows = [dict(row) for row in (await conn.execute(query, values)).mappings()]
    cards = await load_cards(conn, [row["debtor_id"] for row in rows]) if rows else {}
    return [_call(state, row, cards) for row in rows]


def _call(state: FloorState, row: dict[str, Any], cards: dict[int, Any]) -> LiveCall:
    campaign = state.campaigns.get(row["campaign_id"] or 0)
    settings = campaign.settings if campaign else None
    allowed_by = tuple(f"{book}@{version}" for book, version in (row["allowed_by"] or {}).items())
    rules = call_rules(settings, state.gate.books, allowed_by, row["origin"]) if settings else CallRules()
    queue = None
    if row["fence"] is not None:
        queue = ClaimedRow(
            row["debtor_id"], row["score"], row["step"], row["tries"], row["fence"], row["window_group_id"]
        )
    return LiveCall(
        call=_life(row, rules),
        tenant_id=row["tenant_id"],
        campaign_id=row["campaign_id"],
        debtor_id=row["debtor_id"],
        contact_point_id=row["contact_point_id"],
        phone=row["address"],
        node=row["node"] or next(iter(state.exchanges)),
        origin=row["origin"],
        lane=Lane(state.tasks),
        queue=queue,
        card=cards.get(row["debtor_id"]),
        identity="right_party" if row["right_party_at"] else "unchecked",
        disposition=row["disposition"],
        prewritten=row["disposition"] is not None,
        debt_ids=tuple(row["debt_ids"]),
        dialed_at=row["at"],
        in_force=allowed_by,
    )


def _life(row: dict[str, Any], rules: CallRules) -> Call:
    """The call's state by what was written last; reconciliation with the exchange corrects it."""
    talking = row["bridged_at"] is not None
    call_state = CallState.DIALING
    if row["state"] == "ended":
        call_state = CallState.ENDED
    elif talking:
        call_state = CallState.TALKING
    elif row["abandoned"]:
        call_state = CallState.ABANDON_MESSAGE
    elif row["answered_at"] is not None:
        call_state = CallState.ANNOUNCING if rules.announces else CallState.WAITING
    in_talk = call_state is CallState.TALKING
    return Call(
        attempt_id=str(row["id"]),
        rules=rules,
        state=call_state,
        agent_id=row["agent_id"] if in_talk else None,
        talked_with=row["agent_id"] if talking else None,
        progress=row["ringing_at"] is not None or row["answered_at"] is not None,
        launched_at=row["at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        greeting_at=row["greeting_at"],
        waiting_since=row["greeting_at"] or row["answered_at"],
        bridged_at=row["bridged_at"],
        ended_at=row["ended_at"],
        answered_by=row["answered_by"] or ("unknown" if row["answered_at"] else None),
        abandoned=row["abandoned"],
        outcome=row["outcome"],
        cause=row["cause"],
    )


def _restore_agent(state: FloorState, live: LiveAgent, row: dict[str, Any], ended: dict[str, LiveCall]) -> None:
    attempt_id = str(row["attempt_id"]) if row["attempt_id"] else None
    was = AgentState(row["state"])
    live.call = state.calls.get(attempt_id or "") or ended.get(attempt_id or "")
    if was in (AgentState.PREVIEW, AgentState.RESERVED):
        was, live.call = AgentState.READY, None
    if was in (AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP) and live.call is None:
        was = AgentState.READY
    over = live.call is not None and live.call.call.state is CallState.ENDED
    if was in (AgentState.TALKING, AgentState.HOLD) and over:
        was = AgentState.WRAP_UP
    wish, _, reason = (row["wish"] or "").partition(":")
    since = row["since"]
    deadline = since + timedelta(seconds=live.agent.wrap_up_s) if was is AgentState.WRAP_UP else None
    live.session_id, live.started_at, live.node = UUID(str(row["session_id"])), row["started_at"], row["node"] or None
    live.channel_id, live.bridge_id, live.leg_opened_at = row["channel_id"], row["bridge_id"], row["started_at"]
    if live.channel_id is not None:
        state.legs[live.channel_id] = live
    if live.call is not None and live.call.call.state is CallState.TALKING:
        live.call.call = replace(live.call.call, bridge_id=live.bridge_id)
    live.agent = replace(
        live.agent,
        state=was,
        since=since,
        reason=row["reason"] if was is AgentState.PAUSED else None,
        wish=wish or None,
        wish_reason=reason or None,
        deadline=deadline,
        attempt_id=attempt_id if live.call is not None else None,
        leg=Leg.OPENING if live.channel_id else Leg.NONE,
    )
