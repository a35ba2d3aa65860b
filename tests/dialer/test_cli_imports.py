"""`promiseline import` as a person and as a program see it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.imports.model import ImportOptions, ImportReport
from dialer.cli.imports import headline
from tests.campaigns.imports.files import a_file

PROMISELINE = Path(sys.executable).with_name("promiseline")


def _run(url: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "PROMISELINE_DATABASE_URL": url, "PROMISELINE_REDIS_URL": "unix:///nowhere", "COLUMNS": "200"}
    return subprocess.run([PROMISELINE, "import", *words], capture_output=True, text=True, env=env, check=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_imported_and_told_in_words_and_in_json(database_url: str, folder: Path) -> None:
    path = a_file(folder, {}, {"debtor_reference": "D1"})
    dry = _run(database_url, path, "--creditor", "Bank", "--dry-run")
    assert (dry.returncode, dry.stdout[:27]) == (0, "Would take 2 of 2 rows in 0"), dry.stderr
    told = _run(database_url, path, "--creditor", "Bank")
    assert told.returncode == 0, told.stderr
    assert "1 debtors new and 0 known, 2 debts new and 0 known" in told.stdout
    again = _run(database_url, path, "--creditor", "Bank", "--json")
    assert json.loads(again.stdout)["state"] == "already_done"
    more = json.loads(_run(database_url, path, "--creditor", "Bank", "--json", "--again").stdout)
    assert (more["state"], more["debtors_updated"], more["rows_rejected"]) == ("done", 1, 0)


def test_a_refused_file_ends_with_1_and_names_lines_columns_and_the_way_on(database_url: str, folder: Path) -> None:
    path = a_file(folder, {}, {"balance": "x"}, {"currency": "XXX"})
    rejects = folder / "rejects.csv"
    told = _run(database_url, path, "--creditor", "Bank", "--rejects", rejects)
    assert told.returncode == 1
    assert "2 of 3 rows are wrong: nothing was taken" in told.stdout
    assert "line 3, balance: letters in the amount" in told.stdout
    assert rejects.exists()
    taken = _run(database_url, path, "--creditor", "Bank", "--partial", "--json")
    assert taken.returncode == 0
    assert [one["line"] for one in json.loads(taken.stdout)["first_rejects"]] == [3, 4]
    assert "Ann" not in taken.stdout


def test_what_cannot_be_read_is_said_on_standard_error(database_url: str, folder: Path) -> None:
    (folder / "letter.pdf").write_bytes(b"%PDF-1.7")
    pdf = _run(database_url, folder / "letter.pdf", "--creditor", "Bank")
    assert (pdf.returncode, "letter.pdf: this is a PDF; only CSV and XLSX files" in pdf.stderr) == (1, True)
    country = _run(database_url, a_file(folder, {}), "--creditor", "Bank", "--country", "Britain")
    assert (country.returncode, "--country: this is no country code" in country.stderr) == (1, True)
    mapping = _run(database_url, a_file(folder, {}), "--creditor", "Bank", "--mapping", folder / "none.toml")
    assert (mapping.returncode, "there is no such mapping file" in mapping.stderr) == (1, True)


def test_a_database_without_schema_is_told(empty_database_url: str, folder: Path) -> None:
    told = _run(empty_database_url, a_file(folder, {}), "--creditor", "Bank")
    assert (told.returncode, "run: promiseline migrate" in told.stderr) == (1, True)


def test_the_headline_says_what_happened() -> None:
    report = ImportReport("x", state="done", rows=3, rows_loaded=2, rows_rejected=1, resumed_at_line=1200, seconds=2.0)
    assert headline(report, ImportOptions()).startswith("Took 2 of 3 rows in 2.0 s (went on behind line 1,200): ")
