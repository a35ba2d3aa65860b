"""`promiseline demo`: the whole product on one machine, with people and carriers simulated."""

import asyncio
import fcntl
import math
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import uvloop
from rich.status import Status

from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey, EngineError
from campaigns.db.migrate import NewerSchema
from dialer.cli.output import console, fail, print_json, print_rows, say, told_clearly
from dialer.cli.serve import configure_logs
from dialer.demo.folder import claim
from dialer.engines import Engines, engines
from dialer.settings import GivenSettings, SettingsProblem

if TYPE_CHECKING:
    from dialer.demo.headless import HeadlessOptions
    from dialer.demo.run import Demo
    from dialer.demo.setting_up import Plan

DATA = Path(".demo")


def demo_command(
    reset: Annotated[bool, typer.Option("--reset", help="Start over: remove the demonstration's data first.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the consoles.")] = 8080,
    without_browser: Annotated[
        bool, typer.Option("--headless", help="Run without waiting for a browser, then print the figures.")
    ] = False,
    seconds: Annotated[float, typer.Option("--seconds", help="How long, in simulated seconds (headless).")] = 600.0,
    speed: Annotated[float, typer.Option("--speed", help="How many times real time (headless).")] = 10.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of portfolio, debtors and agents.")] = 1,
    debtors: Annotated[int, typer.Option("--debtors", min=1, max=1_000_000, help="Size of the portfolio.")] = 10_000,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object (headless).")] = False,
) -> None:
    """Try the product: twelve simulated agents, thousands of synthetic debtors, nothing leaves this machine."""
    # the demonstration brings name lists and the synthetic portfolio: no other command should wait for them
    from dialer.demo.headless import HeadlessOptions
    from dialer.demo.setting_up import Plan

    if json and not without_browser:
        fail("--json prints the figures of a run without a browser: give --headless too")
    configure_logs("warning")
    with told_clearly(EngineError, SettingsProblem):
        if without_browser:
            _headless(HeadlessOptions(seconds, speed, seed, debtors=debtors), json)
        else:
            _watched(reset, port, Plan(seed=seed, debtors=debtors))


def _headless(options: "HeadlessOptions", json: bool) -> None:
    if not all(math.isfinite(value) and value > 0 for value in (options.seconds, options.speed)):
        fail("--seconds and --speed must be numbers above 0")
    from dialer.demo import headless

    folder = Path(tempfile.mkdtemp(prefix="promiseline-demo-"))
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    valkey = EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        postgres.ensure_database()
        valkey.start()
        found = Engines(postgres.url(), valkey.url(), embedded=True)
        figures = uvloop.run(headless.run(found, folder, options))
    finally:
        valkey.destroy()
        postgres.destroy()
        shutil.rmtree(folder, ignore_errors=True)
    if json:
        print_json(figures)
    else:
        print_rows("Demonstration", [{"figure": key, "value": value} for key, value in figures.items()])


def _watched(reset: bool, port: int, plan: "Plan") -> None:
    with _alone():
        _refuse_taken(port)
        _run(reset, port, plan)


def _run(reset: bool, port: int, plan: "Plan") -> None:
    if not claim(DATA):
        fail(
            f"{DATA.resolve()} holds the data of a server and not of a demonstration: nothing was touched. "
            "Start the demonstration in another folder"
        )
    if reset:
        with console.status("Removing the demonstration's data"):
            EmbeddedPostgres(DATA / "postgres").destroy()
            EmbeddedValkey(DATA / "valkey").destroy()
            shutil.rmtree(DATA, ignore_errors=True)
            claim(DATA)
    own = GivenSettings(data_dir=DATA)
    with console.status("Starting PostgreSQL and Valkey") as status, engines(own) as found:
        uvloop.run(_until_stopped(found, port, plan, status))


def _refuse_taken(port: int) -> None:
    """Before the first start has worked for half a minute."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as problem:
        # asyncio's and socket's own texts repeat the address
        words = os.strerror(problem.errno or 0)
        fail(
            f"port {port} cannot be listened on ({words}); stop the other program (a demonstration that "
            "runs already?), or choose another port: promiseline demo --port 8090"
        )


@contextmanager
def _alone() -> Iterator[None]:
    """One demonstration at a time on its data; the lock dies with its program."""
    try:
        DATA.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        fail(f"{DATA.absolute()} cannot be made ({problem.strerror}): start in a folder where this user may write")
    with (DATA.parent / f"{DATA.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"a demonstration runs already on the data in {DATA.resolve()}: stop it with Ctrl+C first")
        yield


async def _until_stopped(found: Engines, port: int, plan: "Plan", status: Status) -> None:
    from dialer.bootstrap import CannotListen

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    work, stopping = asyncio.create_task(_show(found, port, plan, status)), asyncio.create_task(stopped.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not work.done():
        say("\nStopping. `make demo` goes on from here; `make demo-reset` starts over.")
        work.cancel()
        await asyncio.wait({work})
    if not work.cancelled():
        with told_clearly(CannotListen, NewerSchema):
            work.result()


async def _show(found: Engines, port: int, plan: "Plan", status: Status) -> None:
    """Until it is cancelled; then everything is taken down in order, however far it had come."""
    from dialer.demo.run import running

    async with running(found, DATA, plan, status.update, port=port) as demo:
        status.stop()
        _invite(demo)
        await asyncio.Event().wait()


def _invite(demo: "Demo") -> None:
    console.print("\n[bold]Promiseline is running.[/] Everything is simulated; nothing leaves this machine.\n")
    console.print(f"  Open        [bold]{demo.server.url}[/]")
    for login in demo.stage.logins:
        console.print(f"  {login.role:<11} {login.login}  /  {login.password}")
    console.print(
        f"\n  {len(demo.agents)} simulated agents work beside you. Log in as the agent and press Start shift."
    )
    console.print("  Ctrl+C stops; the data stays.\n")
