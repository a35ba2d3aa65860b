"""Whole imports into PostgreSQL: all or nothing, in parts, again, with what the rows contradict."""

from pathlib import Path

import pytest
from sqlalchemy import text

from campaigns.imports import batches
from campaigns.imports.problems import FileRefused
from campaigns.problems import Refused
from campaigns.synthetic.portfolio import Portfolio, write_csv
from dialer.import_parts import import_parts
from tests.campaigns.imports.conftest import Importer
from tests.campaigns.imports.files import GOOD, NOW, Dated, a_file, a_workbook, csv_text, rows_of


async def test_a_synthetic_portfolio_is_taken_whole_and_a_second_time_changes_nothing(
    importer: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "portfolio.csv"
    rows = write_csv(path, Portfolio(1_500, seed=3, today=NOW.date()))
    report = await importer(path, parts=import_parts())
    assert (report.state, report.rows, report.rows_loaded, report.rows_rejected) == ("done", rows, rows, 0)
    assert (report.debtors_created, report.debts_created, report.zone_unknown) == (1_500, rows, 0)
    before = await importer.sizes()
    assert (before["debtor"], before["debt"], before["address"]) == (1_500, rows, 1_500)
    phones = await importer.ask("SELECT count(*) FROM contact_point WHERE kind <> 'email'")
    assert phones == [report.phones]
    state = "SELECT (SELECT md5(string_agg(d::text, '' ORDER BY id)) FROM (SELECT id, given_name, window_group_id FROM "
    state += "debtor) d), (SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM contact_point c), "
    state += "(SELECT md5(string_agg(b::text, '' ORDER BY id)) FROM debt b)"
    told = await importer.ask(state)
    again = await importer(path, parts=import_parts(), again=True)
    assert (again.debtors_created, again.debtors_updated, again.debts_created, again.debts_updated) == (
        0,
        1_500,
        0,
        rows,
    )
    after = await importer.sizes()
    assert after | {"import_batch": 0, "audit": 0} == before | {"import_batch": 0, "audit": 0}
    assert await importer.ask(state) == told
    assert await importer.staging() == []


async def test_the_rows_of_one_debtor_become_one_debtor_with_several_debts(importer: Importer, tmp_path: Path) -> None:
    second = {"debtor_reference": "D1", "phone_1": "+12125550199"}
    report = await importer(a_file(tmp_path, {}, second, {"debtor_reference": "D1", "email": ""}))
    assert (report.debtors_created, report.debts_created) == (1, 3)
    assert await importer.ask("SELECT address FROM contact_point WHERE kind <> 'email' ORDER BY position") == [
        "+12125550101", "+12125550199", "+12125550103",
    ]  # fmt: skip


async def test_hours_of_one_debtor_are_those_of_all_rows(importer: Importer, tmp_path: Path) -> None:
    changes = ({"timezone": "", "phone_1": "+13125550100"}, {"debtor_reference": "D1", "timezone": ""})
    await importer(a_file(tmp_path, *changes), parts=import_parts())
    groups = await importer.ask("SELECT g.zones FROM debtor d JOIN window_group g ON g.id = d.window_group_id")
    assert groups == [["America/Chicago", "America/New_York"]]


async def test_one_bad_row_refuses_the_file_and_leaves_nothing(importer: Importer, tmp_path: Path) -> None:
    report = await importer(a_file(tmp_path, {}, {"balance": "twelve"}, {}))
    assert (report.state, report.taken, report.rows, report.rows_loaded, report.rows_rejected) == (
        "refused", False, 3, 0, 1,
    )  # fmt: skip
    assert [(one.line, one.column) for one in report.first_rejects] == [(3, "balance")]
    sizes = await importer.sizes()
    assert (sizes["debtor"], sizes["debt"], sizes["contact_point"], sizes["window_group"]) == (0, 0, 0, 0)
    assert await importer.ask("SELECT state, rows_rejected FROM import_batch") == [("refused", 1)]
    assert await importer.ask('SELECT line, "column" FROM import_reject') == [(3, "balance")]
    assert await importer.staging() == []


async def test_in_parts_the_good_rows_are_taken(importer: Importer, tmp_path: Path) -> None:
    report = await importer(a_file(tmp_path, {}, {"balance": "twelve"}, {}), partial=True)
    assert (report.state, report.rows_loaded, report.rows_rejected) == ("done", 2, 1)
    assert await importer.ask("SELECT external_ref FROM debtor ORDER BY 1") == ["D1", "D3"]


async def test_a_dry_run_writes_nothing_and_tells_the_same(importer: Importer, tmp_path: Path) -> None:
    path = a_file(tmp_path, {}, {"debtor_reference": "D1"}, {"timezone": "", "country": "US"})
    before = await importer.sizes()
    dry = await importer(path, dry_run=True)
    assert dry.state == "checked"
    assert await importer.sizes() == before
    real = await importer(path)
    for name in ("rows", "rows_loaded", "rows_rejected", "debtors_created", "debts_created", "phones", "zone_unknown"):
        assert getattr(dry, name) == getattr(real, name), name
    bad = a_file(tmp_path, {"debt_reference": "L9"}, {"debt_reference": "L9"}, name="bad.csv")
    refused = await importer(bad, dry_run=True, creditor="Nobody yet")
    assert (refused.state, refused.rows_rejected) == ("refused", 1)
    assert [one.line for one in refused.first_rejects] == [3]


@pytest.mark.parametrize("partial", [False, True])
async def test_duplicate_debts_and_contrary_debtors_are_rejected_with_both_lines(
    importer: Importer, tmp_path: Path, partial: bool
) -> None:
    changes: tuple[dict[str, str], ...] = (
        {},
        {"debt_reference": "L1"},
        {"debtor_reference": "D1", "given_name": "Eve"},
        {},
    )
    report = await importer(a_file(tmp_path, *changes), partial=partial)
    found = [(one.line, one.column, one.reason) for one in report.first_rejects]
    assert found == [
        (3, "debt_reference", "the same debt reference is in line 2; every debt needs its own, in one row"),
        (4, "given_name", "line 2 says otherwise of the same debtor; make the rows agree, or give this debtor a "
                          "reference of its own"),
    ]  # fmt: skip
    assert (await importer.sizes())["debtor"] == (2 if partial else 0)


async def test_a_debt_of_somebody_else_or_in_another_currency_is_rejected(importer: Importer, tmp_path: Path) -> None:
    await importer(a_file(tmp_path, {}, {}))
    changes = ({"debt_reference": "L2"}, {"debtor_reference": "D1", "debt_reference": "L1", "currency": "EUR"})
    report = await importer(a_file(tmp_path, *changes, name="more.csv"))
    assert [(one.line, one.column) for one in report.first_rejects] == [(2, "debt_reference"), (3, "currency")]
    assert "under another debtor reference" in report.first_rejects[0].reason


async def test_balances_and_contact_data_are_brought_up_to_date(importer: Importer, tmp_path: Path) -> None:
    await importer(a_file(tmp_path, {}, {}, {}))
    await importer.do("UPDATE contact_point SET status = 'wrong_person' WHERE address = '+12125550101'")
    await importer.do("UPDATE debt SET status = 'disputed' WHERE external_ref = 'L3'")
    changes = (
        {"balance": "0", "phone_1": "+12125550188", "family_name": "Married", "city": "Buffalo"},
        {"balance": "12.34"},
        {"balance": "0"},
    )
    report = await importer(a_file(tmp_path, *changes, name="later.csv"))
    assert (report.debtors_created, report.debtors_updated, report.debts_updated) == (0, 3, 3)
    assert await importer.ask("SELECT external_ref, balance_minor, status FROM debt ORDER BY 1") == [
        ("L1", 0, "paid"), ("L2", 1234, "open"), ("L3", 0, "disputed"),
    ]  # fmt: skip
    points = (
        "SELECT address, p.status FROM contact_point p JOIN debtor d ON d.id = debtor_id WHERE external_ref = 'D1' "
    )
    assert await importer.ask(points + "AND kind <> 'email' ORDER BY position") == [
        ("+12125550188", "good"), ("+12125550101", "wrong_person"),
    ]  # fmt: skip
    who = "SELECT family_name, city FROM debtor d JOIN address a ON a.debtor_id = d.id WHERE external_ref = 'D1'"
    assert await importer.ask(who) == [("Married", "Buffalo")]


async def test_the_persons_own_word_is_kept_and_numbers_of_before_still_bind_the_hours(
    importer: Importer, tmp_path: Path
) -> None:
    path = a_file(tmp_path, {"phone_1": "+13125550100"}, {})
    await importer(path, parts=import_parts())
    await importer.do("UPDATE debtor SET own_timezone = 'Europe/Warsaw' WHERE external_ref = 'D2'")
    changes = ({"phone_1": "+12125550100"}, {"given_name": "Anne"})
    await importer(a_file(tmp_path, *changes, name="later.csv"), parts=import_parts())
    groups = "SELECT external_ref, zones FROM debtor d JOIN window_group g ON g.id = window_group_id ORDER BY 1"
    assert await importer.ask(groups) == [
        ("D1", ["America/Chicago", "America/New_York"]), ("D2", ["Europe/Warsaw"]),
    ]  # fmt: skip


async def test_who_is_queued_follows_a_changed_address(importer: Importer, tmp_path: Path) -> None:
    await importer(a_file(tmp_path, {}))
    await importer.do(
        "INSERT INTO campaign (tenant_id, creditor_id, name, settings, created_at) "
        "SELECT tenant_id, id, 'C', '{}', created_at FROM creditor"
    )
    await importer.do(
        "INSERT INTO queue_row (debtor_id, campaign_id, tenant_id, state, window_group_id, score, callable_from) "
        "SELECT d.id, c.id, d.tenant_id, 'ready', window_group_id, 1, d.created_at FROM debtor d, campaign c"
    )
    await importer(a_file(tmp_path, {"timezone": "America/Denver", "region": "CO"}, name="moved.csv"))
    zones = "SELECT zones FROM queue_row q JOIN window_group g ON g.id = q.window_group_id"
    assert await importer.ask(zones) == [["America/Denver"]]


async def test_a_consent_belongs_to_the_first_number_of_its_channel_and_is_kept_once(
    importer: Importer, tmp_path: Path
) -> None:
    row = {"phone_1_kind": "landline", "phone_2": "+12125550177", "voice_consent_at": "2026-01-05"}
    path = a_file(tmp_path, {**row, "email_consent_at": "2026-01-06", "whatsapp_consent_at": "2026-01-07"})
    await importer(path)
    await importer(path, again=True)
    consents = 'SELECT channel, address, "by", at::date::text FROM consent c JOIN contact_point p '
    assert await importer.ask(consents + "ON p.id = contact_point_id ORDER BY 1") == [
        ("email", "ann@example.com", "written", "2026-01-06"),
        ("sms", "+12125550177", "written", "2026-02-01"),
        ("voice", "+12125550101", "written", "2026-01-05"),
        ("whatsapp", "+12125550177", "written", "2026-01-07"),
    ]


async def test_who_is_in_no_known_zone_is_counted_and_has_no_window_group(importer: Importer, tmp_path: Path) -> None:
    report = await importer(
        a_file(tmp_path, {"timezone": "", "phone_1": "", "country": "BV", "region": ""}, {}), parts=import_parts()
    )
    assert report.zone_unknown == 1
    assert await importer.ask("SELECT external_ref FROM debtor WHERE window_group_id IS NULL") == ["D1"]


async def test_the_same_file_is_not_taken_twice_unless_asked(importer: Importer, tmp_path: Path) -> None:
    path = a_file(tmp_path, {})
    first = await importer(path)
    second = await importer(path)
    assert (second.state, second.taken, second.batch_id, second.finished_before) == (
        "already_done",
        True,
        first.batch_id,
        NOW,
    )
    assert (await importer(path, creditor="Another")).state == "done"
    assert (await importer(path, again=True)).state == "done"


async def test_another_import_of_the_same_creditor_is_refused_while_one_runs(
    importer: Importer, tmp_path: Path
) -> None:
    path = a_file(tmp_path, {})
    await importer(path)
    creditor = (await importer.ask("SELECT id FROM creditor"))[0]
    async with importer.engine.connect() as conn:
        assert await batches.lock(conn, creditor)
        with pytest.raises(FileRefused, match="another import for this creditor is running"):
            await importer(path, again=True)
        await batches.unlock(conn, creditor)
    assert (await importer(path, again=True)).state == "done"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_names_survive_every_encoding(importer: Importer, tmp_path: Path, encoding: str) -> None:
    report = await importer(a_file(tmp_path, {"given_name": "José", "family_name": "Müller"}, encoding=encoding))
    assert (report.state, report.encoding) == ("done", encoding)
    assert await importer.ask("SELECT given_name, family_name FROM debtor") == [("José", "Müller")]


async def test_a_workbook_with_day_counts_and_numbers_is_taken(importer: Importer, tmp_path: Path) -> None:
    row: dict[str, str | float] = {**GOOD, "due_date": Dated(45991), "last_payment_date": 46000, "balance": 80.5,
                                   "phone_1": 12125550100.0, "product": "=HYPERLINK()"}  # fmt: skip
    report = await importer(
        a_workbook(tmp_path / "debtors.xlsx", [list(row), list(row.values())]), parts=import_parts()
    )
    assert (report.state, report.first_rejects) == ("done", [])
    found = "SELECT balance_minor, due_date::text, last_payment_date::text, product FROM debt"
    assert await importer.ask(found) == [(8050, "2025-11-30", "2025-12-09", "=HYPERLINK()")]


async def test_numbers_that_no_country_has_and_unknown_currencies_are_rejected(
    importer: Importer, tmp_path: Path
) -> None:
    changes = ({"phone_1": "+999 123 4567"}, {"phone_1": "12"}, {"currency": "XXX"}, {"phone_1": "(212) 555-0100"})
    report = await importer(a_file(tmp_path, *changes), parts=import_parts(), partial=True)
    assert [(one.line, one.column, one.reason) for one in report.first_rejects] == [
        (2, "phone_1", "the number is no country has this country code"),
        (3, "phone_1", "the number is too short for its country"),
        (4, "currency", "this currency is unknown; write its ISO 4217 code, like USD, EUR or MXN"),
    ]
    assert await importer.ask("SELECT address FROM contact_point WHERE kind <> 'email'") == ["+12125550100"]


async def test_files_without_rows_and_tenants_that_are_not_there_are_refused(
    importer: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "header.csv"
    path.write_text(",".join(GOOD) + "\n")
    with pytest.raises(FileRefused, match="the file has a header and no rows"):
        await importer(path)
    with pytest.raises(FileRefused, match="the file has a header and no rows"):
        await importer(path, dry_run=True)
    path.write_text("\n\n")
    with pytest.raises(FileRefused, match="only blank lines"):
        await importer(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(Refused, match="missing columns"):
        await importer(path)
    with pytest.raises(FileRefused, match="there is no tenant 999"):
        await importer(a_file(tmp_path, {}), tenant_id=999)
    with pytest.raises(FileRefused, match="creditor: the name is empty"):
        await importer(a_file(tmp_path, {}), creditor=" ")


async def test_a_quote_never_closed_refuses_the_file_and_leaves_no_staging(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "debtors.csv"
    path.write_text(csv_text(rows_of(*[{}] * 150)) + '"' + "x\n" * 300)
    with pytest.raises(FileRefused, match=r"line 152: a quote is opened in this row and never closed"):
        await importer(path)
    assert await importer.ask("SELECT state FROM import_batch") == ["refused"]
    assert await importer.staging() == []
    assert (await importer.sizes())["debtor"] == 0


async def test_rejects_are_written_so_that_they_can_be_mended_and_imported(importer: Importer, tmp_path: Path) -> None:
    changes = (
        {"product": "=1+1"},
        {"debt_reference": "L1"},
        {"balance": "x", "product": "@home", "phone_1": "+1 212 555 0103"},
    )
    rejects = tmp_path / "rejects.csv"
    report = await importer(a_file(tmp_path, *changes), partial=True, rejects=rejects)
    assert (report.rows_rejected, report.rejects_file) == (2, str(rejects))
    written = rejects.read_text(encoding="utf-8-sig")
    assert written.splitlines()[0].startswith("line,column,reason,debtor_reference,given_name")
    assert '3,debt_reference,"the same debt reference is in line 2' in written
    assert "'@home" in written
    assert ",+1 212 555 0103," in written
    lines = written.replace(",L1,", ",L2,").replace(",x,USD", ",3.50,USD")
    rejects.write_text(lines, encoding="utf-8-sig")
    mended = await importer(rejects)
    assert (mended.state, mended.rows_loaded, list(mended.columns_ignored)) == ("done", 2, ["line", "column", "reason"])
    assert await importer.ask("SELECT product FROM debt ORDER BY external_ref") == ["=1+1", "Loan", "@home"]


async def test_a_reject_file_that_cannot_be_written_is_refused_before_anything_happens(
    importer: Importer, tmp_path: Path
) -> None:
    path = a_file(tmp_path, {})
    with pytest.raises(FileRefused, match="--rejects: this is the file to be imported"):
        await importer(path, rejects=path)
    with pytest.raises(FileRefused, match="--rejects: this is a folder or lies in none"):
        await importer(path, rejects=tmp_path / "none" / "rejects.csv")
    assert (await importer.sizes())["creditor"] == 0


async def test_progress_tells_bytes_then_shares_of_the_merge(importer: Importer, tmp_path: Path) -> None:
    path = a_file(tmp_path, *[{}] * 450)
    calls: list[tuple[str, int, int]] = []
    await importer(path, progress=lambda phase, done, total: calls.append((phase, done, total)))
    assert list(dict.fromkeys(phase for phase, _, _ in calls)) == ["survey", "reading", "merging"]
    for phase, total in (("survey", path.stat().st_size), ("reading", path.stat().st_size), ("merging", 100)):
        done = [done for name, done, _ in calls if name == phase]
        assert done == sorted(done)
        assert done[-1] == total
        assert {of for name, _, of in calls if name == phase} == {total}


async def test_the_audit_trail_tells_of_an_import_in_numbers_only(importer: Importer, tmp_path: Path) -> None:
    await importer(a_file(tmp_path, {}), actor="user:7")
    found = await importer.ask("SELECT actor, action, subject LIKE 'import_batch:%', detail FROM audit")
    assert found[0][:3] == ("user:7", "import.done", True)
    assert all(isinstance(value, int) for value in found[0][3].values())


async def test_many_rows_of_one_reference_are_rejected_without_comparing_all_with_all(
    importer: Importer, tmp_path: Path
) -> None:
    path = a_file(tmp_path, *[{"debtor_reference": "D1", "debt_reference": "L1"}] * 20_000)
    report = await importer(path, chunk_rows=5_000)
    assert report.rows_rejected == 19_999


async def test_an_import_survives_the_loss_of_what_was_staged(importer: Importer, tmp_path: Path) -> None:
    path = a_file(tmp_path, *[{}] * 350)

    class Stop(Exception):
        pass

    def stop(phase: str, done: int, total: int) -> None:
        if phase == "merging":
            raise Stop

    with pytest.raises(Stop):
        await importer(path, progress=stop)
    assert await importer.ask("SELECT state, resume_line FROM import_batch") == [("interrupted", 351)]
    table = (await importer.staging())[0]
    async with importer.engine.begin() as conn:
        await conn.execute(text(f"TRUNCATE {table}"))  # as a crash of the server does to an unlogged table
    report = await importer(path)
    assert (report.state, report.resumed_at_line, report.rows_loaded) == ("done", 0, 350)
    assert (await importer.sizes())["debtor"] == 350
    assert await importer.staging() == []
