"""`promiseline audit verify|export|seal|key|erase`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.audit import erasing, files, reading
from campaigns.audit.checker import Report
from campaigns.audit.checkpoints import KeyProblem, key_text
from campaigns.audit.sealing import ChainBroken
from campaigns.db import migrate, tables as t
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.problems import Refused, refuse
from dialer.audit_key import signing_key, trusted_keys
from dialer.cli.output import Json, errors, fail, print_json, say, told_clearly
from dialer.cli.times import day_or_instant
from dialer.engines import engines
from dialer.faults import why
from dialer.sealer import seal_all
from dialer.settings import Settings, SettingsProblem, load_settings
from telephony.clock import SystemClock

T = TypeVar("T")
Tenant = Annotated[str | None, typer.Option("--tenant", help="Name of the tenant.", show_default="all of them")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", help="Public key to trust, as `audit key` prints it; may be repeated.")
]
SHOWN = 20

app = typer.Typer(help="The audit trail: a chain in which no row can be changed unseen.", no_args_is_help=True)


@app.command("verify")
def verify(
    tenant: Tenant = None,
    file: Annotated[Path | None, typer.Option("--file", help="Verify an export by itself, without a database.")] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Verify the database, and that it still says what this export says."),
    ] = None,
    key: Keys = None,
    chain_only: Annotated[bool, typer.Option("--chain-only", help="Do not read the gate's verdicts again.")] = False,
    json: Json = False,
) -> None:
    """Check every row, checkpoint and verdict; name all that was changed, removed or moved. Ends with 1 then."""
    with told_clearly(SettingsProblem, EngineError, Refused, KeyProblem), _bar(json) as bar:
        settings = load_settings()
        trusted = trusted_keys(settings, tuple(key or ()))
        if file is not None:
            reports = {str(file): _of_file(file, trusted, bar)}
        else:
            look = _Look(trusted, tenant, against, not chain_only, bar)
            reports = _with_database(settings, look.all)
    if json:
        print_json([{"source": source} | report.wire() for source, report in reports.items()])
    else:
        for source, report in reports.items():
            _tell(source, report)
    if not all(report.ok for report in reports.values()):
        raise typer.Exit(1)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write, one JSON object a line.", show_default=False)],
    tenant: Tenant = None,
    first: Annotated[str | None, typer.Option("--from", help="First day or instant, like 2026-03-01.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, or the instant before which to end.")] = None,
    details: Annotated[
        bool, typer.Option("--details/--no-details", help="Without them the file still verifies, by their digests.")
    ] = True,
    json: Json = False,
) -> None:
    """Write rows and checkpoints that a third party verifies with the public key alone."""
    with told_clearly(SettingsProblem, EngineError, Refused):
        settings = load_settings()
        begin = day_or_instant("--from", first)
        end = day_or_instant("--to", last)
        if end is not None and last and len(last) == len("2026-03-01"):
            end += timedelta(days=1)  # a day is wanted whole

        async def work(engine: AsyncEngine) -> int:
            async with _snapshot(engine) as conn:
                [(_, tenant_id)] = (await _tenants(conn, tenant or settings.tenant)).items()
                numbers = await reading.between(conn, tenant_id, begin, end)
                if numbers is None:
                    raise refuse("--from, --to", "no sealed row is in this time; seal what waits with: audit seal")
                return await _write(file, files.lines(conn, tenant_id, *numbers, details=details))

        written = _with_database(settings, work)
    if json:
        print_json({"file": str(file), "lines": written})
    else:
        say(f"{written:,} lines written to {file}. Verify them with: promiseline audit verify --file {file}")


@app.command("seal")
def seal(json: Json = False) -> None:
    """Seal what is committed and sign the chain's end, now. The scheduler does it each second, and signs each hour."""
    with told_clearly(SettingsProblem, EngineError, ChainBroken):
        settings = load_settings()
        key = signing_key(settings)
        sealed = _with_database(settings, lambda engine: seal_all(engine, SystemClock(), key))
    if json:
        print_json({"rows": sealed})
    else:
        say(f"{sealed:,} rows were sealed, and the end of the chain is signed.")


@app.command("key")
def key(json: Json = False) -> None:
    """Print the public key that verifies checkpoints; the signing key is made when there is none."""
    with told_clearly(SettingsProblem):
        public = signing_key(load_settings()).public_key()
    if json:
        print_json({"public_key": key_text(public.public_bytes_raw()), "pem": _pem(public)})
    else:
        say(key_text(public.public_bytes_raw()))


