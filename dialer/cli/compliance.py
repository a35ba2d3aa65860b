"""`promiseline compliance ...`: drives the production gate with cases, and tells why, what if and when."""

import sys
from collections.abc import Callable
from typing import Any

import orjson
import typer

from dialer.cli import abandonment as ledger
from dialer.cli.calendar import calendar_command
from dialer.cli.explain import explain_command
from dialer.cli.output import told_clearly
from dialer.cli.replay import replay_command

app = typer.Typer(help="The contact gate: may this contact happen, and why not.", no_args_is_help=True)
app.command("ledger")(ledger.ledger_command)
app.add_typer(ledger.evidence, name="amd-evidence")
app.command("explain")(explain_command)
app.command("replay")(replay_command)
app.command("calendar")(calendar_command)


@app.command("check")
def check() -> None:
    """Read contact cases on standard input, print a verdict for each. A bad line gets an error, the others go on."""
    # calendars and rulebooks: no other command should wait for them
    from compliance.explain import check_line
    from compliance.rulebooks.loader import RulebookError, load_rulebooks

    with told_clearly(RulebookError):
        books = load_rulebooks()
    _each_line(lambda line: check_line(line, books))


@app.command("abandonment")
def abandonment() -> None:
    """Read abandonment calculations on standard input, print the result of each."""
    from compliance.explain import abandonment_line

    _each_line(abandonment_line)


def _each_line(answer: Callable[[str], dict[str, Any]]) -> None:
    for raw in sys.stdin.buffer:
        if raw.strip():
            sys.stdout.write(orjson.dumps(answer(raw.decode("utf-8", errors="replace"))).decode() + "\n")
            sys.stdout.flush()
