"""Campaigns and templates by the API."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from campaigns.db.tables import audit, tenant
from tests.agent_ui.conftest import Browser, Web
from tests.builders import NOW, a_campaign, a_creditor

SETTINGS = {"caller_id": "+12125550100"}


async def error(response: Any) -> dict[str, Any]:
    return dict((await response.json())["error"])


async def creditor(web: Web, name: str = "Northwind") -> int:
    async with web.deps.engine.begin() as connection:
        return await a_creditor(connection, web.tenant, name=name)


async def made(web: Web, browser: Browser, **changes: Any) -> dict[str, Any]:
    await creditor(web)
    body = {"name": "Spring", "creditor": "Northwind", "settings": SETTINGS, "agents": [web.users["agent"]], **changes}
    response = await browser.call("POST", "/api/campaigns", body)
    assert response.status == 201, await response.text()
    return dict(await response.json())


async def stranger(web: Web) -> int:
    """A campaign of another tenant."""
    async with web.deps.engine.begin() as connection:
        other = await connection.execute(insert(tenant).values(name="other", created_at=NOW).returning(tenant.c.id))
        tenant_id = other.scalar_one()
        return await a_campaign(connection, tenant_id, await a_creditor(connection, tenant_id))


async def test_a_made_campaign_is_a_draft_with_all_its_settings_and_the_floor_hears_of_it(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    assert (campaign["state"], campaign["creditor"], campaign["agents"]) == ("draft", "Northwind", [web.users["agent"]])
    assert campaign["settings"]["caller_id"] == "+12125550100"
    assert campaign["settings"]["ring_timeout_s"] == 22
    assert (await (await browser.call("GET", f"/api/campaigns/{campaign['id']}")).json()) == campaign
    assert (await (await browser.call("GET", "/api/campaigns")).json()) == {
        "campaigns": [campaign],
        "creditors": ["Northwind"],
    }
    assert web.floor.changed_campaigns == [campaign["id"]]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"settings": {}}, "settings.caller_id", "needed"),
        ({"settings": {"caller_id": "911"}}, "settings.caller_id", "no number that can be shown"),
        ({"settings": {**SETTINGS, "ring_timeout_s": 5}}, "settings.ring_timeout_s", "15"),
        ({"settings": {**SETTINGS, "colour": "red"}}, "settings.colour", "known are"),
        ({"settings": {**SETTINGS, "steps": []}}, "settings.steps", "call"),
        ({"settings": {**SETTINGS, "steps": [{"kind": "call", "tries": 99}]}}, "settings.steps.0.call.tries", "20"),
        ({"creditor": "Nobody"}, "creditor", "known are Northwind"),
        ({"name": " "}, "name", "empty"),
        ({"agents": [999_999]}, "agents", "choose an active user"),
        ({"agents": [2**63]}, "agents.0", "less than"),
        ({"name": "nul \x00"}, None, "NUL"),
        ({"tenant_id": 7}, "tenant_id", "not known here"),
    ],
)
async def test_a_campaign_that_is_not_right_is_refused_with_the_field_and_the_mend(
    web: Web, change: dict[str, Any], field: str | None, says: str
) -> None:
    await creditor(web)
    browser = await web.logged_in("supervisor")
    body = {"name": "Spring", "creditor": "Northwind", "settings": SETTINGS, **change}
    response = await browser.call("POST", "/api/campaigns", body)
    refused = await error(response)
    assert (response.status, refused.get("field")) == (422, field)
    assert says in refused["message"]
    assert web.floor.changed_campaigns == []


async def test_a_change_merges_settings_and_replaces_agents(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    path = f"/api/campaigns/{campaign['id']}"
    changed = await browser.call("PATCH", path, {"settings": {"wrap_up_s": 5}, "agents": []})
    after = await changed.json()
    assert after["settings"] == {**campaign["settings"], "wrap_up_s": 5}
    assert (after["agents"], after["version"]) == ([], campaign["version"] + 2)
    assert web.floor.changed_campaigns == [campaign["id"]] * 2


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    path, body = f"/api/campaigns/{campaign['id']}", {"settings": {"wrap_up_s": 5}, "version": campaign["version"]}
    assert (await browser.call("PATCH", path, body)).status == 200
    late = await browser.call("PATCH", path, body)
    assert (late.status, (await error(late))["code"]) == (409, "changed")


async def test_agents_that_somebody_else_assigned_meanwhile_are_not_overwritten(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    path = f"/api/campaigns/{campaign['id']}"

    first = await browser.call("PATCH", path, {"agents": [], "version": campaign["version"]})
    late = await browser.call("PATCH", path, {"agents": [web.users["agent"]], "version": campaign["version"]})
    after = await (await browser.call("GET", path)).json()
    same = await browser.call("PATCH", path, {"agents": [], "version": after["version"]})

    assert (first.status, late.status, (await error(late))["code"]) == (200, 409, "changed")
    assert (after["agents"], after["version"]) == ([], campaign["version"] + 1)
    assert (await same.json())["version"] == after["version"], "nothing was changed"


async def test_a_change_that_is_refused_changes_nothing(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    path = f"/api/campaigns/{campaign['id']}"
    response = await browser.call("PATCH", path, {"settings": {"wrap_up_s": 5}, "agents": [999_999]})
    assert (response.status, (await error(response))["field"]) == (422, "agents")
    assert (await (await browser.call("GET", path)).json()) == campaign


async def test_a_campaign_of_another_tenant_is_not_there(web: Web) -> None:
    browser, other = await web.logged_in("supervisor"), await stranger(web)
    assert (await browser.call("GET", f"/api/campaigns/{other}")).status == 404
    assert (await browser.call("PATCH", f"/api/campaigns/{other}", {"agents": []})).status == 404
    assert (await (await browser.call("GET", "/api/campaigns")).json()) == {"campaigns": [], "creditors": []}


@pytest.mark.parametrize("path", ["0", "999999999999999999", "9999999999999999999", "x", "-1", "1.5"])
async def test_a_campaign_that_is_none_is_not_there(web: Web, path: str) -> None:
    browser = await web.logged_in("supervisor")
    assert (await browser.call("GET", f"/api/campaigns/{path}")).status == 404


async def test_a_floor_that_fails_to_take_note_does_not_undo_the_change(web: Web) -> None:
    async def deaf(campaign_id: int) -> None:
        raise ConnectionError

    web.floor.campaign_changed = deaf  # type: ignore[method-assign]
    await made(web, await web.logged_in("supervisor"))


async def test_every_change_of_a_campaign_leaves_an_audit_row(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await made(web, browser)
    await browser.call("PATCH", f"/api/campaigns/{campaign['id']}", {"settings": {"wrap_up_s": 5}, "agents": []})
    async with web.deps.engine.connect() as connection:
        subject = audit.c.subject == f"campaign:{campaign['id']}"
        found = list(await connection.execute(select(audit).where(subject).order_by("id")))
    assert [row.action for row in found] == ["campaign.created", "campaign.changed", "campaign.assigned"]
    assert {row.actor for row in found} == {f"user:{web.users['supervisor']}"}


# ---- templates

TEMPLATE = {"name": "missed_call", "channel": "sms", "language": "en", "body": "Please call {{business_phone}}."}


async def test_a_saved_template_is_listed_with_the_variables_that_there_are(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    saved = await browser.call("PUT", "/api/templates", TEMPLATE)
    assert (saved.status, await saved.json()) == (200, {**TEMPLATE, "subject": ""})
    await browser.call("PUT", "/api/templates", {**TEMPLATE, "body": "Call {{ given_name }}"})
    listed = await (await browser.call("GET", "/api/templates")).json()
    assert listed["templates"] == [{**TEMPLATE, "body": "Call {{ given_name }}", "subject": ""}]
    assert "business_phone" in listed["variables"]


async def test_an_email_is_saved_with_its_subject(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    mail = {**TEMPLATE, "channel": "email", "subject": "From {{business_name}}", "body": "Stop: {{unsubscribe_url}}"}
    assert (await browser.call("PUT", "/api/templates", mail)).status == 200
    assert (await (await browser.call("GET", "/api/templates")).json())["templates"] == [mail]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"body": "Hello {{ssn}}"}, "body", "{{ssn}}"),
        ({"body": "Hello {{given_name"}, "body", "partner"),
        ({"body": "{{ 7 * 7 }}"}, "body", "unknown variable"),
        ({"body": " "}, "body", "empty"),
        ({"channel": "fax"}, "channel", "no channel"),
        ({"subject": "Hello"}, "subject", "sms has no subject"),
        ({"channel": "email", "subject": "Hello"}, "body", "must say how to stop them"),
        (
            {"channel": "email", "subject": "{{amount}}", "body": "{{unsubscribe_url}}"},
            "subject",
            "tells of the debt",
        ),
        ({"name": "a b"}, "name", "letters"),
        ({"language": "English"}, "language", "pattern"),
        ({"id": 1}, "id", "not known here"),
    ],
)
async def test_a_template_that_is_not_right_is_refused_with_the_field(
    web: Web, change: dict[str, Any], field: str, says: str
) -> None:
    browser = await web.logged_in("supervisor")
    response = await browser.call("PUT", "/api/templates", {**TEMPLATE, **change})
    refused = await error(response)
    assert response.status == 422
    assert field in refused["message"]
    assert says in refused["message"]
    assert (await (await browser.call("GET", "/api/templates")).json())["templates"] == []
