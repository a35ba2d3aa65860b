"""`promiseline compliance check|abandonment|optout`: drives the production gate with cases, one JSON object a line."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import orjson
import typer

from dialer.cli.output import print_json, print_rows, say, told_clearly

app = typer.Typer(help="The contact gate: may this contact happen, and why not.", no_args_is_help=True)


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


@app.command("optout")
def optout(json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Read labelled texts (language, kind, text, parted by tabs) on standard input, print how they are read."""
    from compliance.optout_quality import KINDS, BadRow, measure, rows

    with told_clearly(BadRow):
        found = measure(rows(raw.decode("utf-8", errors="replace") for raw in sys.stdin.buffer))
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
