"""The consent ledger on a real PostgreSQL: what the gate reads of it, what a revocation closes, what stays."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.consents import service
from campaigns.consents.model import CHANNELS, Entry, holding
from campaigns.db import tables as t
from campaigns.problems import Refused
from campaigns.queue import service as queue
from campaigns.queue.model import QueueCounts
from tests.builders import NOW, a_campaign, a_contact_point, a_creditor, a_debtor, a_message, a_queue_row, a_tenant

MOBILE = "+12125550177"


class Person:
    def __init__(self, tenant: int, creditor: int, debtor: int, point: int) -> None:
        self.tenant, self.creditor, self.debtor, self.point = tenant, creditor, debtor, point
        self.here: dict[str, Any] = {"tenant_id": tenant, "contact_point_id": point, "now": NOW, "actor": "user:7"}


@pytest.fixture
async def person(conn: AsyncConnection) -> Person:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtor = await a_debtor(conn, tenant, creditor, phones=(MOBILE,))
    point = (await conn.execute(select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor))).scalar_one()
    await conn.commit()
    return Person(tenant, creditor, debtor, point)


async def live_rows(conn: AsyncConnection, person: Person, at: datetime) -> list[tuple[Any, ...]]:
    c = t.consent.c
    query = select(c.channel, c.at, c.by, c.expires_at).where(c.contact_point_id == person.point, service.live(at))
    return [tuple(row) for row in await conn.execute(query)]


async def test_a_consent_and_its_renewal_keep_everything_that_was_said(conn: AsyncConnection, person: Person) -> None:
    shown = service.Shown("We may text you about your account.", "2026-02", "en")
    first: dict[str, Any] = {
        "channel": "sms",
        "how": "written",
        "at": NOW - timedelta(days=9),
        "evidence": "form 17",
        "shown": shown,
    }
    await service.record_consent(conn, **person.here, **first)
    await service.record_consent(conn, **person.here, channel="sms", how="oral", at=NOW, expires_at=NOW + timedelta(1))
    known = await service.history(conn, person.tenant, person.point)
    assert [(one.event, one.how, one.recorded_by) for one in known.entries] == [
        ("given", "written", "user:7"),
        ("renewed", "oral", "user:7"),
    ]
    one = known.entries[0]
    assert (one.text_shown, one.text_version, one.text_language, one.evidence) == (
        shown.text, "2026-02", "en", "form 17",
    )  # fmt: skip
    assert one.recorded_at == NOW
    actions = (await conn.execute(select(t.audit.c.action, t.audit.c.actor))).all()
    assert [tuple(row) for row in actions] == [("consent.given", "user:7"), ("consent.renewed", "user:7")]


async def test_a_revocation_closes_the_channel_and_keeps_the_ledger(conn: AsyncConnection, person: Person) -> None:
    campaign = await a_campaign(conn, person.tenant, person.creditor)
    await a_queue_row(conn, person.tenant, campaign, person.debtor)
    await a_message(conn, person.tenant, person.debtor, contact_point_id=person.point)
    await service.record_consent(conn, **person.here, channel="sms", how="written", at=NOW - timedelta(days=1))
    assert await service.revoke(conn, **person.here, channel="sms", at=NOW, evidence="letter 3") == 1
    assert await live_rows(conn, person, NOW) == []
    known = await service.history(conn, person.tenant, person.point)
    assert [one.event for one in known.entries] == ["given", "revoked"]
    assert [(one.channel, one.source, one.evidence) for one in known.opt_outs] == [
        ("sms", "consent_revoked", "letter 3")
    ]
    assert (await conn.execute(select(t.message.c.state))).scalar_one() == "cancelled"
    assert await queue.counts(conn, campaign) == QueueCounts(ready=1), "calls go on: it was about texts"


async def test_revoking_everything_ends_every_channel_and_the_calls(conn: AsyncConnection, person: Person) -> None:
    campaign = await a_campaign(conn, person.tenant, person.creditor)
    await a_queue_row(conn, person.tenant, campaign, person.debtor)
    for channel in ("voice", "sms"):
        await service.record_consent(conn, **person.here, channel=channel, how="oral", at=NOW - timedelta(days=1))
    assert await service.revoke(conn, **person.here, channel=None, at=NOW) == 2
    assert await live_rows(conn, person, NOW) == []
    assert await queue.counts(conn, campaign) == QueueCounts(suspended=1)


async def test_an_expiry_that_was_told_ends_the_consent_without_an_opt_out(
    conn: AsyncConnection, person: Person
) -> None:
    await service.record_consent(conn, **person.here, channel="sms", how="written", at=NOW - timedelta(days=2))
    assert await service.expire(conn, **person.here, channel="sms", at=NOW) == 1
    assert await live_rows(conn, person, NOW) == []
    assert (await service.history(conn, person.tenant, person.point)).opt_outs == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "email"}, "channel"),
        ({"channel": "fax"}, "channel"),
        ({"how": "guessed"}, "how"),
        ({"at": NOW + timedelta(seconds=1)}, "when"),
        ({"expires_at": NOW - timedelta(days=3)}, "expires"),
        ({"contact_point_id": -1}, "contact_point"),
        ({"tenant_id": -1}, "contact_point"),
    ],
)
async def test_what_cannot_be_is_refused(
    conn: AsyncConnection, person: Person, change: dict[str, Any], field: str
) -> None:
    given_: dict[str, Any] = {**person.here, "channel": "sms", "how": "written", "at": NOW - timedelta(days=1)}
    with pytest.raises(Refused) as refused:
        await service.record_consent(conn, **(given_ | change))
    assert [problem.field for problem in refused.value.problems] == [field]
    assert (await conn.execute(select(t.consent.c.id))).all() == []


async def test_an_address_takes_only_its_own_channel(conn: AsyncConnection, person: Person) -> None:
    email = await a_contact_point(conn, person.tenant, person.debtor, "dana@example.com", "email")
    here = {**person.here, "contact_point_id": email}
    await service.record_consent(conn, **here, channel="email", how="written", at=NOW)
    with pytest.raises(Refused):
        await service.record_consent(conn, **here, channel="sms", how="written", at=NOW)
    assert [one.kind for one in await service.histories(conn, person.tenant, person.debtor)] == ["mobile", "email"]


async def _put(conn: AsyncConnection, person: Person, entries: Sequence[Entry]) -> None:
    shared = {"tenant_id": person.tenant, "contact_point_id": person.point}
    for one in entries:
        row = {"channel": one.channel, "event": one.event, "at": one.at, "by": one.how, "expires_at": one.expires_at}
        await conn.execute(insert(t.consent).values(**shared, **row))


def _some(rng: random.Random) -> list[Entry]:
    """A few events at few instants, so that those of one channel and instant meet."""
    days = [timedelta(hours=12 * rng.randrange(8)) for _ in range(rng.randrange(9))]
    return [
        Entry(
            rng.choice(CHANNELS[:2]),
            rng.choice(("given", "given", "renewed", "revoked", "expired")),
            NOW + day,
            rng.choice(("written", "oral")),
            rng.choice((None, NOW + day + timedelta(hours=rng.randrange(48)))),
        )
        for day in days
    ]


async def test_what_the_gate_reads_at_any_instant_is_the_rule_s_answer(conn: AsyncConnection, person: Person) -> None:
    """200 ledgers, each in a savepoint; the rule itself is compared with a naive fold in test_model."""
    rng, met = random.Random(7), 0  # noqa: S311
    for _ in range(200):
        entries, at = _some(rng), NOW + timedelta(hours=12 * rng.randrange(9))
        point = await conn.begin_nested()
        await _put(conn, person, entries)
        found = [row for row in await live_rows(conn, person, at) if row[1] <= at and (row[3] is None or row[3] > at)]
        wanted = [
            (one.channel, one.at, one.how, one.expires_at)
            for channel in CHANNELS
            for one in holding(entries, channel, at)
        ]
        assert sorted(found, key=str) == sorted(wanted, key=str), (entries, at)
        met += bool(wanted)
        await point.rollback()
    assert met > 40
