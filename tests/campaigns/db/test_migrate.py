"""The migrations make the schema of tables.py, and they take a database that holds data with them."""

import asyncio
import importlib
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import migrate
from campaigns.db.engine import make_engine
from campaigns.db.tables import metadata
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_queue_row, a_tenant

SCHEMA = {
    "columns": """SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity
                  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
                  ORDER BY 1, 2""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                      WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
                      ORDER BY 1, 2""",
    "indexes": """SELECT indexdef FROM pg_indexes
                  WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1""",
    "kinds": """SELECT relname, relpersistence, reloptions FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
                ORDER BY 1""",
}


async def _schema(engine: AsyncEngine) -> dict[str, list[tuple[Any, ...]]]:
    async with engine.connect() as conn:
        return {name: [tuple(row) for row in await conn.execute(text(query))] for name, query in SCHEMA.items()}


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
    )
    return list(compare_metadata(context, metadata))


async def test_alembic_finds_no_difference_between_the_migrated_schema_and_the_tables(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        assert await conn.run_sync(_differences) == []


async def test_checks_and_partial_indexes_are_the_same_as_those_of_the_tables(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    made = make_engine(empty_database_url)
    async with made.begin() as conn:
        await conn.run_sync(metadata.create_all)
    wanted, found = await _schema(made), await _schema(engine)
    await made.dispose()
    assert found == wanted


async def test_an_empty_database_is_brought_to_the_head_and_progress_is_told(empty_database_url: str) -> None:
    told: list[tuple[int, int, str]] = []
    state = await migrate.upgrade(empty_database_url, lambda *step: told.append(step))
    assert state.up_to_date and state.current == migrate.head()
    assert told[0][0] == 0 and told[-1][0] == told[-1][1] == len(told) - 1


async def test_a_second_upgrade_does_nothing(database_url: str) -> None:
    told: list[tuple[int, int, str]] = []
    await migrate.upgrade(database_url, lambda *step: told.append(step))
    assert told == [(0, 0, "up to date")]


async def test_a_database_without_tables_says_so(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    state = await migrate.state(engine)
    await engine.dispose()
    assert state.current is None and not state.up_to_date


async def test_do_not_contact_entries_and_consents_are_carried_into_lists_and_the_ledger(
    empty_database_url: str,
) -> None:
    await migrate.upgrade(empty_database_url, to="0001")
    engine = make_engine(empty_database_url)
    async with engine.begin() as conn:
        tenant, other = await a_tenant(conn), await a_tenant(conn, "Other")
        creditor = await a_creditor(conn, tenant)
        debtor = await a_debtor(conn, tenant, creditor)
        rows = [
            (tenant, "national", "+12125550101", None), (tenant, "national", "+12125550102", creditor),
            (tenant, "house", "+12125550101", creditor), (other, "national", "+12125550101", None),
        ]  # fmt: skip
        for tenant_id, name, address, of in rows:
            await conn.execute(
                text(
                    "INSERT INTO do_not_contact (tenant_id, list_name, address, creditor_id, source, at)"
                    " VALUES (:tenant, :name, :address, :creditor, 'import', :at)"
                ),
                {"tenant": tenant_id, "name": name, "address": address, "creditor": of, "at": NOW},
            )
        await conn.execute(
            text(
                "INSERT INTO consent (tenant_id, contact_point_id, channel, by, at)"
                " SELECT tenant_id, id, 'sms', 'written', :at FROM contact_point WHERE debtor_id = :debtor"
            ),
            {"at": NOW, "debtor": debtor},
        )
    await migrate.upgrade(empty_database_url)
    async with engine.connect() as conn:
        carried = await conn.execute(
            text(
                "SELECT l.tenant_id, l.name, d.address, l.creditor_id, l.scope, d.kind, d.source, d.at, d.ended_at"
                " FROM do_not_contact d JOIN do_not_contact_list l ON l.id = d.list_id AND l.tenant_id = d.tenant_id"
            )
        )
        assert sorted(tuple(row) for row in carried) == sorted(
            (
                tenant_id, f"national, creditor {creditor}" if of and name == "national" else name, address, of,
                "creditor" if of else "global", "exact", "import", NOW, None,
            )
            for tenant_id, name, address, of in rows
        )  # fmt: skip
        kept = await conn.execute(text("SELECT event, channel, by, at, recorded_by FROM consent"))
        assert kept.one() == ("given", "sms", "written", NOW, "import")
    await engine.dispose()


async def test_the_texts_of_sms_that_stood_in_for_emails_go_and_the_others_stay(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url, to="0011")
    engine = make_engine(empty_database_url)
    rows = [
        ("missed_call", "sms", "en", "Reply STOP"), ("missed_call", "email", "en", "Reply STOP"),
        ("missed_call", "email", "es", "Our own words"), ("missed_call", "whatsapp", "en", "Reply STOP"),
        ("letter", "sms", "en", "Reply STOP"), ("letter", "email", "en", "Reply STOP"),
    ]  # fmt: skip
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        for name, channel, language, body in rows:
            await conn.execute(
                text(
                    "INSERT INTO template (tenant_id, name, channel, language, body)"
                    " VALUES (:tenant, :name, :channel, :language, :body)"
                ),
                {"tenant": tenant, "name": name, "channel": channel, "language": language, "body": body},
            )
    await migrate.upgrade(empty_database_url)
    async with engine.connect() as conn:
        kept = await conn.execute(text("SELECT name, channel, language, body FROM template WHERE subject IS NULL"))
        assert sorted(tuple(row) for row in kept) == sorted(row for row in rows if row != rows[1])
    await engine.dispose()


async def test_upgrading_a_populated_database_keeps_its_rows(empty_database_url: str) -> None:
    """The pattern for later migrations: stop at the one before, fill, go to the head, look."""
    await migrate.upgrade(empty_database_url, to="0001")
    engine = make_engine(empty_database_url)
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        creditor = await a_creditor(conn, tenant)
        debtor = await a_debtor(conn, tenant, creditor)
        await a_queue_row(conn, tenant, await a_campaign(conn, tenant, creditor), debtor)
    await migrate.upgrade(empty_database_url)
    async with engine.connect() as conn:
        counts = await conn.execute(text("SELECT (SELECT count(*) FROM debtor), (SELECT count(*) FROM queue_row)"))
        assert counts.one() == (1, 1)
    await engine.dispose()


OLD_VERDICTS = text("""
INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, flags, tzdb)
SELECT lpad(to_hex(g), 32, '0')::uuid, :tenant, 1, 'voice', 'dialer', CAST(:now AS timestamptz) + g * interval '1 s',
    'deny', '{}', '2026a'
FROM generate_series(1, CAST(:count AS integer)) g
""")
NUMBERED = """
SELECT count(*), min(number), max(number), count(DISTINCT salt), count(*) FILTER (WHERE number <> at_number)
FROM (SELECT number, salt, row_number() OVER (ORDER BY at) AS at_number FROM verdict) v
"""


@pytest.mark.parametrize("left_by_one_that_was_killed", [False, True])
async def test_old_verdicts_are_numbered_without_writing_the_table_anew(
    empty_database_url: str, left_by_one_that_was_killed: bool
) -> None:
    await migrate.upgrade(empty_database_url, to="0001")
    engine, count = make_engine(empty_database_url), 12_000  # more than one batch
    file = text("SELECT pg_relation_filenode('verdict')")
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        await conn.execute(OLD_VERDICTS, {"tenant": tenant, "now": NOW, "count": count})
        before = (await conn.execute(file)).scalar_one()
    if left_by_one_that_was_killed:
        module = importlib.import_module("campaigns.db.migrations.versions.0002_audit_chain")
        async with engine.begin() as conn:
            for statement in module.OPEN:
                await conn.execute(text(statement))
            first = {"behind": "00000000-0000-0000-0000-000000000000", "batch": 500}
            assert str((await conn.execute(module.NUMBER, first)).scalar_one()).endswith(f"{500:x}")
            await conn.execute(text(module.CHECKED[0]))
    await migrate.upgrade(empty_database_url, to="0002")
    async with engine.begin() as conn:
        assert (await conn.execute(file)).scalar_one() == before, "the table was written anew"
        assert tuple((await conn.execute(text(NUMBERED))).one()) == (count, 1, count, count, 0)
        await conn.execute(
            text(
                "INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, flags, tzdb)"
                " VALUES (gen_random_uuid(), :tenant, 1, 'voice', 'dialer', :now, 'deny', '{}', '2026a')"
            ),
            {"tenant": tenant, "now": NOW},
        )
        assert (await conn.execute(text("SELECT max(number) FROM verdict"))).scalar_one() == count + 1
    await engine.dispose()


async def test_the_index_of_verdicts_is_built_while_a_writer_is_at_it_and_another_program_waits(
    empty_database_url: str,
) -> None:
    await migrate.upgrade(empty_database_url, to="0006")
    engine = make_engine(empty_database_url)
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        # what a build that was killed leaves behind
        await conn.execute(text("CREATE INDEX ix_verdict_at ON verdict (tenant_id)"))
    async with engine.connect() as writer:
        await writer.execute(text("SELECT 1 FROM tenant"))
        one = asyncio.create_task(migrate.upgrade(empty_database_url))
        other = asyncio.create_task(migrate.upgrade(empty_database_url))
        await writer.execute(OLD_VERDICTS, {"tenant": tenant, "now": NOW, "count": 1})
        await writer.commit()
    states = await asyncio.wait_for(asyncio.gather(one, other), 120)
    assert all(state.up_to_date for state in states)
    async with engine.connect() as conn:
        index = text(
            "SELECT pg_get_indexdef('ix_verdict_at'::regclass), indisvalid FROM pg_index"
            " WHERE indexrelid = 'ix_verdict_at'::regclass"
        )
        definition, valid = (await conn.execute(index)).one()
    assert valid and definition.endswith("(tenant_id, at, id)")
    await engine.dispose()


async def test_replies_that_were_unclear_before_wait_for_review_and_hold_their_person(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url, to="0001")
    engine = make_engine(empty_database_url)
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        creditor = await a_creditor(conn, tenant)
        debtor = await a_debtor(conn, tenant, creditor, phones=("+12125550142",))
        campaign = await a_campaign(conn, tenant, creditor)
        await a_queue_row(conn, tenant, campaign, debtor, state="suspended", held_because="unclear_reply")
        for number, meaning in enumerate(("unclear", "other")):
            await conn.execute(
                text(
                    "INSERT INTO inbound_message (tenant_id, provider, provider_id, channel, from_address, to_address,"
                    " body, meaning, debtor_id, at) VALUES (:tenant, 'twilio', :id, 'sms', '+12125550142',"
                    " '+12125550100', 'x', :meaning, :debtor, now())"
                ),
                {"tenant": tenant, "id": f"SM{number}", "meaning": meaning, "debtor": debtor},
            )
    await migrate.upgrade(empty_database_url)
    async with engine.connect() as conn:
        replies = (await conn.execute(text("SELECT meaning, review FROM inbound_message ORDER BY id"))).all()
        held = (await conn.execute(text("SELECT debtor_id, kind FROM person_request"))).all()
    assert [tuple(row) for row in replies] == [("unclear", "open"), ("other", None)]
    assert [tuple(row) for row in held] == [(debtor, "unclear_reply")]
    await engine.dispose()
