"""What is on a do-not-contact list is not contacted: by scope, prefix and hash, in races, and when a list is gone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.lists import service as lists
from campaigns.lists.model import Source
from compliance.number_list_build import ListBuilder
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import LISTS_AGAIN, Admitted, GateContext, Refused, WantedContact, admit
from dialer.contact_rows import lock_and_read
from dialer.number_shelf import NumberShelf
from telephony.clock import SystemClock
from tests.builders import (
    NOW,
    a_campaign,
    a_contact_point,
    a_creditor,
    a_debtor,
    a_do_not_contact_list,
    a_queue_row,
    a_tenant,
)

BOOKS = load_rulebooks()
PHONE = "+12125550142"


class Floor:
    """A person with one number, a campaign, and a process that asks the gate."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.shelf = NumberShelf(engine, folder / "lists", SystemClock())
        self.tenant = self.creditor = self.debtor = self.campaign = 0

    async def ask(self, **values: Any) -> Admitted | Refused:
        """In its own transaction, which leaves no call behind."""
        async with self.engine.connect() as conn:
            wanted = replace(WantedContact(self.debtor, "voice", "dialer", campaign_id=self.campaign), **values)
            (answer,) = await admit(conn, [wanted], now=NOW, gate=GateContext(BOOKS, self.shelf))
            await conn.rollback()
            return answer

    async def why(self, **values: Any) -> str:
        """The gate's words; empty when the contact may happen."""
        answer = await self.ask(**values)
        if isinstance(answer, Admitted):
            return ""
        assert answer.reasons == ("opt_out",), answer
        return "" if answer.verdict is None else answer.verdict.because

    async def list(self, *entries: str, **values: Any) -> int:
        async with self.engine.begin() as conn:
            return await a_do_not_contact_list(conn, self.tenant, *entries, **values)

    async def hashed(self, name: str, *numbers: str, mode: str = "add") -> str:
        """Put a version of a hashed list in force; its digest. The list is made when it is not there."""
        path = self.folder / "built"
        with ListBuilder() as builder:
            builder.add_addresses(number.encode() for number in numbers)
            built = builder.write(path)
        async with self.engine.begin() as conn:
            if not any(one.name == name for one in await lists.everything(conn, self.tenant)):
                await lists.create(conn, tenant_id=self.tenant, name=name, kind="hashed", now=NOW, actor="cli")
            of = await lists.get(conn, self.tenant, name, lock=True)
            await lists.put_chunk(conn, self.tenant, built.digest, 0, path.read_bytes())
            source = Source("registry.csv", "0" * 64, len(numbers), 0)
            await lists.begin_version(
                conn, of, mode=mode, source=source, at=NOW, by="cli", entries=built.count, digest=built.digest
            )
            await lists.bind(conn, self.tenant)
        return built.digest


@pytest.fixture
async def floor(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Floor]:
    made = Floor(engine, tmp_path)
    async with engine.begin() as conn:
        made.tenant = await a_tenant(conn)
        made.creditor = await a_creditor(conn, made.tenant)
        made.debtor = await a_debtor(conn, made.tenant, made.creditor, phones=(PHONE,))
        made.campaign = await a_campaign(conn, made.tenant, made.creditor)
    yield made
    await made.shelf.close()


async def test_a_global_list_names_itself_and_holds_every_contact(floor: Floor) -> None:
    assert await floor.why() == ""
    await floor.list(PHONE, name="House list")
    assert "House list" in await floor.why()
    assert "House list" in await floor.why(origin="agent", campaign_id=None)


