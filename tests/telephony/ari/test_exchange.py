"""AriExchange carries out each command of the port with the right request."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from telephony.ari.exchange import AriExchange
from telephony.exchange import (
    Dtmf,
    EndpointChanged,
    Exchange,
    ExchangeRefused,
    ExchangeUnavailable,
    NodeDown,
    NodeHealth,
)
from tests.permits import leg
from tests.telephony.ari.conftest import Listener, fast_clock, settings
from tests.telephony.ari.scripted import Asked, ScriptedAri, channel, event

Run = Callable[..., AbstractAsyncContextManager[tuple[AriExchange, Listener]]]


async def test_it_is_an_exchange(server: ScriptedAri) -> None:
    made: Exchange = AriExchange(settings(server.url))
    assert made.node == "asterisk-1" and made.health is NodeHealth.DOWN
    await made.close()


async def test_a_leg_is_dialed_with_app_timeouts_codec_and_caller_id(server: ScriptedAri, run: Run) -> None:
    call = leg(
        "pl-1",
        "PJSIP/15551234567@trunk",
        "+15550001111",
        ring_timeout_s=20,
        formats="ulaw",
        absolute_timeout_s=90,
        variables={"CAMPAIGN": "7"},
    )
    async with run() as (exchange, _):
        await exchange.originate(call)
    asked = server.one("POST /channels/pl-1")
    assert asked.query == {}
    assert asked.body == {
        "endpoint": "PJSIP/15551234567@trunk",
        "app": "promiseline",
        "appArgs": "debtor",
        "callerId": "+15550001111",
        "timeout": 20,
        "formats": "ulaw",
        "variables": {"CAMPAIGN": "7", "TIMEOUT(absolute)": "90"},
    }


ADDED = {"channel": "a,b", "inhibitConnectedLineUpdates": "true"}


@pytest.mark.parametrize(
    ("act", "line", "query"),
    [
        (lambda x: x.hangup("pl-1", q850=17), "DELETE /channels/pl-1", {"reason_code": "17"}),
        (
            lambda x: x.create_bridge("pl-b"),
            "POST /bridges/pl-b",
            {"type": "mixing,dtmf_events", "name": "promiseline"},
        ),
        (lambda x: x.add_to_bridge("pl-b", ["a", "b"]), "POST /bridges/pl-b/addChannel", ADDED),
        (lambda x: x.remove_from_bridge("pl-b", ["a"]), "POST /bridges/pl-b/removeChannel", {"channel": "a"}),
        (lambda x: x.destroy_bridge("pl-b"), "DELETE /bridges/pl-b", {}),
        (lambda x: x.play("pl-1", "sound:a/b", "p1"), "POST /channels/pl-1/play/p1", {"media": "sound:a/b"}),
        (lambda x: x.start_hold("pl-1"), "POST /channels/pl-1/moh", {}),
        (lambda x: x.stop_hold("pl-1"), "DELETE /channels/pl-1/moh", {}),
        (
            lambda x: x.start_amd("pl-1"),
            "POST /channels/pl-1/continue",
            {"context": "promiseline-amd", "extension": "s", "priority": "1"},
        ),
    ],
)
@pytest.mark.parametrize("over_ws", [False, True], ids=["http", "websocket"])
async def test_a_command_becomes_its_request(
    server: ScriptedAri, run: Run, act: Any, line: str, query: dict[str, str], over_ws: bool
) -> None:
    async with run(rest_over_ws=over_ws) as (exchange, _):
        await act(exchange)
    assert server.one(line).query == query


async def test_digits_are_sent_in_the_body(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, _):
        await exchange.send_dtmf("pl-1", "42#")
    assert server.one("POST /channels/pl-1/dtmf").body == {"dtmf": "42#"}


async def test_an_endpoint_that_does_not_exist_is_refused(server: ScriptedAri, run: Run) -> None:
    server.script["POST /applications/promiseline/subscription"] = (422, {"message": "Event source does not exist"})
    async with run() as (exchange, _):
        with pytest.raises(ExchangeRefused):
            await exchange.watch_endpoint("PJSIP/nobody")


async def test_an_offline_endpoint_is_said_to_be_offline(server: ScriptedAri, run: Run) -> None:
    offline = {"technology": "PJSIP", "resource": "agent-7", "state": "offline", "channel_ids": []}
    server.script["GET /endpoints/PJSIP/agent-7"] = (200, offline)
    async with run() as (exchange, _):
        assert await exchange.watch_endpoint("PJSIP/agent-7") is False


async def test_an_answer_older_than_an_event_does_not_undo_it(server: ScriptedAri, run: Run) -> None:
    """The phone comes while it is asked for: its going later must be a change, or nobody is told of it."""
    offline = {"technology": "PJSIP", "resource": "agent-7", "state": "offline", "channel_ids": []}

    def changed(state: str) -> dict[str, Any]:
        return event("EndpointStateChange", endpoint=offline | {"state": state})

    async with run() as (exchange, listener):

        async def answer_late(asked: Asked) -> web.StreamResponse:
            await server.send(changed("online"))
            await listener.next(EndpointChanged)
            return web.json_response(offline)

        server.script["GET /endpoints/PJSIP/agent-7"] = answer_late
        assert await exchange.watch_endpoint("PJSIP/agent-7") is True
        await server.send(changed("offline"))
        assert (await listener.next(EndpointChanged)).online is False


async def test_a_refused_originate_is_not_waited_for(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = (400, {"message": "Allocation failed"})
    async with run() as (exchange, _):
        with pytest.raises(ExchangeRefused):
            await exchange.originate(leg("pl-1", "PJSIP/1@t"))
        assert "pl-1" not in exchange._fuse


async def test_dialing_before_the_event_stream_is_open_is_refused(server: ScriptedAri) -> None:
    exchange = AriExchange(settings(server.url), clock=fast_clock())
    with pytest.raises(ExchangeUnavailable, match="event stream is not open"):
        await exchange.originate(leg("pl-1", "PJSIP/1@t"))
    await exchange.close()
    assert server.asked == []


async def test_closing_ends_the_events(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await exchange.close()
        async with asyncio.timeout(2):
            await listener.task


async def test_events_that_are_waiting_come_before_the_news_of_the_loss(server: ScriptedAri, run: Run) -> None:
    async with run() as (_, listener):
        await server.send(event("ChannelDtmfReceived", channel=channel("pl-1"), digit="9"))
        await server.close_cleanly()
        await listener.next(NodeDown)
        assert [e.digit for e in listener.of(Dtmf)] == ["9"]


async def test_logs_and_metrics_hold_no_phone_number(server: ScriptedAri, run: Run) -> None:
    number = "15551234567"
    with capture_logs() as logs:
        async with run() as (exchange, listener):
            server.script["POST /channels/pl-1"] = (400, {"message": f"PJSIP/{number}@trunk not found"})
            with pytest.raises(ExchangeRefused) as refused:
                await exchange.originate(leg("pl-1", f"PJSIP/{number}@trunk"))
            await server.send({"type": "ChannelDestroyed", "channel": {"id": [number]}}, {"type": number})
            server.kill()
            await listener.next(NodeDown)
            samples = [s for metric in exchange.metrics.registry.collect() for s in metric.samples]
    assert logs != []
    assert number not in str(refused.value) + repr(logs) + repr(samples)
