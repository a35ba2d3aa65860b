"""What a person asks is written down and holds every queue; the addresses of an opt-out are closed for everybody."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Refused
from campaigns.queue import service as queue
from campaigns.queue.model import QueueCounts
from campaigns.requests import reviews, service
from campaigns.requests.wishes import SUSPENDS
from tests.builders import (
    NOW,
    a_campaign,
    a_contact_point,
    a_creditor,
    a_debtor,
    a_message,
    a_queue_row,
    a_tenant,
)

MOBILE = "+12125550177"


async def _queued(conn: AsyncConnection, *phones: str) -> tuple[int, int, int]:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtor = await a_debtor(conn, tenant, creditor, phones=phones or (MOBILE,))
    campaign = await a_campaign(conn, tenant, creditor)
    await a_queue_row(conn, tenant, campaign, debtor)
    return tenant, debtor, campaign


@pytest.mark.parametrize("kind", sorted(SUSPENDS))
async def test_requests_that_end_calls_hold_the_queue_until_they_end(conn: AsyncConnection, kind: str) -> None:
    tenant, debtor, campaign = await _queued(conn)
    made = await service.record_request(
        conn, tenant_id=tenant, debtor_id=debtor, kind=kind, at=NOW, recorded_by="user:1", details={"form": "written"}
    )
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)
    assert await service.end_request(conn, made, now=NOW, actor="user:1", because="settled")
    assert not await service.end_request(conn, made, now=NOW, actor="user:1", because="settled")
    assert await queue.counts(conn, campaign) == QueueCounts(waiting=1)


async def test_two_requests_of_a_kind_hold_until_the_last_one_ends(conn: AsyncConnection) -> None:
    tenant, debtor, campaign = await _queued(conn)
    one, two = [
        await service.record_request(
            conn, tenant_id=tenant, debtor_id=debtor, kind="dispute", at=NOW, recorded_by="user:1"
        )
        for _ in range(2)
    ]
    await service.end_request(conn, one, now=NOW, actor="user:1", because="settled")
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)
    await service.end_request(conn, two, now=NOW, actor="user:1", because="settled")
    assert await queue.counts(conn, campaign) == QueueCounts(waiting=1)


async def test_a_death_closes_the_person(conn: AsyncConnection) -> None:
    tenant, debtor, campaign = await _queued(conn)
    await service.record_request(conn, tenant_id=tenant, debtor_id=debtor, kind="deceased", at=NOW, recorded_by="x")
    assert (await conn.execute(text("SELECT status FROM debtor"))).scalar_one() == "deceased"
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)


async def test_an_unknown_kind_is_refused_with_the_known_ones(conn: AsyncConnection) -> None:
    with pytest.raises(Refused, match="inconvenient_time"):
        await service.record_request(conn, tenant_id=1, debtor_id=1, kind="whim", at=NOW, recorded_by="x")


async def test_stop_ends_queued_texts_and_leaves_calls_alone(conn: AsyncConnection) -> None:
    tenant, debtor, campaign = await _queued(conn)
    await a_message(conn, tenant, debtor, state="queued")
    await a_message(conn, tenant, debtor, state="sent")
    await service.record_opt_out(conn, tenant_id=tenant, address=MOBILE, channel="sms", at=NOW, source="sms_reply")
    states = (await conn.execute(text("SELECT state, error_code FROM message ORDER BY dedupe_key"))).all()
    assert [tuple(row) for row in states] == [("cancelled", "opt_out"), ("sent", None)]
    assert await queue.counts(conn, campaign) == QueueCounts(ready=1)
    kinds = (await conn.execute(text("SELECT kind, debtor_id FROM outcome_event"))).all()
    assert [tuple(row) for row in kinds] == [("opt_out.recorded", debtor)]


async def test_a_person_without_any_number_left_for_calls_leaves_the_queue_and_comes_back(
    conn: AsyncConnection,
) -> None:
    tenant, _, campaign = await _queued(conn, MOBILE, "+12125550178")
    opt_out = {"tenant_id": tenant, "channel": "voice", "at": NOW, "source": "agent"}
    await service.record_opt_out(conn, address=MOBILE, **opt_out)  # type: ignore[arg-type]
    assert await queue.counts(conn, campaign) == QueueCounts(ready=1)
    await service.record_opt_out(conn, address="+12125550178", **opt_out)  # type: ignore[arg-type]
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)
    lifted = await service.lift_opt_out(
        conn, tenant_id=tenant, address=MOBILE, channel="voice", now=NOW, actor="user:1"
    )  # fmt: skip
    assert lifted == 1
    assert await queue.counts(conn, campaign) == QueueCounts(waiting=1)


async def test_an_opt_out_binds_for_everybody_who_shares_the_number(conn: AsyncConnection) -> None:
    tenant, debtor, _ = await _queued(conn)
    creditor = await a_creditor(conn, tenant)
    other = await a_debtor(conn, tenant, creditor, phones=(MOBILE,))
    campaign = await a_campaign(conn, tenant, creditor)
    await a_queue_row(conn, tenant, campaign, other)
    await service.record_opt_out(conn, tenant_id=tenant, address=MOBILE, channel="all", at=NOW, source="agent")
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)
    found = (await conn.execute(text("SELECT debtor_id FROM outcome_event ORDER BY debtor_id"))).scalars().all()
    assert found == sorted([debtor, other])


async def test_opting_out_of_everything_closes_numbers_and_mail(conn: AsyncConnection) -> None:
    tenant, debtor, _ = await _queued(conn)
    await a_contact_point(conn, tenant, debtor, "dana@example.org", kind="email")
    done = {"tenant_id": tenant, "debtor_id": debtor, "at": NOW, "source": "agent"}
    assert await service.opt_out_everywhere(conn, channel="sms", **done) == 1  # type: ignore[arg-type]
    assert await service.opt_out_everywhere(conn, channel="all", **done) == 2  # type: ignore[arg-type]


async def test_marking_a_number_says_whether_another_one_is_left(conn: AsyncConnection) -> None:
    _, debtor, _ = await _queued(conn, MOBILE, "+12125550178")
    points = (await conn.execute(text("SELECT id FROM contact_point ORDER BY position"))).scalars().all()
    assert await service.mark_contact_point(conn, points[0], "wrong_person", now=NOW, actor="user:1")
    assert not await service.mark_contact_point(conn, points[1], "invalid", now=NOW, actor="system")
    with pytest.raises(Refused, match="load the file again"):
        await service.mark_contact_point(conn, -1, "invalid", now=NOW, actor="system")
    assert debtor


async def _record(conn: AsyncConnection, tenant: int, debtor: int, kind: str, **more: Any) -> int:
    return await service.record_request(
        conn, tenant_id=tenant, debtor_id=debtor, kind=kind, at=NOW, recorded_by="user:1", **more
    )


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("hardship", {}),
        ("inconvenient_time", {"deny": [{"weekdays": ["mon"]}]}),
        ("inconvenient_place", {"place": "work"}),
        ("cease_all", {"form": "oral"}),
        ("dispute", {"form": "oral"}),
        ("dispute", {"form": "written", "within_validation_period": False}),
    ],
)
async def test_wishes_that_do_not_stop_contact_leave_the_queue_alone(
    conn: AsyncConnection, kind: str, details: dict[str, Any]
) -> None:
    tenant, debtor, campaign = await _queued(conn)
    await _record(conn, tenant, debtor, kind, details=details)
    assert await queue.counts(conn, campaign) == QueueCounts(ready=1)


async def test_breathing_space_ends_by_itself_after_sixty_days(conn: AsyncConnection) -> None:
    tenant, debtor, campaign = await _queued(conn)
    wish = await _record(conn, tenant, debtor, "breathing_space")
    over = NOW + timedelta(days=60)
    assert await reviews.end_due(conn, over - timedelta(seconds=1)) == 0
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)
    assert await reviews.end_due(conn, over) == 1
    assert await queue.counts(conn, campaign) == QueueCounts(waiting=1)
    row = (await reviews.wishes_of(conn, debtor))[0]
    assert (row["id"], row["ended_by"], row["ended_because"]) == (wish, "system", "its date was reached")


async def test_a_wish_ends_by_somebody_with_a_reason_in_the_audit(conn: AsyncConnection) -> None:
    tenant, debtor, _ = await _queued(conn)
    wish = await _record(conn, tenant, debtor, "attorney")
    with pytest.raises(Refused, match="say why it ends"):
        await service.end_request(conn, wish, now=NOW, actor="user:9", because=" ")
    assert not await service.end_request(conn, wish, now=NOW, actor="user:9", because="x", tenant_id=tenant + 1)
    assert await service.end_request(conn, wish, now=NOW, actor="user:9", because="no mandate", tenant_id=tenant)
    found = await conn.execute(text("SELECT action, actor, detail ->> 'because' FROM audit ORDER BY id"))
    assert [tuple(row) for row in found][-2:] == [
        ("request.attorney", "user:1", None),
        ("request.ended", "user:9", "no mandate"),
    ]


async def test_a_death_recorded_by_mistake_is_taken_back(conn: AsyncConnection) -> None:
    tenant, debtor, campaign = await _queued(conn)
    wish = await _record(conn, tenant, debtor, "deceased")
    await service.end_request(conn, wish, now=NOW, actor="user:9", because="it was his father")
    assert (await conn.execute(text("SELECT status FROM debtor"))).scalar_one() == "open"
    assert await queue.counts(conn, campaign) == QueueCounts(waiting=1)


async def test_a_review_date_that_has_come_is_on_the_supervisors_list(conn: AsyncConnection) -> None:
    tenant, debtor, _ = await _queued(conn)
    wish = await _record(conn, tenant, debtor, "hardship")
    day = NOW.date() + timedelta(days=90)
    assert await reviews.reviews_due(conn, tenant, day - timedelta(days=1)) == []
    assert await reviews.reviews_due(conn, tenant + 1, day) == []
    due = (await reviews.reviews_due(conn, tenant, day + timedelta(days=2)))[0]
    assert (due["id"], due["debtor_id"], due["kind"], due["days_over"]) == (wish, debtor, "hardship", 2)
    later: dict[str, Any] = {"review_on": day + timedelta(days=30), "now": NOW + timedelta(days=92), "actor": "user:9"}
    with pytest.raises(Refused, match="say why"):
        await reviews.review_again(conn, tenant, wish, because="", **later)
    with pytest.raises(Refused, match="has passed"):
        await reviews.review_again(conn, tenant, wish, because="x", **{**later, "review_on": day})
    await reviews.review_again(conn, tenant, wish, because="still out of work", **later)
    assert await reviews.reviews_due(conn, tenant, day + timedelta(days=2)) == []
    await service.end_request(conn, wish, now=NOW, actor="user:9", because="works again")
    assert await reviews.reviews_due(conn, tenant, day + timedelta(days=300)) == []


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("inconvenient_time", {}, "say which times"),
        ("inconvenient_time", {"details": {"deny": [{"weekdays": ["someday"]}]}}, "name the weekdays"),
        ("inconvenient_time", {"details": {"deny": [{"weekdays": ["mon"], "from": "9am"}]}}, "a local time like"),
        (
            "inconvenient_time",
            {"details": {"deny": [{"weekdays": ["mon"], "from": "09:00", "to": "09:00"}]}},
            "the time is empty",
        ),
        ("inconvenient_time", {"details": {"deny": [{"weekdays": ["mon"]}], "until": "soon"}}, "a date like"),
        ("inconvenient_place", {"details": {"place": "moon"}}, "home or work"),
        ("cease_all", {}, "say how it came"),
        ("dispute", {"details": {"form": "sung"}}, "say how it came"),
        ("dispute", {"details": {"form": "written", "verified_at": "soon"}}, "an instant like"),
        ("wrong_number", {}, "say which number"),
        ("breathing_space", {"ends_at": NOW}, "end before it began"),
        ("hardship", {"review_on": NOW.date() - timedelta(days=1)}, "before the wish"),
    ],
)
async def test_a_wish_that_says_nothing_is_refused_and_nothing_is_stored(
    conn: AsyncConnection, kind: str, more: dict[str, Any], words: str
) -> None:
    tenant, debtor, _ = await _queued(conn)
    with pytest.raises(Refused, match=words):
        await _record(conn, tenant, debtor, kind, **more)
    assert (await conn.execute(text("SELECT count(*) FROM person_request"))).scalar_one() == 0
