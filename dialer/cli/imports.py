"""`promiseline import FILE --creditor NAME`."""

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from campaigns.admin import tenants
from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.imports.mapping import read_mapping
from campaigns.imports.model import FileMapping, ImportOptions, ImportReport, Reject
from campaigns.imports.places import COUNTRIES
from campaigns.imports.service import import_file
from campaigns.problems import Refused, refuse
from dialer.cli.output import Json, console, errors, fail, print_json, told_clearly
from dialer.engines import engines
from dialer.import_parts import import_parts
from dialer.settings import Settings, SettingsProblem, load_settings

PHASES = {"survey": "looking through", "reading": "reading", "merging": "merging"}


def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file with one row for each debt.", show_default=False)],
    creditor: Annotated[str, typer.Option("--creditor", help="Whose debts these are; made when not there.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="TOML file: which header is which column, defaults, date format.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Take the good rows of a file that has bad ones.")] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write the rows that were not taken there, with line and reason.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Country (ISO 3166-1, like GB) of rows that name none.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Import a file that was imported before once more.")] = False,
    json: Json = False,
) -> None:
    """Import debtors and their debts. Ends with 1 when the file was refused; run again, it goes on where it stopped."""
    with told_clearly(SettingsProblem, EngineError, Refused):
        options = ImportOptions(
            mapping=read_mapping(mapping) if mapping else FileMapping(),
            country=_country(country),
            dry_run=dry_run,
            partial=partial,
            again=again,
            rejects=rejects,
        )
        settings = load_settings()
        with engines(settings) as found:
            report = asyncio.run(_run(settings, found.database_url, file, creditor, options, quiet=json))
    if json:
        print_json(as_json(report))
    else:
        _tell(report, options)
    if not report.taken:
        raise typer.Exit(1)


def _country(code: str | None) -> str | None:
    if code is not None and code.upper() not in COUNTRIES:
        raise refuse("--country", "this is no country code; give two letters of ISO 3166-1, like US, GB or MX")
    return code.upper() if code else None


async def _run(
    settings: Settings, url: str, file: Path, creditor: str, options: ImportOptions, *, quiet: bool
) -> ImportReport:
    engine = make_engine(url, pool_size=2, application="promiseline-import")
    now = datetime.now(UTC)
    try:
        state = await migrate.state(engine)
        if not state.up_to_date:
            fail("the database's schema is not the newest; run: promiseline migrate")
        async with engine.begin() as conn:
            tenant_id = await tenants.served(conn, name=settings.tenant, now=now)
        options = replace(options, tenant_id=tenant_id)
        with _bar(quiet) as bar:
            shown = _Shown(bar)
            return await import_file(engine, file, creditor, options, import_parts(), shown.show, now=now)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the import stopped ({type(problem).__name__}); run it again to go on; see also: promiseline doctor")
    finally:
        await engine.dispose()


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=errors, disable=quiet)


class _Shown:
    """One bar for each phase, of its own measure: what is behind it is written, what is before it is not."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, Any] = {}

    def show(self, phase: str, done: int, total: int) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bar.add_task(PHASES[phase], total=total)
        self._bar.update(self._tasks[phase], completed=done, total=total)


def as_json(report: ImportReport) -> dict[str, Any]:
    """The report without personal data: rejected rows by line, column and reason."""
    told = asdict(report)
    told["first_rejects"] = [as_reject(one) for one in report.first_rejects]
    return told


def as_reject(one: Reject) -> dict[str, Any]:
    """Without the row's own cells."""
    return {"line": one.line, "column": one.column, "reason": one.reason}


def _tell(report: ImportReport, options: ImportOptions) -> None:
    console.print(escape(headline(report, options)))
    if report.state == "already_done":
        return
    if report.columns_ignored:
        console.print(escape(f"Columns that were not used: {', '.join(report.columns_ignored)}."))
    if report.encoding not in ("utf-8", "utf-8-sig", ""):
        console.print(f"Read as {report.encoding}; look at names with accents, and set `encoding` if they are wrong.")
    if report.zone_unknown:
        console.print(
            f"[yellow]{report.zone_unknown:,} debtors are in no known time zone: they will never be contacted until an "
            "address or a number tells it.[/]"
        )
    for one in report.first_rejects:
        where = f"line {one.line}" + (f", {one.column}" if one.column else "")
        console.print(f"[red]{where}:[/] {escape(one.reason)}")
    if report.rows_rejected > len(report.first_rejects):
        console.print(f"... and {report.rows_rejected - len(report.first_rejects):,} more rows.")
    if report.rejects_file:
        console.print(escape(f"All of them are in {report.rejects_file}: mend them there and import that file."))
    elif report.rows_rejected:
        console.print("Write all of them to a file with: --rejects FILE")


def headline(report: ImportReport, options: ImportOptions) -> str:
    """What became of the file, in one sentence or two."""
    if report.state == "already_done":
        when = f" on {report.finished_before:%Y-%m-%d at %H:%M} UTC" if report.finished_before else ""
        return f"This very file was imported{when}: nothing was done. To import it once more: --again"
    if report.state == "refused":
        what = f"{report.rows_rejected:,} of {report.rows:,} rows are wrong: nothing was taken."
        return f"{what} Mend them, or take the others with --partial."
    verb = "Would take" if options.dry_run else "Took"
    resumed = f" (went on behind line {report.resumed_at_line:,})" if report.resumed_at_line else ""
    return (
        f"{verb} {report.rows_loaded:,} of {report.rows:,} rows in {report.seconds:.1f} s{resumed}: "
        f"{report.debtors_created:,} debtors new and {report.debtors_updated:,} known, "
        f"{report.debts_created:,} debts new and {report.debts_updated:,} known, {report.phones:,} numbers, "
        f"{report.rows_rejected:,} rows rejected."
    )
