"""Loads a person's file for the console, after the right party was recorded in the database."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.model import MayContact
from campaigns.casefile.service import load_file
from compliance.facts import CHANNELS
from compliance.gate import judge
from dialer.contact_facts import facts_of
from dialer.contact_rows import lock_and_read
from dialer.reasons import said
from dialer.state import FloorState, LiveCall
from dialer.wishes import to_say, tone_of

log = structlog.get_logger(__name__)
NAMES = {"voice": "call", "sms": "SMS", "whatsapp": "WhatsApp message", "email": "e-mail"}


class Files:
    def __init__(self, state: FloorState) -> None:
        self._state = state

    async def load(self, call: LiveCall) -> dict[str, Any]:
        """FileView of protocol.ts."""
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        now = self._state.now()
        async with self._state.engine.connect() as conn:
            settings = campaign.settings if campaign else None
            file = await load_file(conn, call.debtor_id, now, settings=settings)
            references = {str(debt["id"]): debt["reference"] for debt in file["debts"]}
            file["may_contact"], in_force = await self._may_contact(conn, call, references)
            file["say"] = to_say(self._state.gate.books, in_force, file["language"])
            file["tone"] = tone_of(self._state.gate.books, file["wishes"], now.date())
            await conn.rollback()  # the look at the gate locked the person's row
            return dict(file)

    async def _may_contact(
        self, conn: AsyncConnection, call: LiveCall, references: Mapping[str, str]
    ) -> tuple[list[MayContact], tuple[str, ...]]:
        """What the gate would say now of each channel, and the rulebooks in force for a call.

        A look only: nothing is admitted or stored by it.
        """
        now = self._state.now()
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        known = (await lock_and_read(conn, [call.debtor_id], now=now)).get(call.debtor_id)
        if known is None:
            return [], ()
        found: list[MayContact] = []
        in_force: tuple[str, ...] = ()
        for channel in CHANNELS:
            points = known.candidates(channel, None)
            if not points:
                found.append({"channel": channel, "allowed": False, "because": f"no address for a {NAMES[channel]}"})
                continue
            try:
                facts = facts_of(
                    known,
                    points[0],
                    channel=channel,
                    origin="agent",
                    purpose="collection",
                    debt_ids=known.open_debts(),
                    rulebooks=None,
                    also=(campaign.settings.rulebooks if campaign else None) or (),
                    now=now,
                )
                verdict = judge(facts, self._state.gate.books)
                if channel == "voice":
                    in_force = verdict.rulebooks
            except (ValueError, TypeError, LookupError) as problem:
                log.warning("file.gate_not_asked", debtor_id=call.debtor_id, problem=type(problem).__name__)
                found.append({"channel": channel, "allowed": False, "because": "what is stored contradicts itself"})
                continue
            because = "" if verdict.allowed or not verdict.reasons else said(verdict.reasons[0], references)
            found.append({"channel": channel, "allowed": verdict.allowed, "because": because})
        return found, in_force