@app.command("erase")
def erase(
    debtor: Annotated[int, typer.Option("--debtor", help="Number of the debtor.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase for good what the trail and the gate's verdicts say about a person; the chain still verifies."""
    if not yes:
        typer.confirm("What the verdicts were based on cannot be shown again. Erase it for good?", abort=True)
    with told_clearly(SettingsProblem, EngineError, Refused, ChainBroken):
        settings = load_settings()

        async def work(engine: AsyncEngine) -> erasing.Erased:
            async with engine.begin() as conn:
                [(_, tenant_id)] = (await _tenants(conn, settings.tenant)).items()
                return await erasing.erase_person(conn, tenant_id, debtor, actor="cli", now=datetime.now(UTC))

        done = _with_database(settings, work)
    if json:
        print_json({"details": done.details, "verdicts": done.verdicts})
    else:
        say(
            f"{done.details:,} details and the content of {done.verdicts:,} verdicts were erased; each has a row of it."
        )


class _Look:
    """One look at the database's chains."""

    def __init__(
        self, trusted: frozenset[bytes], tenant: str | None, against: Path | None, verdicts: bool, bar: Progress
    ) -> None:
        self._trusted = trusted
        self._tenant = tenant
        self._against = against
        self._verdicts = verdicts
        self._bar = bar

    async def all(self, engine: AsyncEngine) -> dict[str, Report]:
        async with _snapshot(engine) as conn:
            found = await _tenants(conn, self._tenant)
            if self._against is None:
                return {name: await self._one(conn, name, tenant_id) for name, tenant_id in found.items()}
            if len(found) > 1:
                raise refuse("--against", "the database has several tenants: name the file's one with --tenant")
            with _readable("--against", self._against):
                return {name: await self._one(conn, name, tenant_id) for name, tenant_id in found.items()}

    async def _one(self, conn: AsyncConnection, name: str, tenant_id: int) -> Report:
        task = self._bar.add_task(name, total=None)
        known = () if self._against is None else files.known(self._against, tenant_id)
        return await reading.check(
            conn,
            tenant_id,
            self._trusted,
            verdicts=self._verdicts,
            against=known,
            progress=lambda done, total: self._bar.update(task, completed=done, total=total),
        )


def _of_file(file: Path, trusted: frozenset[bytes], bar: Progress) -> Report:
    task = bar.add_task(file.name, total=None)
    with _readable("--file", file):
        return files.check(file, trusted, lambda done, total: bar.update(task, completed=done, total=total))


@contextmanager
def _readable(option: str, file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise refuse(option, f"{file} cannot be read ({problem.strerror})") from None


def _bar(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal)


def _with_database(settings: Settings, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    with engines(settings) as found:
        return asyncio.run(_on(found.database_url, work))


async def _on(url: str, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    engine = make_engine(url, pool_size=1, application="promiseline-audit")
    try:
        state = await migrate.state(engine)
        if state.complaint:
            fail(state.complaint)
        return await work(engine)
    except SQLAlchemyError as problem:
        fail(f"the database refused ({why(problem)}); see: promiseline doctor")
    except OSError as problem:
        fail(f"the database or a file cannot be reached ({why(problem)}); see: promiseline doctor")
    finally:
        await engine.dispose()


@asynccontextmanager
async def _snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Everything is read as it was at one instant."""
    async with engine.connect() as conn:
        await reading.snapshot(conn)
        yield conn


async def _tenants(conn: AsyncConnection, name: str | None) -> dict[str, int]:
    query = select(t.tenant.c.name, t.tenant.c.id).order_by(t.tenant.c.id)
    found = {row.name: row.id for row in await conn.execute(query)}
    if name is None:
        return found
    if name not in found:
        raise refuse("--tenant", f"there is no tenant {name}; there are: {', '.join(found) or 'none'}")
    return {name: found[name]}


async def _write(path: Path, lines: AsyncIterator[bytes]) -> int:
    written = 0
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            async for line in lines:
                file.write(line)
                written += 1
        part.replace(path)
    except OSError as problem:
        raise refuse("FILE", f"{path} cannot be written ({problem.strerror})") from None
    finally:
        part.unlink(missing_ok=True)
    return written


def _pem(public: Ed25519PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _tell(source: str, report: Report) -> None:
    held = f"{report.rows:,} rows, {report.checkpoints:,} checkpoints"
    if report.verdicts:
        held += f", {report.verdicts:,} verdicts"
    if report.outcomes:
        held += f", {report.outcomes:,} outcomes"
    if report.ok:
        say(f"{source}: whole. {held}; {report.erased:,} details erased; {report.unsigned:,} rows not signed yet.")
        return
    findings: list[Any] = list(report.findings)
    say(f"{source}: NOT as it was sealed. {held}.")
    for finding in findings[:SHOWN]:
        say(f"  {finding.says}")
    left = len(findings) - SHOWN + report.left_out
    if left > 0:
        say(f"  ... and {left:,} more; all of them with --json")
