"""`promiseline compliance contacts|evidence|evidence-check`, as a supervisor and a regulator use them."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.contact import Admitted, WantedContact, admit
from tests.builders import NOW, a_creditor, a_debtor, a_tenant
from tests.dialer.cli.program import Program
from tests.dialer.messaging_rig import GATE

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


async def called(engine: AsyncEngine) -> str:
    async with engine.begin() as conn:
        tenant = await a_tenant(conn, "main")
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), external_ref="REF-7")
        (answer,) = await admit(conn, [WantedContact(debtor, "voice", "dialer")], now=NOW, gate=GATE)
        assert isinstance(answer, Admitted)
        await conn.execute(text("UPDATE attempt SET state = 'ended', ended_at = :now, outcome = 'busy'"), {"now": NOW})
    return str(answer.attempt_id)


async def test_a_contact_is_found_shown_written_and_checked_by_a_stranger(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    attempt = await called(engine)
    await program("audit", "seal")
    key = (await program("audit", "key")).out.strip()
    listed = await program("compliance", "contacts", "--debtor", "REF-7", "--json")
    assert [row["attempt"] for row in listed.json()] == [attempt]
    assert (
        await program("compliance", "contacts", "--debtor", "REF-7", "--until", "2026-03-04", "--json")
    ).json() == []
    narrow = await program("compliance", "contacts", "--debtor", "REF-7", COLUMNS="40")
    assert attempt in narrow.out.splitlines()
    told = await program("compliance", "evidence", attempt, "--out", "shown.json")
    assert told.code == 0
    for part in ("10:00 -0500 in America/New_York", "us-federal.7-in-7", "12 CFR 1006.14(b)(2)(i)(A)", "checkpoint 1"):
        assert part in told.out
    assert "Outcome of the attempt: busy" in told.out

    stranger = Program(tmp_path / "court", {"PROMISELINE_DATABASE_URL": "postgresql+asyncpg://127.0.0.1:1/none"})
    stranger.folder.mkdir()
    file = tmp_path / "shown.json"
    forged = tmp_path / "forged.json"
    document = orjson.loads(file.read_bytes())
    document["contact"]["origin"] = "agent"
    forged.write_bytes(orjson.dumps(document))
    good, untrusted, bad = await stranger.all(
        ["compliance", "evidence-check", str(file), "--key", key, "--json"],
        ["compliance", "evidence-check", str(file)],
        ["compliance", "evidence-check", str(forged), "--key", key],
    )
    assert good.json() == {"ok": True, "findings": [], "not_signed_yet": [], "content_shown": False}
    assert untrusted.code == 1 and "NOT PROVEN" in untrusted.out
    assert bad.code == 1 and "contact.origin" in bad.out

    async with engine.connect() as conn:
        taken = "SELECT actor, subject FROM audit WHERE action = 'evidence.taken'"
        assert (await conn.execute(text(taken))).all() == [("cli", f"attempt:{attempt}")]


async def test_each_refusal_says_what_is_wrong(program: Program, engine: AsyncEngine, tmp_path: Path) -> None:
    attempt = await called(engine)
    (tmp_path / "there.json").write_text("{}")
    odd, unknown, there, folder, absent, empty, person, day = await program.all(
        ["compliance", "evidence", "yesterday's call"],
        ["compliance", "evidence", "00000000-0000-0000-0000-000000000001"],
        ["compliance", "evidence", attempt, "--out", "there.json"],
        ["compliance", "evidence", attempt, "--out", "no/such/folder.json"],
        ["compliance", "evidence-check", "nothing.json"],
        ["compliance", "evidence-check", "there.json"],
        ["compliance", "contacts", "--debtor", "REF-8"],
        ["compliance", "contacts", "--debtor", "REF-7", "--since", "spring"],
    )
    assert "names no contact" in odd.refusal() and "there is no such attempt" in unknown.refusal()
    assert "is there already" in there.refusal() and "cannot be written" in folder.refusal()
    assert "cannot be read" in absent.refusal() and "this is no promiseline.evidence.v1" in empty.refusal()
    assert "nobody has this reference" in person.refusal() and "is no day or instant" in day.refusal()
