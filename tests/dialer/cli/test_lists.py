"""`promiseline lists` and `promiseline consents`, as an operator and as a program see them."""

import asyncio
import json
import shutil
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOW, a_creditor, a_debtor, a_tenant
from tests.dialer.cli.program import Program

pytestmark = pytest.mark.postgres
A, B = "+12125550142", "+4520123456"


async def test_a_list_is_made_filled_asked_shown_and_ended(program: Program) -> None:
    made = (await program("lists", "create", "House", "--evidence", "policy 4", "--json")).json()
    nothing = (await program("lists", "check", A, "--json")).json()
    added = (await program("lists", "add", "House", A, B, "--evidence", "letter 1", "--json")).json()
    await program("lists", "add", str(made["list_id"]), "+4890", "--prefix")
    found, shown, words = await program.all(
        ("lists", "check", A, "--json"), ("lists", "show", "House", "--json"), ("lists", "check", "+489012345678")
    )

    assert nothing["listed"] is False and added == {"added": 2, "already_there": 0}
    (entry,) = found.json()["lists"]
    assert (entry["list"], entry["how"], entry["by"], entry["evidence"]) == ("House", "cli", "cli", "letter 1")
    assert found.json()["address"] == "+121••••••42" and A not in found.out
    (one,) = shown.json()
    assert (one["entries"], one["scope"], one["evidence"], one["overdue"]) == (3, "global", "policy 4", False)
    assert "+489•••••••78 is on 1 list(s)." in words.out and "begins with +4890" in words.out

    assert "say why" in (await program("lists", "end", "House", A)).refusal()
    ended = (await program("lists", "end", "House", A, "--reason", "mistake", "--json")).json()
    after = (await program("lists", "check", A, "--json")).json()
    assert ended == {"ended": True} and not after["listed"]
    assert [one["end_reason"] for one in after["ended"]] == ["mistake"]


async def test_a_hashed_list_is_imported_and_told_by_the_doctor(program: Program) -> None:
    file = program.folder / "registry.txt"
    file.write_text("".join(f"+1212555{n:04d}\n" for n in range(500)))
    assert (await program("lists", "create", "Registry", "--hashed", "--refresh-by", "2099-01-01")).code == 0
    before = {one["part"]: one for one in await doctor(program)}
    told = await program("lists", "import", "Registry", str(file))
    assert (told.code, "Version 1 is in force: 500 entries" in told.out) == (0, True), told
    checked, after = await program("lists", "check", A, "--json"), {one["part"]: one for one in await doctor(program)}

    assert not before["list Registry"]["ok"] and "never been imported" in before["list Registry"]["says"]
    assert checked.json()["listed"] and "its hash is among 500" in checked.json()["lists"][0]["why"]
    assert after["lists"]["ok"] and after["lists"]["says"] == "1 do-not-contact lists, 500 entries"
    file.write_text("nonsense 1\n+12125550142\n")
    refused = await program("lists", "import", "Registry", str(file), "--json")
    assert refused.code == 1 and '"state": "refused"' in refused.out


async def doctor(program: Program) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((await program("doctor", "--json")).out)
    return found


async def test_an_overdue_list_and_damaged_bytes_are_told_by_the_doctor(program: Program, engine: AsyncEngine) -> None:
    file = program.folder / "registry.txt"
    file.write_text(f"{A}\n")
    await program("lists", "create", "Registry", "--hashed")
    await program("lists", "import", "Registry", str(file))
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE do_not_contact_list SET refresh_by = :at, overdue_denies = true"), {"at": NOW})
        await conn.execute(text("UPDATE do_not_contact_chunk SET data = data || '\\x00'::bytea"))
    await asyncio.to_thread(shutil.rmtree, program.folder / ".promiseline" / "lists")
    found = [one for one in await doctor(program) if one["part"] == "list Registry"]
    assert len(found) == 2 and not any(one["ok"] for one in found)
    assert "cannot be opened" in str(found[0]["says"]) and "nobody is contacted" in str(found[0]["says"])
    assert "was to be renewed by 2026-03-04" in str(found[1]["says"])


async def test_each_refusal_says_what_is_wrong(program: Program) -> None:
    unknown, number, both, day, gone = await program.all(
        ("lists", "add", "Horse", A), ("lists", "check", "12"),
        ("lists", "create", "X", "--creditor", "a", "--campaign", "b"),
        ("lists", "create", "X", "--refresh-by", "soon"),
        ("lists", "import", "Horse", "none.txt"),
    )  # fmt: skip
    assert "there is no list Horse; known are none yet" in unknown.refusal()
    assert "number:" in number.refusal()
    assert "cannot both be given" in both.refusal()
    assert "'soon' is no day or instant; write a day like 2026-03-01" in day.refusal()
    assert "no list Horse" in gone.refusal()


async def test_consents_are_imported_shown_and_revoked(program: Program, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        tenant = await a_tenant(conn, "main")
        creditor = await a_creditor(conn, tenant, name="Bank")
        await a_debtor(conn, tenant, creditor, phones=(A,), external_ref="D-1")
    file = program.folder / "consents.csv"
    file.write_text(f"reference,phone,channel,how,when,evidence\nD-1,{A},sms,written,2026-01-05,form 1\n")
    dry = (await program("consents", "import", str(file), "--creditor", "Bank", "--dry-run", "--json")).json()
    empty = (await program("consents", "show", "--debtor", "D-1", "--json")).json()
    took = await program("consents", "import", str(file), "--creditor", "Bank")
    (point,) = (await program("consents", "show", "--debtor", "D-1", "--json")).json()

    assert (dry["state"], dry["taken"]) == ("checked", 1)
    assert empty[0]["entries"] == [] and empty[0]["now"]["sms"] == "none"
    assert "Took 1 of 1 rows" in took.out
    assert point["now"]["sms"] == "given" and point["address"] == "+121••••••42"
    assert [(one["event"], one["how"], one["evidence"]) for one in point["entries"]] == [("given", "written", "form 1")]

    revoke = ("consents", "revoke", "--contact-point", str(point["contact_point_id"]), "--channel")
    assert "'fax' is no channel" in (await program(*revoke, "fax")).refusal()
    assert (await program(*revoke, "sms", "--json")).json() == {"ended": 1}
    after = await program("consents", "show", "--debtor", "D-1")
    assert "sms revoked" in after.out and "opted out" in after.out and A not in after.out
    file.write_text("reference,phone,channel,how,when\nD-1,12,sms,written,2026-01-05\n")
    refused = await program("consents", "import", str(file), "--creditor", "Bank")
    assert refused.code == 1 and "1 of 1 rows are wrong: nothing was taken" in refused.out
    assert "nobody has this reference or number" in (await program("consents", "show", "--debtor", "D-2")).refusal()
    assert (
        "there is no creditor Other; known are Bank"
        in (await program("consents", "import", str(file), "--creditor", "Other")).refusal()
    )
