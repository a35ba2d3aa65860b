"""An import in a process of its own that stops dead at a given moment, to be killed there.

python -m tests.campaigns.imports.stuck URL FILE TENANT PHASE COUNT [--partial]
"""

import asyncio
import sys
import time
from pathlib import Path

from campaigns.db.engine import make_engine
from campaigns.imports.model import ImportOptions
from campaigns.imports.service import import_file
from tests.campaigns.imports.files import NOW, Parts


async def main(url: str, file: str, tenant: str, phase: str, count: str, *flags: str) -> None:
    calls = 0

    def stop(at: str, _done: int, _total: int) -> None:
        nonlocal calls
        calls += at == phase
        if calls == int(count):
            print("stuck", flush=True)
            time.sleep(600)

    engine = make_engine(url)
    options = ImportOptions(tenant_id=int(tenant), partial="--partial" in flags, chunk_rows=100)
    await import_file(engine, Path(file), "Bank", options, Parts(), stop, now=NOW)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
