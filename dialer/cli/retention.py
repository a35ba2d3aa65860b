"""`promiseline retention plan|run`: whose details are over by the rulebooks that bind them, and to erase them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import tenants
from campaigns.audit.sealing import ChainBroken
from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.problems import Refused
from compliance.rulebooks.loader import RulebookError
from dialer.books import load_books
from dialer.cli.output import Json, errors, fail, print_json, print_rows, say, told_clearly
from dialer.engines import engines
from dialer.faults import why
from dialer.retention import Plan, Retention
from dialer.settings import Settings, SettingsProblem, load_settings
from telephony.clock import SystemClock

app = typer.Typer(help="How long personal details are kept, by the rulebooks that bind.", no_args_is_help=True)
SHOWN = 50


@app.command("plan")
def plan_command(json: Json = False) -> None:
    """Show whose details would be erased now, and who is past the maximum but held; nothing is changed."""
    _tell(_with(lambda job, told: job.plan(told)), json, erased=False)


@app.command("run")
def run_command(
    yes: Annotated[bool, typer.Option("--yes", help="Erase for good. Without it nothing is changed.")] = False,
    json: Json = False,
) -> None:
    """Erase who is past the maximum of the rulebooks that bind and not held; without --yes only say who that is."""
    _tell(_with(lambda job, told: job.erase(told) if yes else job.plan(told)), json, erased=yes)


def _with(work: Callable[[Retention, Callable[[int, int], None]], Awaitable[Plan]]) -> Plan:
    with told_clearly(SettingsProblem, EngineError, RulebookError, ChainBroken, Refused):
        settings = load_settings()
        with engines(settings) as found, _bar() as bar:
            task = bar.add_task("persons", total=None)
            told = lambda done, total: bar.update(task, completed=min(done, total), total=total)  # noqa: E731
            return asyncio.run(_on(settings, found.database_url, lambda job: work(job, told)))


async def _on(settings: Settings, url: str, work: Callable[[Retention], Awaitable[Plan]]) -> Plan:
    engine: AsyncEngine = make_engine(url, pool_size=1, application="promiseline-retention")
    try:
        state = await migrate.state(engine)
        if state.complaint:
            fail(state.complaint)
        async with engine.begin() as conn:
            tenant_id = await tenants.served(conn, name=settings.tenant, now=datetime.now(UTC))
        return await work(Retention(engine, SystemClock(), load_books(settings), tenant_id, "cli"))
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database cannot be reached or refused ({why(problem)}); see: promiseline doctor")
    finally:
        await engine.dispose()


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def _tell(plan: Plan, json: bool, *, erased: bool) -> None:
    rows = [_row(debtor, answer) for debtor, answer in plan.due]
    held = [_row(debtor, answer) for debtor, answer in plan.held]
    if json:
        print_json({"erased": erased, "due": rows, "held": held, "counts": dict(plan.counts)})
        return
    print_rows("Erased" if erased else "Would be erased", rows[:SHOWN])
    print_rows("Past the maximum, and held", held[:SHOWN])
    verb = "were erased" if erased else "would be erased; do it with: promiseline retention run --yes"
    say(f"{len(rows):,} persons {verb}. {len(held):,} are held, {plan.counts['keep']:,} others are kept.")


def _row(debtor: int, answer: Any) -> dict[str, Any]:
    return {"debtor": debtor, "rulebook": answer.rulebook, "because": answer.because}
