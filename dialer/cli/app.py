"""Puts the commands together; the module of a command is loaded when it is called, since all of them take a second."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

PARTS = {
    "migrate": "maintenance:migrate_command",
    "doctor": "maintenance:doctor_command",
    "asterisk-config": "maintenance:asterisk_config_command",
    "serve": "serve:serve_command",
    "demo": "demo:demo_command",
    "replay": "ticks:replay_command",
    "simulate": "simulate:simulate_command",
    "pacer": "pacer:pacer_command",
    "import": "imports:import_command",
    "campaign": "campaigns:app",
    "user": "users:app",
    "compliance": "compliance:app",
    "audit": "audit:app",
    "lists": "lists:app",
    "consents": "consents:app",
    "person": "persons:app",
    "reviews": "reviews:app",
    "retention": "retention:app",
}
"""Name of a command: its module in this package, and the function or the group of commands in it."""


class Commands(TyperGroup):
    """The commands of `PARTS`. Typer has a click of its own, whose types cannot be named here."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in PARTS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _loaded(cmd_name)
        return self.commands[cmd_name]


def _loaded(name: str) -> Any:
    module, attribute = PARTS[name].split(":")
    found = getattr(import_module(f"dialer.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    command = typer.main.get_group(found) if attribute == "app" else typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    name="promiseline",
    cls=Commands,
    help="Auto-dialer and messaging server for debt collection.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def promiseline() -> None:
    """Auto-dialer and messaging server for debt collection."""
