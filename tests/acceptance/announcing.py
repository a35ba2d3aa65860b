"""`promiseline serve` under rulebooks made for tests that allow announcements; none that ships does.

`python -c "from tests.acceptance.announcing import main; main()" serve`
"""

import asyncio
import os
import sys

import dialer.bootstrap
from dialer.cli import main as promiseline
from tests.acceptance.stage import ROOT, Promiseline
from tests.policy import announcing


class Announcing(Promiseline):
    """The same server, which may broadcast."""

    async def start(self) -> None:
        with self.log.open("ab") as file:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from tests.acceptance.announcing import main; main()",
                "serve",
                env=os.environ | self.environment | {"PYTHONPATH": str(ROOT)},
                stdout=file,
                stderr=file,
                cwd=self.log.parent,
            )
        await self.ready()


def main() -> None:
    dialer.bootstrap.load_books = lambda settings: announcing()  # type: ignore[attr-defined]
    promiseline()