async def test_a_list_of_a_creditor_or_campaign_holds_there_only(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        creditor = await a_creditor(conn, floor.tenant)
        campaign = await a_campaign(conn, floor.tenant, floor.creditor)
    await floor.list(PHONE, scope="creditor", creditor_id=creditor)
    await floor.list(PHONE, name="Spring", scope="campaign", campaign_id=floor.campaign)
    assert "Spring" in await floor.why()
    assert await floor.why(campaign_id=campaign) == ""
    assert await floor.why(campaign_id=None, origin="agent") == ""
    await floor.list(PHONE, name="Theirs", scope="creditor", creditor_id=floor.creditor)
    assert "Theirs" in await floor.why(campaign_id=campaign)


async def test_lists_of_another_tenant_and_ended_ones_hold_nobody(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        await a_do_not_contact_list(conn, await a_tenant(conn, "Other"), PHONE)
    await floor.list(PHONE, ended_at=NOW)
    of = await floor.list(PHONE)
    async with floor.engine.begin() as conn:
        await conn.execute(update(t.do_not_contact).where(t.do_not_contact.c.list_id == of).values(ended_at=NOW))
    assert await floor.why() == ""


@pytest.mark.parametrize(
    ("prefix", "held"),
    [("+1", True), ("+1212555", True), ("+1212555014", True), ("+1646", False), ("+12125551", False)],
)
async def test_a_prefix_holds_every_number_that_begins_so(floor: Floor, prefix: str, held: bool) -> None:
    await floor.list(prefix, entry_kind="prefix", name="Numbers not to be called")
    assert ("Numbers not to be called" in await floor.why()) is held


async def test_an_exact_entry_is_no_prefix_and_a_prefix_is_no_number(floor: Floor) -> None:
    await floor.list("+1212555", PHONE[:-1], name="Typing errors")
    await floor.list(PHONE + "3", entry_kind="exact")
    assert await floor.why() == ""


async def test_an_address_in_capitals_is_the_same_address(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        await a_contact_point(conn, floor.tenant, floor.debtor, "Dana@Example.com", "email")
    await floor.list("dana@example.com", name="Letters")
    assert "Letters" in str((await floor.ask(channel="email")).verdict)


async def test_a_hashed_list_is_fetched_checked_and_asked(floor: Floor) -> None:
    digest = await floor.hashed("National", PHONE, "+4520123456")
    assert "National" in await floor.why()
    copy = floor.folder / "lists" / digest
    assert copy.exists() and copy.stat().st_mode & 0o777 == 0o400
    await floor.hashed("National", "+4520123456", mode="replace")
    assert await floor.why() == "", "the new version is asked, not the old one"
    assert await floor.shelf.look(floor.tenant, NOW) == ()
    assert not copy.exists() and len(list(copy.parent.iterdir())) == 1, "old versions leave the disk"
    async with floor.engine.connect() as conn:
        assert await lists.chunk(conn, floor.tenant, digest, 0), "and stay in the database"


async def test_a_number_put_on_a_hashed_list_a_moment_ago_is_not_called(floor: Floor) -> None:
    await floor.hashed("National", "+4520123456")
    assert await floor.why() == ""
    await floor.hashed("National", "+4520123456", PHONE)
    assert "National" in await floor.why()


async def test_the_union_of_all_lists_holds(floor: Floor) -> None:
    await floor.hashed("One", "+4520123456")
    await floor.hashed("Two", PHONE)
    await floor.list("+1212", entry_kind="prefix", name="Three")
    assert "Three, Two" in await floor.why()


NOT_READ = "the do-not-contact lists were not looked up"


async def test_without_anybody_to_open_it_a_hashed_list_refuses_everybody(floor: Floor) -> None:
    await floor.hashed("National", "+4520123456")
    async with floor.engine.begin() as conn:
        wanted = WantedContact(floor.debtor, "voice", "dialer")
        (answer,) = await admit(conn, [wanted], now=NOW, gate=GateContext(BOOKS))
    assert isinstance(answer, Refused) and answer.verdict is not None and NOT_READ in answer.verdict.because


async def test_bytes_that_are_missing_or_damaged_refuse_everybody_for_a_minute_at_a_time(floor: Floor) -> None:
    digest = await floor.hashed("National", "+4520123456")
    async with floor.engine.begin() as conn:
        whole = await lists.chunk(conn, floor.tenant, digest, 0)
        assert whole is not None
        damaged = whole[:-1] + bytes([whole[-1] ^ 1])
        await conn.execute(update(t.do_not_contact_chunk).values(data=damaged))
    answer = await floor.ask()
    assert isinstance(answer, Refused) and answer.verdict is not None and NOT_READ in answer.verdict.because
    assert answer.retry_at == NOW + LISTS_AGAIN, "a list that is mended must not leave people suspended for ever"
    (trouble,) = await floor.shelf.look(floor.tenant, NOW)
    assert trouble.name == "National" and trouble.denies and "damaged" in trouble.words

    async with floor.engine.begin() as conn:
        await conn.execute(delete(t.do_not_contact_chunk))
    fresh = NumberShelf(floor.engine, floor.folder / "lists", SystemClock())
    (trouble,) = await fresh.look(floor.tenant, NOW)
    assert "not in the database" in trouble.words

    async with floor.engine.begin() as conn:
        await lists.put_chunk(conn, floor.tenant, digest, 0, whole)
    mended = NumberShelf(floor.engine, floor.folder / "lists", SystemClock())
    assert await mended.look(floor.tenant, NOW) == ()


async def test_a_damaged_copy_on_disk_is_replaced_by_the_database_s(floor: Floor) -> None:
    digest = await floor.hashed("National", PHONE)
    assert "National" in await floor.why()
    copy = floor.folder / "lists" / digest
    copy.unlink()
    copy.write_bytes(b"PLNUMBRS, but nothing else of it")
    floor.shelf = NumberShelf(floor.engine, floor.folder / "lists", SystemClock())
    assert "National" in await floor.why()
    assert copy.read_bytes()[:8] == b"PLNUMBRS" and copy.stat().st_size == 64 + 8


async def test_an_overdue_list_is_told_and_denies_only_when_it_was_made_to(floor: Floor) -> None:
    due = NOW - timedelta(days=1)
    quiet = await floor.list(name="Quiet", refresh_by=due)
    assert await floor.why() == ""
    (trouble,) = await floor.shelf.look(floor.tenant, NOW)
    assert (trouble.name, trouble.denies) == ("Quiet", False) and "2026-03-03" in trouble.words
    async with floor.engine.begin() as conn:
        await conn.execute(
            update(t.do_not_contact_list).where(t.do_not_contact_list.c.id == quiet).values(overdue_denies=True)
        )
    assert NOT_READ in await floor.why()


async def test_a_list_made_for_hashes_and_never_filled_is_told_and_holds_nobody(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        await lists.create(conn, tenant_id=floor.tenant, name="National", kind="hashed", now=NOW, actor="cli")
    assert await floor.why() == ""
    assert [(one.name, one.denies) for one in await floor.shelf.look(floor.tenant, NOW)] == [("National", False)]


async def test_who_was_held_is_asked_about_again_when_the_entry_ends(floor: Floor) -> None:
    await floor.list(PHONE, name="House")
    row = select(t.queue_row.c.state, t.queue_row.c.held_because)
    async with floor.engine.begin() as conn:
        await a_queue_row(conn, floor.tenant, floor.campaign, floor.debtor, state="suspended", held_because="opt_out")
        of = await lists.get(conn, floor.tenant, "House", lock=True)
        how = {"now": NOW, "actor": "cli", "reason": "a letter of the person"}
        assert not await lists.end_entry(conn, of, "+12125550199", **how)  # type: ignore[arg-type]
        assert tuple((await conn.execute(row)).one()) == ("suspended", "opt_out")
        assert await lists.end_entry(conn, of, PHONE, **how)  # type: ignore[arg-type]
        assert tuple((await conn.execute(row)).one()) == ("waiting", None)
    assert await floor.why() == ""


# races


async def _add_slowly(floor: Floor, may_commit: asyncio.Event, written: asyncio.Event) -> None:
    async with floor.engine.begin() as conn:
        of = await lists.get(conn, floor.tenant, "House", lock=True)
        await lists.add(conn, of, [PHONE], source="cli", at=NOW, by="cli")
        written.set()
        await may_commit.wait()
        await lists.bind(conn, floor.tenant)


async def _is_waiting(conn: AsyncConnection) -> bool:
    found = await conn.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
    return bool(found.scalar_one())


async def test_an_admission_under_way_comes_first_and_the_change_waits_for_it(floor: Floor) -> None:
    await floor.list(name="House")
    written, may_commit = asyncio.Event(), asyncio.Event()
    adding = asyncio.create_task(_add_slowly(floor, may_commit, written))
    await written.wait()
    async with floor.engine.begin() as admission, floor.engine.connect() as watch:
        wanted = WantedContact(floor.debtor, "voice", "dialer")
        (answer,) = await admit(admission, [wanted], now=NOW, gate=GateContext(BOOKS, floor.shelf))
        assert isinstance(answer, Admitted)
        may_commit.set()
        while not await _is_waiting(watch):
            assert not adding.done(), "it must not commit while the admission reads"
    await adding
    async with floor.engine.begin() as conn:
        await conn.execute(update(t.attempt).values(state="ended", outcome="busy"))
    assert "House" in await floor.why()


async def test_an_admission_that_begins_during_a_change_reads_what_it_wrote(floor: Floor) -> None:
    await floor.list(name="House")
    async with floor.engine.connect() as change, floor.engine.connect() as watch:
        of = await lists.get(change, floor.tenant, "House", lock=True)
        await lists.add(change, of, [PHONE], source="cli", at=NOW, by="cli")
        await lists.bind(change, floor.tenant)
        asking = asyncio.create_task(floor.why())
        while not await _is_waiting(watch):
            assert not asking.done(), "it must not decide before the change is committed"
        await change.commit()
        assert "House" in await asking


async def test_of_many_admissions_and_one_addition_none_is_allowed_after_it(floor: Floor) -> None:
    """Each admission notes the database's own order: an allowed one committed before the addition did."""
    await floor.list(name="House")
    async with floor.engine.begin() as conn:
        debtors = [await a_debtor(conn, floor.tenant, floor.creditor) for _ in range(24)]
        points = await conn.execute(select(t.contact_point.c.address).where(t.contact_point.c.debtor_id.in_(debtors)))
        addresses = list(points.scalars())
    added = False
    after: list[Admitted | Refused] = []
    early: list[Admitted | Refused] = []

    async def worker(batch: list[int]) -> None:
        async with floor.engine.begin() as conn:
            began_after = added
            wanted = [WantedContact(debtor, "voice", "dialer") for debtor in batch]
            answers = await admit(conn, wanted, now=NOW, gate=GateContext(BOOKS, floor.shelf))
            seen = {isinstance(answer, Admitted) for answer in answers}
            assert len(seen) == 1, "a batch sees all of a change or nothing of it"
            (after if began_after else early).extend(answers)

    async def adder() -> None:
        nonlocal added
        async with floor.engine.begin() as conn:
            of = await lists.get(conn, floor.tenant, "House", lock=True)
            await lists.add(conn, of, addresses, source="cli", at=NOW, by="cli")
            await lists.bind(conn, floor.tenant)
        added = True

    first = [asyncio.create_task(worker(debtors[at : at + 4])) for at in range(0, 12, 4)]
    adding = asyncio.create_task(adder())
    await asyncio.gather(*first, adding)
    await asyncio.gather(*(worker(debtors[at : at + 4]) for at in range(12, 24, 4)))
    assert len(after) >= 12 and all(isinstance(answer, Refused) for answer in after)
    attempts = {row.debtor_id for row in await _attempts(floor)}
    assert attempts == {one.wanted.debtor_id for one in early if isinstance(one, Admitted)}


async def _attempts(floor: Floor) -> list[Any]:
    async with floor.engine.connect() as conn:
        return list((await conn.execute(select(t.attempt.c.debtor_id))).all())


async def test_changes_and_admissions_in_any_order_do_not_deadlock(floor: Floor) -> None:
    await floor.list(name="House")
    async with floor.engine.begin() as conn:
        debtors = [await a_debtor(conn, floor.tenant, floor.creditor) for _ in range(6)]

    async def worker(n: int) -> None:
        async with floor.engine.begin() as conn:
            wanted = [WantedContact(debtor, "voice", "dialer") for debtor in debtors[n:] + debtors[:n]]
            await admit(conn, wanted, now=NOW, gate=GateContext(BOOKS, floor.shelf))

    async def adder(n: int) -> None:
        async with floor.engine.begin() as conn:
            of = await lists.get(conn, floor.tenant, "House", lock=True)
            await lists.add(conn, of, [f"+1646555{n:04d}"], source="cli", at=NOW, by="cli")
            await lists.bind(conn, floor.tenant)

    async with asyncio.timeout(30):
        await asyncio.gather(*(work(n % 6) for n in range(6) for work in (worker, adder)))


async def test_a_look_that_decides_nothing_waits_for_no_change_of_a_list_and_holds_none_up(floor: Floor) -> None:
    await floor.list(name="House")
    async with floor.engine.connect() as change, floor.engine.connect() as look:
        of = await lists.get(change, floor.tenant, "House", lock=True)
        await lists.add(change, of, [PHONE], source="cli", at=NOW, by="cli")
        await lists.bind(change, floor.tenant)
        async with asyncio.timeout(5):
            known = await lock_and_read(look, [floor.debtor], now=NOW, lock=False, lists=floor.shelf)
        held = await look.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        assert known and held.scalar_one() == 1, "the change's own"
