"""The same story told to both exchanges: replies and events, field by field, must be the same."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from telephony.asterisk import public
from tests.contracts.exchange.raw import Raw
from tests.contracts.exchange.sides import AsteriskSide, SandboxSide, Side
from tests.lab import AsteriskLab

pytestmark = pytest.mark.asterisk

Story = Callable[[Raw], Awaitable[object]]


async def _told(side: Side, story: Story) -> tuple[list[Any], object]:
    await side.start()
    try:
        async with Raw(side) as raw:
            result = await story(raw)
            return raw.trace(), result
    finally:
        await side.stop()


async def _compare(lab: AsteriskLab, story: Story) -> None:
    real, real_result = await _told(AsteriskSide(lab), story)
    real = _begun_first(real)
    twin, twin_result = await _told(SandboxSide(), story)
    assert [event["type"] for event in twin] == [event["type"] for event in real]
    for ours, theirs in zip(twin, real, strict=True):
        assert ours == theirs
    assert twin_result == real_result


def _begun_first(events: list[Any]) -> list[Any]:
    """Asterisk tells that it began to dial from the thread that did; a refusal that is back at once may overtake it."""
    if [event["type"] for event in events[:3]] != ["ChannelHangupRequest", "Dial", "Dial"]:
        return events
    refused, begun, *rest = events
    return [begun, refused, *rest]


def _refusal(code: str) -> Story:
    async def story(raw: Raw) -> None:
        await raw.dial("debtor", code)
        await raw.until("ChannelDestroyed", "debtor")

    return story


async def _answered(raw: Raw, name: str, who: str = public.INSTANT) -> None:
    await raw.dial(name, who)
    await raw.until("StasisStart", name)


async def answered_and_hung_up(raw: Raw) -> None:
    await _answered(raw, "debtor", public.PERSON)
    await raw.reply("DELETE", "channels/{debtor}")
    await raw.until("ChannelDestroyed", "debtor")


async def hung_up_by_the_debtor(raw: Raw) -> None:
    await _answered(raw, "debtor", public.IMPATIENT)
    await raw.until("ChannelDestroyed", "debtor")


async def rings_out(raw: Raw) -> None:
    await raw.dial("debtor", public.NO_ANSWER, ring_s=1)
    await raw.until("ChannelDestroyed", "debtor")


async def cancelled(raw: Raw) -> None:
    await raw.dial("debtor", public.NO_ANSWER)
    await raw.until("ChannelStateChange", "debtor")
    await raw.until("Dial", "debtor", nth=2)
    await raw.reply("DELETE", "channels/{debtor}?reason_code=16")
    await raw.until("ChannelDestroyed", "debtor")


async def early_media_then_answer(raw: Raw) -> None:
    await _answered(raw, "debtor", public.EARLY_MEDIA)


async def fuse_burns_after_the_answer(raw: Raw) -> None:
    await raw.dial("debtor", public.INSTANT, variables={"TIMEOUT(absolute)": "1"})
    await raw.until("ChannelDestroyed", "debtor")


async def fuse_burns_while_ringing(raw: Raw) -> None:
    await raw.dial("debtor", public.NO_ANSWER, variables={"TIMEOUT(absolute)": "1"})
    await raw.until("ChannelDestroyed", "debtor")


async def bridged_with_an_agent(raw: Raw) -> None:
    await _answered(raw, "debtor", public.IMPATIENT)
    await raw.reply("POST", f"bridges/{raw.id('talk')}?type=mixing")
    await _answered(raw, "other")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={other}")
    await raw.until("ChannelEnteredBridge", "other")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={debtor}")
    await raw.until("ChannelDestroyed", "debtor")


async def moved_and_left_without_a_bridge(raw: Raw) -> None:
    await _answered(raw, "debtor")
    for bridge in ("one", "two"):
        await raw.reply("POST", f"bridges/{raw.id(bridge)}?type=mixing")
        await raw.reply("POST", f"bridges/{{{bridge}}}/addChannel?channel={{debtor}}")
    await raw.until("ChannelEnteredBridge", "debtor", nth=2)
    await raw.reply("DELETE", "bridges/{two}")
    await raw.until("ChannelLeftBridge", "debtor", nth=2)


async def hung_up_by_us_in_a_bridge(raw: Raw) -> None:
    await _answered(raw, "debtor")
    await raw.reply("POST", f"bridges/{raw.id('talk')}?type=mixing")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={debtor}")
    await raw.until("ChannelEnteredBridge", "debtor")
    await raw.reply("DELETE", "channels/{debtor}")
    await raw.until("ChannelDestroyed", "debtor")


async def sounds(raw: Raw) -> None:
    await _answered(raw, "debtor")
    await raw.reply("POST", "channels/{debtor}/play/" + raw.id("beep") + "?media=sound:beep")
    await raw.reply("POST", "channels/{debtor}/play/" + raw.id("again") + "?media=sound:beep")
    await raw.until("PlaybackFinished", nth=2)
    await raw.reply("POST", "channels/{debtor}/play/" + raw.id("none") + "?media=sound:no-such-sound")
    await raw.until("PlaybackFinished", nth=3)
    await raw.reply("POST", "channels/{debtor}/play/" + raw.id("stopped") + "?media=sound:promiseline/abandon-en")
    await raw.until("PlaybackStarted", nth=4)
    await raw.reply("DELETE", "playbacks/{stopped}")
    await raw.until("PlaybackFinished", nth=4)
    await raw.reply("POST", "channels/{debtor}/play/" + raw.id("cut") + "?media=sound:promiseline/abandon-en")
    await raw.until("PlaybackStarted", nth=5)
    await asyncio.sleep(0.2)  # past the first frame: a hang-up before it leaves no PlaybackFinished
    await raw.reply("DELETE", "channels/{debtor}")
    await raw.until("ChannelDestroyed", "debtor")


async def detection_of_a_machine(raw: Raw) -> None:
    await _answered(raw, "debtor", public.MACHINE)
    await raw.reply("POST", "channels/{debtor}/continue?context=promiseline-amd&extension=s&priority=1")
    await raw.until("StasisStart", "debtor", nth=2)


async def gone_during_detection(raw: Raw) -> None:
    await _answered(raw, "debtor", public.IMPATIENT)
    await asyncio.sleep(1.8)  # so that no verdict comes before they hang up
    await raw.reply("POST", "channels/{debtor}/continue?context=promiseline-amd&extension=s&priority=1")
    await raw.until("ChannelDestroyed", "debtor")


async def sent_where_nothing_is(raw: Raw) -> None:
    await _answered(raw, "debtor")
    await raw.reply("POST", "channels/{debtor}/continue?context=nowhere&extension=s&priority=1")
    await raw.until("ChannelDestroyed", "debtor")


async def keys(raw: Raw) -> None:
    await _answered(raw, "debtor", public.PRESSES)
    await raw.reply("POST", f"bridges/{raw.id('talk')}?type=mixing,dtmf_events")
    await _answered(raw, "other")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={debtor},{other}")
    await raw.until("ChannelDtmfReceived", "debtor", nth=2)


async def keys_that_nobody_asked_for(raw: Raw) -> None:
    await _answered(raw, "debtor", public.PRESSES)
    await raw.reply("POST", f"bridges/{raw.id('talk')}?type=mixing")
    await _answered(raw, "other")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={debtor},{other}")
    await asyncio.sleep(2.5)  # for keys that must not be heard


async def a_debtor_whose_trunk_is_watched(raw: Raw) -> None:
    await raw.reply("POST", f"applications/{raw.app}/subscription?eventSource=endpoint:PJSIP/trunk")
    await _answered(raw, "debtor")
    await raw.reply("POST", f"bridges/{raw.id('talk')}?type=mixing")
    await raw.reply("POST", "bridges/{talk}/addChannel?channel={debtor}")
    await raw.until("ChannelEnteredBridge", "debtor")
    await raw.reply("DELETE", "channels/{debtor}")
    await raw.until("EndpointStateChange", nth=2)
    await raw.reply("DELETE", f"applications/{raw.app}/subscription?eventSource=endpoint:PJSIP/trunk")


STORIES: list[Story] = [
    answered_and_hung_up,
    hung_up_by_the_debtor,
    rings_out,
    cancelled,
    early_media_then_answer,
    fuse_burns_after_the_answer,
    fuse_burns_while_ringing,
    bridged_with_an_agent,
    moved_and_left_without_a_bridge,
    hung_up_by_us_in_a_bridge,
    sounds,
    detection_of_a_machine,
    gone_during_detection,
    sent_where_nothing_is,
    keys,
    keys_that_nobody_asked_for,
    a_debtor_whose_trunk_is_watched,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_both_tell_the_same_story(asterisk_lab: AsteriskLab, story: Story) -> None:
    await _compare(asterisk_lab, story)


REFUSALS = [public.BUSY, public.INVALID, public.UNAVAILABLE, public.REJECTS, public.CHANGED, public.BAD_FORMAT]
REFUSALS += [public.FAULT, public.TEMPORARILY_UNAVAILABLE, public.EARLY_MEDIA_INVALID]


@pytest.mark.parametrize("code", REFUSALS)
async def test_both_refuse_alike(asterisk_lab: AsteriskLab, code: str) -> None:
    await _compare(asterisk_lab, _refusal(code))


async def _replies(raw: Raw) -> list[object]:
    """Many requests, right and wrong: status and text of each."""
    await raw.dial("ringing", public.NO_ANSWER)
    await _answered(raw, "debtor")
    raw.id("talk")
    requests: list[tuple[str, str, Any]] = [
        ("POST", "bridges/{talk}?type=mixing", None),
        ("POST", "bridges/{talk}?type=mixing", None),
        ("GET", "bridges/{talk}", None),
        ("GET", "bridges/none", None),
        ("DELETE", "bridges/none", None),
        ("POST", "bridges/{talk}/addChannel?channel={ringing}", None),
        ("POST", "bridges/{talk}/addChannel?channel=none", None),
        ("POST", "bridges/none/addChannel?channel={debtor}", None),
        ("POST", "bridges/{talk}/addChannel", None),
        ("POST", "bridges/{talk}/removeChannel?channel={debtor}", None),
        ("POST", "bridges/{talk}/addChannel?channel={debtor}", None),
        ("POST", "bridges/{talk}/removeChannel?channel={debtor}", None),
        ("GET", "channels/{debtor}", None),
        ("GET", "channels/none", None),
        ("DELETE", "channels/none", None),
        ("DELETE", "channels/{ringing}?reason=nonsense", None),
        ("POST", "channels/x1", {"endpoint": "PJSIP/nobody", "app": raw.app}),
        ("POST", "channels/x2", {"endpoint": "Foo/1", "app": raw.app}),
        ("POST", "channels/x3", {"endpoint": "PJSIP/1555@no-trunk", "app": raw.app}),
        ("POST", "channels/x4", {"app": raw.app}),
        ("POST", "channels/x5", {"endpoint": "PJSIP/15550100200@trunk"}),
        ("POST", "channels/x6", "{bad"),
        ("POST", "channels/{ringing}/play?media=sound:beep", None),
        ("POST", "channels/{ringing}/moh", None),
        ("POST", "channels/{debtor}/moh", None),
        ("DELETE", "channels/{debtor}/moh", None),
        ("DELETE", "channels/{debtor}/moh", None),
        ("POST", "channels/{debtor}/hold", None),
        ("DELETE", "channels/{debtor}/hold", None),
        ("POST", "channels/{debtor}/mute", None),
        ("DELETE", "channels/{debtor}/mute", None),
        ("POST", "channels/{debtor}/dtmf?dtmf=1", None),
        ("POST", "channels/{debtor}/play", None),
        ("POST", "channels/none/play?media=sound:beep", None),
        ("POST", "channels/none/continue?context=promiseline-amd", None),
        ("GET", "channels/{debtor}/variable?variable=NOT_SET", None),
        ("POST", "channels/{debtor}/variable?variable=CASE&value=7", None),
        ("GET", "channels/{debtor}/variable?variable=CASE", None),
        ("GET", "channels/{debtor}/variable", None),
        ("GET", "playbacks/none", None),
        ("DELETE", "playbacks/none", None),
        ("GET", "endpoints/PJSIP/none", None),
        ("GET", "endpoints/PJSIP/agent-web-4", None),
        ("GET", "applications/none", None),
        ("GET", f"applications/{raw.app}", None),
        ("POST", f"applications/{raw.app}/subscription?eventSource=endpoint:PJSIP/none", None),
        ("POST", f"applications/{raw.app}/subscription?eventSource=channel:none", None),
        ("POST", f"applications/{raw.app}/subscription?eventSource=nonsense:1", None),
        ("POST", f"applications/{raw.app}/subscription", None),
        ("POST", "applications/none/subscription?eventSource=endpoint:PJSIP/agent-1", None),
        ("DELETE", f"applications/{raw.app}/subscription?eventSource=endpoint:PJSIP/agent-1", None),
        ("GET", "nothing", None),
        ("PATCH", "channels", None),
        # at the end: after it Asterisk says 409 to every originate that fails on the same connection
        ("POST", "channels/{debtor}", {"endpoint": "PJSIP/15550100200@trunk", "app": raw.app}),
    ]
    answers: list[object] = []
    for method, path, body in requests:
        status, reply = await raw.reply(method, path, body)
        answers.append((method, path, status, _shape(reply)))
    return answers


def _shape(reply: Any) -> object:
    """A refusal's text, or the names of what was given."""
    if isinstance(reply, dict):
        return reply if set(reply) <= {"message", "error", "value"} else sorted(reply)
    return type(reply).__name__


async def test_both_reply_alike(asterisk_lab: AsteriskLab) -> None:
    results = []
    for side in (AsteriskSide(asterisk_lab), SandboxSide()):
        results.append((await _told(side, _replies))[1])
    real, twin = results
    assert isinstance(real, list)
    assert isinstance(twin, list)
    assert [(ours, theirs) for ours, theirs in zip(twin, real, strict=True) if ours != theirs] == []
