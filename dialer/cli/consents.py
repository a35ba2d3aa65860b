"""`promiseline consents show|import|revoke`: who agreed to what, how, when, by whose word, and what ended it."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.lookup import find_debtor
from campaigns.consents import service as consents
from campaigns.consents.imports import Options, Report, import_consents
from campaigns.consents.model import CHANNELS, channels_of, standing
from campaigns.db import tables as t
from campaigns.imports.places import COUNTRIES
from campaigns.problems import refuse
from dialer.cli.imports import as_reject
from dialer.cli.output import Json, console, errors, print_json, say
from dialer.cli.session import in_transaction
from dialer.import_parts import import_parts
from telephony.number import mask_address

app = typer.Typer(help="The consent ledger: nothing in it is ever changed.", no_args_is_help=True)


class _NotTaken(Exception):
    """Rolls the transaction back: a dry run, or a file with bad rows."""

    def __init__(self, report: Report) -> None:
        self.report = report


@app.command("show")
def show(
    debtor: Annotated[str, typer.Option("--debtor", help="Id, or the creditor's reference.")], json: Json = False
) -> None:
    """Every consent and its end, for each number and address of a person; addresses are masked."""

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        found = await consents.histories(conn, tenant_id, await find_debtor(conn, tenant_id, debtor))
        now = datetime.now(UTC)
        return [
            {
                "contact_point_id": one.contact_point_id, "kind": one.kind, "address": mask_address(one.address),
                "now": {channel: standing(one.entries, channel, now) for channel in channels_of(one.kind)},
                "entries": [asdict(entry) for entry in one.entries],
                "opt_outs": [asdict(out) for out in one.opt_outs],
            }
            for one in found
        ]  # fmt: skip

    points = in_transaction(work)
    if json:
        print_json(points)
        return
    for point in points:
        standings = ", ".join(f"{channel} {word}" for channel, word in point["now"].items())
        say(f"{point['contact_point_id']}: {point['kind']} {point['address']}: {standings}")
        told = [_line(entry) for entry in point["entries"]] + [_out(out) for out in point["opt_outs"]]
        for line in sorted(told):
            say(f"  {line}")


def _line(entry: dict[str, Any]) -> str:
    parts = [f"{entry['at']:%Y-%m-%d %H:%M:%S} {entry['channel']} {entry['event']}"]
    parts += [str(entry[key]) for key in ("how", "evidence") if entry[key]] + [f"by {entry['recorded_by']}"]
    if entry["text_version"]:
        parts.append(f"text {entry['text_version']} {entry['text_language']}".strip())
    if entry["expires_at"]:
        parts.append(f"until {entry['expires_at']:%Y-%m-%d}")
    return ", ".join(parts)


def _out(out: dict[str, Any]) -> str:
    parts = [f"{out['at']:%Y-%m-%d %H:%M:%S} {out['channel']} opted out", out["source"]]
    parts += [out["evidence"]] if out["evidence"] else []
    parts += [f"lifted {out['lifted_at']:%Y-%m-%d %H:%M}"] if out["lifted_at"] else []
    return ", ".join(parts)


@app.command("revoke")
def revoke(
    contact_point: Annotated[int, typer.Option("--contact-point", help="Its id, as `consents show` names it.")],
    channel: Annotated[str, typer.Option("--channel", help="voice, sms, whatsapp, email, or all")],
    evidence: Annotated[str, typer.Option("--evidence", help="A reference: letter, message, ticket.")] = "",
    json: Json = False,
) -> None:
    """The person takes consent back: the channel is closed at this address from this moment on."""

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        if channel not in (*CHANNELS, "all"):
            raise refuse("--channel", f"{channel!r} is no channel; known are {', '.join(CHANNELS)}, all")
        now = datetime.now(UTC)
        chosen = next((one for one in CHANNELS if one == channel), None)
        return await consents.revoke(
            conn, tenant_id=tenant_id, contact_point_id=contact_point, channel=chosen, at=now, now=now, actor="cli",
            evidence=evidence,
        )  # fmt: skip

    ended = in_transaction(work)
    if json:
        print_json({"ended": ended})
    else:
        say(f"Closed. {ended} consent(s) ended.")


@app.command("import")
def import_command(
    file: Annotated[
        Path,
        typer.Argument(help="CSV: reference, phone, channel, how, when; evidence, expires ...", show_default=False),
    ],
    creditor: Annotated[str, typer.Option("--creditor", help="Whose debtors these are.")],
    country: Annotated[str, typer.Option("--country", help="Country of numbers without country code, like US.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Take the good rows of a file that has bad ones.")] = False,
    rejects: Annotated[Path | None, typer.Option("--rejects", help="Write the rows that were not taken there.")] = None,
    json: Json = False,
) -> None:
    """Write consents and revocations into the ledger. Ends with 1 when the file was refused: nothing was taken then."""

    async def work(conn: AsyncConnection, tenant_id: int) -> Report:
        if country and country.upper() not in COUNTRIES:
            raise refuse("--country", "this is no country code; give two letters of ISO 3166-1, like US, GB or MX")
        options = Options(
            tenant_id, await _creditor(conn, tenant_id, creditor), "cli", country.upper(), dry_run, partial, rejects
        )
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=errors, disable=json or not errors.is_terminal) as bar:
            task = bar.add_task("reading", total=None)
            report = await import_consents(
                conn, file, options, import_parts(), now=datetime.now(UTC),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
        if report.state != "done":
            raise _NotTaken(report)
        return report

    try:
        report = in_transaction(work)
    except _NotTaken as outcome:
        report = outcome.report
    if json:
        print_json(asdict(report) | {"first_rejects": [as_reject(one) for one in report.first_rejects]})
    else:
        _tell(report)
    if report.state == "refused":
        raise typer.Exit(1)


async def _creditor(conn: AsyncConnection, tenant_id: int, name: str) -> int:
    k = t.creditor.c
    known = {row.name: int(row.id) for row in await conn.execute(select(k.name, k.id).where(k.tenant_id == tenant_id))}
    if name not in known:
        raise refuse(
            "--creditor", f"there is no creditor {name}; known are {', '.join(sorted(known)[:20]) or 'none yet'}"
        )
    return known[name]


def _tell(report: Report) -> None:
    if report.state == "refused":
        what = f"{report.rejected:,} of {report.rows:,} rows are wrong" if report.rows else "The file has no rows"
        say(f"{what}: nothing was taken. Mend them, or take the others with --partial.")
    else:
        verb = "Would take" if report.state == "checked" else "Took"
        rest = f"{report.known:,} were there, {report.rejected:,} rejected"
        say(f"{verb} {report.taken:,} of {report.rows:,} rows; {rest}.")
    for one in report.first_rejects:
        where = f"line {one.line}" + (f", {one.column}" if one.column else "")
        console.print(f"[red]{where}:[/] {escape(one.reason)}")
    if report.rejects_file:
        say(f"All of them are in {report.rejects_file}: mend them there and import that file.")
