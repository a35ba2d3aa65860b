"""The messenger on a real database, with the sandbox carrier behind the real twilio library."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from dialer.message_rows import NewMessage, enqueue
from telephony.messaging.port import Accepted, DeliveryEvent, Unknown
from tests.builders import NOW, a_campaign, a_contact_point, a_debtor
from tests.dialer.messaging_rig import PHONE, Rig, rig


@pytest.fixture
async def it(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with rig(engine) as made:
        yield made


async def test_a_queued_message_is_sent_once_and_its_delivery_is_told(it: Rig) -> None:
    message_id = await it.queue()
    row = await it.send(message_id)
    assert (row["state"], row["status_rank"], row["error_code"]) == ("delivered", 6, None)
    assert row["provider_id"] in it.carrier.messages
    assert row["final_at"] is not None
    assert row["body"] == "missed call, Dana: +12125550100"
    (attempt,) = await it.rows(t.attempt)
    assert (attempt["id"], attempt["channel"], attempt["state"]) == (row["attempt_id"], "sms", "ended")
    assert attempt["outcome"] == "message_sent"
    assert await it.events("message") == ["message.sent", "message.delivered"]
    assert [event["status"] for event in await it.rows(t.message_event)] == ["queued", "sent", "delivered"]
    await it.messenger.tick()
    assert len(it.carrier.messages) == 1


async def test_the_same_reason_twice_is_one_message(it: Rig) -> None:
    await it.queue(dedupe_key="c1:d1:s1:1")
    new = NewMessage(it.tenant, it.debtor, it.point, "sms", "missed_call", "c1:d1:s1:1")
    async with it.engine.begin() as conn:
        assert await enqueue(conn, new, now=NOW) is None


async def test_every_message_has_its_own_signed_report_address(it: Rig) -> None:
    message_id = await it.queue()
    await it.send(message_id)
    (held,) = it.carrier.messages.values()
    assert f"/hooks/twilio/status/{message_id}?t=" in held.callback
    path = held.callback.split("127.0.0.1:")[1].partition("/")[2]
    assert not it.webhook.verify("/" + path.partition("?")[0] + "?t=wrong", [], {})
    assert set(it.hooks) == {204}


async def test_a_report_signed_by_somebody_else_is_refused(it: Rig) -> None:
    message_id = await it.queue()
    it.carrier.settings = type(it.carrier.settings)(auth_token="another", behaviour=it.carrier.settings.behaviour)
    it.provider._account = it.provider._account.__class__(
        **{name: getattr(it.provider._account, name) for name in it.provider._account.__slots__}
        | {"auth_token": "another", "signing_secrets": ("right",)}
    )
    row = await it.send(message_id)
    assert it.hooks == [403, 403]
    assert row["state"] == "sent"


async def test_the_validity_ends_with_the_contact_window(it: Rig) -> None:
    it.clock.advance(timedelta(hours=10).total_seconds())  # 20:00 in New York, the window closes at 21:00
    await it.send(await it.queue())
    (held,) = it.carrier.messages.values()
    assert 3500 <= held.validity_s <= 3600


async def test_what_was_queued_inside_hours_is_not_sent_outside(it: Rig) -> None:
    message_id = await it.queue()
    it.clock.advance(timedelta(hours=12).total_seconds())  # 22:00 in New York
    row = await it.send(message_id)
    assert not it.carrier.messages
    assert (row["state"], row["attempt_id"]) == ("queued", None)
    assert row["not_before"] == NOW.replace(hour=13) + timedelta(days=1)
    it.clock.advance(timedelta(hours=10, minutes=1).total_seconds())
    assert (await it.send(message_id))["state"] == "delivered"


async def test_over_the_cap_it_waits_and_then_is_given_up(it: Rig) -> None:
    async with it.engine.begin() as conn:
        from campaigns.model import CampaignSettings

        settings = CampaignSettings(caller_id="+12125550100", rulebooks=("us-nyc",))
        campaign = await a_campaign(conn, it.tenant, it.creditor, settings=settings)
    for _ in range(2):
        await it.send(await it.queue(campaign_id=campaign))
    third = await it.queue(campaign_id=campaign)
    row = await it.send(third)
    assert len(it.carrier.messages) == 2
    assert (row["state"], row["error_code"]) == ("refused", "frequency.contacts")  # allowed again only in seven days
    assert (await it.events("message.refused")) == ["message.refused"]


async def test_without_consent_it_is_refused_for_good(it: Rig) -> None:
    async with it.engine.begin() as conn:
        await conn.execute(t.consent.delete())
    row = await it.send(await it.queue())
    assert (row["state"], row["error_code"]) == ("refused", "consent")
    assert not it.carrier.messages


async def test_a_broken_template_stops_its_message_only(it: Rig) -> None:
    broken, fine = await it.queue(template="gone"), await it.queue()
    await it.send(fine)
    row = await it.message(broken)
    assert (row["state"], row["error_code"], row["attempt_id"]) == ("failed", "template", None)
    assert (await it.message(fine))["state"] == "delivered"
    assert len(await it.rows(t.attempt)) == 1


async def test_the_text_is_in_the_persons_language(it: Rig) -> None:
    message_id = await it.queue()
    async with it.engine.begin() as conn:
        await conn.execute(update(t.debtor).values(language="es"))
    row = await it.send(message_id)
    assert (row["language"], row["body"].split(",")[0]) == ("es", "llamada perdida")


@pytest.mark.parametrize("callbacks", ["reversed", "duplicated"])
async def test_reports_out_of_order_or_twice_end_in_the_same_state(it: Rig, callbacks: str) -> None:
    it.script(callbacks=callbacks)
    row = await it.send(await it.queue())
    assert (row["state"], row["status_rank"]) == ("delivered", 6)
    assert sorted(event["status"] for event in await it.rows(t.message_event)) == ["delivered", "queued", "sent"]
    assert await it.events("message") == ["message.sent", "message.delivered"]


async def test_a_late_sent_never_moves_delivered_back(it: Rig) -> None:
    message_id = await it.queue()
    row = await it.send(message_id)
    await it.messenger.reports.handle_status(message_id, DeliveryEvent(row["provider_id"], "sent"))
    await it.messenger.reports.handle_status(message_id, DeliveryEvent(row["provider_id"], "undelivered", "30003"))
    assert (await it.message(message_id))["state"] == "delivered"


async def test_delivered_does_not_wipe_an_error(it: Rig) -> None:
    message_id = await it.queue()
    it.script(callbacks="lost")
    row = await it.send(message_id)
    for report in (("partially_delivered", "30008"), ("delivered", "")):
        await it.messenger.reports.handle_status(message_id, DeliveryEvent(row["provider_id"], *report))
    row = await it.message(message_id)
    assert (row["state"], row["error_code"]) == ("delivered", "30008")


async def test_a_lost_answer_is_unknown_and_a_report_settles_it(it: Rig) -> None:
    it.script(drop_reply=True)
    message_id = await it.queue()
    await it.messenger.tick()
    assert (await it.message(message_id))["state"] in ("unknown", "sent", "delivered")
    await it.carrier.settled()
    row = await it.message(message_id)
    assert (row["state"], row["provider_id"]) == ("delivered", next(iter(it.carrier.messages)))
    assert len(it.carrier.messages) == 1


async def test_a_lost_answer_and_lost_reports_are_settled_by_asking(it: Rig) -> None:
    it.script(drop_reply=True, callbacks="lost")
    message_id = await it.queue()
    assert (await it.send(message_id))["state"] == "unknown"
    await it.messenger.tick()
    it.clock.advance(121)
    assert await it.messenger.reports.settle_overdue() == 1
    row = await it.message(message_id)
    assert (row["state"], row["provider_id"]) == ("delivered", next(iter(it.carrier.messages)))
    assert len(it.carrier.messages) == 1


async def test_what_the_carrier_never_got_is_given_up_and_never_sent_again(it: Rig) -> None:
    it.script(http_status=500)
    message_id = await it.queue()
    assert (await it.send(message_id))["state"] == "unknown"
    for _ in range(3):
        it.clock.advance(121)
        await it.messenger.reports.settle_overdue()
        await it.messenger.tick()
    row = await it.message(message_id)
    assert row["state"] == "unknown"
    assert row["final_at"] is not None
    assert len(it.carrier.log.of("rejected")) == 1
    assert not it.carrier.messages
    (attempt,) = await it.rows(t.attempt)
    assert (attempt["state"], attempt["outcome"]) == ("ended", "unknown")
    assert (await it.events("message"))[-1] == "message.unsettled"


async def test_a_text_adopted_once_is_not_adopted_for_another_message(it: Rig) -> None:
    it.script(callbacks="lost")
    sent = await it.send(await it.queue())
    it.script(http_status=500)
    lost = await it.queue()
    await it.send(lost)
    it.clock.advance(121)
    await it.messenger.reports.settle_overdue()
    row = await it.message(lost)
    assert (row["state"], row["provider_id"]) == ("unknown", None)
    assert sent["provider_id"] is not None


async def test_killed_between_commit_and_send_it_is_unknown_and_not_sent(it: Rig) -> None:
    message_id = await it.queue()
    decided, ready = await it.messenger.prepare(["sms"], 10)  # and here the process dies
    assert (decided, len(ready)) == (1, 1)
    assert (await it.message(message_id))["state"] == "in_flight"
    assert await it.messenger.tick() == 0
    it.clock.advance(61)
    assert await it.messenger.reports.settle_overdue() == 1
    assert (await it.message(message_id))["state"] == "unknown"
    assert await it.messenger.tick() == 0
    assert not it.carrier.messages


async def test_killed_between_send_and_answer_a_report_settles_it(it: Rig) -> None:
    message_id = await it.queue()
    _, (one,) = await it.messenger.prepare(["sms"], 10)
    it.drop_hooks = True
    assert isinstance(await it.provider.send(one.envelope), Accepted)  # and here the process dies
    await it.carrier.settled()
    it.clock.advance(61)
    await it.messenger.reports.settle_overdue()
    assert (await it.message(message_id))["state"] == "unknown"
    (held,) = it.carrier.messages.values()
    await it.messenger.reports.handle_status(message_id, DeliveryEvent(held.sid, "delivered"))
    row = await it.message(message_id)
    assert (row["state"], row["provider_id"]) == ("delivered", held.sid)
    assert await it.messenger.tick() == 0


async def test_an_answer_that_comes_after_the_lease_still_counts(it: Rig) -> None:
    message_id = await it.queue()
    await it.messenger.prepare(["sms"], 10)
    it.clock.advance(61)
    await it.messenger.reports.settle_overdue()
    await it.messenger.reports.sent(message_id, Accepted("SM1", "queued"))
    assert (await it.message(message_id))["state"] == "sent"
    await it.messenger.reports.sent(message_id, Unknown("late"))
    assert (await it.message(message_id))["state"] == "sent"


async def test_two_workers_send_each_message_once(it: Rig) -> None:
    async with it.engine.begin() as conn:
        people = []
        for n in range(20):
            debtor = await a_debtor(conn, it.tenant, it.creditor, phones=())
            point = await a_contact_point(conn, it.tenant, debtor, f"+1646555{n:04d}")
            values = {"tenant_id": it.tenant, "contact_point_id": point, "channel": "sms", "by": "written"}
            await conn.execute(insert(t.consent).values(**values, at=NOW))
            people.append((debtor, point))
    for debtor, point in people:
        await it.queue(debtor_id=debtor, contact_point_id=point)
    await asyncio.gather(*(it.messenger.prepare(["sms"], 5) for _ in range(6)))
    assert len(await it.rows(t.attempt)) == 20
    assert {row["fence"] for row in await it.rows(t.message)} == {1}


@pytest.mark.parametrize(
    ("script", "state"), [({"http_status": 429, "retry_after_s": 3}, "queued"), ({"reject": "21611"}, "queued")]
)
async def test_not_taken_is_tried_again_later_and_not_counted(it: Rig, script: dict[str, Any], state: str) -> None:
    it.script(**script)
    message_id = await it.queue()
    row = await it.send(message_id)
    assert (row["state"], row["attempt_id"]) == (state, None)
    assert row["not_before"] > NOW
    (attempt,) = await it.rows(t.attempt)
    assert (attempt["state"], attempt["outcome"]) == ("ended", "failed")
    it.script()
    it.clock.advance(3600)
    assert (await it.send(message_id))["state"] == "delivered"


async def test_wrong_credentials_stop_the_carrier_and_lose_nothing(it: Rig) -> None:
    it.carrier.settings = type(it.carrier.settings)(auth_token="changed", behaviour=it.carrier.settings.behaviour)
    first, second = await it.queue(), await it.queue()
    assert (await it.send(first))["state"] == "queued"
    it.clock.advance(100)
    assert await it.messenger.tick() == 0  # the breaker is open
    assert (await it.message(second))["state"] == "queued"


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [("21211", "mobile", "invalid"), ("21614", "landline", "good"), ("30006", "landline", "good")],
)
async def test_what_a_code_says_about_the_number_is_kept(it: Rig, code: str, kind: str, status: str) -> None:
    it.script(**({"reject": code} if code < "3" else {"final": "undelivered", "error_code": code}))
    row = await it.send(await it.queue())
    assert (row["state"], row["error_code"]) == ("failed" if code < "3" else "undelivered", code)
    (point,) = await it.rows(t.contact_point)
    assert (point["kind"], point["status"]) == (kind, status)


async def test_a_stop_that_only_the_carrier_heard_binds_us_too(it: Rig) -> None:
    it.script(reject="21610")
    first, second = await it.queue(), await it.queue(origin="reply")
    async with it.engine.begin() as conn:
        await conn.execute(
            update(t.message).where(t.message.c.id == second).values(not_before=NOW + timedelta(hours=1))
        )
    await it.send(first)
    (opt_out,) = await it.rows(t.opt_out)
    assert (opt_out["address"], opt_out["channel"], opt_out["source"]) == (PHONE, "sms", "provider")
    assert (await it.message(second))["state"] == "cancelled"


async def test_a_passing_fault_gets_one_more_message_hours_later(it: Rig) -> None:
    it.script(final="undelivered", error_code="30003")
    await it.send(await it.queue(dedupe_key="k"))
    again = next(row for row in await it.rows(t.message) if row["dedupe_key"] == "k:again")
    assert (again["state"], again["not_before"] > NOW + timedelta(hours=3)) == ("queued", True)
    it.clock.advance(4 * 3600 + 5)
    assert (await it.send(again["id"]))["state"] == "undelivered"
    assert len(await it.rows(t.message)) == 2


async def test_a_filtered_message_is_not_sent_again(it: Rig) -> None:
    it.script(final="undelivered", error_code="30007")
    await it.send(await it.queue())
    assert len(await it.rows(t.message)) == 1


async def test_lost_reports_are_asked_for(it: Rig) -> None:
    it.script(callbacks="lost")
    message_id = await it.queue()
    assert (await it.send(message_id))["state"] == "sent"
    it.clock.advance(901)
    assert await it.messenger.reports.settle_overdue() == 1
    assert (await it.message(message_id))["state"] == "delivered"


async def test_what_is_never_confirmed_is_closed_after_two_days(it: Rig) -> None:
    it.script(callbacks="lost", step_s=10_000_000.0)
    message_id = await it.queue()
    await it.messenger.tick()
    for _ in range(12):
        it.clock.advance(6 * 3600)
        await it.messenger.reports.settle_overdue()
    row = await it.message(message_id)
    assert row["final_at"] is not None
    assert row["state"] in ("sent", "failed")


async def test_a_report_for_a_message_that_is_not_ours_is_ignored(it: Rig) -> None:
    assert not await it.messenger.reports.handle_status(UUID(int=7), DeliveryEvent("SM7", "delivered"))


async def test_the_worker_runs_until_cancelled_and_wakes_at_once(it: Rig) -> None:
    worker = asyncio.create_task(it.messenger.run())
    message_id = await it.queue()
    it.messenger.wake()
    async with asyncio.timeout(10):
        await it.delivered.wait()
    assert (await it.message(message_id))["state"] == "delivered"
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


async def test_a_verdict_that_has_grown_old_before_the_request_is_not_used(it: Rig) -> None:
    """The process was held up between the commit and the request (a laptop asleep): the window may be over."""
    message_id = await it.queue()
    _, (ready,) = await it.messenger.prepare(("sms",), 10)
    it.clock.advance(timedelta(hours=12).total_seconds())  # 22:00 in New York
    await it.messenger.deliver(ready)
    row = await it.message(message_id)
    assert not it.carrier.log.entries
    assert (row["state"], row["attempt_id"]) == ("queued", None)
    it.clock.advance(10.0)
    assert (await it.send(message_id))["not_before"] == NOW.replace(hour=13) + timedelta(days=1)
    assert not it.carrier.log.entries
