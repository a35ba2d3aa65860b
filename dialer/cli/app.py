"""Puts the commands together; the module of a command is loaded when it is called, since all of them take a second."""

import gc
from typing import Any

import typer
from typer.core import TyperGroup

PARTS = (
    "migrate", "doctor", "asterisk-config", "serve", "demo", "replay", "simulate", "pacer", "import", "campaign",
    "user", "tenant", "compliance", "audit", "lists", "consents", "person", "reviews", "retention",
)  # fmt: skip


class Commands(TyperGroup):
    """The commands named in `PARTS`. Typer has a click of its own, whose types cannot be named here."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in PARTS:
            return None
        if cmd_name not in self.commands:
            # what loading makes stays: to look through it for garbage again and again takes a third of the time
            gc.disable()
            self.commands[cmd_name] = _loaded(cmd_name)
            gc.freeze()
            gc.enable()
        return self.commands[cmd_name]


def _loaded(name: str) -> Any:
    found = _part(name)
    if isinstance(found, typer.Typer):
        command = typer.main.get_group(found)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def _part(name: str) -> Any:
    """The function of a command, or the group of commands."""
    match name:
        case "migrate" | "doctor" | "asterisk-config":
            from dialer.cli import maintenance

            return {
                "migrate": maintenance.migrate_command,
                "doctor": maintenance.doctor_command,
                "asterisk-config": maintenance.asterisk_config_command,
            }[name]
        case "serve":
            from dialer.cli import serve

            return serve.serve_command
        case "demo":
            from dialer.cli import demo

            return demo.demo_command
        case "replay":
            from dialer.cli import ticks

            return ticks.replay_command
        case "simulate":
            from dialer.cli import simulate

            return simulate.simulate_command
        case "pacer":
            from dialer.cli import pacer

            return pacer.pacer_command
        case "import":
            from dialer.cli import imports

            return imports.import_command
        case _:
            return _group(name)


def _group(name: str) -> typer.Typer:
    match name:
        case "campaign":
            from dialer.cli.campaigns import app as found
        case "user":
            from dialer.cli.users import app as found
        case "tenant":
            from dialer.cli.tenants import app as found
        case "compliance":
            from dialer.cli.compliance import app as found
        case "audit":
            from dialer.cli.audit import app as found
        case "lists":
            from dialer.cli.lists import app as found
        case "consents":
            from dialer.cli.consents import app as found
        case "person":
            from dialer.cli.persons import app as found
        case "reviews":
            from dialer.cli.reviews import app as found
        case _:
            from dialer.cli.retention import app as found
    return found


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
