"""Decides which agent takes which answered call: the campaign of the highest priority first. Pure.

Within one priority calls go first in first out; agents who take the campaign's calls, longest idle first.
"""

from collections.abc import Iterable, Iterator
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
    """A person on the line. `only`: the agent who chose this call; `excluded`: agents that already failed it.

    `priority`: the campaign's, 0 to 9.
    """

    attempt_id: str
    campaign_id: int
    since: datetime
    deadline: datetime
    only: int | None = None
    excluded: frozenset[int] = frozenset()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    attempt_id: str
    user_id: int


def match(calls: Iterable[WaitingCall], agents: Iterable[FreeAgent], now: datetime) -> list[Pair]:
    """Each agent at most once, each call at most once; a call past its deadline gets nobody.

    `agents` come longest idle first, and no more of them are asked for than it takes.
    """
    coming, passed = iter(agents), list[FreeAgent]()
    pairs: list[Pair] = []
    for call in sorted(calls, key=lambda call: (-call.priority, call.since, call.attempt_id)):
        if now < call.deadline and (taker := _taker(call, passed, coming)) is not None:
            pairs.append(Pair(call.attempt_id, taker.user_id))
    return pairs


def _taker(call: WaitingCall, passed: list[FreeAgent], coming: Iterator[FreeAgent]) -> FreeAgent | None:
    """The first who takes the call; `passed` are those whom an earlier call looked at and left."""
    for place, agent in enumerate(passed):
        if takes(agent, call):
            return passed.pop(place)
    for agent in coming:
        if takes(agent, call):
            return agent
        passed.append(agent)
    return None


def takes(agent: FreeAgent, call: WaitingCall) -> bool:
    if agent.user_id in call.excluded:
        return False
    if call.only is not None:
        return agent.user_id == call.only
    return call.campaign_id in agent.campaigns
