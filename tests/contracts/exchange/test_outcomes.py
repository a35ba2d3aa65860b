"""How calls that nobody answers end, and calls that somebody does."""

import asyncio

import pytest

from telephony.asterisk import public
from telephony.exchange import AmdVerdict, Answered, Destroyed, EarlyMedia, ExchangeRefused, Ringing
from tests.contracts.exchange.caller import Caller


async def test_a_person_rings_answers_and_is_hung_up_by_us(caller: Caller) -> None:
    channel = await caller.dial(public.PERSON)
    await caller.wait(Answered, channel)
    await caller.exchange.hangup(channel)
    ended = await caller.wait(Destroyed, channel)
    assert caller.kinds(channel) == ["Ringing", "Answered", "Destroyed"]
    assert (ended.cause, ended.tech_cause) == (16, None)


async def test_our_own_cause_is_the_cause_of_the_end(caller: Caller) -> None:
    channel = await caller.dial(public.PERSON)
    await caller.wait(Answered, channel)
    await caller.exchange.hangup(channel, q850=21)
    assert (await caller.wait(Destroyed, channel)).cause == 21


@pytest.mark.parametrize(
    ("code", "cause", "sip"),
    [
        pytest.param(public.BUSY, 17, 486, id="busy"),
        pytest.param(public.INVALID, 1, 404, id="invalid-number"),
        pytest.param(public.UNAVAILABLE, 34, 503, id="carrier-overloaded"),
        pytest.param(public.REJECTS, 21, 403, id="rejected"),
        pytest.param(public.CHANGED, 22, 410, id="number-changed"),
        pytest.param(public.BAD_FORMAT, 28, 484, id="bad-format"),
        pytest.param(public.FAULT, 38, 500, id="carrier-fault"),
    ],
)
async def test_a_refused_call_tells_why(caller: Caller, code: str, cause: int, sip: int) -> None:
    channel = await caller.dial(code)
    ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (cause, sip)
    assert caller.kinds(channel) == ["Destroyed"]


@pytest.mark.parametrize(
    ("sip", "cause"),
    [(480, 19), (408, 18), (502, 27), (504, 102), (600, 17), (603, 21), (604, 1), (607, 127), (608, 127)],
)
async def test_a_sip_status_becomes_its_cause(caller: Caller, sip: int, cause: int) -> None:
    with caller.side.rejecting(sip) as endpoint:
        channel = await caller.dial(endpoint)
        ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (cause, sip)


async def test_a_phone_that_rings_and_is_unavailable_after_all(caller: Caller) -> None:
    channel = await caller.dial(public.TEMPORARILY_UNAVAILABLE)
    ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (19, 480)
    assert caller.kinds(channel) == ["Ringing", "Destroyed"]


async def test_nobody_answers_within_our_ring_timeout(caller: Caller) -> None:
    channel = await caller.dial(public.NO_ANSWER, ring_timeout_s=2)
    rang = await caller.wait(Ringing, channel)
    ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (19, 480)
    assert 1.5 < (ended.at - rang.at).total_seconds() < 3.0
    assert caller.kinds(channel) == ["Ringing", "Destroyed"]


async def test_a_ringing_call_is_cancelled(caller: Caller) -> None:
    channel = await caller.dial(public.NO_ANSWER)
    await caller.wait(Ringing, channel)
    await caller.exchange.hangup(channel)
    ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (16, None)
    assert await caller.exchange.channels() == []


async def test_early_media_comes_before_an_answer(caller: Caller) -> None:
    channel = await caller.dial(public.EARLY_MEDIA)
    await caller.wait(Answered, channel)
    assert caller.kinds(channel) == ["EarlyMedia", "Answered"]


async def test_an_announcement_in_early_media_ends_as_an_invalid_number(caller: Caller) -> None:
    channel = await caller.dial(public.EARLY_MEDIA_INVALID)
    ended = await caller.wait(Destroyed, channel)
    assert (ended.cause, ended.tech_cause) == (1, 404)
    await caller.wait(EarlyMedia, channel)


