"""`promiseline compliance replay`: what would change before a rule is switched on."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.cli.output import Json, errors, fail, print_json, print_rows, say, told_clearly
from dialer.cli.session import in_transaction

if TYPE_CHECKING:
    from compliance.rulebooks.model import Rulebooks

UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def replay_command(
    rulebook: Annotated[
        list[Path] | None, typer.Option("--rulebook", help="A changed or new rulebook, or a folder of them.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="How far back, like 30d, 12h or 4w.")] = "30d",
    self_check: Annotated[
        bool, typer.Option("--self-check", help="With the rulebooks as they are: every verdict must come out the same.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask the gate again about the contacts of a period, with changed rulebooks, and count what would be different."""
    from compliance.rulebooks.loader import RulebookError
    from dialer import replay
    from dialer.books import load_books
    from dialer.settings import SettingsProblem, load_settings

    if bool(rulebook) == self_check:
        fail(
            "give --rulebook FILE_OR_FOLDER to see what it would change, or --self-check for the rulebooks as they are"
        )
    start = datetime.now(UTC) - span(since)
    with told_clearly(SettingsProblem, RulebookError):
        books = replay.changed(load_books(load_settings()), [_read(path) for path in rulebook or ()])

    async def work(conn: AsyncConnection, tenant_id: int) -> dict[str, Any]:
        total = await replay.count(conn, tenant_id, start)
        task = bar.add_task("asking the gate again", total=total)
        report = await replay.replay(
            conn, tenant_id, start, books, exactly=self_check, progress=lambda: bar.advance(task)
        )
        return report.to_json()

    with Progress(console=errors, transient=True, disable=json or not errors.is_terminal) as bar:
        report = in_transaction(work)
    if json:
        print_json(report)
    else:
        _tell(report)
    if self_check and report["unchanged"] != report["asked"] + report["unreadable"]:
        fail("the gate no longer says what it said: see the differences above")


def span(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,3})([hdw])", text)
    if found is None:
        fail(f"--since: {text!r} is no length of time; write 30d for days, 12h for hours or 4w for weeks")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _read(path: Path) -> "Rulebooks":
    """The rulebooks of one file or folder. Raises RulebookError."""
    from compliance.rulebooks.loader import parse_rulebook
    from compliance.rulebooks.model import Rulebooks

    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        fail(f"{path} holds no rulebook (*.toml)")
    try:
        books = [parse_rulebook(file.read_text(encoding="utf-8"), str(file)) for file in files]
    except (OSError, UnicodeDecodeError) as problem:
        fail(f"{path} cannot be read ({getattr(problem, 'strerror', None) or 'not UTF-8 text'})")
    return Rulebooks({book.id: book for book in books})


def _tell(report: dict[str, Any]) -> None:
    say(
        f"{report['asked']} contacts were asked about again: {report['would_be_denied']} that were allowed would be"
        f" refused, {report['would_be_allowed']} that were refused would be allowed, {report['other_reasons']} would be"
        f" answered the same way for other reasons, {report['unchanged']} as before."
    )
    if report["not_the_gates"]:
        say(f"{report['not_the_gates']} were refused before the gate was asked (a closed file, a call in progress).")
    if report["unreadable"]:
        say(f"{report['unreadable']} could not be asked again: {', '.join(report['problems'])}.")
    if report["other_tzdb"]:
        say(f"{report['other_tzdb']} were judged by another time zone database than today's {report['tzdb']}.")
    for name in ("rule", "campaign", "channel"):
        if report[f"by_{name}"]:
            print_rows(f"By {name}", report[f"by_{name}"])
    for change, ids in report["examples"].items():
        say(f"For example ({change.replace('_', ' ')}): verdicts {', '.join(ids)}")
