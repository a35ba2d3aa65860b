"""kill -9 at any moment of a call, then a restart: adopted or ended within 5 s, nothing lost, nothing repeated."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.acceptance.killing import MOMENTS, restarted, scene

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]
WITHIN_S = 5.0


@pytest.mark.parametrize("name", MOMENTS)
async def test_calls_agents_and_consoles_are_back_within_5_s(
    name: str, engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    moment = MOMENTS[name]
    async with scene(engine, database_url, valkey_url, tmp_path, moment.script) as made:
        back = await restarted(made, name, moment)
        await moment.after(made)

        print(f"\n{back}")
        dialed = [entry for entry in made.sandbox.log.of("originate") if entry.number]
        attempts = (await made.stage.one("SELECT count(*) AS n FROM attempt WHERE channel = 'voice'"))["n"]

    assert back.back_s <= WITHIN_S
    assert (len(dialed), attempts) == (1, 1), "none lost, none repeated"
