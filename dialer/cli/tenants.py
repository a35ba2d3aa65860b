"""`promiseline tenant add|list`."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.admin import tenants
from campaigns.db.embedded import EngineError
from campaigns.problems import Refused
from dialer.cli.output import Json, print_json, print_rows, say, told_clearly
from dialer.cli.session import connected
from dialer.engines import engines
from dialer.settings import SettingsProblem, load_settings

app = typer.Typer(help="Agencies that share a database; an installation serves one of them.", no_args_is_help=True)
T = TypeVar("T")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Its name, as PROMISELINE_TENANT gives it.")], json: Json = False
) -> None:
    """Make one more tenant. The first one is made by the first start."""

    async def work(conn: AsyncConnection) -> int:
        return await tenants.add(conn, name=name, now=datetime.now(UTC), actor="cli")

    made, _ = _in_transaction(work)
    if json:
        print_json({"tenant_id": made})
    else:
        say(f"Tenant {made} was added. Serve it with: PROMISELINE_TENANT={shlex.quote(name.strip())}")


@app.command("list")
def list_tenants(json: Json = False) -> None:
    """All tenants of the database, and which one these settings serve."""
    found, serves = _in_transaction(tenants.everyone)
    rows: list[dict[str, Any]] = [
        {"id": one.id, "name": one.name, "created_at": one.created_at.isoformat(), "served": one.name == serves}
        for one in found
    ]
    if json:
        print_json(rows)
    else:
        print_rows("Tenants", rows)


def _in_transaction(work: Callable[[AsyncConnection], Awaitable[T]]) -> tuple[T, str]:
    """Like dialer.cli.session.in_transaction, for work that is of no tenant; with the name that the settings give."""
    with told_clearly(SettingsProblem, EngineError, Refused):
        settings = load_settings()
        with engines(settings) as found:
            return asyncio.run(connected(found.database_url, work)), settings.tenant
