"""The sandbox carrier: seeded chance, magic numbers, its own STOP list, its log."""

import json
from pathlib import Path

import pytest

from telephony.clock import SystemClock
from telephony.messaging.sandbox.carrier import Carrier, CarrierSettings
from telephony.messaging.sandbox.script import MAGIC, NO_CHANCE, Behaviour, Script, decide, magic, scripted_code

BEHAVIOUR = Behaviour()
NUMBERS = [f"+1646555{n:04d}" for n in range(2000)]


def test_the_same_seed_gives_the_same_fate_in_any_order() -> None:
    there = {number: decide(number, 0, 7, BEHAVIOUR, {}) for number in NUMBERS}
    back = {number: decide(number, 0, 7, BEHAVIOUR, {}) for number in reversed(NUMBERS)}
    assert there == back
    assert there != {number: decide(number, 0, 8, BEHAVIOUR, {}) for number in NUMBERS}


def test_the_shares_come_out_about_right() -> None:
    fates = [decide(number, 0, 7, BEHAVIOUR, {}) for number in NUMBERS]
    undelivered = sum(fate.final == "undelivered" for fate in fates) / len(fates)
    replies = sum(fate.reply is not None for fate in fates) / len(fates)
    assert 0.02 < undelivered < 0.045
    assert 0.04 < replies < 0.08


def test_a_number_can_carry_an_error_code() -> None:
    assert magic("+12029921610") == Script(reject="21610")
    assert magic("+12029930003") == Script(final="undelivered", error_code="30003")
    assert magic("+12029900429") == MAGIC["00429"]
    assert magic("+12125550142") is None
    assert scripted_code("30036").final == "failed"


async def test_stop_is_heard_by_the_carrier_itself_and_confirmed_once() -> None:
    carrier = Carrier(CarrierSettings(behaviour=NO_CHANCE), SystemClock())
    for body in ("STOP", "stop", "start", "STOP"):
        await carrier.person_texts("+12125550142", "+12125550100", body)
    assert carrier.opted_out("+12125550100", "+12125550142")
    assert [entry.what for entry in carrier.log.entries if entry.what != "inbound"] == [
        "opted_out",
        "confirmation",
        "opted_in",
        "opted_out",
        "confirmation",
    ]
    await carrier.close()


async def test_a_message_that_outlives_its_validity_fails_with_30036() -> None:
    carrier = Carrier(CarrierSettings(behaviour=NO_CHANCE), SystemClock())
    held = carrier.accept("+1", "+2", "x", "", 0.01, Script(step_s=5.0))
    await carrier.settled()
    assert (held.status, held.error_code) == ("failed", "30036")
    await carrier.close()


async def test_the_log_is_a_file_of_json_lines_without_any_text(tmp_path: Path) -> None:
    path = tmp_path / "carrier.jsonl"
    carrier = Carrier(CarrierSettings(behaviour=NO_CHANCE, log_path=path), SystemClock())
    carrier.accept("+12125550142", "+2", "secret text", "", 60, Script(step_s=0.01))
    await carrier.settled()
    await carrier.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["what"], line["status"]) for line in lines] == [
        ("accepted", "queued"),
        ("status", "sent"),
        ("status", "delivered"),
    ]
    assert "secret" not in path.read_text()


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_script_stays_until_it_is_changed(nth: int) -> None:
    script = Script(reject="21610")
    assert decide("+1", nth, 1, BEHAVIOUR, {"+1": script}) == script
