"""`promiseline audit verify|export|seal|key|erase`, as an operator and an auditor use them."""

import json
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import a_creditor, a_debtor, a_tenant
from tests.campaigns.audit.shelf import Shelf
from tests.dialer.cli.program import Program

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


@pytest.fixture
async def shelf(engine: AsyncEngine) -> Shelf:
    made = Shelf(engine)
    async with engine.begin() as conn:
        made.tenant = await a_tenant(conn, "main")
        made.debtor = await a_debtor(conn, made.tenant, await a_creditor(conn, made.tenant))
    await made.record(5, subject=f"debtor:{made.debtor}")
    await made.verdicts(3)
    return made


async def test_a_trail_is_sealed_verified_and_an_attack_is_named_with_exit_1(program: Program, shelf: Shelf) -> None:
    assert (await program("audit", "seal", "--json")).json() == {"rows": 7}
    [whole] = (await program("audit", "verify", "--json")).json()
    assert whole["ok"] and (whole["source"], whole["rows"], whole["verdicts"]) == ("main", 7, 3)
    spoken = await program("audit", "verify", "--tenant", "main")
    assert spoken.code == 0 and "main: whole. 7 rows, 1 checkpoints, 3 verdicts, 3 outcomes" in spoken.out

    await shelf.tamper("UPDATE audit SET actor = 'user:1' WHERE seq = 2")
    await shelf.tamper("UPDATE verdict SET decision = 'deny' WHERE number = 2")
    attacked, told, quick = await program.all(
        ["audit", "verify", "--json"], ["audit", "verify"], ["audit", "verify", "--chain-only", "--json"]
    )
    assert attacked.code == told.code == quick.code == 1
    [report] = json.loads(attacked.out)
    assert [(one["of"], one["kind"], one["first"]) for one in report["findings"]] == [
        ("row", "changed", 2), ("verdict", "changed", 2),
    ]  # fmt: skip
    assert "NOT as it was sealed" in told.out and "row 2: " in told.out and "verdict 2: " in told.out
    assert len(json.loads(quick.out)[0]["findings"]) == 1


async def test_an_export_is_verified_by_a_third_party_with_the_key_alone(
    program: Program, shelf: Shelf, tmp_path: Path
) -> None:
    await program("audit", "seal")
    public = (await program("audit", "key")).out.strip()
    document = (await program("audit", "key", "--json")).json()
    assert document["public_key"] == public and document["pem"].startswith("-----BEGIN PUBLIC KEY-----")

    exported = await program("audit", "export", "trail.jsonl", "--json")
    assert exported.json() == {"file": "trail.jsonl", "lines": 10}
    part = await program("audit", "export", "part.jsonl", "--from", "2026-03-04", "--to", "2026-03-04", "--no-details")
    assert part.code == 0 and "verify --file part.jsonl" in part.out

    auditor = Program(tmp_path / "auditor", {"PROMISELINE_DATABASE_URL": "postgresql+asyncpg://127.0.0.1:1/none"})
    auditor.folder.mkdir()
    trail = str(tmp_path / "trail.jsonl")
    good, untrusted, short = await auditor.all(
        ["audit", "verify", "--file", trail, "--key", public],
        ["audit", "verify", "--file", trail, "--json"],
        ["audit", "verify", "--file", trail, "--key", "x"],
    )
    assert good.code == 0 and "whole" in good.out
    assert untrusted.code == 1 and json.loads(untrusted.out)[0]["findings"][0]["kind"] == "other_key"
    assert "this is no key" in short.refusal()
    assert not list(auditor.folder.iterdir()), "looking makes no key"

    text = Path(trail).read_text()  # noqa: ASYNC240
    Path(trail).write_text(text.replace('"cli"', '"user:1"', 1))  # noqa: ASYNC240
    bad, against = await program.all(
        ["audit", "verify", "--file", trail, "--json"], ["audit", "verify", "--against", trail, "--json"]
    )
    assert bad.code == 1 and json.loads(bad.out)[0]["findings"][0]["first"] == 1
    assert against.code == 0, "the file's hashes are still those of the database"


async def test_a_person_is_erased_and_the_trail_is_whole(program: Program, shelf: Shelf) -> None:
    await program("audit", "seal")
    unsure = await program("audit", "erase", "--debtor", str(shelf.debtor), stdin="n\n")
    assert unsure.code == 1
    done = await program("audit", "erase", "--debtor", str(shelf.debtor), "--yes", "--json")
    assert done.json() == {"details": 5, "verdicts": 3}
    await program("audit", "seal")
    [report] = (await program("audit", "verify", "--json")).json()
    assert report["ok"] and report["erased"] == 5


async def test_each_refusal_says_what_is_wrong(program: Program, shelf: Shelf, empty_database_url: str) -> None:
    tenant, file, day, empty, behind, debtor, folder = await program.all(
        ["audit", "verify", "--tenant", "nobody"],
        ["audit", "verify", "--file", "nothing.jsonl"],
        ["audit", "export", "x.jsonl", "--from", "yesterday"],
        ["audit", "export", "x.jsonl", "--to", "2020-01-01"],
        ["audit", "verify", "--against", "nothing.jsonl"],
        ["audit", "erase", "--debtor", "999999", "--yes"],
        ["audit", "export", "no/such/x.jsonl"],
    )
    assert "there is no tenant nobody; there are: main" in tenant.refusal()
    assert "nothing.jsonl cannot be read (No such file" in file.refusal()
    assert "--from: 'yesterday' is no day or instant" in day.refusal()
    assert "no sealed row is in this time" in empty.refusal()
    assert "no debtor 999999" in debtor.refusal()
    assert "--against: nothing.jsonl cannot be read" in behind.refusal()
    assert folder.code == 1
    old = await program("audit", "verify", PROMISELINE_DATABASE_URL=empty_database_url)
    assert "promiseline migrate" in old.refusal()
