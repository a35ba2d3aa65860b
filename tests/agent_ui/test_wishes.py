"""Supervisors see which wishes come up for review, and end or keep one with a reason."""

from datetime import timedelta

from campaigns.requests.service import record_request
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_creditor, a_debtor, a_tenant


async def recorded(web: Web, *, elsewhere: bool = False) -> tuple[int, int]:
    async with web.deps.engine.begin() as conn:
        tenant = await a_tenant(conn, "Other") if elsewhere else web.tenant
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
        then = NOW - timedelta(days=91)
        wish = await record_request(
            conn, tenant_id=tenant, debtor_id=debtor, kind="hardship", at=then, recorded_by="cli"
        )
    return debtor, wish


async def test_a_review_that_is_due_is_listed_kept_and_ended(web: Web) -> None:
    debtor, wish = await recorded(web)
    browser = await web.logged_in("supervisor")
    [due] = (await (await browser.call("GET", "/api/wishes/reviews")).json())["reviews"]
    assert (due["id"], due["debtor_id"], due["kind"]) == (wish, debtor, "hardship")
    later = (web.deps.clock.now() + timedelta(days=30)).date().isoformat()
    kept = await browser.call("POST", f"/api/wishes/{wish}/review", {"because": "still ill", "review_on": later})
    assert kept.status == 200, await kept.text()
    assert (await (await browser.call("GET", "/api/wishes/reviews")).json())["reviews"] == []
    assert (await browser.call("POST", f"/api/wishes/{wish}/end", {"because": "works again"})).status == 200
    again = await browser.call("POST", f"/api/wishes/{wish}/end", {"because": "works again"})
    assert again.status == 422 and "no wish" in (await again.json())["error"]["message"]
    [row] = (await (await browser.call("GET", f"/api/debtors/{debtor}/wishes")).json())["wishes"]
    assert row["ended_because"] == "works again" and row["ended_by"].startswith("user:")


async def test_another_tenants_person_is_not_there_and_a_reason_is_needed(web: Web) -> None:
    _, wish = await recorded(web)
    browser = await web.logged_in("supervisor")
    assert (await browser.call("POST", f"/api/wishes/{wish}/end", {"because": ""})).status == 422
    soon = await browser.call("POST", f"/api/wishes/{wish}/review", {"because": "x", "review_on": "soon"})
    assert soon.status == 422 and "a date like" in (await soon.json())["error"]["message"]
    assert (await browser.call("GET", "/api/debtors/999999/wishes")).status == 422
    assert (await browser.call("GET", "/api/debtors/x/wishes")).status == 422


async def test_what_another_house_recorded_is_neither_seen_nor_changed(web: Web) -> None:
    debtor, wish = await recorded(web, elsewhere=True)
    browser = await web.logged_in("supervisor")
    assert (await (await browser.call("GET", "/api/wishes/reviews")).json())["reviews"] == []
    assert (await browser.call("GET", f"/api/debtors/{debtor}/wishes")).status == 422
    later = (web.deps.clock.now() + timedelta(days=30)).date().isoformat()
    for path, body in (("end", {"because": "x"}), ("review", {"because": "x", "review_on": later})):
        assert (await browser.call("POST", f"/api/wishes/{wish}/{path}", body)).status == 422, path
