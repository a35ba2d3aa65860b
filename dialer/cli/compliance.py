"""`promiseline compliance`: asks the gate with cases; tells why, what if and when; lists rulebooks, sets switches."""

from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.admin import service as admin
from campaigns.problems import refuse
from dialer.cli import abandonment as ledger
from dialer.cli.calendar import calendar_command
from dialer.cli.evidence import contacts_command, evidence_check_command, evidence_command
from dialer.cli.explain import explain_command
from dialer.cli.optout_train import optout_train_command
from dialer.cli.output import (
    Json,
    console,
    fail,
    lines_of_input,
    print_json,
    print_rows,
    say,
    told_clearly,
    write_out,
)
from dialer.cli.replay import replay_command
from dialer.cli.session import in_transaction

Folder = Annotated[
    Path | None,
    typer.Option("--rulebooks-dir", envvar="PROMISELINE_RULEBOOKS_DIR", help="A folder with further rulebooks."),
]
app = typer.Typer(help="The contact gate: may this contact happen, and why not.", no_args_is_help=True)
app.command("ledger")(ledger.ledger_command)
app.add_typer(ledger.evidence, name="amd-evidence")
app.command("explain")(explain_command)
app.command("replay")(replay_command)
app.command("calendar")(calendar_command)
app.command("contacts")(contacts_command)
app.command("evidence")(evidence_command)
app.command("evidence-check")(evidence_check_command)
app.command("optout-train")(optout_train_command)


@app.command("check")
def check(rulebooks_dir: Folder = None) -> None:
    """Read contact cases on standard input, print a verdict for each. A bad line gets an error, the others go on."""
    # calendars and rulebooks: no other command should wait for them
    from compliance.explain import check_line
    from compliance.rulebooks.loader import RulebookError, load_rulebooks

    with told_clearly(RulebookError):
        books = load_rulebooks(*([rulebooks_dir] if rulebooks_dir else []))
    _each_line(lambda line: check_line(line, books))


@app.command("abandonment")
def abandonment() -> None:
    """Read abandonment calculations on standard input, print the result of each."""
    from compliance.explain import abandonment_line

    _each_line(abandonment_line)


@app.command("rulebooks")
def rulebooks(
    book: Annotated[str, typer.Argument(help="One rulebook's id: all that it says, value by value.")] = "",
    json: Json = False,
    rulebooks_dir: Folder = None,
) -> None:
    """List the rulebooks: version in force, confidence, sources, and what is a draft that counsel must look at."""
    from compliance.rulebooks.listing import listed
    from compliance.rulebooks.loader import RulebookError, load_rulebooks

    with told_clearly(RulebookError):
        books = load_rulebooks(*([rulebooks_dir] if rulebooks_dir else []))
    today = datetime.now(UTC).date()
    found = [listed(one, today) for one in books.books.values() if book in ("", one.id)]
    if not found:
        fail(f"there is no rulebook {book!r}; known are {', '.join(sorted(books.books))}")
    if json:
        print_json(found[0] if book else found)
    elif book:
        _show_one(found[0])
    else:
        print_rows("Rulebooks", [_row(one) for one in found])


def _row(one: dict[str, Any]) -> dict[str, str]:
    version = next((v for v in one["versions"] if v["in_force"]), None)
    label, sure, mark = ("none today", "", "") if version is None else (
        version["version"], version["confidence"], version["mark"]
    )  # fmt: skip
    sources = {value["source"] for value in version["values"]} if version else ()
    return {
        "id": one["id"], "in_force": label, "kind": one["kind"], "weakest": sure, "mark": mark,
        "sources": str(len(sources)), "title": one["title"],
    }  # fmt: skip


def _show_one(one: dict[str, Any]) -> None:
    console.print(f"[bold]{escape(one['id'])}[/]  {escape(one['title'])}  ({one['kind']}, {escape(one['file'])})")
    for version in one["versions"]:
        span = f"{version['effective_from'] or 'always'} to {version['effective_to'] or 'open'}"
        state = "in force" if version["in_force"] else "not in force today"
        console.print(f"\nVersion {escape(version['version'])}, {span}, {state}")
        if version["mark"]:
            console.print(f"[yellow]{version['mark']}[/]: {escape(', '.join(version['drafts']))}", soft_wrap=True)
        for value in version["values"]:
            says = ", ".join(f"{name} {_words(given)}" for name, given in value["says"].items() if name != "id")
            mark = " [yellow](draft)[/]" if value["draft"] else ""
            console.print(f"  {escape(value['where'])}{mark}: {escape(says)}", soft_wrap=True)
            console.print(f"    {value['confidence']}: {escape(value['source'])}", style="dim", soft_wrap=True)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_words(given)}" for name, given in value.items())
    if isinstance(value, list):
        dash = len(value) == 2 and all(isinstance(item, str) and item[2:3] == ":" for item in value)
        return ("-" if dash else ", ").join(_words(item) for item in value)
    return str(value)


