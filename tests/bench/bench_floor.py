"""Measures a working floor on a real Asterisk: 20 answered calls a second, 200 consoles, one of them a real Chromium.

python -m tests.bench floor

`answered to bridged`: from Asterisk's ChannelStateChange (Up) of the debtor's channel to its ChannelEnteredBridge, by
Asterisk's own time stamps as a second ARI application hears them; an agent was ready for every call. `event to
console`: from that ChannelEnteredBridge to the arrival of the delta that says talking at the agent's console, on the
same machine's clock. `event to page`: to the change of the document in Chromium.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import uvloop

from agent_ui.sessions import SessionStore
from campaigns.model import CallStep, CampaignSettings
from telephony.clock import SystemClock
from tests.bench.browser import BrowserAgent, browser_agent
from tests.bench.consoles import DAY, Consoles
from tests.bench.figures import Figure, Result, below, spread
from tests.bench.lines_lab import TALK_S, LinesLab, lines_lab
from tests.bench.observer import Observer
from tests.bench.whole import Whole, whole_system

GOAL_MS = 100.0
BRIDGED = "SELECT id, agent_id FROM attempt WHERE bridged_at IS NOT NULL AND campaign_id IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Plan:
    rate: float = 20.0
    seconds: float = 60.0
    consoles: int = 200
    browser: bool = True


SMOKE = Plan(rate=4, seconds=4, consoles=5)


async def _browser(stack: AsyncExitStack, whole: Whole) -> tuple[int, BrowserAgent]:
    user = whole.agents[-1]
    async with whole.engine.begin() as conn:
        token = await SessionStore(whole.engine, SystemClock(), DAY, DAY).create(conn, whole.tenant, user)
    return user, await stack.enter_async_context(browser_agent(whole.server.url, token))


async def measure(lab: LinesLab, plan: Plan) -> Result:
    settings = CampaignSettings(
        mode="power", lines_per_agent=10, caller_id="+12125550100", wrap_up_s=0, calls_per_second=plan.rate,
        steps=(CallStep(tries=3),),
    )  # fmt: skip
    debtors = int(plan.rate * (plan.seconds + 15)) + 200
    async with AsyncExitStack() as stack:
        whole = await stack.enter_async_context(whole_system(lab, debtors, settings))
        observer = await stack.enter_async_context(Observer(lab.asterisk))
        users = whole.agents[:-1] if plan.browser else whole.agents
        consoles = await stack.enter_async_context(
            Consoles(whole.engine, whole.server.url, whole.tenant, users, reads=True)
        )
        user, browser = await _browser(stack, whole) if plan.browser else (0, None)
        await consoles.all_ready(whole)
        await whole.state("running")
        await asyncio.sleep(4 + plan.seconds)
        await whole.state("paused")
        await asyncio.sleep(4 + TALK_S)
        talks = await browser.talks() if browser is not None else []
        rows = await whole.rows(BRIDGED)
        shown = {attempt: at for console in consoles.all for attempt, at in console.talking.items()}
        theirs = sorted(observer.bridged[f"pl-c-{row['id']}"] for row in rows if row["agent_id"] == user)
        return _result(plan, [str(row["id"]) for row in rows], observer, shown, _pair(theirs, talks))


def _pair(bridged: list[float], shown: list[float]) -> list[float]:
    """Milliseconds from each bridging of the browser's agent to the next change of the page."""
    took = ((next((at for at in shown if at >= begun - 0.05), None), begun) for begun in bridged)
    return [(at - begun) * 1000 for at, begun in took if at is not None]


def _result(plan: Plan, attempts: list[str], observer: Observer, shown: dict[str, float], page: list[float]) -> Result:
    channels = [f"pl-c-{attempt}" for attempt in attempts]
    connect = [(observer.bridged[one] - observer.up[one]) * 1000 for one in channels if one in observer.bridged]
    known = [one for one in attempts if one in shown]
    console = [(shown[one] - observer.bridged[f"pl-c-{one}"]) * 1000 for one in known]
    figures = [
        Figure("calls connected", len(connect), "", f"{plan.rate:g}/s for {plan.seconds:g} s"),
        Figure("answered to bridged, p50", spread(connect)["p50"], "ms"),
        below("answered to bridged, p99", spread(connect)["p99"], "ms", GOAL_MS),
        Figure("event to console, p50", spread(console)["p50"], "ms"),
        below(f"event to console, p99 ({plan.consoles} consoles)", spread(console)["p99"], "ms", GOAL_MS),
    ]
    if page:
        figures.append(below(f"event to page in Chromium, max of {len(page)}", spread(page)["max"], "ms", GOAL_MS))
    details = {"answered_to_bridged_ms": spread(connect), "event_to_console_ms": spread(console)}
    return Result("floor", figures, details | ({"event_to_page_ms": spread(page)} if page else {}))


def bench(smoke: bool) -> Result:
    plan = SMOKE if smoke else Plan()
    with lines_lab(plan.consoles, answered=1.0) as lab:
        return uvloop.run(measure(lab, plan))
