"""Makes the pacers' and the simulator's arithmetic ready without holding up the floor: `python -m dialer.pacers_ready`.

It is compiled once for an installation, which takes a minute or two. That is done in a process of its own, which leaves
it on disk; to read it takes under a second.
"""

import asyncio
import os
import sys

import structlog

from dialer.state import FloorState

log = structlog.get_logger(__name__)
POLITE = 10
LOOK_S = 1.0


async def make_ready(state: FloorState) -> None:
    """Until it returns predictive campaigns are paced 1:1; where there is none it waits for one."""
    state.forecasts_ready = False
    while not any(campaign.settings.mode == "predictive" for campaign in state.campaigns.values()):
        await state.clock.sleep(LOOK_S)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "dialer.pacers_ready")
    try:
        if await process.wait() != 0:
            log.error("pacers.not_compiled", status=process.returncode)
            return
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    await asyncio.to_thread(_load)
    state.forecasts_ready = True
    state.wake(None)


def _load() -> None:
    from dialer.pacing.predictive import warm_up

    warm_up()


def main() -> None:
    """Compile everything that is compiled."""
    os.nice(POLITE)
    _load()
    from dialer.simulation.runs import warm_up as warm_simulator

    warm_simulator()


if __name__ == "__main__":
    main()
