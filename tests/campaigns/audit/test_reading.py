"""What somebody does to the database is found from the database, and by a file that was exported before."""

from pathlib import Path

import orjson
import pytest

from campaigns.audit import erasing, files, reading, sealing, verdict_rows
from campaigns.audit.checker import Report
from campaigns.problems import Refused
from tests.builders import NOW, a_campaign, a_creditor, a_tenant
from tests.campaigns.audit.chains import TRUSTED
from tests.campaigns.audit.shelf import Shelf

pytestmark = pytest.mark.postgres

ROW_ATTACKS = {
    "UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 4": {("row", "changed", 4, 4)},
    "UPDATE audit SET actor = 'user:9' WHERE seq = 4": {("row", "changed", 4, 4)},
    "UPDATE audit SET action = 'x.undone' WHERE seq = 4": {("row", "changed", 4, 4)},
    "UPDATE audit SET subject = 'x:99' WHERE seq = 4": {("row", "changed", 4, 4)},
    # equal as numbers, another word in the trail
    "UPDATE audit SET detail = jsonb_set(detail, '{é}', '1.500') WHERE seq = 4": {("row", "detail_changed", 4, 4)},
    "UPDATE audit SET salt = decode('00', 'hex') WHERE seq = 4": {("row", "detail_changed", 4, 4)},
    "UPDATE audit SET detail_digest = decode('00', 'hex') WHERE seq = 4": {
        ("row", "changed", 4, 4), ("row", "detail_changed", 4, 4),
    },
    "UPDATE audit SET hash = decode('00', 'hex') WHERE seq = 4": {("row", "changed", 4, 4)},
    "UPDATE audit SET detail = NULL, salt = NULL WHERE seq = 4": {("row", "erased_without_record", 4, 4)},
    "DELETE FROM audit WHERE seq = 4": {("row", "removed", 4, 4)},
    "DELETE FROM audit WHERE seq >= 7": {("row", "cut_off", 7, 8)},
    "UPDATE audit SET seq = CASE seq WHEN 4 THEN 40 ELSE 4 END WHERE seq IN (4)": {
        ("row", "removed", 4, 4), ("row", "removed", 9, 39), ("row", "inserted", 9, 40),
    },
    "UPDATE audit_head SET hash = decode('00', 'hex')": {("head", "changed", 8, 8)},
    "UPDATE audit_head SET seq = 10": {("row", "cut_off", 9, 10)},
    "UPDATE audit_head SET verdict_number = 10": {("head", "changed", 8, 8)},
    "DELETE FROM audit_head": {("head", "removed", 8, 8)},
    "UPDATE audit_checkpoint SET seq = 3 WHERE number = 1": {("checkpoint", "changed", 1, 1)},
    "DELETE FROM audit_checkpoint WHERE number = 1": {("checkpoint", "removed", 1, 1)},
}  # fmt: skip


async def filled(shelf: Shelf) -> None:
    """Eight rows, checkpoints behind the fifth and the last."""
    await shelf.record(5)
    await shelf.seal()
    await shelf.record(3)
    await shelf.seal()


async def test_each_attack_on_the_tables_is_named(shelf: Shelf) -> None:
    await filled(shelf)
    assert (await shelf.check()).ok
    await _each(shelf, ROW_ATTACKS)


TABLES = ("audit", "audit_head", "audit_checkpoint", "verdict", "outcome", "attempt")
KEEP = "CREATE TABLE kept_{0} AS SELECT * FROM {0}"
EMPTY = "DELETE FROM {0}"
RESTORE = "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{0}"


async def _each(shelf: Shelf, attacks: dict[str, set[tuple[str, str, int, int]]]) -> None:
    for table in TABLES:
        await shelf.do(KEEP.format(table))
    for attack, wanted in attacks.items():
        await shelf.tamper(attack)
        assert await shelf.found() == wanted, attack
        async with shelf.engine.begin() as conn:
            await conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in TABLES:
                await conn.exec_driver_sql(EMPTY.format(table))
                await conn.exec_driver_sql(RESTORE.format(table))
        assert (await shelf.check()).ok, "the database is as it was again"


