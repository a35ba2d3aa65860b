"""`promiseline migrate`, `promiseline doctor` and `promiseline asterisk-config`."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError

from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from dialer.asterisk_files import write_files
from dialer.cli.output import Json, console, errors, fail, print_json, say, told_clearly
from dialer.cli.serve import configure_logs
from dialer.engines import engines
from dialer.faults import why
from dialer.settings import SettingsProblem, load_settings


def migrate_command(json: Json = False) -> None:
    """Bring the database to the newest schema."""
    with told_clearly(SettingsProblem, EngineError, migrate.NewerSchema), engines(load_settings()) as found:
        try:
            with Progress(console=errors, transient=True, disable=json or not errors.is_terminal) as progress:
                task = progress.add_task("migrating", total=None)
                state = asyncio.run(
                    migrate.upgrade(
                        found.database_url,
                        lambda done, total, title: progress.update(
                            task, completed=done, total=total, description=title
                        ),
                    )
                )
        except (SQLAlchemyError, OSError) as problem:
            fail(f"the database cannot be reached or refused ({why(problem)}); see: promiseline doctor")
    if json:
        print_json({"revision": state.current, "head": state.head})
    else:
        say(f"The database is at revision {state.current}.")


def doctor_command(json: Json = False) -> None:
    """Look at every part that the server needs; ends with 1 when something is wrong."""
    # the exchange's and the carriers' clients: no other command should wait for them
    from dialer import doctor

    configure_logs("critical")  # findings tell everything
    with told_clearly(SettingsProblem, EngineError):
        settings = load_settings()
        with engines(settings) as found:
            findings = asyncio.run(doctor.examine(settings, found.database_url, found.redis_url))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok  [/]" if finding.ok else "[red]FAIL[/]"
            console.print(f"{mark} {escape(finding.part)}: {escape(finding.says)}", soft_wrap=True)
            if finding.mend:
                say(f"       {finding.mend}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def asterisk_config_command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; mount it at /etc/asterisk.")],
    json: Json = False,
) -> None:
    """Write the configuration of an Asterisk node from the settings."""
    with told_clearly(SettingsProblem, OSError):
        written = write_files(load_settings(), out)
    if json:
        print_json([str(path) for path in written])
    else:
        say(f"{len(written)} files written to {out}. They hold passwords: keep them out of reach.")
