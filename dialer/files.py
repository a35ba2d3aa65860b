"""Loads a person's file for the console, after the right party was recorded in the database."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.model import MayContact
from campaigns.casefile.service import load_file
from campaigns.db.engine import reading
from compliance.facts import CHANNELS
from compliance.verdict import format_instant
from dialer.contact import Admitted, WantedContact, would
from dialer.contact_facts import Known
from dialer.contact_rows import lock_and_read
from dialer.reasons import said
from dialer.state import FloorState, LiveCall
from dialer.wishes import to_say, tone_of

NAMES = {"voice": "call", "sms": "SMS", "whatsapp": "WhatsApp message", "email": "e-mail"}


class _Looked(NamedTuple):
    view: MayContact
    in_force: tuple[str, ...] = ()


class Files:
    def __init__(self, state: FloorState) -> None:
        self._state = state

    async def load(self, call: LiveCall) -> dict[str, Any]:
        """FileView of protocol.ts."""
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        now = self._state.now()
        async with reading(self._state.engine) as conn:
            settings = campaign.settings if campaign else None
            file = await load_file(conn, call.debtor_id, now, settings=settings)
            references = {str(debt["id"]): debt["reference"] for debt in file["debts"]}
            file["may_contact"], in_force = await self._may_contact(conn, call, references)
            file["say"] = to_say(self._state.gate.books, in_force, file["language"])
            file["tone"] = tone_of(self._state.gate.books, file["wishes"], now.date())
            return dict(file)

    async def _may_contact(
        self, conn: AsyncConnection, call: LiveCall, references: Mapping[str, str]
    ) -> tuple[list[MayContact], tuple[str, ...]]:
        """What the gate would say now of each channel, and the rulebooks in force for a call.

        A look only: nothing is admitted or stored by it.
        """
        now = self._state.now()
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        lists = self._state.gate.lists
        known = (await lock_and_read(conn, [call.debtor_id], now=now, lock=False, lists=lists)).get(call.debtor_id)
        if known is None:
            return [], ()
        # the agent speaks with the person in this very call: it is counted, but it is not what stands in the way
        known = replace(known, in_call=False)
        also = (campaign.settings.rulebooks if campaign else None) or ()
        asked = WantedContact(call.debtor_id, "voice", "agent", campaign_id=call.campaign_id, also_rulebooks=also)
        found: list[MayContact] = []
        in_force: tuple[str, ...] = ()
        for channel in CHANNELS:
            answer = self._channel(known, replace(asked, channel=channel), references, now)
            found.append(answer.view)
            if channel == "voice":
                in_force = answer.in_force
        return found, in_force

    def _channel(self, known: Known, wanted: WantedContact, references: Mapping[str, str], now: datetime) -> _Looked:
        channel = wanted.channel
        if not known.candidates(channel, None):
            text = f"no address for a {NAMES[channel]}"
            return _Looked({"channel": channel, "allowed": False, "because": text, "reasons": [text], "retry_at": None})
        answer, row = would(known, wanted, now=now, gate=self._state.gate)
        in_force = answer.verdict.rulebooks if answer.verdict is not None else ()
        if isinstance(answer, Admitted):
            view: MayContact = {"channel": channel, "allowed": True, "because": "", "reasons": [], "retry_at": None}
            return _Looked(view, in_force)
        if answer.verdict is not None:
            texts = [said(reason, references) for reason in answer.verdict.reasons]
        else:
            broken = answer.reasons == ("facts",)
            texts = ["what is stored contradicts itself"] if broken else [row["reasons"][0]["text"]]
        retry_at = format_instant(answer.retry_at)
        return _Looked(
            {"channel": channel, "allowed": False, "because": texts[0], "reasons": texts, "retry_at": retry_at},
            in_force,
        )
