"""Puts the commands together."""

import typer

from dialer.cli import (
    audit,
    campaigns,
    compliance,
    consents,
    demo,
    imports,
    lists,
    maintenance,
    pacer,
    persons,
    reviews,
    serve,
    simulate,
    users,
)

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
app.command("serve")(serve.serve_command)
app.command("demo")(demo.demo_command)
app.command("simulate")(simulate.simulate_command)
app.command("pacer")(pacer.pacer_command)
app.command("import")(imports.import_command)
app.add_typer(campaigns.app, name="campaign")
app.add_typer(users.app, name="user")
app.add_typer(compliance.app, name="compliance")
app.add_typer(audit.app, name="audit")
app.add_typer(lists.app, name="lists")
app.add_typer(consents.app, name="consents")
app.add_typer(persons.app, name="person")
app.add_typer(reviews.app, name="reviews")
