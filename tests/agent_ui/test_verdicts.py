"""Supervisors search the stored verdicts page by page; a page reads so many and no more, and shows no number."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from campaigns.db import tables as t
from dialer.contact import GateContext, WantedContact, admit
from dialer.verdict_search import Search, search
from tests.agent_ui.conftest import Browser, Web
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_tenant, uuid7

pytestmark = pytest.mark.postgres
PATH = "/api/verdicts/search"


async def judged(web: Web) -> int:
    """One person whom the gate itself refused by night."""
    async with web.deps.engine.begin() as conn:
        creditor = await a_creditor(conn, web.tenant)
        debtor = await a_debtor(conn, web.tenant, creditor, phones=("+12125550142",), external_ref="Rosa-1")
        gate = GateContext(web.deps.gate.books)
        night = NOW.replace(hour=4)
        await admit(conn, [WantedContact(debtor, "voice", "dialer")], now=night, gate=gate)
    return debtor


async def some(conn: AsyncConnection, tenant: int, debtor: int, count: int, at: datetime = NOW, **values: Any) -> None:
    """Verdicts a second apart, the newest at `at`."""
    reason = {"code": "hours", "rule": "us-federal.hours", "rulebook": "us-federal", "text": "it is 23:00"}
    row = {
        "tenant_id": tenant, "debtor_id": debtor, "channel": "voice", "origin": "dialer", "decision": "deny",
        "reasons": [reason], "flags": [], "rulebooks": {"us-federal": "2026-11-21"}, "tzdb": "2026a",
    } | values  # fmt: skip
    rows = [row | {"id": uuid7(), "at": at - timedelta(seconds=each)} for each in range(count)]
    await conn.execute(insert(t.verdict), rows)


async def asked(browser: Browser, **body: Any) -> dict[str, Any]:
    response = await browser.call("POST", PATH, body)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def test_a_verdict_is_shown_with_all_that_it_rests_on_and_without_the_number(web: Web) -> None:
    debtor = await judged(web)
    found = await asked(await web.logged_in("supervisor"), debtor="Rosa-1")
    (one,) = found["verdicts"]
    assert (one["debtor"], one["reference"], one["verdict"], one["origin"]) == (debtor, "Rosa-1", "deny", "dialer")
    assert one["at_local"] and all("2026-03-0" in local for local in one["at_local"].values())
    (reason,) = [reason for reason in one["reasons"] if reason["code"] == "hours"]
    assert reason["rule"] == "us-federal.hours" and reason["version"] and "12 CFR" in reason["source"]
    assert one["because"].startswith("Not allowed: ") and one["retry_at_local"] and one["tzdb"] and one["zones"]
    assert one["ending"] == "…0142" and "+1212" not in str(found)
    assert found["further"] is None


async def test_pages_follow_each_other_without_a_gap_or_a_double(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        debtor = await a_debtor(conn, web.tenant, await a_creditor(conn, web.tenant))
        await some(conn, web.tenant, debtor, 7)
        await some(conn, web.tenant, debtor, 3)  # of the same instants
    browser = await web.logged_in("supervisor")
    seen: list[tuple[str, str]] = []
    place: dict[str, Any] | None = None
    for _ in range(20):
        page = await asked(browser, limit=2, **({"before": place} if place else {}))
        seen += [(row["at"], row["id"]) for row in page["verdicts"]]
        place = page["further"]
        if place is None:
            break
    assert len(seen) == 10 and seen == sorted(set(seen), reverse=True)


async def test_each_filter_leaves_out_what_it_does_not_name(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        creditor = await a_creditor(conn, web.tenant)
        debtor, other = await a_debtor(conn, web.tenant, creditor), await a_debtor(conn, web.tenant, creditor)
        campaign = await a_campaign(conn, web.tenant, creditor, name="Spring")
        await some(conn, web.tenant, debtor, 1, channel="sms", decision="allow", reasons=[], campaign_id=campaign)
        await some(conn, web.tenant, other, 1, at=NOW - timedelta(days=2))
    browser = await web.logged_in("supervisor")
    then = (NOW - timedelta(days=1)).isoformat()
    for body in (
        {"debtor": str(debtor)}, {"channel": "sms"}, {"decision": "allow"}, {"campaign": campaign}, {"since": then}
    ):  # fmt: skip
        found = (await asked(browser, **body))["verdicts"]
        assert [row["debtor"] for row in found] == [debtor], body
        assert found[0]["campaign_name"] == "Spring"
    for body in ({"reason": "hours"}, {"until": then}):
        assert [row["debtor"] for row in (await asked(browser, **body))["verdicts"]] == [other], body
    assert (await asked(browser, reason="opt_out"))["verdicts"] == []


async def test_what_matches_seldom_is_found_by_asking_on(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        debtor = await a_debtor(conn, web.tenant, await a_creditor(conn, web.tenant))
        await some(conn, web.tenant, debtor, 10)
        await some(conn, web.tenant, debtor, 1, at=NOW - timedelta(hours=1), decision="review")
        wanted = Search(web.tenant, decision="review")
        first = await search(conn, wanted, block=10)
        assert first.rows == () and first.further is not None
        then = await search(conn, Search(web.tenant, decision="review", before=first.further), block=10)
        assert len(then.rows) == 1 and then.further is None


async def test_the_order_comes_from_an_index(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        await conn.execute(text("SET LOCAL enable_seqscan = off"))
        await conn.execute(text("SET LOCAL enable_sort = off"))
        question = "EXPLAIN SELECT at, id FROM verdict WHERE tenant_id = 1 AND at <= now() ORDER BY at DESC, id DESC"
        plan = "\n".join((await conn.execute(text(question))).scalars())
    assert "ix_verdict_at" in plan and "Sort" not in plan


async def test_another_tenants_verdicts_and_persons_are_not_there(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        other = await a_tenant(conn, "Other")
        debtor = await a_debtor(conn, other, await a_creditor(conn, other), external_ref="Hidden-1")
        await some(conn, other, debtor, 2)
    browser = await web.logged_in("supervisor")
    assert (await asked(browser))["verdicts"] == []
    for body in ({"debtor": "Hidden-1"}, {"debtor": str(debtor)}):
        refused = await browser.call("POST", PATH, body)
        assert (refused.status, (await refused.json())["error"]["field"]) == (422, "debtor")
        assert (await browser.call("POST", "/api/debtors/find", body)).status == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "fax"}, "channel"), ({"decision": "maybe"}, "decision"), ({"reason": "'; DROP"}, "reason"),
        ({"since": "2026-03-04"}, "since"), ({"since": "2026-03-04T00:00:00"}, "since"), ({"limit": 0}, "limit"),
        ({"since": "2026-03-04T00:00:00Z", "until": "2026-03-04T00:00:00Z"}, "until"), ({"campaign": 0}, "campaign"),
        ({"before": {"at": "2026-03-04T00:00:00Z", "id": "x"}}, "before.id"), ({"number": "+1"}, "number"),
    ],
)  # fmt: skip
async def test_what_cannot_be_searched_is_refused_with_its_field(web: Web, body: dict[str, Any], field: str) -> None:
    refused = await (await web.logged_in("supervisor")).call("POST", PATH, body)
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)


async def test_a_person_is_found_and_the_reference_is_in_no_log(web: Web) -> None:
    debtor, browser = await judged(web), await web.logged_in("supervisor")
    with capture_logs() as logs:
        found = await browser.call("POST", "/api/debtors/find", {"debtor": " Rosa-1 "})
        await asked(browser, debtor="Rosa-1")
    assert await found.json() == {"id": debtor}
    assert logs and "Rosa-1" not in str(logs)
    assert (await browser.call("POST", "/api/debtors/find", {"debtor": ""})).status == 422
