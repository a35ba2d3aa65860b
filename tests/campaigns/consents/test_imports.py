"""A file of consents: rows are understood, wrong ones named by line, and all or nothing is taken."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.consents.imports import Options, Report, import_consents
from campaigns.db import tables as t
from campaigns.imports.problems import FileRefused
from dialer.import_parts import import_parts
from tests.builders import NOW, a_contact_point, a_creditor, a_debtor, a_tenant

HEADER = "reference,phone,channel,how,when,event,evidence,expires,text_version,language"
GOOD = "D1,+12125550177,sms,written,2026-01-05,,form 1,2027-01-05,v3,en"


class Book:
    def __init__(self, conn: AsyncConnection, folder: Path, options: Options) -> None:
        self.conn, self.folder, self.options = conn, folder, options

    async def take(self, *lines: str, header: str = HEADER, **values: Any) -> Report:
        path = self.folder / "consents.csv"
        path.write_text("\n".join((header, *lines)) + "\n")
        options = Options(**{**{name: getattr(self.options, name) for name in Options.__slots__}, **values})
        return await import_consents(self.conn, path, options, import_parts(), now=NOW)

    async def rows(self) -> list[tuple[Any, ...]]:
        c = t.consent.c
        return [tuple(row) for row in await self.conn.execute(select(c.channel, c.event, c.by).order_by(c.id))]


@pytest.fixture
async def book(conn: AsyncConnection, tmp_path: Path) -> Book:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtor = await a_debtor(conn, tenant, creditor, phones=("+12125550177",), external_ref="D1")
    await a_contact_point(conn, tenant, debtor, "dana@example.com", "email")
    return Book(conn, tmp_path, Options(tenant, creditor, "cli"))


async def test_consents_and_revocations_are_taken_and_a_second_time_nothing_is_new(book: Book) -> None:
    lines = (
        GOOD,
        "D1,(212) 555-0177,sms,oral,2026-02-05T10:00:00Z,,call 9,,,",
        "D1,Dana@Example.com,email,written,2026-02-01,,,,,",
        "D1,+12125550177,sms,written,2026-02-10,revoked,letter 3,,,",
    )
    report = await book.take(*lines, country="US")
    assert (report.state, report.rows, report.taken, report.rejected) == ("done", 4, 4, 0)
    assert await book.rows() == [
        ("sms", "given", "written"), ("sms", "renewed", "oral"), ("email", "given", "written"),
        ("sms", "revoked", "written"),
    ]  # fmt: skip
    again = await book.take(*lines, country="US")
    assert (again.taken, again.known) == (0, 4) and len(await book.rows()) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("D2,+12125550177,sms,written,2026-01-05", "no such number"),
        ("D1,+12125550178,sms,written,2026-01-05", "no such number"),
        ("D1,2125550177,sms,written,2026-01-05", "phone"),
        ("D1,+12125550177,email,written,2026-01-05", "does not go to"),
        ("D1,+12125550177,sms,perhaps,2026-01-05", "'perhaps' is unknown"),
        ("D1,+12125550177,sms,written,5th of May", "when: this is no day"),
        ("D1,+12125550177,sms,written,2031-01-05", "future"),
        ("D1,+12125550177,sms,,2026-01-05", "how: empty"),
        ("D1,+12125550177,sms,written,2026-01-05,agreed", "'agreed' is unknown"),
        ("D1,+12125550177,sms,written,2026-01-05,,,2026-01-04", "expired before"),
        ("D1,+12125550177,sms,written,2026-01-05,,,soon", "expires: this is no day"),
    ],
)
async def test_a_wrong_row_is_named_and_refuses_the_file(book: Book, line: str, words: str) -> None:
    rejects = book.folder / "rejects.csv"
    report = await book.take(GOOD, line, rejects=rejects)
    assert (report.state, report.rejected) == ("refused", 1)
    (one,) = report.first_rejects
    assert one.line == 3 and words in one.reason, one
    assert "+1212" not in one.reason
    assert rejects.read_text(encoding="utf-8-sig").splitlines()[1].startswith("3,")
    partly = await book.take(GOOD, line, partial=True)
    assert (partly.state, partly.taken + partly.known, partly.rejected) == ("done", 1, 1)


async def test_a_dry_run_says_what_it_would_take(book: Book) -> None:
    report = await book.take(GOOD, dry_run=True)
    assert (report.state, report.taken) == ("checked", 1)


async def test_a_file_that_cannot_be_understood_is_refused_as_a_whole(book: Book) -> None:
    with pytest.raises(FileRefused, match="missing columns: how, when"):
        await book.take("D1,+12125550177,sms", header="reference,phone,channel")
    with pytest.raises(FileRefused, match="no such file"):
        await import_consents(book.conn, book.folder / "none.csv", book.options, import_parts(), now=NOW)
    assert (await book.take()).state == "refused"
