"""Mode broadcast on a real Asterisk 22: the recording is heard to its end, and key 9 closes the number."""

from typing import Any

import pytest

from dialer.campaign_policy import RulebookPolicy
from telephony.asterisk import public
from tests.acceptance.announcing import Announcing
from tests.acceptance.stage import Stage
from tests.lab import AsteriskLab
from tests.policy import announcing

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

LISTENER, OBJECTOR = f"+121255501{public.PERSON}", f"+121255502{public.OPTS_OUT}"
RECORDING = "sound:promiseline/abandon-en"
WORDS = "This is Example Recovery. Please call us. Press 9 to be called no more."
PRESSED_AFTER_S = 2.0


async def announced(stage: Stage, phone: str) -> Any:
    """The attempt at this number, once it has ended."""
    debtor = await stage.debtor(phone)
    old = stage.promiseline
    stage.promiseline, stage.policy = Announcing(old.environment, old.port, log=old.log), RulebookPolicy(announcing())
    await stage.promiseline.start()
    await stage.start_campaign(mode="broadcast", announcement=RECORDING, announcement_words=WORDS)
    return await stage.eventually(
        "SELECT *, extract(epoch FROM ended_at - answered_at) AS up_s FROM attempt"
        " WHERE debtor_id = :d AND state = 'ended'",
        within_s=60, d=debtor,
    )  # fmt: skip


async def test_a_person_hears_the_recording_to_its_end_and_no_agent_is_needed(
    stage: Stage, asterisk_lab: AsteriskLab
) -> None:
    attempt = await announced(stage, LISTENER)
    recording_s = len((asterisk_lab.ours.sound_directory / "promiseline/abandon-en.wav").read_bytes()) / 16_000
    assert (attempt["origin"], attempt["outcome"], attempt["abandoned"]) == ("announcement", "announced", False)
    assert attempt["agent_id"] is None and attempt["bridged_at"] is None
    # "announced" without a key pressed is Asterisk's own word that the playback has finished
    assert recording_s > PRESSED_AFTER_S
    assert recording_s - 1 < attempt["up_s"] < recording_s + 3
    assert await stage.one("SELECT 1 FROM opt_out") is None


async def test_key_9_ends_the_recording_and_closes_the_number(stage: Stage, asterisk_lab: AsteriskLab) -> None:
    attempt = await announced(stage, OBJECTOR)
    closed = await stage.eventually("SELECT address, channel, source, evidence FROM opt_out")
    assert (closed["address"], closed["channel"], closed["source"]) == (OBJECTOR, "voice", "keypad")
    assert closed["evidence"] == str(attempt["id"])
    assert attempt["outcome"] == "announced"
    recording_s = len((asterisk_lab.ours.sound_directory / "promiseline/abandon-en.wav").read_bytes()) / 16_000
    assert attempt["up_s"] < min(recording_s, PRESSED_AFTER_S + 2)
