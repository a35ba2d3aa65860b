"""The sandbox exchange and the sandbox carrier, each as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telephony.asterisk.ports import free_port
from tests.dialer.cli.program import line_of

EXCHANGE_PASSWORD = "the exchange's own"


@asynccontextmanager
async def process(*words: str, says: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m ...` until the block ends; ready when it says the word."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *words, env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await line_of(made, says)
        yield made
    finally:
        if made.returncode is None:
            made.terminate()
        await made.communicate()


@asynccontextmanager
async def sandbox_exchange(*words: str) -> AsyncIterator[str]:
    """Its ARI address."""
    port = free_port()
    command = ("telephony.sandbox", "--port", str(port), *words)
    async with process(*command, says="sandbox exchange at", PROMISELINE_SANDBOX_PASSWORD=EXCHANGE_PASSWORD):
        yield f"http://127.0.0.1:{port}/ari"


@asynccontextmanager
async def sandbox_carrier(inbound_url: str = "", log: Path | None = None) -> AsyncIterator[str]:
    """Its base address."""
    port = free_port()
    more = ("--log", str(log)) if log else ()
    command = ("telephony.messaging.sandbox", "--port", str(port), "--inbound-url", inbound_url, *more)
    async with process(*command, says="sandbox carrier listens"):
        yield f"http://127.0.0.1:{port}"
