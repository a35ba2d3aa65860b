"""Decides which agent takes which answered call: calls first in first out, agents longest idle first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class FreeAgent(NamedTuple):
    """An agent who can be given a debtor now. `campaigns`: whose calls they take."""

    user_id: int
    idle_since: datetime
    campaigns: frozenset[int]


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A person on the line. `only`: the agent who chose this call; `excluded`: agents that already failed it."""

    attempt_id: str
    campaign_id: int
    since: datetime
    deadline: datetime
    only: int | None = None
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    attempt_id: str
    user_id: int


def match(calls: Iterable[WaitingCall], agents: Iterable[FreeAgent], now: datetime) -> list[Pair]:
    """Each agent at most once, each call at most once; a call past its deadline gets nobody."""
    free = sorted(agents, key=lambda agent: (agent.idle_since, agent.user_id))
    pairs: list[Pair] = []
    for call in sorted(calls, key=lambda call: (call.since, call.attempt_id)):
        if not free:
            break
        if now >= call.deadline:
            continue
        taker = next((agent for agent in free if takes(agent, call)), None)
        if taker is not None:
            free.remove(taker)
            pairs.append(Pair(call.attempt_id, taker.user_id))
    return pairs


def takes(agent: FreeAgent, call: WaitingCall) -> bool:
    if agent.user_id in call.excluded:
        return False
    if call.only is not None:
        return agent.user_id == call.only
    return call.campaign_id in agent.campaigns
