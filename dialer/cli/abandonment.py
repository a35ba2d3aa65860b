"""`promiseline compliance ledger` and `promiseline compliance amd-evidence add|list`."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.abandonment import service
from campaigns.admin import service as campaigns
from compliance.abandonment_ledger import Gauge
from compliance.abandonment_words import TITLES, period, sentence, shown
from compliance.rulebooks.loader import RulebookError
from dialer.abandonment import Account, ledger
from dialer.abandonment_view import sheet_view
from dialer.books import load_books
from dialer.cli.campaigns import find
from dialer.cli.output import Json, fail, print_json, print_rows, say, told_clearly
from dialer.cli.session import in_transaction
from dialer.detection_facts import notes
from dialer.settings import SettingsProblem, load_settings

evidence = typer.Typer(
    help="Sample tests of answering machine detection: the evidence for its false positives.", no_args_is_help=True
)
Campaign = Annotated[str, typer.Option("--campaign", help="Only this one, by name or number.")]


def ledger_command(campaign: Campaign = "", json: Json = False) -> None:
    """Abandonment of each campaign by TSR/FCC, Ofcom and the house's own rule, side by side, with the bound."""
    with told_clearly(SettingsProblem, RulebookError):
        settings = load_settings()
        policy, books = settings.abandonment.policy(), load_books(settings)

    async def work(conn: AsyncConnection, tenant_id: int) -> list[Account]:
        only = await find(conn, tenant_id, campaign) if campaign else None
        return await ledger(conn, tenant_id, policy, books, datetime.now(UTC), only)

    found = in_transaction(work)
    if json:
        print_json([sheet_view(one.sheet, one.blocks, state=one.state, mode=one.mode) for one in found])
        return
    if not found:
        say("No campaign was started yet, so nobody was called. Start one: promiseline campaign start NAME")
        return
    for one in found:
        print_rows(f"{one.sheet.subject.name} ({one.state}, {one.mode})", [_row(gauge) for gauge in one.sheet.gauges])
        for gauge in one.sheet.gauges:
            if gauge.binds and gauge.state != "ok":
                say(f"  {gauge.state}: {sentence(gauge)}")


def _row(gauge: Gauge) -> dict[str, Any]:
    return {
        "regime": TITLES[gauge.regime],
        "period": period(gauge),
        "abandoned": gauge.lost,
        "answered": gauge.answers,
        "rate": shown(gauge.rate),
        "at most": shown(Fraction(gauge.bound)),
        "limit": shown(gauge.limit),
        "left of the next": f"{gauge.headroom} of {gauge.next_answers}",
        "binds": ("yes" if gauge.paces else "alarms only") if gauge.binds else "no",
        "state": f"{gauge.state}, 1:1" if gauge.holds else gauge.state,
    }


@evidence.command("add")
def add(
    tested_on: Annotated[str, typer.Option("--date", help="Date of the test, like 2026-11-22.")],
    sample: Annotated[int, typer.Option("--sample", help="Calls that detection called a machine, listened to.")],
    false_positives: Annotated[int, typer.Option("--false-positives", help="Those of them with a person.")],
    by: Annotated[str, typer.Option("--by", help="Who listened to them.")],
    campaign: Annotated[str, typer.Option("--campaign", help="Only for this one; else for the whole house.")] = "",
    note: Annotated[str, typer.Option("--note", help="How the sample was drawn, where the recordings are.")] = "",
    json: Json = False,
) -> None:
    """Record a sample test; without a valid one the Ofcom rate of a campaign with detection cannot be certified, and
    a predictive one dials one call for each free agent.
    """
    try:
        day = date.fromisoformat(tested_on)
    except ValueError:
        fail(f"--date {tested_on} is no date: write it like 2026-11-22")

    with told_clearly(SettingsProblem):
        policy = load_settings().abandonment.policy()

    async def work(conn: AsyncConnection, tenant_id: int) -> tuple[int, dict[str, str]]:
        now = datetime.now(UTC)
        made = await service.add_sample_test(
            conn,
            tenant_id=tenant_id,
            tested_on=day,
            sample=sample,
            false_positives=false_positives,
            tested_by=by,
            now=now,
            actor="cli",
            campaign_id=await find(conn, tenant_id, campaign) if campaign else None,
            note=note,
        )
        theirs = {one.id: one for one in await campaigns.everything(conn, tenant_id) if one.state != "finished"}
        told = await notes(conn, tenant_id, theirs.values(), policy, now)
        return made, {theirs[campaign_id].name: sentence for campaign_id, sentence in told.items()}

    made, told = in_transaction(work)
    if json:
        print_json({"evidence_id": made, "detection": told})
        return
    say(f"Sample test {made} was recorded: {false_positives} of {sample} had a person on the line.")
    for name, meaning in told.items():
        say(f"{name}: {meaning}")


@evidence.command("list")
def list_tests(json: Json = False) -> None:
    """All sample tests, the newest first."""
    rows = [asdict(one) for one in in_transaction(service.sample_tests)]
    if json:
        print_json(rows)
    elif rows:
        print_rows("Sample tests of machine detection", rows)
    else:
        say(
            "No sample test was recorded. Listen to calls that detection called a machine, then: "
            "promiseline compliance amd-evidence add --date ... --sample ... --false-positives ... --by ..."
        )
