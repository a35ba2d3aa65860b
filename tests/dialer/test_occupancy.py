"""A bridge is free when nobody can be in it."""

from dialer.occupancy import Occupancy


def test_a_bridge_is_taken_until_the_debtor_left_or_ended() -> None:
    bridges = Occupancy()
    assert bridges.free("b")
    bridges.enter("b", "one")
    assert not bridges.free("b")
    assert bridges.leave("b", "one") and bridges.free("b")
    assert not bridges.leave("b", "one")
    bridges.enter("b", "two")
    assert bridges.ended("two") and bridges.free("b")
    assert not bridges.ended("two")


def test_the_second_one_in_keeps_it_taken() -> None:
    bridges = Occupancy()
    bridges.enter("b", "one")
    bridges.enter("b", "two")
    assert not bridges.leave("b", "one") and not bridges.free("b")
    bridges.destroyed("b")
    assert bridges.free("b")
