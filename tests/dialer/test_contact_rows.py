"""What is read of persons in one statement is what simple questions, table by table, tell of each."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.contact_facts import Known
from dialer.contact_rows import FOR_EVER, HISTORY, lock_and_read
from tests.builders import NOW
from tests.dialer.crowd import READ, Crowd, Tables

pytestmark = pytest.mark.postgres


def _told(known: Known) -> dict[str, list[Any]]:
    """Everything read, with no order of rows: nothing in the gate rests on one."""
    rows = {name: getattr(known, name) for name in READ if name != "attempts"} | {
        "debtor": [known.debtor],
        "consents": [row for rows in known.consents.values() for row in rows],
        "opt_outs": [row for rows in known.opt_outs.values() for row in rows],
    }
    told = {name: [{column: row[column] for column in READ[name]} for row in rows[name]] for name in rows}
    return told | {
        "attempts": [{column: getattr(row, column) for column in READ["attempts"]} for row in known.attempts]
    }


def _sorted(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: sorted(of, key=repr) for name, of in rows.items()}


@pytest.mark.parametrize("lock", [True, False], ids=["admission", "look"])
@pytest.mark.parametrize("seed", range(4))
async def test_one_statement_tells_what_table_after_table_tells(conn: AsyncConnection, seed: int, lock: bool) -> None:
    crowd = Crowd(conn, seed)
    await crowd.gather(12)
    tables = await Tables.read(conn)
    for for_ever in (False, True):
        known = await lock_and_read(conn, crowd.persons, now=NOW, lock=lock, for_ever=for_ever)
        assert known.keys() == set(crowd.persons)
        since = NOW - (FOR_EVER if for_ever else HISTORY)
        for debtor, one in known.items():
            assert _sorted(_told(one)) == _sorted(tables.of(debtor, now=NOW, since=since))
            assert (one.debtor["creditor_rulebooks"], one.debtor["switches"]) == tables.settings(debtor)
            assert one.in_call == tables.in_call(debtor)
            _lists_agree(one, tables, crowd, lock)


def _lists_agree(one: Known, tables: Tables, crowd: Crowd, lock: bool) -> None:
    assert one.listings is not None
    for point in one.points:
        for campaign in (None, *crowd.campaigns):
            names = one.listings.of(point["address"], creditor_id=one.debtor["creditor_id"], campaign_id=campaign)
            expected = tables.listed(one.debtor["id"], point["address"], campaign, as_of=None if lock else NOW)
            assert (None if names is None else set(names)) == expected


async def test_a_crowd_has_something_of_everything(conn: AsyncConnection) -> None:
    """Otherwise the test above would prove little."""
    crowd = Crowd(conn, 0)
    await crowd.gather(12)
    known = (await lock_and_read(conn, crowd.persons, now=NOW, lock=False)).values()
    for name in READ:
        assert any(getattr(one, name) for one in known), name
    assert any(one.in_call for one in known)
    assert any(not point["address"].isascii() for one in known for point in one.points)


@pytest.mark.parametrize(("lock", "count"), [(True, 2), (False, 1)], ids=["admission", "look"])
async def test_persons_are_read_in_one_question_after_the_lock(conn: AsyncConnection, lock: bool, count: int) -> None:
    crowd = Crowd(conn, 1)
    await crowd.gather(6)
    plain = [
        debtor
        for debtor, one in (await lock_and_read(conn, crowd.persons, now=NOW, lock=False)).items()
        if all(point["address"].isascii() for point in one.points)
    ]
    sent: list[str] = []
    event.listen(conn.sync_connection, "before_cursor_execute", lambda *args: sent.append(args[2]))
    assert len(await lock_and_read(conn, plain, now=NOW + timedelta(days=1), lock=lock)) == len(plain) > 2
    assert len(sent) == count
