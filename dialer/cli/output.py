"""Prints for people (rich) or for programs (--json), and ends with a clear sentence when something is wrong."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(stderr=False, highlight=False)
errors = Console(stderr=True, highlight=False)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document in place of text.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    write_out(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")


def write_out(text: str) -> None:
    """To standard output, at once; where there is none, nothing is lost in silence."""
    if sys.stdout is None:  # the caller closed it
        fail("standard output is closed, so the answer has nowhere to go; give it a file or a pipe")
    sys.stdout.write(text)
    sys.stdout.flush()


def lines_of_input() -> Iterator[bytes]:
    """The lines of standard input, as they come."""
    if sys.stdin is None:
        fail("standard input is closed; give the lines by a file or a pipe")
    return iter(sys.stdin.buffer)


def say(sentence: str) -> None:
    """A sentence for people; what stands in brackets is text and no markup, and it is wrapped by the terminal only."""
    console.print(sentence, markup=False, soft_wrap=True)


def print_rows(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        table.add_column(column.replace("_", " "), overflow="fold")  # narrow is no reason to lose the end of a word
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console.print(table)


def fail(message: str, code: int = 1) -> NoReturn:
    """End with a message on standard error."""
    errors.print(f"[bold red]promiseline:[/] {escape(message)}", soft_wrap=True)
    raise typer.Exit(code)


def written_down(fault: BaseException) -> Path:
    """The fault with where it came from, in a file of its own that only this user may read."""
    handle, name = tempfile.mkstemp(prefix="promiseline-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exception(fault, file=file)
    return Path(name)


@contextmanager
def told_clearly(*problems: type[Exception]) -> Iterator[None]:
    """Turn the named exceptions, whose texts are written for people, into a message and exit code 1."""
    try:
        yield
    except problems as problem:
        fail(str(problem))


def read_object(path: Path, of: str = "") -> dict[str, Any]:
    """The JSON object in a file; ends with the file, line and column where there is none. `of`: what it holds."""
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as problem:
        fail(f"{path} cannot be read ({problem.strerror})")
    except orjson.JSONDecodeError as problem:
        fail(f"{path}, line {problem.lineno}, column {problem.colno}: {problem.msg}")
    if not isinstance(found, dict):
        fail(f"{path} must hold one JSON object{of and ' of '}{of}")
    return found
