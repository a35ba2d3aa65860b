"""`promiseline compliance contacts|evidence|evidence-check`: show a regulator any contact, with what allowed it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Refused, refuse
from dialer.cli.output import Json, fail, print_json, say, told_clearly
from dialer.cli.session import in_transaction
from dialer.cli.times import day_or_instant

PAGE, MOST = 100, 1000


def contacts_command(
    debtor: Annotated[str, typer.Option("--debtor", help="The creditor's reference, or our number.")],
    since: Annotated[str, typer.Option("--since", help="First day or instant, like 2026-03-01.")] = "",
    until: Annotated[
        str, typer.Option("--until", help="The instant before which to end; a day ends at its begin.")
    ] = "",
    json: Json = False,
) -> None:
    """List the contacts with a person that the gate allowed, the newest first: the numbers that `evidence` asks for."""
    from campaigns.casefile.lookup import find_debtor
    from dialer.verdict_search import Search, search

    with told_clearly(Refused):
        begin, end = day_or_instant("--since", since), day_or_instant("--until", until)

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        debtor_id = await find_debtor(conn, tenant_id, debtor)
        found: list[dict[str, Any]] = []
        place = None
        while len(found) < MOST:
            wanted = Search(
                tenant_id, debtor_id, decision="allow", since=begin, until=end, before=place, limit=PAGE
            )  # fmt: skip
            page = await search(conn, wanted)
            found += [dict(row) for row in page.rows]
            if (place := page.further) is None:
                break
        return found

    found = in_transaction(work)
    if json:
        print_json(found)
        return
    say(f"Contacts that the gate allowed: {len(found) or 'none'}")
    for row in found:  # no table: a number that a narrow terminal cuts off cannot be copied
        of = f", campaign {row['campaign_name']}" if row["campaign_name"] is not None else ""
        say(f"\n{row['attempt']}")
        say(f"  {row['at']} {row['channel']} by {row['origin']} to {row['kind']} {row['ending']}{of}")
        say(f"  {row['because']}")
    if len(found) >= MOST:
        say(f"These are the newest {len(found)}; ask on with --until.")


def evidence_command(
    attempt: Annotated[str, typer.Argument(help="The contact, as `compliance contacts` names it.")],
    out: Annotated[Path | None, typer.Option("--out", help="A new file to write the document to.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="With what the gate was told and the text sent: numbers and history.")
    ] = False,
    json: Json = False,
) -> None:
    """One contact with what allowed it, what came of it, and the proof: a document that a stranger can check."""
    from campaigns import audit
    from compliance.rulebooks.loader import RulebookError
    from dialer.books import load_books
    from dialer.evidence import TAKEN, evidence
    from dialer.settings import SettingsProblem, load_settings

    with told_clearly(Refused, RulebookError, SettingsProblem):
        attempt_id = _uuid(attempt)
        books = load_books(load_settings())
        if out is not None and out.exists():
            raise refuse("--out", f"{out} is there already; give another name")

    async def work(conn: AsyncConnection, tenant_id: int) -> dict[str, Any]:
        now = datetime.now(UTC)
        found = await evidence(conn, tenant_id, attempt_id, books=books, now=now, whole=whole)
        await audit.record(
            conn, tenant_id=tenant_id, at=now, actor="cli", action=TAKEN, subject=f"attempt:{attempt_id}",
            detail={"whole": whole},
        )  # fmt: skip
        return found

    found = in_transaction(work)
    if out is not None:
        try:
            out.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        except OSError as problem:
            fail(f"{out} cannot be written ({problem.strerror})")
    if json:
        print_json(found)
        return
    _tell(found)
    if out is not None:
        say(f"\nWritten to {out}. Check it with: promiseline compliance evidence-check {out} --key PUBLIC_KEY")


def evidence_check_command(
    file: Annotated[Path, typer.Argument(help="A document that `compliance evidence` or the console made.")],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="Public key to trust, as `audit key` prints it; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Check a document by itself, without a database. Ends with 1 where it is not as it was sealed and signed."""
    from campaigns.audit.checkpoints import KeyProblem
    from dialer.audit_key import trusted_keys
    from dialer.evidence_check import check_document
    from dialer.settings import SettingsProblem, load_settings

    with told_clearly(Refused, SettingsProblem, KeyProblem):
        trusted = trusted_keys(load_settings(), tuple(key or ()))
        try:
            report = check_document(file.read_bytes(), trusted)
        except OSError as problem:
            raise refuse("FILE", f"{file} cannot be read ({problem.strerror})") from None
    if json:
        print_json(report.to_json())
    elif report.ok and not report.unproven:
        shown = "the gate's inputs included" if report.content_shown else "the gate's inputs are not shown (--whole)"
        say(f"{file}: as it was sealed and signed; {shown}.")
    else:
        say(f"{file}: NOT PROVEN.")
        for finding in report.findings:
            say(f"  {finding}")
        for name in report.unproven:
            say(f"  {name}: no signature holds it yet; sign with `promiseline audit seal` and take it anew")
    if not report.ok or report.unproven:
        raise typer.Exit(1)


def _uuid(words: str) -> UUID:
    try:
        return UUID(words)
    except ValueError:
        raise refuse(
            "ATTEMPT", f"{words!r} names no contact; list them with: promiseline compliance contacts --debtor REFERENCE"
        ) from None


def _tell(found: dict[str, Any]) -> None:
    contact, gate = found["contact"], found["gate"]
    local = ", ".join(f"{time} in {zone}" for zone, time in contact["at_local"].items())
    by = f", agent {contact['agent']['name']}" if contact["agent"] else ""
    of = f", campaign {contact['campaign']['name']}" if contact["campaign"] else ""
    say(f"{contact['channel']} {contact['direction']} at {contact['at']} ({local or 'local time not known'})")
    say(f"  to debtor {contact['debtor']} ({contact['reference']}), {contact['kind']} {contact['ending']}")
    say(f"  by {contact['origin']}{by}{of}, for {contact['creditor']}, debts {contact['debts']}")
    if gate is not None:
        say(f"\nThe gate: {gate['decision']}, verdict {gate['number']}. {gate['because']}")
        if gate["flags"]:
            say(f"  flags: {', '.join(gate['flags'])}")
    say(f"Rules: {found['rules_say']}")
    for rule in found["rules"]:
        draft = " [draft, needs counsel]" if rule["draft"] else ""
        say(f"  - {rule['text']} [{rule['rule']}, {rule['rulebook']}@{rule['version']}; {rule['source']}]{draft}")
    for one in found["consents"]:
        held = "held" if one["held"] else "did not hold any more"
        say(f"Consent {one['event']} ({one['how'] or 'no form told'}) at {one['at']}: {one['evidence']}; {held}")
    for one in found["outcomes"]:
        times = ", ".join(f"{name.removesuffix('_at')} {at['utc']}" for name, at in one["times"].items())
        said = one.get("outcome") or one.get("state")
        say(f"\nOutcome of the {one['of']}: {said}" + (f" ({times})" if times else ""))
    for note in found["notes"]:
        say(f"\nNote: {note}.")
    say("")
    for segment in found["proof"]["segments"]:
        point = segment["checkpoint"]
        end = f"signed by checkpoint {point['number']} at {point['at']}" if point else "sealed, not signed yet"
        say(f"Proof: chain rows {segment['rows'][0]['seq']} to {segment['rows'][-1]['seq']}, {end}")
    if not found["proof"]["segments"]:
        say("Proof: not sealed yet; seal with: promiseline audit seal")
