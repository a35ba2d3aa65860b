"""Shows each agent their own console: the stream `agent:<user id>`, in the shape of AgentConsole in protocol.ts.

Nothing of a person's debts is in it before the right party is recorded in the database; it goes when the call is over.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from campaigns.casefile.model import WordsView
from campaigns.model import DISPOSITIONS
from campaigns.shifts.model import PAUSE_REASONS, Plan
from dialer.agent import AgentState, Leg
from dialer.call import CallState
from dialer.opening import opening_words
from dialer.previews import skips_left
from dialer.state import FloorState, LiveAgent, LiveCall, Preview
from dialer.streams import Op
from dialer.tallies import Tallies
from telephony.number import mask

NOTICES_KEPT = 20
# the same objects in every console's state: nobody changes them
CHOICES = [{"code": code, "label": label} for code, label in DISPOSITIONS.items()]
REASONS = list(PAUSE_REASONS)
BECAUSE = {
    "conversation": "The call is over.",
    "no_answer": "Nobody answered.",
    "busy": "The line was busy.",
    "invalid_number": "The number does not exist.",
    "failed": "The network could not connect the call.",
    "cancelled": "The call was cancelled.",
    "abandoned": "The person waited too long and heard the message.",
    "answered_dropped": "The person hung up before you were connected.",
    "announced": "The person heard the announcement.",
    "unknown": "The connection to the exchange was lost.",
}
PHASES = {
    CallState.COMMITTED: "dialing",
    CallState.DIALING: "dialing",
    CallState.RINGING: "dialing",
    CallState.DETECTING: "dialing",
    CallState.WAITING: "dialing",
    CallState.BRIDGING: "dialing",
    CallState.TALKING: "talking",
    CallState.HELD: "hold",
}


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def stream_of(user_id: int) -> str:
    return f"agent:{user_id}"


class Console:
    def __init__(self, state: FloorState, tallies: Tallies) -> None:
        self._state = state
        self._tallies = tallies
        self._shown: dict[int, dict[str, Any]] = {}

    def show(self, live: LiveAgent) -> None:
        """Send what changed since the last time."""
        now = {
            "agent": self.agent_view(live),
            "call": self._call(live),
            "file": live.file,
            "today": self.today(live),
            "nodes": nodes_view(self._state),
            "campaigns": self._campaigns(live),
            "dispositions": CHOICES,
            "pause_reasons": REASONS,
            "notices": list(live.notices[-NOTICES_KEPT:]),
        }
        before = self._shown.get(live.user_id, {})
        ops = [Op((key,), value) for key, value in now.items() if key not in before or before[key] != value]
        self._shown[live.user_id] = now
        self._state.hub.publish(stream_of(live.user_id), ops)

    def agent_view(self, live: LiveAgent) -> dict[str, Any]:
        agent = live.agent
        return {
            "state": str(agent.state),
            "since": iso(agent.since) or iso(self._state.now()),
            "reason": agent.reason,
            "wish": agent.wish,
            "wish_reason": agent.wish_reason,
            "deadline": iso(agent.deadline),
            "planned": plans_view(live.plans),
            "back_at": iso(back_at(live)),
            "phone": {"endpoint": live.endpoint or "", "online": agent.online, "connected": agent.leg is Leg.UP},
        }

    def _call(self, live: LiveAgent) -> dict[str, Any] | None:
        if live.preview is not None and live.agent.state in (AgentState.PREVIEW, AgentState.RESERVED):
            phase = "preview" if live.agent.state is AgentState.PREVIEW else "dialing"
            return self._preview(live.preview, phase)
        shown = (AgentState.RESERVED, AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP)
        if live.call is None or live.agent.state not in shown:
            return None
        return self._call_view(live, live.call)

    def _head(self, campaign_id: int | None, phone: str, language: str) -> dict[str, Any]:
        campaign = self._state.campaigns.get(campaign_id or 0)
        return {
            "campaign_id": campaign_id or 0,
            "campaign": campaign.name if campaign else "",
            "mode": campaign.settings.mode if campaign else "preview",
            "default_disposition": campaign.settings.default_disposition if campaign else "contact_no_result",
            "phone": phone,
            "phone_masked": mask(phone),
            "language": language,
            "words": [],
        }

    def _preview(self, preview: Preview, phase: str) -> dict[str, Any]:
        campaign = self._state.campaigns.get(preview.campaign_id)
        return self._head(preview.campaign_id, preview.phone, preview.card.language) | {
            "attempt_id": "",
            "phase": phase,
            "since": iso(preview.since),
            "answered_at": None,
            "bridged_at": None,
            "ended_at": None,
            "ended_because": None,
            "ask_for": preview.card.ask_for,
            "checks": [],
            "identity": "unchecked",
            "disposition": None,
            "score": preview.row.score / 1000 if preview.row else None,
            "skips_left": skips_left(self._state, preview),
            "dials_at_end": campaign is not None and campaign.settings.preview_end == "dial",
        }

    def _call_view(self, live: LiveAgent, call: LiveCall) -> dict[str, Any]:
        life, card = call.call, call.card
        mine = live.agent.state in (AgentState.TALKING, AgentState.HOLD, AgentState.RESERVED)
        phase = PHASES.get(life.state, "ended") if mine else "ended"
        ended = phase == "ended"
        return self._head(call.campaign_id, call.phone, card.language if card else "en") | {
            "attempt_id": call.attempt_id,
            "phase": phase,
            "since": iso(life.launched_at or call.state_since),
            "answered_at": iso(life.answered_at),
            "bridged_at": iso(life.bridged_at),
            "ended_at": iso(life.ended_at or (live.agent.since if ended else None)),
            "ended_because": BECAUSE.get(life.outcome or "conversation") if ended else None,
            "ask_for": card.ask_for if card else "",
            "checks": [dict(check) for check in card.checks] if card else [],
            "identity": call.identity,
            "disposition": live.agent.disposition,
            "words": [] if ended else self._words(live, call),
        }

    def _words(self, live: LiveAgent, call: LiveCall) -> list[WordsView]:
        """Before the right party is known: of no debt."""
        if call.card is None:
            return []
        card, books = call.card, self._state.gate.books
        names = {"agent": live.name, "business_name": card.business_name, "business_phone": card.business_phone}
        return opening_words(books, call.in_force, card.language, names)

    def today(self, live: LiveAgent) -> dict[str, Any]:
        tally = self._tallies.agent(live.user_id)
        seconds = tally.seconds
        return {
            "calls": tally.calls,
            "contacts": tally.contacts,
            "right_party": tally.right_party,
            "promises": tally.promises,
            "promised": money(tally.promised),
            "talk_s": round(seconds["talking"] + seconds["hold"]),
            "ready_s": round(seconds["ready"] + seconds["reserved"]),
            "wrap_up_s": round(seconds["wrap_up"]),
            "pause_s": round(seconds["paused"]),
        }

    def _campaigns(self, live: LiveAgent) -> list[dict[str, Any]]:
        theirs = sorted(live.campaigns.intersection(self._state.campaigns))
        found = (self._state.campaigns[campaign_id] for campaign_id in theirs)
        return [{"id": c.id, "name": c.name, "mode": c.settings.mode, "state": c.state} for c in found]


def plans_view(plans: Iterable[Plan]) -> list[dict[str, Any]]:
    return [
        {"id": plan.id, "kind": plan.kind, "at": iso(plan.at), "minutes": plan.minutes, "reason": plan.reason}
        for plan in plans
    ]


def back_at(live: LiveAgent) -> datetime | None:
    """When the planned break that the agent is on is over; None: no such break, or of no known length."""
    plan, agent = live.planned, live.agent
    if plan is None or plan.minutes is None or agent.since is None:
        return None
    on_it = agent.state is AgentState.PAUSED and agent.reason == plan.reason
    return agent.since + timedelta(minutes=plan.minutes) if on_it else None


def nodes_view(state: FloorState) -> dict[str, Any]:
    return {
        node: {"node": node, "health": str(exchange.health), "why": state.node_why.get(node, "")}
        for node, exchange in state.exchanges.items()
    }


def money(sums: dict[str, int]) -> list[dict[str, Any]]:
    return [{"minor": minor, "currency": currency} for currency, minor in sorted(sums.items())]