async def test_each_attack_on_verdicts_and_their_attempts_is_named(shelf: Shelf) -> None:
    await shelf.verdicts(6)
    await shelf.seal()
    report = await shelf.check()
    assert report.ok and report.verdicts == 6
    first = "UPDATE verdict SET {} WHERE number = 3"
    gone = "DELETE FROM attempt WHERE id = (SELECT attempt_id FROM verdict WHERE number = 3)"
    moved = "UPDATE attempt SET at = at + interval '3 h' WHERE id = (SELECT attempt_id FROM verdict WHERE number = 3)"
    changed = {("verdict", "changed", 3, 3)}
    await _each(
        shelf,
        {
            first.format("decision = 'deny'"): changed,
            first.format("reasons = '[]'"): changed,
            first.format("flags = '{}'"): changed,
            first.format("inputs = jsonb_set(inputs, '{facts}', '{}')"): changed,
            first.format('rulebooks = \'{"a": "2"}\''): changed,
            first.format("tzdb = '2027a'"): changed,
            first.format("retry_at = at"): changed,
            first.format("salt = gen_random_uuid()"): changed,
            first.format("at = at + interval '1 day'"): changed | {("verdict", "attempt", 3, 3)},
            first.format("attempt_id = NULL"): changed,
            "DELETE FROM verdict WHERE number = 3": {("verdict", "removed", 3, 3)},
            "UPDATE verdict SET number = 300 WHERE number = 3": {("verdict", "removed", 3, 3)},
            "UPDATE verdict SET number = -3 WHERE number = 3": {("verdict", "removed", 3, 3)},
            gone: {("verdict", "attempt", 3, 3), ("outcome", "other", 3, 3)},
            moved: {("verdict", "attempt", 3, 3)},
        },
    )


async def test_a_refusal_within_a_campaign_has_no_attempt_and_is_as_it_was_sealed(shelf: Shelf) -> None:
    async with shelf.engine.begin() as conn:
        campaign = await a_campaign(conn, shelf.tenant, await a_creditor(conn, shelf.tenant))
        for _ in range(2):
            await shelf.verdict(conn, decision="deny", attempt_id=None, campaign_id=campaign)
    await shelf.seal()
    report = await shelf.check()
    assert (report.ok, report.verdicts) == (True, 2)


async def test_two_tenants_whose_chains_changed_places_are_both_named(shelf: Shelf) -> None:
    """Each chain is whole by itself, head and checkpoints with it: only the tenant is another."""
    other = Shelf(shelf.engine)
    async with shelf.engine.begin() as conn:
        other.tenant = await a_tenant(conn, "Other agency")
    for one in (shelf, other):
        await filled(one)
        assert (await one.check()).ok
    for table in ("audit", "audit_head", "audit_checkpoint"):
        for old, new in ((shelf.tenant, -1), (other.tenant, shelf.tenant), (-1, other.tenant)):
            await shelf.tamper(f"UPDATE {table} SET tenant_id = {new} WHERE tenant_id = {old}")  # noqa: S608
    for one in (shelf, other):
        assert await one.found() == {("row", "changed", 1, 8), ("checkpoint", "changed", 1, 2)}


async def test_a_verdict_put_into_a_sealed_batch_is_named(shelf: Shelf) -> None:
    await shelf.verdicts(2)
    async with shelf.engine.begin() as conn:
        await shelf.verdict(conn)
        await conn.rollback()
    await shelf.verdicts(2)
    await shelf.seal()
    numbers = await shelf.all("SELECT number FROM verdict ORDER BY number")
    assert numbers == [(1,), (2,), (4,), (5,)]
    await shelf.tamper(
        "INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, flags, tzdb, number)"
        " SELECT gen_random_uuid(), tenant_id, debtor_id, channel, origin, at, 'deny', flags, tzdb, 3"
        " FROM verdict LIMIT 1"
    )
    assert await shelf.found() == {("verdict", "inserted", 3, 3)}


