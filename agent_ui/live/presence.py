"""Tells the floor when an agent's first console opens and when the last one is gone, in that order."""

import asyncio
from collections import defaultdict

import structlog

from agent_ui.live.clients import Clients
from dialer.commands import Actor, FloorPort

log = structlog.get_logger()

TOLD_WITHIN_S = 3.0


class Presence:
    def __init__(self, floor: FloorPort, clients: Clients, namespace: str) -> None:
        self._floor = floor
        self._clients = clients
        self._namespace = namespace
        self._told: dict[int, Actor] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._epoch = floor.hub.epoch

    async def update(self, actor: Actor) -> None:
        """Tell the floor what is so by now, unless it knows; changes that overtake each other come out right."""
        user_id = actor.user_id
        async with self._locks[user_id]:
            present = self._is_present(user_id)
            if present == (user_id in self._told):
                return
            try:
                async with asyncio.timeout(TOLD_WITHIN_S):
                    await self._floor.agent_present(actor, present)
            except (
                Exception
            ) as fault:  # the floor's own fault must not cost the agent the console; `settle` tries again
                log.warning("live.presence_not_told", user_id=user_id, present=present, error=type(fault).__name__)
                return
            if present:
                self._told[user_id] = actor
            else:
                del self._told[user_id]

    async def settle(self) -> None:
        """Tell what could not be told before; and everything anew to a floor that began a new life."""
        if self._floor.hub.epoch != self._epoch:
            self._epoch = self._floor.hub.epoch
            self._told.clear()
        here = {each.identity.user_id: each.actor for each in self._clients if each.namespace == self._namespace}
        wrong = [actor for user_id, actor in here.items() if user_id not in self._told]
        wrong += [actor for user_id, actor in self._told.items() if user_id not in here]
        await asyncio.gather(*(self.update(actor) for actor in wrong))

    def _is_present(self, user_id: int) -> bool:
        return bool(self._clients.of_user(user_id, self._namespace))
