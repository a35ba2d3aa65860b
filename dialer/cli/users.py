"""`promiseline user add|set|password|shift|list`."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import refuse
from campaigns.shifts import service as shifts
from campaigns.shifts.model import PAUSE_REASONS, Plan, PlanAsked
from campaigns.users import service as users
from campaigns.users.model import LANGUAGES
from campaigns.users.passwords import Passwords, generated
from dialer.cli.output import Json, fail, print_json, print_rows, say
from dialer.cli.session import in_transaction
from dialer.cli.times import instant

app = typer.Typer(help="People who log in.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(help="The user's login.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make the password by chance and print it, this once.")]
SkillHelp = "A skill of the agent, like es or hardship; may be given several times."


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="What the person types to log in.")],
    role: Annotated[str, typer.Option("--role", help="agent, supervisor or admin")] = "agent",
    name: Annotated[str, typer.Option("--name", help="As colleagues see it; the login by default.")] = "",
    phone: Annotated[str, typer.Option("--phone", help="The agent's phone at the exchange, like PJSIP/agent-7.")] = "",
    language: Annotated[
        str, typer.Option("--language", help=f"Of the person's console: {', '.join(LANGUAGES)}.")
    ] = "en",
    skill: Annotated[list[str], typer.Option("--skill", help=SkillHelp)] = [],  # noqa: B006 - typer never changes it
    generate: Generate = False,
    json: Json = False,
) -> None:
    """Add a user. The password is asked for, or taken from PROMISELINE_NEW_PASSWORD; never from an argument."""
    password = _password(generate)

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
            skills=skill,
        )

    user_id = in_transaction(work)
    if json:
        print_json({"user_id": user_id} | ({"password": password} if generate else {}))
    else:
        say(f"User {user_id} was added: {login}, {role}.")
        _show(password, generate)


@app.command("password")
def password_command(login: Login, generate: Generate = False, json: Json = False) -> None:
    """Give a user a new password, asked for as `add` asks; every session of the user ends."""
    password = _password(generate)

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        user = await _find(conn, tenant_id, login)
        await users.set_password(conn, Passwords(), user.id, password, now=datetime.now(UTC), actor="cli")
        return user.id

    user_id = in_transaction(work)
    if json:
        print_json({"user_id": user_id} | ({"password": password} if generate else {}))
    else:
        say(f"{login} has a new password, and is logged out everywhere.")
        _show(password, generate)


def _password(generate: bool) -> str:
    if generate:
        return generated()
    typed: str = os.environ.get("PROMISELINE_NEW_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True, err=True
    )
    return typed


def _show(password: str, generate: bool) -> None:
    if generate:
        say(f"The password, which is not shown again: {password}")


@app.command("list")
def list_users(json: Json = False) -> None:
    """Everybody who can log in."""
    rows: list[dict[str, Any]] = [
        {
            "id": user.id,
            "login": user.login,
            "display_name": user.display_name,
            "role": user.role,
            "language": user.language,
            "active": user.active,
            "skills": list(user.skills),
        }
        for user in in_transaction(users.everyone)
    ]
    if json:
        print_json(rows)
    else:
        print_rows("Users", [row | {"skills": ", ".join(row["skills"])} for row in rows])


@app.command("set")
def set_(
    login: Login,
    skill: Annotated[list[str], typer.Option("--skill", help=SkillHelp)] = [],  # noqa: B006
    no_skill: Annotated[list[str], typer.Option("--no-skill", help="A skill that the agent has no more.")] = [],  # noqa: B006
    role: Annotated[str | None, typer.Option("--role", help="agent, supervisor or admin")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help=f"Of the person's console: {', '.join(LANGUAGES)}.")
    ] = None,
    active: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Let the user in again, or lock them out at once.")
    ] = None,
    json: Json = False,
) -> None:
    """Change a user: role, language, locked out or let in, skills. A running server goes by it within a second."""
    if not skill and not no_skill and role is None and language is None and active is None:
        fail("nothing to change: give --skill, --no-skill, --role, --language, --enable or --disable")

    async def work(conn: AsyncConnection, tenant_id: int) -> users.User:
        user = await _find(conn, tenant_id, login)
        absent = sorted(set(no_skill) - set(user.skills))
        if absent:
            raise refuse("no-skill", f"{login} does not have {', '.join(absent)}; has {_listed(user.skills)}")
        both = sorted(set(no_skill) & set(skill))
        if both:
            raise refuse("skill", f"{', '.join(both)} is given and taken away: choose one")
        wanted = (set(user.skills) | set(skill)) - set(no_skill)
        return await users.change(
            conn, user.id, now=datetime.now(UTC), actor="cli", role=role, language=language, active=active,
            skills=sorted(wanted) if skill or no_skill else None,
        )  # fmt: skip

    after = in_transaction(work)
    if json:
        print_json(
            {"user_id": after.id, "role": after.role, "language": after.language, "active": after.active,
             "skills": after.skills}
        )  # fmt: skip
    else:
        let_in = "let in" if after.active else "locked out"
        say(f"{after.login}: {after.role}, language {after.language}, {let_in}, {_listed(after.skills)}.")


@app.command("shift")
def shift(
    login: Login,
    leave_at: Annotated[
        str, typer.Option("--leave-at", help="The shift ends then; an instant like 2026-03-31T17:30:00-04:00.")
    ] = "",
    break_at: Annotated[str, typer.Option("--break-at", help="A break begins then; an instant with its offset.")] = "",
    minutes: Annotated[
        int | None, typer.Option("--minutes", help="How long the break is; nobody is made ready by a clock.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help=f"Of the break: {', '.join(PAUSE_REASONS)}.")] = "break",
    cancel: Annotated[int | None, typer.Option("--cancel", help="Take back the plan of this number.")] = None,
    json: Json = False,
) -> None:
    """Plan a break or the end of an agent's shift, take a plan back, or list the plans.

    When the time has come the agent is paused or logged out, after the call in progress and its wrap-up.
    """
    if minutes is not None and not break_at:
        fail("--minutes is the length of a break: give --break-at too")

    async def work(conn: AsyncConnection, tenant_id: int) -> tuple[Plan, ...]:
        user = await _find(conn, tenant_id, login)
        now = datetime.now(UTC)
        who: dict[str, Any] = {"tenant_id": tenant_id, "user_id": user.id, "now": now, "actor": "cli"}
        if cancel is not None:
            await shifts.cancel(conn, plan_id=cancel, **who)
        breaks, leaves = instant("break-at", break_at), instant("leave-at", leave_at)
        if breaks is not None:
            await shifts.plan(conn, asked=PlanAsked("pause", breaks, minutes, reason), **who)
        if leaves is not None:
            await shifts.plan(conn, asked=PlanAsked("logout", leaves), **who)
        return (await shifts.open_plans(conn, [user.id])).get(user.id, ())

    _show_plans(in_transaction(work), json)


def _show_plans(plans: Sequence[Plan], json: bool) -> None:
    if json:
        print_json([{**asdict(plan), "at": plan.at.astimezone(UTC).isoformat()} for plan in plans])
        return
    rows = [
        {
            "plan": plan.id,
            "what": "end of shift" if plan.kind == "logout" else plan.reason,
            "at": plan.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "minutes": "" if plan.minutes is None else plan.minutes,
        }
        for plan in plans
    ]
    print_rows("Planned", rows)


async def _find(conn: AsyncConnection, tenant_id: int, login: str) -> users.User:
    found = {user.login: user for user in await users.everyone(conn, tenant_id)}
    if login not in found:
        raise refuse("login", f"there is no user {login}: promiseline user list names them")
    return found[login]


def _listed(skills: Sequence[str]) -> str:
    return f"the skills {', '.join(skills)}" if skills else "no skill"