@app.command("switch")
def switch(
    name: Annotated[str, typer.Argument(help="us_third_party_sms or whatsapp_collection.")],
    state: Annotated[str, typer.Argument(help="on or off.")],
    because: Annotated[str, typer.Option("--because", help="Why, for the audit trail.")] = "",
    json: Json = False,
) -> None:
    """Turn on or off a channel that carriers or platforms may bar; all are off until somebody turns them on."""
    from compliance.rulebooks.spec import SWITCHES

    async def work(conn: AsyncConnection, tenant_id: int) -> tuple[str, ...]:
        if name not in SWITCHES:
            raise refuse("name", f"there is no switch {name!r}; known are {', '.join(SWITCHES)}")
        if state not in ("on", "off"):
            raise refuse("state", "say on or off")
        now = datetime.now(UTC)
        return await admin.turn_switch(
            conn, tenant_id=tenant_id, switch=name, on=state == "on", because=because, now=now, actor="cli"
        )

    switches = in_transaction(work)
    if json:
        print_json({"on": list(switches)})
    else:
        say(f"{name} is {state}. On are: {', '.join(switches) or 'none'}.")


@app.command("bind")
def bind(
    creditor: Annotated[str, typer.Argument(help="The creditor's name.")],
    books: Annotated[list[str] | None, typer.Argument(help="Ids of its rulebooks; none: take them away.")] = None,
    json: Json = False,
    rulebooks_dir: Folder = None,
) -> None:
    """Give a creditor rulebooks of its own, which bind beside those of the law and can only be stricter."""
    from compliance.rulebooks.loader import RulebookError, load_rulebooks

    with told_clearly(RulebookError):
        known = load_rulebooks(*([rulebooks_dir] if rulebooks_dir else [])).books

    async def work(conn: AsyncConnection, tenant_id: int) -> None:
        for book in books or ():
            if book not in known:
                raise refuse("books", f"there is no rulebook {book!r}; known are {', '.join(sorted(known))}")
        await admin.set_creditor_rulebooks(
            conn, tenant_id=tenant_id, creditor=creditor, rulebooks=books or (), now=datetime.now(UTC), actor="cli"
        )

    in_transaction(work)
    if json:
        print_json({"creditor": creditor, "rulebooks": books or []})
    else:
        say(f"{creditor} has {', '.join(books) if books else 'no rulebooks of its own'}.")


def _each_line(answer: Callable[[str], dict[str, Any]]) -> None:
    for raw in lines_of_input():
        line = raw.removeprefix(BOM_UTF8).strip()
        if line:
            write_out(orjson.dumps(answer(line.decode("utf-8", errors="replace"))).decode() + "\n")


@app.command("optout")
def optout(json: Json = False) -> None:
    """Read labelled texts (language, kind, text, parted by tabs) on standard input, print how they are read."""
    from compliance.optout_quality import KINDS, BadRow, measure, rows

    with told_clearly(BadRow):
        found = measure(rows(raw.decode("utf-8", errors="replace") for raw in lines_of_input()))
    table = [
        {
            "language": quality.language,
            "label": label,
            "texts": quality.labelled(label),
            **{f"read_{read}": quality.counts.get((label, read), 0) for read in KINDS},
        }
        for quality in found
        for label in KINDS
        if quality.labelled(label)
    ]
    recall = {quality.language: quality.share("stop", "stop") for quality in found}
    false_stops = {quality.language: quality.share("other", "stop") for quality in found}
    if json:
        print_json({"matrix": table, "recall_of_stop": recall, "other_read_as_stop": false_stops})
        return
    print_rows("Labelled texts, and how they are read", table)
    for language, share in recall.items():
        wrong = false_stops[language]
        say(f"{language}: recall of stop {_share(share)}, other read as stop {_share(wrong)}")


def _share(value: float | None) -> str:
    return "no such text" if value is None else f"{value:.4f}"
