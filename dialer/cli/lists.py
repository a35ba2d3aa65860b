"""`promiseline lists create|add|import|end|show|check`: do-not-contact lists."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin import tenants
from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.lists import service as lists
from campaigns.lists.model import EntryKind, Kind, Mode, Scope
from campaigns.problems import Refused, refuse
from dialer.cli.imports import as_reject
from dialer.cli.output import Json, console, errors, fail, print_json, print_rows, say, told_clearly
from dialer.cli.serve import configure_logs
from dialer.cli.session import in_transaction
from dialer.cli.times import day_or_instant
from dialer.engines import engines
from dialer.faults import why
from dialer.import_parts import ImportParts
from dialer.list_check import address_of, check_address
from dialer.list_import import ListReport, Options, import_list
from dialer.number_file import How
from dialer.number_shelf import LISTS, NumberShelf
from dialer.settings import Settings, SettingsProblem, load_settings
from telephony.clock import SystemClock

app = typer.Typer(help="Do-not-contact lists: whom nobody may contact, and who said so.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The list's name or number.", show_default=False)]
Evidence = Annotated[str, typer.Option("--evidence", help="A reference: letter, ticket, contract, subscription.")]
Due = Annotated[str | None, typer.Option("--refresh-by", help="Day (2026-12-31) by which a newer version is due.")]
T = TypeVar("T")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="A name that no other list has or had.", show_default=False)],
    hashed: Annotated[bool, typer.Option("--hashed", help="For millions of numbers, or SHA-256 digests.")] = False,
    creditor: Annotated[
        str | None, typer.Option("--creditor", help="It holds for this creditor's debtors only.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="It holds for contacts of this campaign only.")
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Who publishes or keeps it.")] = "",
    evidence: Evidence = "",
    refresh_by: Due = None,
    deny_when_overdue: Annotated[
        bool, typer.Option("--deny-when-overdue", help="Contact nobody at all once the day has passed.")
    ] = False,
    json: Json = False,
) -> None:
    """Make an empty list; without --creditor or --campaign it holds for every contact."""
    scope, whose = _scope(creditor, campaign)
    kind: Kind = "hashed" if hashed else "entries"

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        return await lists.create(
            conn, tenant_id=tenant_id, name=name, kind=kind, scope=scope, whose=whose, source=source,
            evidence=evidence,
            refresh_by=day_or_instant("--refresh-by", refresh_by), overdue_denies=deny_when_overdue,
            now=datetime.now(UTC),
            actor="cli",
        )  # fmt: skip

    made = in_transaction(work)
    way = f"promiseline lists import {made} FILE" if hashed else f"promiseline lists add {made} NUMBER"
    _say(json, {"list_id": made}, f"List {made} was made. Fill it: {way}")


def _scope(creditor: str | None, campaign: str | None) -> tuple[Scope, str | None]:
    if creditor is not None and campaign is not None:
        fail("--creditor and --campaign cannot both be given: make a list for each")
    if creditor is not None:
        return "creditor", creditor
    return ("campaign", campaign) if campaign is not None else ("global", None)


@app.command("add")
def add(
    name: Name,
    addresses: Annotated[
        list[str], typer.Argument(help="Numbers like +4520123456, or e-mail addresses.", show_default=False)
    ],
    prefix: Annotated[bool, typer.Option("--prefix", help="These are beginnings of numbers, like +4890.")] = False,
    evidence: Evidence = "",
    json: Json = False,
) -> None:
    """Put numbers, e-mail addresses or prefixes on a list; they bind from this moment on."""
    kind: EntryKind = "prefix" if prefix else "exact"

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        wanted = sorted({address_of(one, prefix=prefix) for one in addresses})
        of = await lists.get(conn, tenant_id, name, lock=True)
        now = datetime.now(UTC)
        new = await lists.add(conn, of, wanted, kind=kind, source="cli", at=now, by="cli", evidence=evidence)
        await lists.bind(conn, tenant_id)
        return new

    new = in_transaction(work)
    _say(
        json,
        {"added": new, "already_there": len(set(addresses)) - new},
        f"{new} added, {len(set(addresses)) - new} there already.",
    )


@app.command("import")
def import_command(
    name: Name,
    file: Annotated[
        Path, typer.Argument(help="Text or CSV: a number, SHA-256 digest or e-mail a line.", show_default=False)
    ],
    replace: Annotated[bool, typer.Option("--replace", help="The file is the whole list; what it lacks ends.")] = False,
    column: Annotated[
        str | None, typer.Option("--column", help="Name or place (from 1) of the column; area code and number: 1+2.")
    ] = None,
    country: Annotated[str, typer.Option("--country", help="Country of numbers without country code, like US.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, put nothing in force.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take the good lines of a file that has bad ones.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write the lines that were not taken there.")
    ] = None,
    evidence: Evidence = "",
    refresh_by: Due = None,
    json: Json = False,
) -> None:
    """Put a new version of a list in force. Ends with 1 when the file was refused: nothing was taken then."""
    mode: Mode = "replace" if replace else "add"

    async def work(engine: AsyncEngine, tenant_id: int, settings: Settings) -> ListReport:
        folder = settings.data_dir / LISTS
        options = Options(
            tenant_id=tenant_id, list_name=name, folder=folder, mode=mode, how=How(column, country.upper()),
            partial=partial, dry_run=dry_run, rejects=rejects, evidence=evidence,
            refresh_by=day_or_instant("--refresh-by", refresh_by),
        )  # fmt: skip
        clock = SystemClock()
        shelf = NumberShelf(engine, folder, clock, wait_s=120.0)
        columns = (TextColumn("{task.description:<8}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=errors, disable=json or not errors.is_terminal) as bar:
            tasks: dict[str, Any] = {}

            def show(phase: str, done: int, total: int) -> None:
                if phase not in tasks:
                    tasks[phase] = bar.add_task(phase, total=total)
                bar.update(tasks[phase], completed=min(done, total), total=total)

            started = time.perf_counter()
            report = await import_list(engine, file, options, ImportParts(), shelf, now=clock.now(), progress=show)
            report.seconds = round(time.perf_counter() - started, 3)
            return report

    report = _on_engine(work)
    if json:
        print_json(asdict(report) | {"first_rejects": [as_reject(one) for one in report.first_rejects]})
    else:
        _tell(report, dry_run)
    if report.state == "refused":
        raise typer.Exit(1)


def _tell(report: ListReport, dry_run: bool) -> None:
    if report.state == "refused":
        say(f"{report.rejected:,} of {report.lines:,} lines are wrong: nothing was taken. Mend them, or use --partial.")
    else:
        verb = "Would be" if dry_run else f"Version {report.version} is in force:"
        size = f" in {report.bytes / 1e6:,.1f} MB" if report.bytes else ""
        say(
            f"{verb} {report.entries:,} entries{size}, from {report.lines:,} lines of which {report.rejected:,} "
            f"were rejected, in {report.seconds:.1f} s."
        )
    for one in report.first_rejects:
        console.print(f"[red]line {one.line}:[/] {escape(one.reason)}")
    if report.rejected > len(report.first_rejects):
        console.print(f"... and {report.rejected - len(report.first_rejects):,} more lines.")
    if report.rejects_file:
        say(f"All of them are in {report.rejects_file}.")


@app.command("end")
def end(
    name: Name,
    address: Annotated[str | None, typer.Argument(help="A number or address; without it the whole list ends.")] = None,
    prefix: Annotated[bool, typer.Option("--prefix", help="It is a beginning of numbers.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the ledger.")] = "",
    json: Json = False,
) -> None:
    """End an entry or a whole list. It stays in the ledger; whom it held is judged by the gate again."""

    async def work(conn: AsyncConnection, tenant_id: int) -> bool:
        if not reason.strip():
            raise refuse("--reason", "say why: an end without a reason cannot be defended later")
        of = await lists.get(conn, tenant_id, name, lock=True)
        now, done = datetime.now(UTC), True
        if address is None:
            await lists.end_list(conn, of, now=now, actor="cli", reason=reason)
        else:
            kind: EntryKind = "prefix" if prefix else "exact"
            at = address_of(address, prefix=prefix)
            done = await lists.end_entry(conn, of, at, kind=kind, now=now, actor="cli", reason=reason)
        await lists.bind(conn, tenant_id)
        return done

    ended = in_transaction(work)
    _say(json, {"ended": ended}, "It has ended." if ended else "It is not on this list: nothing was done.")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name or number; all lists by default.")] = "", json: Json = False
) -> None:
    """Lists with scope, version and count; of one list all its versions too."""

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        found = [await lists.get(conn, tenant_id, name)] if name else await lists.everything(conn, tenant_id)
        now = datetime.now(UTC)
        return [
            asdict(one)
            | {"overdue": one.overdue(now), "versions": [asdict(v) for v in await lists.versions(conn, one.id)]}
            for one in found
        ]

    rows = in_transaction(work)
    if json:
        print_json(rows)
    elif rows:
        print_rows("Do-not-contact lists", [_line(row) for row in rows])
        for row in rows if name else ():
            print_rows("Versions", row["versions"])
    else:
        say("There is no list yet. Make one: promiseline lists create NAME")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    state = f"ended {row['ended_at']:%Y-%m-%d}: {row['end_reason']}" if row["ended_at"] else "in force"
    due = f"{row['refresh_by']:%Y-%m-%d}" if row["refresh_by"] else ""
    return {
        "id": row["id"], "name": row["name"], "kind": row["kind"],
        "scope": row["scope"] + (f" {row['whose']}" if row["whose"] else ""), "entries": f"{row['entries']:,}",
        "version": row["version"], "refresh by": due + (" OVERDUE" if row["overdue"] else ""), "state": state,
    }  # fmt: skip


@app.command("check")
def check(
    address: Annotated[
        str, typer.Argument(help="A number like +4520123456, or an e-mail address.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """On which lists a number is, and how, when and by whom it came there. Output names it masked."""

    async def work(engine: AsyncEngine, tenant_id: int, settings: Settings) -> dict[str, Any]:
        wanted = address_of(address)
        shelf = NumberShelf(engine, settings.data_dir / LISTS, SystemClock(), wait_s=120.0)
        async with engine.connect() as conn:
            return await check_address(conn, tenant_id, wanted, shelf, datetime.now(UTC))

    found = _on_engine(work)
    if json:
        print_json(found)
        return
    say(found["says"])
    if found["lists"]:
        print_rows("Lists", [_plain(row) for row in found["lists"]])
    if found["ended"]:
        print_rows("No longer", [_plain(row) for row in found["ended"]])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: told for name, told in row.items() if name not in ("kind", "prefix")}  # `why` says both


def _on_engine(work: Callable[[AsyncEngine, int, Settings], Awaitable[T]]) -> T:
    """Like dialer.cli.session.in_transaction, for work with transactions of its own."""
    configure_logs("critical")  # what a list lacks is told by the command itself
    with told_clearly(SettingsProblem, EngineError, Refused):
        settings = load_settings()
        with engines(settings) as found:
            return asyncio.run(_connected(settings, found.database_url, work))


async def _connected(settings: Settings, url: str, work: Callable[[AsyncEngine, int, Settings], Awaitable[T]]) -> T:
    engine = make_engine(url, pool_size=2, application="promiseline-lists")
    try:
        state = await migrate.state(engine)
        if state.complaint:
            fail(state.complaint)
        async with engine.begin() as conn:
            tenant_id = await tenants.served(conn, name=settings.tenant, now=datetime.now(UTC))
        return await work(engine, tenant_id, settings)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"it was stopped ({why(problem)}): nothing was changed; see: promiseline doctor")
    finally:
        await engine.dispose()


def _say(json: bool, document: Any, sentence: str) -> None:
    if json:
        print_json(document)
    else:
        say(sentence)
