"""`promiseline compliance explain`: why was she not called, and when may she be."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Refused
from dialer.cli.campaigns import find
from dialer.cli.output import Json, print_json, print_rows, say, told_clearly
from dialer.cli.session import in_transaction
from dialer.cli.times import instant

MARKS = {"allow": "allowed", "deny": "not allowed", "review": "a person must decide"}


def explain_command(
    debtor: Annotated[str, typer.Option("--debtor", help="The creditor's reference, or our number.")],
    channel: Annotated[
        Literal["voice", "sms", "whatsapp", "email"] | None, typer.Option("--channel", help="Only this one.")
    ] = None,
    campaign: Annotated[
        str, typer.Option("--campaign", help="As this campaign would contact them: its own rulebooks and lists count.")
    ] = "",
    at: Annotated[
        str, typer.Option("--at", help="An instant like 2026-03-04T15:00:00Z, past or future; now by default.")
    ] = "",
    json: Json = False,
) -> None:
    """Why was this person not contacted? What the gate says of each contact point, and what it said before."""
    from campaigns.casefile.lookup import find_debtor
    from compliance.rulebooks.loader import RulebookError
    from dialer.books import load_books
    from dialer.contact import GateContext
    from dialer.explaining import explain
    from dialer.number_shelf import LISTS, NumberShelf
    from dialer.settings import SettingsProblem, load_settings
    from telephony.clock import SystemClock

    now = datetime.now(UTC)
    with told_clearly(Refused, RulebookError, SettingsProblem):
        asked = instant("--at", at) or now
        settings = load_settings()
        books, folder = load_books(settings), settings.data_dir / LISTS

    async def work(conn: AsyncConnection, tenant_id: int) -> dict[str, Any]:
        debtor_id = await find_debtor(conn, tenant_id, debtor)
        campaign_id = await find(conn, tenant_id, campaign) if campaign else None
        shelf = NumberShelf(conn.engine, folder, SystemClock(), wait_s=120.0)
        found = await explain(
            conn, debtor_id, at=asked, now=now, gate=GateContext(books, shelf), channel=channel, campaign_id=campaign_id
        )
        await shelf.close()
        return found.to_json()

    found = in_transaction(work)
    if json:
        print_json(found)
    else:
        _tell(found)


def _tell(found: dict[str, Any]) -> None:
    of = f", campaign {found['campaign']}" if found["campaign"] is not None else ""
    say(f"Debtor {found['debtor']} at {found['at']}{of}")
    for point in found["points"]:
        where = f"{point['kind']} {point['ending']}" if point["contact_point"] is not None else "no contact point"
        say(f"\n{point['channel']}, {where}: {MARKS[point['verdict']]}")
        if point["verdict"] == "allow":
            say(f"  {point['because']}")
        for reason in point["reasons"]:
            rulebook = f"{reason['rulebook']}@{reason['version']}" if reason.get("version") else reason["rulebook"]
            source = f"; {reason['source']}" if reason.get("source") else ""
            say(f"  - {reason['text']} [{reason['rule']}, {rulebook}{source}]")
        if point["retry_at"]:
            local = ", ".join(f"{time} in {zone}" for zone, time in point["retry_at_local"].items())
            say(f"  possible again at {point['retry_at']} ({local}), if nothing else happens")
        for tally in point["tallies"]:
            say(f"  {tally['rule']}: this would be number {tally['nth']} of {tally['limit']} since {tally['since']}")
        if point["flags"]:
            say(f"  flags: {', '.join(point['flags'])}")
    for caveat in found["caveats"]:
        say(f"\nNote: {caveat}.")
    say("")
    print_rows("In the queues", found["queues"])
    columns = ("at", "channel", "origin", "campaign", "verdict", "because")
    print_rows("What the gate said", [{name: row[name] for name in columns} for row in found["happened"]])
