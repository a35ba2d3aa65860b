"""Shows claimed debtors to ready agents, and dials or releases them as the agent decides."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.callbacks import service as callbacks
from campaigns.queue import service as queue
from campaigns.queue.model import ClaimedRow
from dialer import agent_events as ae
from dialer.contact import Admitted, Refused, WantedContact, admit
from dialer.reasons import said
from dialer.state import Card, FloorState, LiveAgent, LiveCall, LiveCampaign, Preview

log = structlog.get_logger(__name__)
SKIPPED_FOR = timedelta(minutes=30)
TRY_AGAIN = timedelta(minutes=1)
PHONES = text("""
SELECT DISTINCT ON (debtor_id) debtor_id, address FROM contact_point
WHERE debtor_id = ANY(CAST(:ids AS bigint[])) AND kind <> 'email' AND status = 'good' ORDER BY debtor_id, position, id
""")


class Previews:
    """The engine claims; this shows. `make_call`, `launch`, `put_back`, `denied` are the engine's."""

    def __init__(self, state: FloorState) -> None:
        self._state = state
        self.make_call: Callable[..., LiveCall] | None = None
        self.launch: Callable[[LiveCall], None] = lambda live: None
        self.put_back: Callable[..., Awaitable[None]] | None = None
        self.denied: Callable[[int, Refused], None] = lambda campaign_id, answer: None
        self.notice: Callable[[LiveAgent, str, str], None] = lambda agent, level, words: None

    async def phones(self, conn: AsyncConnection, debtor_ids: Sequence[int]) -> dict[int, str]:
        rows = await conn.execute(PHONES, {"ids": list(debtor_ids)})
        return {row[0]: row[1] for row in rows}

    async def offer(
        self, campaign: LiveCampaign, rows: list[ClaimedRow], cards: Mapping[int, Card], phones: Mapping[int, str]
    ) -> None:
        """One debtor to each agent, longest idle first; what is left over goes back."""
        now = self._state.now()
        agents = [a for a in self._state.agents.values() if self._state.takes_calls(a) and campaign.id in a.campaigns]
        agents.sort(key=lambda live: (live.agent.since or now, live.user_id))
        spare = list(rows)
        for agent in agents:
            if not spare:
                break
            row = spare.pop(0)
            card = cards.get(row.debtor_id) or Card("", "en")
            phone = phones.get(row.debtor_id, "")
            self.show(agent, campaign, Preview(campaign.id, row.debtor_id, card, phone, now, row))
        if spare:
            async with self._state.engine.begin() as conn:
                await queue.release(conn, campaign.id, spare)

    def show(self, agent: LiveAgent, campaign: LiveCampaign, preview: Preview) -> None:
        agent.preview = preview
        due = preview.since + timedelta(seconds=campaign.settings.preview_s)
        dials = campaign.settings.preview_end == "dial"
        self._state.feed_agent(agent, ae.PreviewOffered(due, preview.since, dials))

    def release(self, agent: LiveAgent, reason: str) -> None:
        """Back to the queue: at once when the agent could not look, later when the agent did not want."""
        preview, agent.preview = agent.preview, None
        if preview is not None:
            self.give_back(preview, reason)

    def give_back(self, preview: Preview, reason: str) -> None:
        self._state.tasks.spawn(self._release(preview, reason), "release-preview")

    async def _release(self, preview: Preview, reason: str) -> None:
        skipped = reason not in ("timer", "pause", "logout", "away")
        now = self._state.now()
        try:
            async with self._state.engine.begin() as conn:
                if preview.row is not None:
                    later = now + SKIPPED_FOR if skipped else None
                    await queue.release(conn, preview.campaign_id, [preview.row], later=later, skipped=skipped)
                if preview.callback is not None:
                    later = now + (SKIPPED_FOR if skipped else TRY_AGAIN)
                    await callbacks.finish(conn, preview.callback.id, "pending", later=later)
        except (SQLAlchemyError, OSError) as problem:
            # the lease runs out by itself and the row is ready again
            log.warning("preview.not_released", problem=type(problem).__name__)

    def dial(self, agent: LiveAgent) -> None:
        self._state.tasks.spawn(self._dial(agent), "dial-preview")

    async def _dial(self, agent: LiveAgent) -> None:
        preview, state = agent.preview, self._state
        campaign = state.campaigns.get(preview.campaign_id) if preview else None
        if preview is None or campaign is None or self.make_call is None or self.put_back is None:
            state.feed_agent(agent, ae.PreviewRefused(state.now()))
            return
        try:
            answer = await self._admit(agent, preview, campaign)
        except (SQLAlchemyError, OSError) as problem:
            log.warning("preview.not_admitted", problem=type(problem).__name__)
            agent.refusal = ("database_down", "The database does not answer: nothing was dialed.")
            state.feed_agent(agent, ae.PreviewRefused(state.now()))
            return
        agent.preview = None
        if isinstance(answer, Refused):
            self.denied(campaign.id, answer)
            self.notice(agent, "warning", "This person may not be called now: " + _why(answer))
            state.feed_agent(agent, ae.PreviewRefused(state.now()))
            return
        live = self.make_call(campaign, answer, preview.row, preview.card, agent.user_id)
        agent.call = live
        state.feed_agent(agent, ae.PreviewAdmitted(live.attempt_id, state.now()))
        self.launch(live)

    async def _admit(self, agent: LiveAgent, preview: Preview, campaign: LiveCampaign) -> Admitted | Refused:
        now, row, callback = self._state.now(), preview.row, preview.callback
        wanted = WantedContact(
            preview.debtor_id,
            "voice",
            "callback" if callback is not None else "agent",
            contact_point_id=callback.contact_point_id if callback is not None else None,
            campaign_id=campaign.id,
            node=agent.node,
            queue_fence=row.fence if row is not None else None,
            agent_id=agent.user_id,
            also_rulebooks=campaign.settings.rulebooks or (),
        )
        async with self._state.engine.begin() as conn:
            answer = (await admit(conn, [wanted], now=now, gate=self._state.gate))[0]
            if isinstance(answer, Refused):
                if row is not None and self.put_back is not None:
                    await self.put_back(conn, campaign, [answer], {row.debtor_id: row}, now)
                if callback is not None:
                    again = answer.retry_at
                    state: Literal["pending", "cancelled"] = "pending" if again is not None else "cancelled"
                    await callbacks.finish(conn, callback.id, state, later=again)
        return answer


def skips_left(state: FloorState, preview: Preview) -> int | None:
    """How often this person may still be skipped; None: no limit (an appointment, or a campaign not known here)."""
    campaign = state.campaigns.get(preview.campaign_id)
    if campaign is None or preview.row is None:
        return None
    return max(0, campaign.settings.preview_skips - preview.row.skips)


def _why(answer: Refused) -> str:
    if answer.verdict is not None and answer.verdict.reasons:
        return said(answer.verdict.reasons[0])
    return ", ".join(reason.replace("_", " ") for reason in answer.reasons)
