"""A model that is surprised: alarm on the board, audit row, figures for Prometheus; and when it is calm again."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.pacing import PacingSnapshot
from dialer.pacing.foretold import Foretold
from dialer.pacing_watch import PacingWatch
from tests.dialer.floor_rig import Rig, floor_rig, quick

pytestmark = pytest.mark.postgres
CALM = Foretold(2.4, 3.0, 11.0, 2.0, 1.0, 8.0, 120, (0.1, 0.5, 0.9), False)
SURPRISED = CALM._replace(under=(0.6, 0.9, 1.0), surprised=True)


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def told(rig: Rig, what: Foretold) -> None:
    """The pacer's own judgement is tested with the pacer; here is what the floor makes of it."""
    campaign = rig.floor.state.campaigns[rig.campaign]
    campaign.seen = PacingSnapshot(0.0)
    campaign.told = (campaign.seen, what)
    await PacingWatch(rig.floor.state).look()
    rig.floor.board.show_all()


async def test_a_surprise_is_an_alarm_an_audit_row_and_a_figure_until_it_is_over(rig: Rig) -> None:
    await rig.people(0, quick(mode="progressive"), state="paused")
    await rig.start()
    campaign = rig.floor.state.campaigns[rig.campaign]
    campaign.state = "running"  # no tick of its own writes over what the test says it saw
    await told(rig, CALM)
    assert not [alarm for alarm in rig.board()["alarms"] if alarm["id"].startswith("pacing:")]
    await told(rig, SURPRISED)
    await told(rig, SURPRISED)
    (alarm,) = [alarm for alarm in rig.board()["alarms"] if alarm["id"].startswith("pacing:")]
    assert (alarm["id"], alarm["level"]) == (f"pacing:{rig.campaign}:surprised", "warning")
    assert "60% in place of 10 %" in alarm["text"]
    shown = rig.board()["campaigns"][str(rig.campaign)]["pacing"]
    assert shown["calibration"] == {
        "forecasts": 120, "q10": 0.6, "q50": 0.9, "q90": 1.0, "surprised": True, "since": alarm["at"],
    }  # fmt: skip
    assert (shown["predicted_answers"], shown["forecast"]) == (2.4, {"expected": 2.0, "came": 1.0, "within_s": 8.0})
    metrics, label = rig.floor.metrics, str(rig.campaign)
    assert metrics.pacing_surprised.labels(label)._value.get() == 1
    assert metrics.pacing_coverage.labels(label, "0.1")._value.get() == 0.6
    await told(rig, CALM)
    assert not [alarm for alarm in rig.board()["alarms"] if alarm["id"].startswith("pacing:")]
    rows = await rig.rows("SELECT action, detail FROM audit WHERE action LIKE 'pacing.%' ORDER BY id")
    assert [row["action"] for row in rows] == ["pacing.surprised", "pacing.calm"]
    assert rows[0]["detail"]["under"] == {"0.1": 0.6, "0.5": 0.9, "0.9": 1.0}
