"""`promiseline campaign create|start|set|pause|status`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.model import MODES
from campaigns.problems import refuse
from campaigns.queue import service as queue
from campaigns.users import service as users
from dialer.cli.output import Json, errors, fail, print_json, print_rows, read_object, say, told_clearly
from dialer.cli.session import in_transaction
from dialer.detection_facts import notes
from dialer.pacing.segments import shown
from dialer.pacing.stored import stored_factors
from dialer.settings import load_settings

app = typer.Typer(help="Campaigns: whom to call, how, and what next.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The campaign's name or number.")]
SkillHelp = "A skill that its agents must have; may be given several times."
StaffingHelp = "assigned: the agents assigned to it; skilled: every agent who has its skills."


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="A name that no other campaign has.")],
    creditor: Annotated[str, typer.Option("--creditor", help="Whose debts; the name given at import.")],
    caller_id: Annotated[str, typer.Option("--caller-id", help="E.164 number that debtors see.")],
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="JSON file of further settings (campaigns.model.CampaignSettings)."),
    ] = None,
    mode: Annotated[str, typer.Option("--mode", help=f"One of {', '.join(MODES)}; progressive by default.")] = "",
    agents: Annotated[str, typer.Option("--agents", help="Comma-separated logins; 'all' for every agent.")] = "",
    skill: Annotated[list[str], typer.Option("--skill", help=SkillHelp)] = [],  # noqa: B006 - typer never changes it
    staffing: Annotated[str, typer.Option("--staffing", help=StaffingHelp)] = "",
    json: Json = False,
) -> None:
    """Make a campaign; it dials nobody until it is started."""
    options = {"caller_id": caller_id, "mode": mode or None, "skills": skill or None, "staffing": staffing or None}
    given = _together(settings, options)

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        return await admin.create(
            conn,
            tenant_id=tenant_id,
            creditor=creditor,
            name=name,
            settings=given,
            now=datetime.now(UTC),
            actor="cli",
            agents=await _agents(conn, tenant_id, agents),
        )

    campaign_id = in_transaction(work)
    _say(
        json,
        {"campaign_id": campaign_id},
        f"Campaign {campaign_id} was made. Start it: promiseline campaign start {campaign_id}",
    )


def _together(settings: Path | None, options: dict[str, Any]) -> dict[str, Any]:
    """What the file and the options set; ends with a message where they say different things of one setting."""
    given: dict[str, Any] = read_object(settings, "settings") if settings else {}
    said = {field: value for field, value in options.items() if value is not None}
    contrary = [field for field in said if field in given and given[field] != said[field]]
    if contrary:
        fail(f"{settings} and the options say different things of {', '.join(contrary)}: say it in one place")
    return given | said


async def _agents(conn: AsyncConnection, tenant_id: int, logins: str) -> list[int]:
    known = {user.login: user.id for user in await users.everyone(conn, tenant_id, role="agent")}
    if logins == "all":
        return list(known.values())
    wanted = [login.strip() for login in logins.split(",") if login.strip()]
    unknown = [login for login in wanted if login not in known]
    if unknown:
        raise refuse(
            "agents", f"there is no agent {', '.join(unknown)}; known are {', '.join(sorted(known)) or 'none yet'}"
        )
    return [known[login] for login in wanted]


@app.command("start")
def start(
    name: Name,
    agents: Annotated[
        str, typer.Option("--agents", help="Comma-separated logins, or 'all': these and no others take its calls.")
    ] = "",
    json: Json = False,
) -> None:
    """Fill the queue and let the campaign run; a running server takes it up within seconds."""

    from compliance.rulebooks.loader import RulebookError

    async def work(conn: AsyncConnection, tenant_id: int) -> dict[str, Any]:
        campaign_id = await find(conn, tenant_id, name)
        if agents:
            chosen = await _agents(conn, tenant_id, agents)
            await admin.assign_agents(conn, campaign_id, chosen, now=datetime.now(UTC), actor="cli")
        task = bar.add_task("filling the queue", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        # calendars and rulebooks: no other command should wait for them
        from dialer.books import load_books
        from dialer.campaign_policy import RulebookPolicy

        policy = RulebookPolicy(load_books(load_settings()))
        now = datetime.now(UTC)
        report = asdict(await admin.start(conn, campaign_id, policy=policy, now=now, actor="cli", progress=show))
        return report | {"detection": await _detection(conn, tenant_id, campaign_id)}

    with Progress(console=errors, transient=True, disable=json or not errors.is_terminal) as bar:
        with told_clearly(RulebookError):
            report = in_transaction(work)
    counts = {key.replace("_", " "): value for key, value in report.items() if key != "detection"}
    said = "The campaign runs. " + ", ".join(f"{key} {value}" for key, value in counts.items())
    _say(json, report, f"{said}\n{report['detection']}" if report["detection"] else said)


async def _detection(conn: AsyncConnection, tenant_id: int, campaign_id: int) -> str:
    campaign, policy = await admin.get(conn, campaign_id), load_settings().abandonment.policy()
    return (await notes(conn, tenant_id, [campaign], policy, datetime.now(UTC))).get(campaign_id, "")


@app.command("set")
def set_(
    name: Name,
    mode: Annotated[str, typer.Option("--mode", help=f"One of {', '.join(MODES)}.")] = "",
    ratio: Annotated[float | None, typer.Option("--ratio", help="Mode power: lines for each free agent.")] = None,
    max_lines: Annotated[int | None, typer.Option("--max-lines", help="Calls at once, talking ones too.")] = None,
    calls_per_second: Annotated[float | None, typer.Option("--cps", help="New calls a second at most.")] = None,
    priority: Annotated[
        int | None, typer.Option("--priority", help="0 to 9; shared agents dial for the highest.")
    ] = None,
    abandon_limit: Annotated[
        str, typer.Option("--abandon-limit", help="The campaign's own limit in percent, at most 3; 'none' ends it.")
    ] = "",
    skill: Annotated[list[str], typer.Option("--skill", help=f"{SkillHelp} These and no others.")] = [],  # noqa: B006
    no_skills: Annotated[bool, typer.Option("--no-skills", help="Its agents need no skill any more.")] = False,
    staffing: Annotated[str, typer.Option("--staffing", help=StaffingHelp)] = "",
    settings: Annotated[Path | None, typer.Option("--settings", help="JSON file of settings to merge in.")] = None,
    json: Json = False,
) -> None:
    """Change how a campaign dials; a running one goes by it from its next tick, and keeps what its pacer has learnt."""
    if skill and no_skills:
        fail("--skill and --no-skills say different things: choose one")
    options = {
        "mode": mode or None,
        "lines_per_agent": ratio,
        "max_lines": max_lines,
        "calls_per_second": calls_per_second,
        "priority": priority,
        "skills": skill or ([] if no_skills else None),
        "staffing": staffing or None,
    }
    given = _together(settings, options)
    if not given and not abandon_limit:
        fail(
            "nothing to change: give --mode, --ratio, --max-lines, --cps, --priority, --skill, --no-skills, "
            "--staffing, --abandon-limit or --settings"
        )

    async def work(conn: AsyncConnection, tenant_id: int) -> tuple[dict[str, Any], str]:
        campaign_id = await find(conn, tenant_id, name)
        if abandon_limit:
            before = (await admin.get(conn, campaign_id, lock=True)).settings.abandonment.model_dump(mode="json")
            limit = None if abandon_limit == "none" else abandon_limit
            given["abandonment"] = {**before, "limit_percent": limit}
        after = await admin.change_settings(conn, campaign_id, given, now=datetime.now(UTC), actor="cli")
        changed = {"campaign_id": campaign_id, **{field: after.model_dump(mode="json")[field] for field in given}}
        return changed, await _detection(conn, tenant_id, campaign_id)

    changed, detection = in_transaction(work)
    said = "Changed: " + ", ".join(f"{field} {value}" for field, value in changed.items()) + "."
    _say(json, changed | {"detection": detection}, f"{said}\n{detection}" if detection else said)


@app.command("pause")
def pause(name: Name, json: Json = False) -> None:
    """Stop dialing; calls in progress go on."""

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        campaign_id = await find(conn, tenant_id, name)
        await admin.pause(conn, campaign_id, now=datetime.now(UTC), actor="cli")
        return campaign_id

    _say(json, {"campaign_id": in_transaction(work)}, "The campaign is paused.")


@app.command("status")
def status(
    name: Annotated[str, typer.Argument(help="Name or number; all by default.")] = "", json: Json = False
) -> None:
    """Campaigns with their state and queue, and what machine detection leaves of a predictive one's pacing.

    Of one campaign also what its pacer has learnt makes an answer likelier.
    """

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        found = await admin.everything(conn, tenant_id)
        if name:
            only = await find(conn, tenant_id, name)
            found = [campaign for campaign in found if campaign.id == only]
        policy = load_settings().abandonment.policy()
        said = await notes(conn, tenant_id, found, policy, datetime.now(UTC))
        return [
            {
                "id": campaign.id,
                "name": campaign.name,
                "creditor": campaign.creditor,
                "state": campaign.state,
                "mode": campaign.settings.mode,
                "priority": campaign.settings.priority,
                "agents": (await admin.staff(conn, campaign))[0],
                "skills": list(campaign.settings.skills),
                **asdict(await queue.counts(conn, campaign.id)),
                "odds": await _odds(conn, campaign.id),
                "detection": said.get(campaign.id, ""),
            }
            for campaign in found
        ]

    rows = in_transaction(work)
    if json:
        print_json(rows)
    elif rows:
        print_rows("Campaigns", [_shown(row) for row in rows])
        for row in rows:
            if row["detection"]:
                say(f"{row['name']}: {row['detection']}")
        if name and rows[0]["odds"]:
            print_rows("Odds of an answer, as multiples of the campaign's level", rows[0]["odds"])
    else:
        say("There is no campaign yet. Make one: promiseline campaign create NAME --creditor ... --caller-id ...")


async def _odds(conn: AsyncConnection, campaign_id: int) -> list[dict[str, Any]]:
    """Each factor that was stored with the campaign's pacer, at most a minute old; none: nothing was learnt."""
    state = select(t.pacer_state.c.state).where(t.pacer_state.c.campaign_id == campaign_id)
    data = (await conn.execute(state)).scalar_one_or_none()
    return [] if data is None else [one._asdict() for one in shown(stored_factors(bytes(data)))]


async def find(conn: AsyncConnection, tenant_id: int, name: str) -> int:
    """The campaign of this name or number; raises Refused, naming those that there are."""
    c = t.campaign.c
    found = {row.name: int(row.id) for row in await conn.execute(select(c.name, c.id).where(c.tenant_id == tenant_id))}
    if name in found:
        return int(found[name])
    if name.isdigit() and int(name) in found.values():
        return int(name)
    known = ", ".join(sorted(found)) or "none yet"
    raise refuse("campaign", f"there is no campaign {name}; known are {known}")


def _say(json: bool, document: Any, sentence: str) -> None:
    if json:
        print_json(document)
    else:
        say(sentence)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key not in ("detection", "odds")}
    return kept | {"skills": ", ".join(row["skills"])}
