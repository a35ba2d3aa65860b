"""`promiseline compliance optout-train`: trains the likelihood of a stop from labelled sets, or tells how it fares."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from dialer.cli.output import Json, print_json, print_rows, say, told_clearly

Sets = Annotated[
    list[Path],
    typer.Argument(help="Labelled sets: language, kind, text, parted by tabs.", exists=True, dir_okay=False),
]


def optout_train_command(
    sets: Sets,
    out: Annotated[Path, typer.Option(help="The file that gets the weights.")] = Path("compliance/optout_weights.npz"),
    check: Annotated[bool, typer.Option("--check", help="Read each set by weights of the others; write none.")] = False,
    json: Json = False,
) -> None:
    """Train what reads the words that no list holds; with --check tell how each set is read without it."""
    from compliance.optout_quality import BadRow, rows
    from compliance.optout_train import left_out, store, train

    with told_clearly(BadRow, UnicodeDecodeError, OSError):
        labelled = {path.name: rows(path.read_text(encoding="utf-8").splitlines()) for path in sets}
        if not check:
            weights = train([row for one in labelled.values() for row in one])
            store(weights, out)
    texts = sum(map(len, labelled.values()))
    if check:
        steps = track(left_out(labelled), "sets", len(labelled), console=Console(stderr=True), disable=json)
        found = list(steps)
        if json:
            print_json({"left_out": found})
        else:
            shown = [{key: f"{v:.3f}" if isinstance(v, float) else v for key, v in one.items()} for one in found]
            print_rows("Each set, read by weights that were trained without it", shown)
    elif json:
        print_json({"texts": texts, "digest": weights.digest, "file": str(out)})
    else:
        say(f"{texts} texts read, weights with digest {weights.digest[:12]} written to {out}")
