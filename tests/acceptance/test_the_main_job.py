"""The issue's own sentences, on a real Asterisk 22 and in a real Chromium."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from telephony.asterisk import public
from tests.acceptance.consoles import agent_ready, supervisor
from tests.acceptance.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

PERSON = f"+121255501{public.PERSON}"
SILENT = f"+121255501{public.NO_ANSWER}"


async def test_a_person_answers_and_the_agent_records_a_promise_that_the_supervisor_sees(
    stage: Stage, browser: Browser
) -> None:
    debtor = await stage.debtor(PERSON, given_name="Dana", family_name="Doe", balances=(125_000,))
    await stage.promiseline.start()
    await stage.start_campaign()
    board = await supervisor(browser, stage.promiseline.url)
    console = await agent_ready(browser, stage.promiseline.url)

    await expect(console.get_by_test_id("ask-for").first).to_contain_text("Dana")
    await expect(console.get_by_test_id("identity-gate")).to_be_visible()
    assert "1,250" not in await console.content(), "no debt data before the right party is recorded"
    for check in await console.locator("[data-testid^=check-]").all():
        await check.check()
    await console.get_by_test_id("identify-right").click()
    await expect(console.get_by_test_id("debts")).to_contain_text("1,250.00")

    await console.get_by_test_id("promise-amount").fill("250")
    due = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    await console.get_by_test_id("promise-date").fill(due)
    await console.get_by_test_id("promise-save").click()
    promise = await stage.eventually(
        "SELECT amount_minor, currency, due_date FROM promise WHERE debtor_id = :d", d=debtor
    )
    await console.get_by_test_id("hangup").click()
    await console.get_by_test_id("disposition-promise").check(force=True)
    await console.get_by_test_id("dispose").click()

    assert (promise["amount_minor"], promise["currency"], promise["due_date"].isoformat()) == (25_000, "USD", due)
    await expect(board.get_by_test_id("total-promises")).to_contain_text("1")
    attempt = await stage.eventually("SELECT * FROM attempt WHERE debtor_id = :d AND state = 'ended'", d=debtor)
    assert attempt["outcome"] == "conversation"
    assert attempt["right_party_at"] is not None
    assert not attempt["abandoned"]


async def test_a_debtor_who_does_not_answer_gets_the_text(stage: Stage, browser: Browser) -> None:
    debtor = await stage.debtor(SILENT)
    await stage.promiseline.start()
    await stage.start_campaign()
    await agent_ready(browser, stage.promiseline.url)

    message = await stage.eventually(
        "SELECT * FROM message WHERE debtor_id = :d AND state = 'delivered'", within_s=60, d=debtor
    )

    assert [entry.to for entry in stage.carrier.carrier.log.of("accepted")] == [SILENT]
    assert message["attempt_id"] is not None, "the gate was asked, and the sending recorded as an attempt"
    call = await stage.one("SELECT outcome FROM attempt WHERE debtor_id = :d AND channel = 'voice'", d=debtor)
    assert call["outcome"] == "no_answer"
