"""Puts the commands together."""

import typer

from dialer.cli import maintenance

app = typer.Typer(
    name="promiseline",
    help="Auto-dialer and messaging server for debt collection.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("migrate")(maintenance.migrate_command)
app.command("doctor")(maintenance.doctor_command)
app.command("asterisk-config")(maintenance.asterisk_config_command)


def main() -> None:
    """Entry point of the installed command."""
    app()
