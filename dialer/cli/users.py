"""`promiseline user add|list`."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.users import service as users
from campaigns.users.passwords import Passwords
from dialer.cli.output import Json, print_json, print_rows, say
from dialer.cli.session import in_transaction

app = typer.Typer(help="People who log in.", no_args_is_help=True)


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="What the person types to log in.")],
    role: Annotated[str, typer.Option("--role", help="agent, supervisor or admin")] = "agent",
    name: Annotated[str, typer.Option("--name", help="As colleagues see it; the login by default.")] = "",
    phone: Annotated[str, typer.Option("--phone", help="The agent's phone at the exchange, like PJSIP/agent-7.")] = "",
    language: Annotated[str, typer.Option("--language")] = "en",
    json: Json = False,
) -> None:
    """Add a user. The password is asked for, or taken from PROMISELINE_NEW_PASSWORD; never from an argument."""
    password = os.environ.get("PROMISELINE_NEW_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        return await users.create(
            conn,
            Passwords(),
            tenant_id=tenant_id,
            login=login,
            display_name=name or login,
            role=role,
            password=password,
            now=datetime.now(UTC),
            actor="cli",
            language=language,
            phone_endpoint=phone or None,
        )

    user_id = in_transaction(work)
    if json:
        print_json({"user_id": user_id})
    else:
        say(f"User {user_id} was added: {login}, {role}.")


@app.command("list")
def list_users(json: Json = False) -> None:
    """Everybody who can log in."""
    found = in_transaction(users.everyone)
    rows = [
        {key: value for key, value in asdict(user).items() if key in ("id", "login", "display_name", "role", "active")}
        for user in found
    ]
    if json:
        print_json(rows)
    else:
        print_rows("Users", rows)
