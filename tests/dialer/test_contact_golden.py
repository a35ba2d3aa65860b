"""The golden contact cases, stored as rows and asked through admit(): tables hold what the gate needs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from dialer.contact import Admitted, WantedContact, admit
from tests.builders import a_contact_point, a_creditor, a_debt, a_debtor, a_tenant, uuid7
from tests.dialer.messaging_rig import GATE

CASES = Path(__file__).parents[1] / "compliance" / "golden" / "contacts.jsonl"
OURS = {"dialer": "dialer", "agent": "agent", "callback": "callback", "reply": "reply"}


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines() if line]


def _not_stored(case: dict[str, Any]) -> str | None:
    """What of the case our tables have no place for yet."""
    points = case["debtor"]["contact_points"]
    if any(point.get("number_checks") for point in points):
        return "number checks against the reassigned-numbers database"
    if any(point.get("person") for point in points):
        return "a contact point of a named third party"
    if any("call_counted_for" in event for event in case["history"]):
        return "a call counted for other debts"
    return "student loans under one account" if case.get("debt_details") else None


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class _Stored:
    def __init__(self, conn: AsyncConnection, case: dict[str, Any]) -> None:
        self.conn, self.case = conn, case
        self.points: dict[str, int] = {}
        self.debts: dict[str, int] = {}
        self.tenant = self.debtor = 0

    async def store(self) -> None:
        person = self.case["debtor"]
        self.tenant = await a_tenant(self.conn)
        creditor = await a_creditor(self.conn, self.tenant)
        self.debtor = await a_debtor(
            self.conn, self.tenant, creditor, phones=(), balances=(), created_at=_at("2020-01-01T00:00:00Z")
        )
        await self.conn.execute(t.address.delete())
        for address in person["addresses"]:
            row = {name: address.get(name) for name in ("country", "region", "timezone", "city")}
            await self.conn.execute(insert(t.address).values(**row, tenant_id=self.tenant, debtor_id=self.debtor))
        for name in {*self.case["debts"], *self.case["contact"]["debts"]}:
            self.debts[name] = await a_debt(self.conn, self.tenant, self.debtor, creditor)
        for position, point in enumerate(person["contact_points"]):
            await self._point(point, position)
        for request in person["requests"]:
            await self._request(request)
        for event in self.case["history"]:
            await self._event(event)

    async def _point(self, point: dict[str, Any], position: int) -> None:
        status = "third_party" if point.get("party") == "third_party" else "good"
        made = await a_contact_point(
            self.conn, self.tenant, self.debtor, point["address"], point["kind"], position=position, status=status
        )
        self.points[point["id"]] = made
        for consent in point["consent"]:
            expires = consent.get("expires")
            row = {"channel": consent["channel"], "by": consent["by"], "at": _at(consent["at"])}
            row |= {"tenant_id": self.tenant, "contact_point_id": made, "expires_at": _at(expires) if expires else None}
            await self.conn.execute(insert(t.consent).values(**row))
        for closed in point["opted_out"]:
            row = {"tenant_id": self.tenant, "address": point["address"], "channel": closed["channel"]}
            await self.conn.execute(insert(t.opt_out).values(**row, at=_at(closed["at"]), source="import"))

    async def _request(self, request: dict[str, Any]) -> None:
        details = dict(request.get("details") or {})
        if details.get("debts"):
            details["debts"] = [self.debts.get(name, 0) for name in details["debts"]]
        if details.get("contact_point"):
            details["contact_point"] = self.points[details["contact_point"]]
        row = {"tenant_id": self.tenant, "debtor_id": self.debtor, "kind": request["kind"], "details": details}
        await self.conn.execute(insert(t.person_request).values(**row, at=_at(request["at"]), recorded_by="user:1"))

    async def _event(self, event: dict[str, Any]) -> None:
        address = next(p for p in self.case["debtor"]["contact_points"] if p["id"] == event["contact_point"])["address"]
        if event["outcome"] == "message_received":
            row = {"provider": "x", "provider_id": str(uuid7()), "channel": event["channel"], "from_address": address}
            row |= {
                "tenant_id": self.tenant,
                "debtor_id": self.debtor,
                "to_address": "",
                "body": "",
                "meaning": "other",
            }
            await self.conn.execute(insert(t.inbound_message).values(**row, at=_at(event["at"])))
            return
        row = {
            "id": uuid7(),
            "tenant_id": self.tenant,
            "debtor_id": self.debtor,
            "contact_point_id": self.points[event["contact_point"]],
            "debt_ids": [self.debts[name] for name in event["debts"] if name in self.debts],
            "channel": event["channel"],
            "direction": event["direction"],
            "origin": "agent",
            "at": _at(event["at"]),
            "state": "ended",
            "outcome": event["outcome"],
        }
        await self.conn.execute(insert(t.attempt).values(**row))

    def wanted(self) -> WantedContact:
        contact, chosen = self.case["contact"], self.case["rulebooks"]
        return WantedContact(
            debtor_id=self.debtor,
            channel=contact["channel"],
            origin=OURS[contact["origin"]],  # type: ignore[arg-type]
            contact_point_id=self.points[contact["contact_point"]],
            debt_ids=tuple(self.debts[name] for name in contact["debts"]),
            rulebooks=None if chosen is None else tuple(chosen),
            purpose=contact.get("purpose", "collection"),
        )


@pytest.mark.parametrize(
    "case", [case for case in _cases() if _not_stored(case) is None], ids=lambda case: str(case["id"])
)
async def test_a_golden_case_stored_as_rows_gets_its_verdict(conn: AsyncConnection, case: dict[str, Any]) -> None:
    stored = _Stored(conn, case)
    await stored.store()
    await conn.execute(update(t.debtor).values(own_timezone=None))
    now = _at(case["contact"]["at"])
    (answer,) = await admit(conn, [stored.wanted()], now=now, gate=GATE)
    assert answer.verdict is not None, answer
    expected = case["expect"]
    assert answer.verdict.decision == expected["verdict"], answer.verdict.because
    assert sorted(answer.verdict.codes) == sorted(expected["reasons"])
    if "retry_at" in expected:
        retry_at = expected["retry_at"]
        assert answer.verdict.retry_at == (None if retry_at is None else _at(retry_at))
    assert set(expected.get("flags", ())) <= set(answer.verdict.flags)
    if isinstance(answer, Admitted):
        assert isinstance(answer.attempt_id, UUID)
