"""Supervisors see the do-not-contact lists, ask after a number, add an entry and end one; every change is audited."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from campaigns.db import tables as t
from tests.agent_ui.conftest import Browser, Web
from tests.builders import NOW, a_creditor, a_do_not_contact_list, a_tenant

pytestmark = pytest.mark.postgres
NUMBER, SHOWN = "+12125550142", "+121••••••42"


async def a_list(web: Web, *entries: str, **values: Any) -> int:
    async with web.deps.engine.begin() as conn:
        return await a_do_not_contact_list(conn, web.tenant, *entries, **values)


async def shown(browser: Browser) -> dict[str, dict[str, Any]]:
    response = await browser.call("GET", "/api/lists")
    assert response.status == 200, await response.text()
    return {one["name"]: one for one in (await response.json())["lists"]}


async def checked(browser: Browser, address: str = NUMBER) -> dict[str, Any]:
    response = await browser.call("POST", "/api/lists/check", {"address": address})
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def audited(web: Web) -> list[tuple[str, str]]:
    async with web.deps.engine.connect() as conn:
        rows = await conn.execute(select(t.audit.c.action, t.audit.c.actor).order_by(t.audit.c.id))
        return [(row.action, row.actor) for row in rows if row.action.startswith("list.")]


async def test_lists_are_shown_with_scope_count_and_what_is_overdue_or_unread(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        creditor = await a_creditor(conn, web.tenant, name="Banco")
    past, to_come = web.clock.now() - timedelta(days=1), web.clock.now() + timedelta(days=1)
    await a_list(web, NUMBER, name="Letters", scope="creditor", creditor_id=creditor, refresh_by=past)
    await a_list(web, name="State", kind="hashed", digest="ab" * 32, version=1, refresh_by=to_come)
    found = await shown(await web.logged_in("supervisor"))
    letters, state = found["Letters"], found["State"]
    assert (letters["scope"], letters["whose"], letters["entries"]) == ("creditor", "Banco", 1)
    assert (letters["overdue"], letters["unread"]) == (True, False)
    assert (state["overdue"], state["unread"]) == (False, True)


async def test_an_entry_is_added_found_masked_and_ended_with_a_reason(web: Web) -> None:
    of, browser = await a_list(web, name="Letters"), await web.logged_in("supervisor")
    assert (await checked(browser))["listed"] is False
    with capture_logs() as logs:
        added = await browser.call(
            "POST", f"/api/lists/{of}/entries", {"address": "+1 212 555 0142", "evidence": "letter 7"}
        )
        assert added.status == 200, await added.text()
        assert (await added.json())["added"] is True
        found = await checked(browser)
        (entry,) = found["lists"]
        assert (entry["list"], entry["evidence"], entry["how"]) == ("Letters", "letter 7", "console")
        assert entry["by"] == f"user:{web.users['supervisor']}"
        assert found["address"] == SHOWN and NUMBER not in str(found)
        again = await browser.call("POST", f"/api/lists/{of}/entries", {"address": NUMBER, "evidence": "letter 8"})
        assert (await again.json())["added"] is False
        ended = await browser.call("POST", f"/api/lists/{of}/entries/end", {"address": NUMBER, "reason": "by error"})
        assert ended.status == 200
    after = await checked(browser)
    assert (after["listed"], after["ended"][0]["end_reason"]) == (False, "by error")
    actor = f"user:{web.users['supervisor']}"
    assert await audited(web) == [("list.added", actor), ("list.entry_ended", actor)]
    assert logs and "5550142" not in str(logs)


async def test_a_prefix_closes_every_number_that_begins_with_it(web: Web) -> None:
    of, browser = await a_list(web, name="Premium"), await web.logged_in("supervisor")
    body = {"address": "+1212", "kind": "prefix", "evidence": "order 3"}
    assert (await browser.call("POST", f"/api/lists/{of}/entries", body)).status == 200
    (entry,) = (await checked(browser))["lists"]
    assert (entry["why"], entry["kind"], entry["prefix"]) == ("begins with +1212", "prefix", "+1212")
    gone = {"address": "+1212", "kind": "prefix", "reason": "order ended"}
    assert (await browser.call("POST", f"/api/lists/{of}/entries/end", gone)).status == 200
    assert (await checked(browser))["listed"] is False


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("check", {"address": "12"}, "address"), ("check", {"address": ""}, "address"), ("check", {}, "address"),
        ("{of}/entries", {"address": "hello", "evidence": "x"}, "address"),
        ("{of}/entries", {"address": NUMBER}, "evidence"),
        ("{of}/entries", {"address": NUMBER, "evidence": " "}, "evidence"),
        ("{of}/entries", {"address": "+0", "kind": "prefix", "evidence": "x"}, "address"),
        ("{of}/entries/end", {"address": NUMBER, "reason": ""}, "reason"),
        ("{of}/entries/end", {"address": NUMBER, "reason": "not there"}, "address"),
        ("{hashed}/entries", {"address": NUMBER, "evidence": "x"}, "list"),
        ("{ended}/entries", {"address": NUMBER, "evidence": "x"}, "list"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_with_its_field(web: Web, path: str, body: dict[str, Any], field: str) -> None:
    of, hashed = await a_list(web), await a_list(web, kind="hashed")
    ended = await a_list(web, ended_at=NOW, ended_by="cli", end_reason="over")
    browser = await web.logged_in("supervisor")
    refused = await browser.call("POST", f"/api/lists/{path.format(of=of, hashed=hashed, ended=ended)}", body)
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)
    assert NUMBER not in await refused.text()


async def test_another_tenants_lists_are_not_there_and_an_id_is_no_name(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        strange = await a_do_not_contact_list(conn, await a_tenant(conn, "Other"), NUMBER, name="Hidden")
    mine = await a_list(web, name="Mine")
    async with web.deps.engine.begin() as conn:
        row = {"tenant_id": web.tenant, "name": str(mine), "kind": "entries", "scope": "global"}
        await conn.execute(insert(t.do_not_contact_list).values(**row, created_at=NOW, created_by="cli"))
    browser = await web.logged_in("supervisor")
    assert set(await shown(browser)) == {"Mine", str(mine)}
    assert (await checked(browser))["listed"] is False
    body = {"address": NUMBER, "evidence": "x"}
    assert (await browser.call("POST", f"/api/lists/{strange}/entries", body)).status == 404
    assert (await (await browser.call("POST", f"/api/lists/{mine}/entries", body)).json())["list"] == "Mine"