async def test_a_verdict_of_a_transaction_that_is_still_open_is_waited_for(shelf: Shelf) -> None:
    """Its number is lower than one that is there; the sealer must not pass it."""
    async with shelf.engine.begin() as slow:
        await shelf.verdict(slow)
        await shelf.verdicts(1)
        async with shelf.engine.begin() as conn:
            mark = await sealing.mark(conn)
            assert not await sealing.is_past(conn, mark)
    async with shelf.engine.begin() as conn:
        assert await sealing.is_past(conn, mark)
        assert (await sealing.seal(conn, shelf.tenant, now=NOW, upto=mark)).verdicts == 2
    report = await shelf.check()
    assert report.ok and report.verdicts == 2


async def test_erasing_a_person_leaves_a_whole_chain_and_nothing_of_what_was_said(shelf: Shelf) -> None:
    subject = f"debtor:{shelf.debtor}"
    await shelf.record(2, subject=subject, detail={"word": "secret"})
    await shelf.record(1)
    await shelf.verdicts(3)
    await shelf.seal()
    await shelf.record(1, subject=subject, detail={"word": "secret"})
    await shelf.verdicts(1)

    async with shelf.engine.begin() as conn:
        done = await erasing.erase_person(conn, shelf.tenant, shelf.debtor, actor="cli", now=NOW)
        again = await erasing.erase_person(conn, shelf.tenant, shelf.debtor, actor="cli", now=NOW)
    assert (done, again) == (erasing.Erased(3, 4), erasing.Erased(0, 0))
    await shelf.seal()

    report = await shelf.check()
    assert report.ok and report.erased == 3 and report.verdicts == 4, report.findings
    left = str(await shelf.all("SELECT * FROM audit")) + str(await shelf.all("SELECT * FROM verdict"))
    assert "secret" not in left and "2125550100" not in left
    await shelf.tamper("UPDATE verdict SET decision = 'deny' WHERE number = 2")
    assert ("verdict", "changed", 2, 2) in await shelf.found(), "what was not erased is still held"


async def test_a_verdict_erased_by_hand_is_told(shelf: Shelf) -> None:
    ids = await shelf.verdicts(2)
    await shelf.seal()
    async with shelf.engine.begin() as conn:
        assert await verdict_rows.erase(conn, ids[0], actor="cli", now=NOW)
    await shelf.tamper("DELETE FROM audit WHERE action = 'verdict.erased'")
    assert await shelf.found() == {("verdict", "erased_without_record", 1, 1)}


async def test_nobody_erases_for_a_debtor_who_is_not_there(shelf: Shelf) -> None:
    async with shelf.engine.begin() as conn:
        with pytest.raises(Refused, match="no debtor 99"):
            await erasing.erase_person(conn, shelf.tenant, 99, actor="cli", now=NOW)


async def exported(shelf: Shelf, path: Path, first: int = 1, last: int = 8, *, details: bool = True) -> list[bytes]:
    async with shelf.engine.connect() as conn:
        await reading.snapshot(conn)
        written = [line async for line in files.lines(conn, shelf.tenant, first, last, details=details)]
    _write(path, written)
    return written


def _write(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(lines))


def said(report: Report) -> set[tuple[str, str, int, int]]:
    return {(one.of, one.kind, one.first, one.last) for one in report.findings}


async def test_an_export_verifies_with_the_public_key_alone_with_and_without_details(
    shelf: Shelf, tmp_path: Path
) -> None:
    await filled(shelf)
    path = tmp_path / "trail.jsonl"
    for details in (True, False):
        await exported(shelf, path, details=details)
        report = files.check(path, TRUSTED)
        assert report.ok and (report.rows, report.checkpoints, report.last_seq) == (8, 2, 8)
        assert ('\\"n\\": ' in path.read_text()) is details
    assert said(files.check(path, frozenset())) == {("checkpoint", "other_key", 1, 2)}


