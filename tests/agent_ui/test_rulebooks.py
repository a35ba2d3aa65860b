"""Supervisors read the rulebooks: what is in force, what counsel must look at, a week's hours, the switches."""

from typing import Any

import pytest
from sqlalchemy import select

from campaigns.admin import service as admin
from campaigns.db import tables as t
from tests.agent_ui.conftest import Web
from tests.builders import NOW

pytestmark = pytest.mark.postgres


async def asked(web: Web, path: str) -> dict[str, Any]:
    web.clock.advance(NOW - web.clock.now())
    response = await (await web.logged_in("supervisor")).call("GET", path)
    assert response.status == 200, await response.text()
    return dict(await response.json())


def switch(body: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in body["switches"] if one["switch"] == "us_third_party_sms")


async def test_every_rulebook_is_listed_with_its_version_sources_and_the_mark_of_a_draft(web: Web) -> None:
    found = {one["id"]: one for one in (await asked(web, "/api/rulebooks"))["rulebooks"]}
    assert set(found) == set(web.deps.gate.books.books)
    assert found["us-federal"]["version"] == "2026-11-21" and found["us-federal"]["sources"]
    drafts = [one for one in found.values() if one["mark"] == "draft, needs counsel"]
    assert drafts and all(one["drafts"] for one in drafts)


async def test_a_switch_is_shown_off_with_its_reason_and_then_on(web: Web) -> None:
    async def turn(on: bool) -> None:
        async with web.deps.engine.begin() as conn:
            await admin.turn_switch(
                conn, tenant_id=web.tenant, switch="us_third_party_sms", on=on, because="test", now=NOW, actor="cli"
            )

    await turn(False)
    before = switch(await asked(web, "/api/rulebooks"))
    assert before["on"] is False
    assert [(one["rulebook"], one["channel"]) for one in before["closes"]] == [("us-federal", "sms")]
    assert before["closes"][0]["because"]
    await turn(True)
    assert switch(await asked(web, "/api/rulebooks"))["on"] is True


async def test_one_rulebook_is_shown_with_its_week_and_the_holidays_of_the_year(web: Web) -> None:
    found = await asked(web, "/api/rulebooks/us-federal?week=2026-03-08&zone=America/New_York")
    week = found["week"]
    assert (week["first"], week["zone"], week["open_hours"]) == ("2026-03-02", "America/New_York", 91)
    assert [day["open"] for day in week["days"]] == [[[480, 1260]]] * 7
    assert [note["kind"] for note in week["days"][6]["notes"]] == ["clock"]
    says = {value["where"]: value for value in found["rulebook"]["versions"][0]["values"]}
    assert says["caps.us-federal.7-in-7"]["says"]["max"] == 7
    assert "file" not in found["rulebook"]
    closed = await asked(web, "/api/rulebooks/ca-qc?week=2026-12-25&channel=voice")
    christmas = next(day for day in closed["week"]["days"] if day["day"] == "2026-12-25")
    assert christmas["open"] == [] and christmas["notes"]
    assert "2026-12-25" in {one["day"] for one in closed["holidays"]} and closed["year"] == 2026


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("us-federal?week=soon", 422, "week"), ("us-federal?week=9999-12-31", 422, "week"),
        ("us-federal?channel=fax", 422, "channel"), ("us-federal?zone=Mars/Base", 422, "zone"), ("xx", 404, None),
    ],
)  # fmt: skip
async def test_what_cannot_be_shown_is_said_with_its_field(
    web: Web, query: str, status: int, field: str | None
) -> None:
    refused = await (await web.logged_in("supervisor")).call("GET", f"/api/rulebooks/{query}")
    assert (refused.status, (await refused.json())["error"].get("field")) == (status, field)


async def test_a_switch_is_turned_with_a_reason_and_audited(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    turned = await browser.call(
        "PUT", "/api/switches/us_third_party_sms", {"on": False, "because": "the carrier took it back"}
    )
    assert (turned.status, await turned.json()) == (200, {"on": ["whatsapp_collection"]})
    assert switch(await asked(web, "/api/rulebooks"))["on"] is False
    async with web.deps.engine.connect() as conn:
        row = (
            await conn.execute(select(t.audit.c.actor, t.audit.c.detail).where(t.audit.c.action == "switch.off"))
        ).one()
    assert row.actor == f"user:{web.users['supervisor']}"
    assert row.detail == {"switch": "us_third_party_sms", "because": "the carrier took it back"}


@pytest.mark.parametrize(
    ("name", "body", "status", "field"),
    [
        ("us_third_party_sms", {"on": False, "because": " "}, 422, "because"),
        ("us_third_party_sms", {"on": False}, 422, "because"),
        ("us_third_party_sms", {"because": "x"}, 422, "on"),
        ("fax", {"on": False, "because": "x"}, 404, None),
    ],
)
async def test_a_switch_that_cannot_be_turned_is_refused(
    web: Web, name: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    refused = await (await web.logged_in("supervisor")).call("PUT", f"/api/switches/{name}", body)
    assert (refused.status, (await refused.json())["error"].get("field")) == (status, field)
    assert switch(await asked(web, "/api/rulebooks"))["on"] is True
