"""A supervisor takes the evidence of one contact, and it is written down who did."""

import pytest
from sqlalchemy import text

from dialer.contact import Admitted, GateContext, WantedContact, admit
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_creditor, a_debtor, a_tenant

pytestmark = pytest.mark.postgres


async def called(web: Web, tenant: int) -> str:
    async with web.deps.engine.begin() as conn:
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=("+12125550142",))
        gate = GateContext(web.deps.gate.books)
        (answer,) = await admit(conn, [WantedContact(debtor, "voice", "dialer")], now=NOW, gate=gate)
    assert isinstance(answer, Admitted)
    return str(answer.attempt_id)


async def test_a_supervisor_finds_a_contact_and_takes_its_evidence(web: Web) -> None:
    attempt = await called(web, web.tenant)
    browser = await web.logged_in("supervisor")
    found = await (await browser.call("POST", "/api/verdicts/search", {"decision": "allow"})).json()
    assert [row["attempt"] for row in found["verdicts"]] == [attempt]
    response = await browser.call("POST", f"/api/contacts/{attempt}/evidence", {})
    document = await response.json()
    assert response.status == 200 and response.headers["Cache-Control"] == "no-store"
    assert document["contact"]["ending"] == "…0142" and "+1212" not in await response.text()
    assert any(rule["rule"] == "us-federal.hours" and rule["source"] for rule in document["rules"])
    async with web.deps.engine.connect() as conn:
        taken = "SELECT actor, subject FROM audit WHERE action = 'evidence.taken'"
        ((actor, subject),) = (await conn.execute(text(taken))).all()
    assert actor.startswith("user:") and subject == f"attempt:{attempt}"


async def test_another_tenants_contact_and_what_is_none_are_refused_and_leave_no_trace(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        other = await a_tenant(conn, "Other agency")
    attempt = await called(web, other)
    browser = await web.logged_in("supervisor")
    for given, status in ((attempt, 422), ("x", 404), ("00000000-0000-0000-0000-000000000001", 422)):
        assert (await browser.call("POST", f"/api/contacts/{given}/evidence", {})).status == status
    async with web.deps.engine.connect() as conn:
        assert (await conn.execute(text("SELECT id FROM audit WHERE action = 'evidence.taken'"))).all() == []
