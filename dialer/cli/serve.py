"""`promiseline serve`: runs this process's roles until it is told to stop."""

import asyncio
import gc
import logging
import signal
from typing import TYPE_CHECKING, Annotated, cast

import structlog
import typer
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.problems import Refused
from compliance.rulebooks.loader import RulebookError
from dialer.books import load_books
from dialer.cli.output import fail, say, told_clearly
from dialer.demo.folder import is_demonstration
from dialer.engines import Engines, engines
from dialer.faults import why
from dialer.log_lines import DiscreetExceptions, LibraryLines
from dialer.settings import ALL_ROLES, Role, Settings, SettingsProblem, load_settings

if TYPE_CHECKING:
    from dialer.bootstrap import Server


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error; static event names and fields."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(DiscreetExceptions()),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=typer.get_text_stream("stderr")),
    )
    logging.basicConfig(level=max(logging.WARNING, getattr(logging, level.upper())), handlers=[LibraryLines()])


def serve_command(
    roles: Annotated[
        str, typer.Option("--roles", help="Comma-separated: web, dialer, scheduler, messenger; all by default.")
    ] = "",
) -> None:
    """Run the server. Settings: docs/configuration.md."""
    with told_clearly(SettingsProblem, EngineError, RulebookError):
        settings = load_settings(**_chosen(roles))
        check_ready_to_serve(settings)
        load_books(settings)  # a wrong rulebook is told before anything starts
        configure_logs(settings.log_level)
        with engines(settings) as found:
            if found.embedded:
                with told_clearly(migrate.NewerSchema):
                    asyncio.run(migrate.upgrade(found.database_url))
            uvloop.run(_serve(settings, found))


def _chosen(roles: str) -> dict[str, tuple[Role, ...]]:
    if not roles:
        return {}
    names = tuple(dict.fromkeys(name.strip() for name in roles.split(",") if name.strip()))
    unknown = [name for name in names if name not in ALL_ROLES]
    if unknown:
        fail(f"there is no role {', '.join(unknown)}; the roles are {', '.join(ALL_ROLES)}")
    if not names:
        fail(f"--roles names none; the roles are {', '.join(ALL_ROLES)}")
    return {"roles": cast(tuple[Role, ...], names)}


def check_ready_to_serve(settings: Settings) -> None:
    """Refuse what would only show itself later."""
    if not settings.secret_key.get_secret_value():
        raise SettingsProblem(
            "PROMISELINE_SECRET_KEY is not set; it signs addresses that carriers call."
            " Make one with: openssl rand -base64 48"
        )
    if not settings.database_url.get_secret_value() and is_demonstration(settings.data_dir):
        raise SettingsProblem(
            f"{settings.data_dir} holds the demonstration's data: numbers that were drawn by chance, which no real"
            " exchange may dial. Set PROMISELINE_DATA_DIR to another folder, or PROMISELINE_DATABASE_URL."
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
    # the web side and everything behind it takes a second to load: no other command should wait for it
    from dialer.bootstrap import Server

    server = Server(settings, found)
    if await _started(server, stopped):
        say(f"Promiseline serves {', '.join(settings.roles)} at {server.url}")
        spare_the_garbage_collector()
        await stopped.wait()
        await server.stop()


def spare_the_garbage_collector() -> None:
    """A full collection looks at all that the imports made and holds every call up for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 40, 100)


async def _started(server: "Server", stopped: asyncio.Event) -> bool:
    """False when it was told to stop before it was up."""
    from dialer.bootstrap import CannotListen

    starting, stopping = asyncio.create_task(server.start()), asyncio.create_task(stopped.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return False
    try:
        starting.result()
    except (CannotListen, Refused) as problem:
        fail(str(problem))
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database was lost while the server started ({why(problem)}); see: promiseline doctor")
    return True


async def _schema_is_current(found: Engines) -> None:
    engine = make_engine(found.database_url, pool_size=1)
    try:
        state = await migrate.state(engine)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database cannot be reached ({why(problem)}); see: promiseline doctor")
    finally:
        await engine.dispose()
    if state.complaint:
        fail(state.complaint)
