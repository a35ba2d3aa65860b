"""Runs the simulated exchange by itself: `python -m telephony.sandbox --port 8088`."""

import argparse
import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

from telephony.clock import Clock, ScaledClock, SystemClock
from telephony.sandbox import DebtorModel, ExchangeLog, SandboxExchange


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m telephony.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8088, help="0 takes a free port; it is printed")
    parser.add_argument("--seed", default="1", help="decides what every debtor does")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time")
    parser.add_argument("--start", type=datetime.fromisoformat, help="the first instant of a scaled clock, ISO 8601")
    parser.add_argument("--username", default="promiseline")
    parser.add_argument("--log", type=Path, help="append everything that happens as JSON lines")
    return parser.parse_args()


def _clock(arguments: argparse.Namespace) -> Clock:
    if arguments.speed == 1.0 and arguments.start is None:
        return SystemClock()
    return ScaledClock(arguments.start or datetime.now(UTC), arguments.speed)


async def _serve(arguments: argparse.Namespace) -> None:
    exchange = SandboxExchange(
        arguments.host,
        arguments.port,
        _clock(arguments),
        DebtorModel(seed=arguments.seed),
        username=arguments.username,
        # from the environment, so that it stands in no process list
        password=os.environ.get("PROMISELINE_SANDBOX_PASSWORD", "sandbox"),
        log=ExchangeLog(arguments.log),
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await exchange.start()
    print(f"sandbox exchange at {exchange.url}/ari, user {exchange.username}", flush=True)
    await stopped.wait()
    await exchange.stop()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
