"""Files become versions of lists: all or nothing, added or replacing, hashed or as entries; the ledger keeps each."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.db.engine import make_engine
from campaigns.lists import service as lists
from campaigns.lists.model import Source, Version
from campaigns.problems import Refused
from dialer import list_import
from dialer.import_parts import import_parts
from dialer.list_check import check_address
from dialer.list_import import ListReport, Options, import_list
from dialer.number_file import read_numbers
from dialer.number_shelf import NumberShelf
from telephony.clock import SystemClock
from tests.builders import NOW, a_tenant

A, B, C = "+12125550142", "+12125550143", "+4520123456"


class Office:
    def __init__(self, engine: AsyncEngine, folder: Path, tenant: int) -> None:
        self.engine, self.folder, self.tenant = engine, folder, tenant
        self.shelf = NumberShelf(engine, folder / "lists", SystemClock())
        self.phases: list[tuple[str, int, int]] = []

    async def make(self, name: str, kind: Any = "hashed") -> None:
        async with self.engine.begin() as conn:
            await lists.create(conn, tenant_id=self.tenant, name=name, kind=kind, now=NOW, actor="cli")

    async def take(self, name: str, *lines: str, **values: Any) -> ListReport:
        file = self.folder / "file.txt"
        file.write_text("".join(f"{line}\n" for line in lines))
        options = Options(self.tenant, name, self.folder / "lists", **values)

        def show(*step: Any) -> None:
            self.phases.append(step)

        return await import_list(self.engine, file, options, import_parts(), self.shelf, now=NOW, progress=show)

    async def on(self, *numbers: str) -> list[bool]:
        async with self.engine.connect() as conn:
            return [bool((await check_address(conn, self.tenant, one, self.shelf, NOW))["listed"]) for one in numbers]

    async def versions(self, name: str) -> list[Version]:
        async with self.engine.connect() as conn:
            return await lists.versions(conn, (await lists.get(conn, self.tenant, name)).id)


@pytest.fixture
async def office(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Office]:
    async with engine.begin() as conn:
        made = Office(engine, tmp_path, await a_tenant(conn))
    yield made
    await made.shelf.close()


@pytest.mark.parametrize("kind", ["hashed", "entries"])
async def test_a_file_is_added_or_replaces_and_every_version_is_kept(office: Office, kind: str) -> None:
    await office.make("National", kind)
    first = await office.take("National", A, A, B)
    assert (first.state, first.version, first.lines, first.entries) == ("done", 1, 3, 2)
    added = await office.take("National", C, evidence="increment of March")
    assert (added.version, added.entries) == (2, 3)
    assert await office.on(A, B, C) == [True, True, True]
    replaced = await office.take("National", C, mode="replace")
    assert (replaced.version, replaced.entries) == (3, 1)
    assert await office.on(A, B, C) == [False, False, True]
    kept = await office.versions("National")
    assert [(one.version, one.mode, one.entries, one.evidence) for one in kept] == [
        (3, "replace", 1, ""), (2, "add", 3, "increment of March"), (1, "add", 2, ""),
    ]  # fmt: skip
    assert all(len(one.file_sha256) == 64 and one.by == "cli" for one in kept)
    phases = {phase for phase, _, _ in office.phases}
    assert phases == ({"reading", "sorting", "storing"} if kind == "hashed" else {"reading", "storing"})
    assert all(0 <= done for _, done, _ in office.phases)


@pytest.mark.parametrize("kind", ["hashed", "entries"])
async def test_a_bad_line_refuses_the_file_unless_told_otherwise(office: Office, kind: str) -> None:
    await office.make("National", kind)
    rejects = office.folder / "rejects.csv"
    refused = await office.take("National", A, "nonsense 1", rejects=rejects)
    assert (refused.state, refused.rejected, refused.version) == ("refused", 1, 0)
    assert await office.on(A) == [False] and await office.versions("National") == []
    assert "2,number," in rejects.read_text(encoding="utf-8-sig")
    partly = await office.take("National", A, "nonsense 1", partial=True)
    assert (partly.state, partly.rejected, partly.entries) == ("done", 1, 1)
    assert await office.on(A) == [True]


@pytest.mark.parametrize("kind", ["hashed", "entries"])
async def test_a_dry_run_changes_nothing(office: Office, kind: str) -> None:
    await office.make("National", kind)
    report = await office.take("National", A, B, dry_run=True)
    assert (report.state, report.entries) == ("checked", 2)
    assert await office.on(A) == [False] and await office.versions("National") == []
    assert not list((office.folder / "lists").glob("*.new"))


async def test_what_cannot_be_imported_says_why(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.make("House", "entries")
    with pytest.raises(Refused, match="no list Horse"):
        await office.take("Horse", A)
    with pytest.raises(Refused, match="digests go into hashed lists"):
        await office.take("House", "0" * 64)
    with pytest.raises(Refused, match="no number in the file"):
        await office.take("House", "number")
    with pytest.raises(Refused, match="choose another one"):
        await office.take("House", A, rejects=office.folder / "file.txt")
    monkeypatch.setattr(list_import, "MOST_ROWS", 1)
    with pytest.raises(Refused, match="make a hashed list"):
        await office.take("House", A, B)
    async with office.engine.begin() as conn:
        of = await lists.get(conn, office.tenant, "House", lock=True)
        await lists.end_list(conn, of, now=NOW, actor="cli", reason="over")
    with pytest.raises(Refused, match="has ended"):
        await office.take("House", A)


async def test_of_two_imports_at_once_the_later_one_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.make("National")

    def slow(*args: Any) -> Any:
        """Somebody else is quicker."""

        async def other() -> None:
            engine = make_engine(office.engine.url.render_as_string(hide_password=False))
            async with engine.begin() as conn:
                of = await lists.get(conn, office.tenant, "National", lock=True)
                source = Source("other.csv", "0" * 64, 1, 0)
                await lists.begin_version(conn, of, mode="add", source=source, at=NOW, by="cli", digest="0" * 64)
            await engine.dispose()

        asyncio.run(other())
        return read_numbers(*args)

    monkeypatch.setattr("dialer.list_import.read_numbers", slow)
    with pytest.raises(Refused, match="somebody else imported into it meanwhile"):
        await office.take("National", A)
    assert len(await office.versions("National")) == 1


async def test_the_ledger_says_on_which_lists_a_number_is_and_why(office: Office) -> None:
    await office.make("National")
    await office.make("House", "entries")
    await office.take("National", A)
    async with office.engine.begin() as conn:
        house = await lists.get(conn, office.tenant, "House", lock=True)
        how: dict[str, Any] = {"source": "cli", "at": NOW, "by": "user:7"}
        await lists.add(conn, house, ["+1212"], kind="prefix", evidence="decision 4", **how)
        await lists.add(conn, house, [A], evidence="letter 1", **how)
        await lists.end_entry(conn, house, A, now=NOW, actor="user:8", reason="mistake")
        told = await check_address(conn, office.tenant, A, office.shelf, NOW)
    assert told["listed"] and told["unread"] == [] and told["address"] == "+121••••••42"
    assert [(one["list"], one["why"].partition(" (")[0], one["by"]) for one in told["lists"]] == [
        ("House", "begins with +1212", "user:7"),
        ("National", "its hash is among 1", "cli"),
    ]
    (ended,) = told["ended"]
    assert (ended["ended_by"], ended["end_reason"], ended["evidence"]) == ("user:8", "mistake", "letter 1")
    async with office.engine.connect() as conn:
        stored = (await conn.execute(select(t.do_not_contact_chunk.c.data))).scalars().all()
    assert not any(A.encode() in data for data in stored), "a hashed list holds no number"
