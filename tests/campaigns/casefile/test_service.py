"""The file shows everything after the right party is recorded, and nothing of a debt before."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile import model, service
from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from campaigns.notes import service as notes
from campaigns.problems import Refused
from tests.builders import NOW, a_creditor, a_debtor, a_message, a_promise, a_tenant, a_user, an_attempt

PROTOCOL = Path(__file__).parents[3] / "agent_ui" / "web" / "src" / "protocol.ts"


async def _dana(conn: AsyncConnection) -> tuple[int, int]:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant, name="Acme")
    debtor = await a_debtor(
        conn, tenant, creditor, family_name="Doe", balances=(125_000, 40_000), date_of_birth=date(1980, 5, 17)
    )
    return tenant, debtor


async def test_before_the_right_party_is_recorded_nothing_tells_of_a_debt(conn: AsyncConnection) -> None:
    _, debtor = await _dana(conn)
    person = await service.load_person(conn, debtor)
    assert person["ask_for"] == "Dana Doe" and person["language"] == "en"
    assert [check["key"] for check in person["checks"]][:2] == ["date_of_birth", "postal_code"]
    assert person["checks"][0]["expected"] == "1980-05-17" and person["checks"][1]["expected"] == "10001"
    written = json.dumps(person)
    assert "Acme" not in written and "1250" not in written and "USD" not in written


@pytest.mark.parametrize(
    ("reference", "last"),
    [("L-000083-1", "0831"), ("ES-88-104471", "4471"), ("8375", "8375"), ("ACC 12/b", "C12b"), ("83-1", ""), ("", "")],
)
def test_the_last_four_are_letters_and_digits_as_people_read_them_out(reference: str, last: str) -> None:
    assert service.last_four(reference) == last


async def test_the_file_has_debts_score_with_reasons_and_limits(conn: AsyncConnection) -> None:
    tenant, debtor = await _dana(conn)
    await a_promise(conn, tenant, debtor, state="broken")
    settings = CampaignSettings(caller_id="+12125550100", promise_max_days=14, promise_min_minor_units=500)
    file = await service.load_file(conn, debtor, NOW, settings=settings)
    assert (file["name"], file["city"], file["timezone"], file["local_time"]) == (
        "Dana Doe", "Springfield", "America/New_York", "10:00",
    )  # fmt: skip
    assert [debt["balance"]["minor"] for debt in file["debts"]] == [125_000, 40_000]
    assert file["debts"][0]["creditor"] == "Acme" and file["debts"][0]["days_past_due"] == 95
    assert file["score"]["total"] == pytest.approx(sum(part["points"] for part in file["score"]["parts"]))
    reasons = {part["name"]: part["because"] for part in file["score"]["parts"]}
    assert reasons["promise_history"] == "0 promises kept, 1 broken"
    assert file["promise_limits"] == {"min_minor": 500, "max_days": 14}
    assert [promise["state"] for promise in file["promises"]] == ["broken"]


async def test_the_timeline_holds_everything_newest_first(conn: AsyncConnection) -> None:
    tenant, debtor = await _dana(conn)
    agent = await a_user(conn, tenant, display_name="Anna")
    hours = [NOW - timedelta(hours=n) for n in range(6)]
    await an_attempt(conn, tenant, debtor, at=hours[5])
    await an_attempt(conn, tenant, debtor, at=hours[4], outcome="conversation", disposition="refuses")
    await a_message(conn, tenant, debtor, state="delivered", created_at=hours[3])
    await notes.record(
        conn, tenant_id=tenant, debtor_id=debtor, body="Paid on Friday", command_id="n", now=hours[2], agent_id=agent
    )
    await a_promise(conn, tenant, debtor, created_at=hours[1])
    await conn.execute(
        insert(t.person_request).values(
            tenant_id=tenant, debtor_id=debtor, kind="stop_calling", at=hours[0], recorded_by="user:1"
        )
    )
    await conn.execute(
        insert(t.inbound_message).values(
            tenant_id=tenant, provider="p", provider_id="1", channel="sms", from_address="+1", to_address="+2",
            body="STOP", meaning="stop", debtor_id=debtor, at=NOW + timedelta(hours=1),
        )
    )  # fmt: skip
    found = [(item["kind"], item["text"], item["detail"]) for item in await service.load_timeline(conn, debtor)]
    assert found == [
        ("inbound", "STOP", "sms, stop"),
        ("request", "Stop calling", "user:1"),
        ("promise", "Promise of USD 50.00, pending", "due 2026-03-11"),
        ("note", "Paid on Friday", "Anna"),
        ("message", "SMS delivered", "missed_call"),
        ("call", "Call", "conversation: Refuses to pay"),
        ("call", "Call", "no answer"),
    ]


async def test_nobodys_file_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(Refused, match="no debtor 99"):
        await service.load_file(conn, 99, NOW)


@pytest.mark.parametrize(
    "shape", ["FileView", "DebtView", "TimelineItem", "PromiseView", "Money", "WishView", "SayView"]
)
def test_the_shapes_have_the_fields_of_the_protocol(shape: str) -> None:
    found = re.search(rf"export interface {shape} \{{(.*?)\n?\}}\n", PROTOCOL.read_text(), re.S)
    assert found is not None
    body = re.sub(r"//.*", "", found.group(1))
    while "{" in body:
        body = re.sub(r"\{[^{}]*\}", "object", body)
    fields = {field.partition(":")[0].strip() for field in body.split(";") if ":" in field}
    assert fields == set(getattr(model, shape).__annotations__)
