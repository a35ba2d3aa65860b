"""Loads a person's file for the console, after the right party was recorded in the database."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.model import MayContact
from campaigns.casefile.service import load_file
from compliance.facts import CHANNELS
from compliance.verdict import format_instant
from dialer.contact import Admitted, WantedContact, would
from dialer.contact_facts import Known
from dialer.contact_rows import lock_and_read
from dialer.reasons import said
from dialer.state import FloorState, LiveCall

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
            file["may_contact"] = await self._may_contact(conn, call, references)
            return dict(file)

    async def _may_contact(
        self, conn: AsyncConnection, call: LiveCall, references: Mapping[str, str]
    ) -> list[MayContact]:
        """What the gate would say now of each channel; a look only, nothing is admitted or stored by it."""
        now = self._state.now()
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        lists = self._state.gate.lists
        known = (await lock_and_read(conn, [call.debtor_id], now=now, lock=False, lists=lists)).get(call.debtor_id)
        if known is None:
            return []
        # the agent speaks with the person in this very call: it is counted, but it is not what stands in the way
        known = replace(known, in_call=False)
        books = campaign.settings.rulebooks if campaign else None
        asked = WantedContact(call.debtor_id, "voice", "agent", campaign_id=call.campaign_id, rulebooks=books)
        return [self._channel(known, replace(asked, channel=channel), references, now) for channel in CHANNELS]

    def _channel(self, known: Known, wanted: WantedContact, references: Mapping[str, str], now: datetime) -> MayContact:
        channel = wanted.channel
        if not known.candidates(channel, None):
            text = f"no address for a {NAMES[channel]}"
            return {"channel": channel, "allowed": False, "because": text, "reasons": [text], "retry_at": None}
        answer, row = would(known, wanted, now=now, gate=self._state.gate)
        if isinstance(answer, Admitted):
            return {"channel": channel, "allowed": True, "because": "", "reasons": [], "retry_at": None}
        if answer.verdict is not None:
            texts = [said(reason, references) for reason in answer.verdict.reasons]
        else:
            broken = answer.reasons == ("facts",)
            texts = ["what is stored contradicts itself"] if broken else [row["reasons"][0]["text"]]
        retry_at = format_instant(answer.retry_at)
        return {"channel": channel, "allowed": False, "because": texts[0], "reasons": texts, "retry_at": retry_at}
