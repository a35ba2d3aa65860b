"""Brings agreed callbacks to ready agents: shown like a preview, to the agent who agreed it or to anyone free."""

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.callbacks import service as callbacks
from campaigns.callbacks.service import Callback
from dialer.cards import load_cards
from dialer.previews import Previews
from dialer.state import Card, FloorState, LiveAgent, LiveCampaign, Preview

log = structlog.get_logger(__name__)
EVERY_S = 5.0
ANY_DUE = text("SELECT 1 FROM callback WHERE state = 'pending' AND due_at <= :now LIMIT 1")


class CallbackCalls:
    def __init__(self, state: FloorState, previews: Previews) -> None:
        self._state = state
        self._previews = previews

    async def run(self) -> None:
        while True:
            await self._state.clock.sleep(EVERY_S)
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("callbacks.not_read", problem=type(problem).__name__)

    async def look(self) -> None:
        """One look for appointments that are due, if there is anybody to keep them."""
        free = [
            agent for agent in self._state.agents.values() if self._state.takes_calls(agent) and self._campaigns(agent)
        ]
        if not free:
            return
        now = self._state.now()
        pairs: list[tuple[LiveAgent, LiveCampaign, Callback]] = []
        async with self._state.engine.begin() as conn:
            if (await conn.execute(ANY_DUE, {"now": now})).first() is None:
                return
            for agent in free:
                for due in await callbacks.claim_due(conn, now, 1, agent_id=agent.user_id):
                    await self._pair(conn, due, [agent], pairs)
            rest = [agent for agent in free if agent not in [pair[0] for pair in pairs]]
            for due in await callbacks.claim_due(conn, now, len(rest)):
                await self._pair(conn, due, rest, pairs)
            debtors = [due.debtor_id for _, _, due in pairs]
            cards = await load_cards(conn, debtors) if pairs else {}
            phones = await self._previews.phones(conn, debtors) if pairs else {}
        for agent, campaign, due in pairs:
            card = cards.get(due.debtor_id) or Card("", "en")
            preview = Preview(campaign.id, due.debtor_id, card, phones.get(due.debtor_id, ""), now, callback=due)
            if self._state.takes_calls(agent):
                self._previews.show(agent, campaign, preview)
            else:
                self._previews.give_back(preview, "timer")  # a call took the agent meanwhile

    async def _pair(
        self,
        conn: AsyncConnection,
        due: Callback,
        agents: list[LiveAgent],
        pairs: list[tuple[LiveAgent, LiveCampaign, Callback]],
    ) -> None:
        """Give the appointment to the first agent who may take it; nobody: it stays pending."""
        for agent in agents:
            theirs = self._campaigns(agent)
            campaign = theirs.get(due.campaign_id) if due.campaign_id is not None else next(iter(theirs.values()), None)
            if campaign is not None:
                pairs.append((agent, campaign, due))
                if agent in agents:
                    agents.remove(agent)
                return
        await callbacks.finish(conn, due.id, "pending")

    def _campaigns(self, agent: LiveAgent) -> dict[int, LiveCampaign]:
        found = (self._state.campaigns.get(campaign_id) for campaign_id in sorted(agent.campaigns))
        return {campaign.id: campaign for campaign in found if campaign is not None and campaign.state == "running"}