async def test_a_person_hangs_up_while_waiting(caller: Caller) -> None:
    channel = await caller.dial(public.IMPATIENT)
    answered = await caller.wait(Answered, channel)
    ended = await caller.wait(Destroyed, channel)
    assert ended.cause == 16
    assert 2.0 < (ended.at - answered.at).total_seconds() < 4.5


async def test_a_person_who_is_gone_after_half_a_second(caller: Caller) -> None:
    with caller.side.hanging_up() as endpoint:
        channel = await caller.dial(endpoint)
        ended = await caller.wait(Destroyed, channel)
    # Asterisk says 0 or 16 for a BYE without a Reason header; both are a normal end of an answered call
    assert ended.cause in (0, 16)
    assert caller.kinds(channel) == ["Answered", "Destroyed"]


async def test_detection_tells_a_machine(caller: Caller) -> None:
    channel = await caller.dial(public.MACHINE)
    await caller.wait(Answered, channel)
    await caller.exchange.start_amd(channel)
    verdict = await caller.wait(AmdVerdict, channel, timeout_s=8)
    assert verdict.result == "machine", verdict.cause
    assert caller.kinds(channel) == ["Ringing", "Answered", "AmdVerdict"]


async def test_detection_tells_a_person(caller: Caller) -> None:
    channel = await caller.dial(public.SAYS_HELLO)
    await caller.wait(Answered, channel)
    await caller.exchange.start_amd(channel)
    verdict = await caller.wait(AmdVerdict, channel, timeout_s=8)
    assert verdict.result == "person", verdict.cause


async def in_stasis(caller: Caller, channel: str) -> bool:
    return (await caller.exchange.client.channels.get(channel)).dialplan.app_name == "Stasis"


async def let_go(caller: Caller, channel: str) -> None:
    """Until the channel is in the dialplan: Asterisk answers first, and a busy one moves it a moment later."""
    async with asyncio.timeout(2):
        while await in_stasis(caller, channel):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def test_nobody_can_be_bridged_during_detection(caller: Caller) -> None:
    channel = await caller.dial(public.MACHINE)
    await caller.wait(Answered, channel)
    await caller.exchange.start_amd(channel)
    await let_go(caller, channel)
    with pytest.raises(ExchangeRefused) as refused:
        await caller.bridge([channel])
    assert refused.value.status == 422
    await caller.wait(AmdVerdict, channel, timeout_s=8)
    await caller.bridge([channel])


async def test_a_person_hangs_up_during_detection(caller: Caller) -> None:
    channel = await caller.dial(public.IMPATIENT)
    await caller.wait(Answered, channel)
    await asyncio.sleep(1.8)  # so that the verdict is not there before they go
    await caller.exchange.start_amd(channel)
    await caller.wait(Destroyed, channel)
    assert caller.kinds(channel) == ["Ringing", "Answered", "Destroyed"]


async def test_the_fuse_ends_an_answered_leg(caller: Caller) -> None:
    channel = await caller.dial(public.PERSON, absolute_timeout_s=2)
    await caller.wait(Answered, channel)
    assert (await caller.wait(Destroyed, channel)).cause in (0, 16)


async def test_an_unknown_endpoint_is_refused(caller: Caller) -> None:
    with pytest.raises(ExchangeRefused) as refused:
        await caller.dial("PJSIP/nobody")
    assert refused.value.status == 500
    with pytest.raises(ExchangeRefused):
        await caller.dial("PJSIP/agent-web-4")


async def test_a_second_originate_of_one_id_makes_no_second_call(caller: Caller) -> None:
    channel = await caller.dial(public.PERSON)
    with pytest.raises(ExchangeRefused) as refused:
        await caller.exchange.client.channels.originate_with_id(
            channel, endpoint="PJSIP/15550100200@trunk", app=caller.exchange.settings.app
        )
    assert refused.value.status == 409
    assert [found.channel_id for found in await caller.exchange.channels()] == [channel]