async def test_a_part_of_the_chain_begins_and_ends_at_checkpoints(shelf: Shelf, tmp_path: Path) -> None:
    await filled(shelf)
    path = tmp_path / "part.jsonl"
    await exported(shelf, path, 7, 7)
    report = files.check(path, TRUSTED)
    assert report.ok and (report.rows, report.checkpoints, report.last_seq) == (3, 2, 8)

    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines[2:]))
    assert ("row", "removed", 1, 5) in said(files.check(path, TRUSTED)), "nobody vouches for the beginning"
    await exported(shelf, path, 2, 3)
    assert files.check(path, TRUSTED).last_seq == 5


async def test_each_change_of_a_file_is_named(shelf: Shelf, tmp_path: Path) -> None:
    await filled(shelf)
    path = tmp_path / "trail.jsonl"
    lines = await exported(shelf, path)
    assert [orjson.loads(line)["kind"] for line in lines] == (
        ["header", *["row"] * 5, "checkpoint", *["row"] * 3, "checkpoint", "end"]
    )

    def of(changed: list[bytes]) -> set[tuple[str, str, int, int]]:
        path.write_bytes(b"".join(changed))
        return said(files.check(path, TRUSTED))

    def edited(at: int, old: bytes, new: bytes) -> list[bytes]:
        assert old in lines[at]
        return [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]]

    assert of(lines) == set()
    assert of(edited(3, b'"cli"', b'"user:1"')) == {("row", "changed", 3, 3)}
    assert of(edited(3, b'\\"n\\": 2', b'\\"n\\": 3')) == {("row", "detail_changed", 3, 3)}
    assert of([*lines[:3], *lines[4:]]) == {("row", "removed", 3, 3)}
    assert of([*lines[:3], lines[4], lines[3], *lines[5:]]) == {("row", "reordered", 3, 3)}
    assert of([*lines[:4], lines[3], *lines[4:]]) == {("row", "inserted", 3, 3)}
    assert of(lines[:-1]) == {("head", "removed", 8, 8)}
    assert of([*lines[:9], *lines[10:]]) == {("row", "cut_off", 8, 8)}
    assert of([*lines[:6], *lines[7:]]) == {("checkpoint", "removed", 1, 1)}
    assert of(edited(6, b'"seq":5', b'"seq":4')) == {("checkpoint", "changed", 1, 1)}


HEADER = b'{"kind":"header","version":"promiseline.audit.export.v1","tenant":1,"first":1,"details":true,'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"nonsense\n", "line 1: this is no line"),
        (b'{"kind":"row"}\n', "line 1"),
        (b'{"kind":"end","seq":1,"hash":""}\n', "one header"),
        (b'{"kind":"header","version":"v9","tenant":1,"first":1,"previous":"","details":true}\n', "v9"),
        (HEADER + b'"previous":"zz"}\n', "hex"),
        (HEADER + b'"previous":""}\n{"kind":"row"}\n', "line 2: this is no line"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(Refused, match=says):
        files.check(path, TRUSTED)


async def test_a_database_that_no_longer_says_what_was_exported_is_found(shelf: Shelf, tmp_path: Path) -> None:
    await filled(shelf)
    path = tmp_path / "trail.jsonl"
    await exported(shelf, path)
    await shelf.record(2)
    await shelf.seal()
    assert await shelf.found(against=files.known(path, shelf.tenant)) == set()

    # everything behind row 3 is gone, and head and checkpoints say that there never was more
    await shelf.tamper("DELETE FROM audit WHERE seq > 3")
    await shelf.tamper("DELETE FROM audit_checkpoint")
    await shelf.tamper("UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)")
    assert await shelf.found() == set(), "whoever owns the database and looks at nothing else"
    assert await shelf.found(against=files.known(path, shelf.tenant)) == {
        ("row", "cut_off", 4, 8), ("checkpoint", "removed", 1, 2),
    }  # fmt: skip


async def test_the_backlog_is_counted(shelf: Shelf) -> None:
    await shelf.record(2)
    await shelf.seal(sign=False)
    await shelf.record(1)
    await shelf.verdicts(2)
    async with shelf.engine.connect() as conn:
        found = await reading.backlog(conn, shelf.tenant)
    assert found == reading.Backlog(1, NOW, 2, NOW, None, 2)
