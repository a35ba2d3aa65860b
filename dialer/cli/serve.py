"""`promiseline serve`: runs this process's roles until it is told to stop."""

import asyncio
import logging
import signal
from typing import Annotated, cast

import structlog
import typer
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from dialer.bootstrap import Server
from dialer.cli.output import console, fail, told_clearly
from dialer.engines import Engines, engines
from dialer.settings import ALL_ROLES, Role, Settings, SettingsProblem, load_settings


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error; static event names and fields."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # never the local variables: they hold names and numbers of people
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=typer.get_text_stream("stderr")),
    )


def serve_command(
    roles: Annotated[
        str, typer.Option("--roles", help="Comma-separated: web, dialer, scheduler, messenger; all by default.")
    ] = "",
) -> None:
    """Run the server. Settings: docs/configuration.md."""
    with told_clearly(SettingsProblem, EngineError):
        settings = load_settings(**_chosen(roles))
        check_ready_to_serve(settings)
        configure_logs(settings.log_level)
        with engines(settings) as found:
            if found.embedded:
                asyncio.run(migrate.upgrade(found.database_url))
            uvloop.run(_serve(settings, found))


def _chosen(roles: str) -> dict[str, tuple[Role, ...]]:
    if not roles:
        return {}
    names = tuple(dict.fromkeys(name.strip() for name in roles.split(",") if name.strip()))
    unknown = [name for name in names if name not in ALL_ROLES]
    if unknown:
        fail(f"there is no role {', '.join(unknown)}; the roles are {', '.join(ALL_ROLES)}")
    return {"roles": cast(tuple[Role, ...], names)}


def check_ready_to_serve(settings: Settings) -> None:
    """Refuse what would only show itself later."""
    if not settings.secret_key.get_secret_value():
        raise SettingsProblem(
            "PROMISELINE_SECRET_KEY is not set; it signs addresses that carriers call."
            " Make one with: openssl rand -base64 48"
        )
    if "dialer" in settings.roles and not settings.nodes:
        raise SettingsProblem(
            "The dialer role needs an Asterisk node: set PROMISELINE_NODES, or leave the role out with --roles."
        )


async def _serve(settings: Settings, found: Engines) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await _schema_is_current(found)
    server = Server(settings, found)
    try:
        await server.start()
    except OSError as problem:
        fail(
            f"{settings.web.host}:{settings.web.port} cannot be listened on ({problem.strerror});"
            " set PROMISELINE_WEB__PORT"
        )
    console.print(f"Promiseline serves {', '.join(settings.roles)} at {server.url}")
    try:
        await stopped.wait()
    finally:
        await server.stop()


async def _schema_is_current(found: Engines) -> None:
    engine = make_engine(found.database_url, pool_size=1)
    try:
        state = await migrate.state(engine)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database cannot be reached ({type(problem).__name__}); see: promiseline doctor")
    finally:
        await engine.dispose()
    if not state.up_to_date:
        fail(
            f"the database is at revision {state.current or 'none'}, this program needs {state.head};"
            " run: promiseline migrate"
        )
