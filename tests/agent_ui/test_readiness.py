"""/readyz says of the floor what is wrong and how to mend it."""

from agent_ui.readiness import FloorCheck
from dialer.streams import Op
from tests.agent_ui.twins import FloorTwin, HandClock
from tests.builders import NOW


def a_floor(**nodes: str) -> FloorTwin:
    floor = FloorTwin(HandClock(NOW))
    shown = {name: {"node": name, "health": health, "why": ""} for name, health in nodes.items()}
    floor.hub.publish("floor:1", [Op(("nodes",), shown)])
    return floor


async def test_a_floor_whose_nodes_are_up_is_well() -> None:
    result = await FloorCheck(a_floor(a="up", b="slow"), 1).check()
    assert (result.ok, result.reason) == (True, "up: a, b")


async def test_nodes_that_are_down_are_named_and_no_node_at_all_is_not_well() -> None:
    assert (await FloorCheck(a_floor(a="up", b="down"), 1).check()).reason == "down: b"
    none = await FloorCheck(a_floor(), 1).check()
    assert (none.ok, none.reason) == (False, "no exchange is known")
    assert "PROMISELINE_NODES" in none.mend


async def test_a_dialer_that_is_not_heard_is_told_whatever_its_nodes_were_before() -> None:
    floor = a_floor(a="up")
    floor.link.turn("dialer")
    silent = await FloorCheck(floor, 1).check()
    assert not silent.ok
    assert silent.reason == f"the dialer is not heard since {NOW:%Y-%m-%d %H:%M:%S}Z"
    assert "promiseline serve --roles dialer" in silent.mend
    floor.link.turn("redis")
    assert "PROMISELINE_REDIS_URL" in (await FloorCheck(floor, 1).check()).mend
    floor.link.turn("")
    assert (await FloorCheck(floor, 1).check()).ok
