"""Over HTTP and over WebSocket: what is sent, and which error tells what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from telephony.ari.client import AriClient
from telephony.ari.errors import ExchangeRefused, ExchangeUnavailable, ExchangeUnknown, WrongCredentials
from telephony.ari.generated.events import ChannelDtmfReceived
from telephony.ari.stream import StreamDown, StreamUp
from tests.telephony.ari.conftest import fast_clock, settings
from tests.telephony.ari.scripted import Asked, ScriptedAri, channel, event

both_ways = pytest.mark.parametrize("over_ws", [False, True], ids=["http", "websocket"])


@asynccontextmanager
async def client(server: ScriptedAri, **changes: Any) -> AsyncIterator[AriClient]:
    async with AriClient(settings(server.url, **changes), clock=fast_clock()) as made:
        yield made


async def never(asked: Asked) -> None:
    await asyncio.sleep(3600)


@both_ways
async def test_a_reply_is_typed(server: ScriptedAri, over_ws: bool) -> None:
    server.script["GET /channels/pl-1"] = (200, channel("pl-1", "Ringing"))
    async with client(server, rest_over_ws=over_ws) as ari:
        assert (await ari.channels.get("pl-1")).state == "Ringing"


@both_ways
async def test_a_refusal_carries_status_and_asterisks_words(server: ScriptedAri, over_ws: bool) -> None:
    server.script["POST /channels/pl-1/moh"] = (409, {"message": "Channel not in a Stasis application"})
    async with client(server, rest_over_ws=over_ws) as ari:
        with pytest.raises(ExchangeRefused, match=r"channels\.start_moh: HTTP 409 Channel not in a Stasis") as refused:
            await ari.channels.start_moh("pl-1")
        assert refused.value.status == 409


@both_ways
async def test_no_reply_in_time_is_unknown(server: ScriptedAri, over_ws: bool) -> None:
    server.script["DELETE /channels/pl-1"] = never
    async with client(server, rest_over_ws=over_ws) as ari:
        await ari.channels.hangup("pl-0")
        with pytest.raises(ExchangeUnknown, match=r"no reply to channels\.hangup"):
            await ari.with_deadline(0.05).channels.hangup("pl-1")


@both_ways
async def test_a_connection_lost_before_the_reply_is_unknown(server: ScriptedAri, over_ws: bool) -> None:
    async def cut(asked: Asked) -> None:
        if asked.raw is not None:
            asked.kill()

    async with client(server, rest_over_ws=over_ws) as ari:
        await ari.channels.hangup("pl-0")
        server.script["POST /channels/pl-1/moh"] = cut
        with pytest.raises(ExchangeUnknown, match="lost before the reply"):
            await ari.channels.start_moh("pl-1")


@both_ways
async def test_no_node_there_is_unavailable(server: ScriptedAri, over_ws: bool) -> None:
    await server.stop()
    async with client(server, rest_over_ws=over_ws) as ari:
        with pytest.raises(ExchangeUnavailable, match="cannot be reached"):
            await ari.channels.hangup("pl-1")


@both_ways
async def test_a_wrong_password_names_the_settings(server: ScriptedAri, over_ws: bool) -> None:
    async with client(server, rest_over_ws=over_ws, password="wrong-one") as ari:
        with pytest.raises(WrongCredentials, match="`username` and `password`") as error:
            await ari.channels.hangup("pl-1")
        assert "wrong-one" not in str(error.value)


@both_ways
async def test_phone_numbers_and_digits_travel_in_the_body_never_in_the_url(server: ScriptedAri, over_ws: bool) -> None:
    async with client(server, rest_over_ws=over_ws) as ari:
        await ari.channels.originate_with_id(
            "pl-1", endpoint="PJSIP/15551234567@t", caller_id="+15550001111", timeout=20
        )
        await ari.channels.send_dtmf("pl-1", dtmf="4242")
    called, dtmf = server.one("POST /channels/pl-1"), server.one("POST /channels/pl-1/dtmf")
    assert called.query == {} and dtmf.query == {}
    assert called.body == {"endpoint": "PJSIP/15551234567@t", "callerId": "+15550001111", "timeout": 20}
    assert dtmf.body == {"dtmf": "4242"}


async def test_the_password_goes_in_a_header_only(server: ScriptedAri) -> None:
    async with client(server) as ari:
        await ari.asterisk.ping()
    asked = server.one("GET /asterisk/ping")
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.query == {}


async def test_a_slash_in_an_id_does_not_reach_another_resource(server: ScriptedAri) -> None:
    server.script["GET /recordings/stored/a%2Fb"] = (200, {"name": "a/b", "format": "wav"})
    async with client(server) as ari:
        assert (await ari.recordings.get_stored("a/b")).name == "a/b"


async def test_a_reply_that_is_not_understood_is_unknown(server: ScriptedAri) -> None:
    server.script["GET /channels/pl-1"] = (200, {"id": 5})
    async with client(server) as ari:
        with pytest.raises(ExchangeUnknown, match="not understood"):
            await ari.channels.get("pl-1")


async def test_a_request_that_gets_no_connection_of_the_pool_was_not_sent(server: ScriptedAri) -> None:
    server.script["GET /channels/pl-1"] = never
    async with client(server, pool_size=1) as ari:
        held = asyncio.create_task(ari.channels.get("pl-1"))
        await server.until(lambda: bool(server.lines("GET /channels/pl-1")))
        with pytest.raises(ExchangeUnavailable, match="no connection"):
            await ari.with_deadline(0.03).channels.hangup("pl-2")
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
    assert server.lines("DELETE") == []


async def test_requests_and_their_outcomes_are_counted_by_operation(server: ScriptedAri) -> None:
    server.script["DELETE /channels/pl-1"] = (404, {"message": "Channel not found"})
    async with client(server) as ari:
        with pytest.raises(ExchangeRefused):
            await ari.channels.hangup("pl-1")
        labels = {"node": "asterisk-1", "op": "channels.hangup", "status": "404"}
        assert ari.metrics.registry.get_sample_value("ari_requests_total", labels) == 1


async def test_commands_take_turns_on_sockets_of_their_own_and_lists_go_by_http(server: ScriptedAri) -> None:
    async with client(server, rest_over_ws=True, ws_command_sockets=2) as ari:
        for number in range(4):
            await ari.channels.hangup(f"pl-{number}")
        await ari.channels.list()
        assert len(server.apps) == 2 and len(set(server.apps)) == 2
        assert all(name.startswith("promiseline-cmd-") for name in server.apps)
    assert all(asked.headers == {"via": "socket"} for asked in server.asked[:4])
    assert "Authorization" in server.one("GET /channels").headers


async def test_a_body_too_large_for_a_socket_goes_by_http(server: ScriptedAri) -> None:
    async with client(server, rest_over_ws=True) as ari:
        await ari.channels.set_channel_vars("pl-1", variables={"big": "x" * 70_000})
    assert "Authorization" in server.one("POST /channels/pl-1/variables").headers


async def test_a_lost_command_socket_is_opened_again(server: ScriptedAri) -> None:
    async def cut(asked: Asked) -> web.StreamResponse | None:
        return None

    async with client(server, rest_over_ws=True, ws_command_sockets=1) as ari:
        server.script["DELETE /channels/pl-1"] = cut
        with pytest.raises(ExchangeUnknown, match="command socket was lost"):
            await ari.channels.hangup("pl-1")
        await ari.channels.hangup("pl-2")
    assert len(server.apps) == 2


async def test_many_requests_at_once_over_one_socket_get_their_own_replies(server: ScriptedAri) -> None:
    for number in range(50):
        server.script[f"GET /channels/pl-{number}"] = (200, channel(f"pl-{number}"))
    async with client(server, rest_over_ws=True, ws_command_sockets=1) as ari:
        found = await asyncio.gather(*(ari.channels.get(f"pl-{number}") for number in range(50)))
    assert [c.id for c in found] == [f"pl-{number}" for number in range(50)]
    assert len(server.apps) == 1


async def test_the_client_alone_gives_messages_across_reconnections(server: ScriptedAri) -> None:
    async with client(server) as ari:
        messages = ari.messages()
        assert isinstance(await anext(messages), StreamUp)
        await server.send(event("ChannelDtmfReceived", channel=channel("pl-1"), digit="5"))
        digit = await anext(messages)
        assert isinstance(digit, ChannelDtmfReceived) and digit.digit == "5"
        await server.close_cleanly()
        assert isinstance(await anext(messages), StreamDown)
        assert isinstance(await anext(messages), StreamUp)
