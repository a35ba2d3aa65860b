"""What the sandbox does beyond the contract: its log, its faults, its clock."""

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from telephony.clock import ScaledClock
from telephony.sandbox import ExchangeLog, Fault, SandboxExchange, read_log
from tests.telephony.sandbox.conftest import IMPATIENT, PERSON, RINGS, SILENT, TALKER, Client, People


async def _connected(client: Client, number: str = PERSON) -> None:
    await client.dial("agent", "PJSIP/agent-1")
    await client.until("StasisStart", "agent")
    await client.dial("debtor", number)
    await client.until("StasisStart", "debtor")
    await client.ask("POST", "bridges/talk")
    assert (await client.ask("POST", "bridges/talk/addChannel?channel=agent,debtor"))[0] == 204


async def test_the_log_tells_the_whole_life_of_a_call(exchange: SandboxExchange, client: Client) -> None:
    await _connected(client, TALKER)
    await client.until("ChannelDestroyed", "debtor")
    life = [entry.kind for entry in exchange.log.of_channel("debtor")]
    assert life == [
        "originate",
        "answer",
        "bridge_enter",
        "connected",
        "hangup",
        "bridge_leave",
        "disconnected",
        "destroyed",
    ]
    originate, *_, destroyed = exchange.log.of_channel("debtor")
    assert (originate.number, originate.attempt, originate.caller_id) == (TALKER, 1, "15559999999")
    assert (destroyed.by, destroyed.cause, destroyed.state) == ("debtor", 16, "Up")


async def test_each_originate_of_a_number_is_a_new_attempt(exchange: SandboxExchange, client: Client) -> None:
    for channel in ("one", "two"):
        await client.dial(channel, PERSON)
    assert [entry.attempt for entry in exchange.log.of("originate")] == [1, 2]


async def test_the_log_is_written_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "exchange.jsonl"
    exchange = SandboxExchange(debtors=People(), log=ExchangeLog(path))
    await exchange.start()
    client = Client(exchange)
    await client.connect()
    await client.dial("debtor", IMPATIENT)
    await client.until("ChannelDestroyed", "debtor")
    # not closed yet: a killed process would leave just this
    assert read_log(path) == exchange.log.entries
    with path.open("ab") as file:
        file.write(b'{"n":99,"cut')
    assert read_log(path) == exchange.log.entries
    await client.close()
    await exchange.stop()


async def test_nobody_is_left_alone_for_ever(exchange: SandboxExchange, client: Client) -> None:
    await client.dial("debtor", IMPATIENT)
    await client.until("ChannelDestroyed", "debtor")
    assert exchange.log.of_channel("debtor")[-1].by == "debtor"


async def test_who_hears_a_message_stays_to_its_end(exchange: SandboxExchange, client: Client) -> None:
    exchange.node.playbacks.clear()
    await client.dial("debtor", IMPATIENT)
    await client.until("StasisStart", "debtor")
    await client.ask("POST", "channels/debtor/play/message?media=sound:beep")
    assert (await client.until("PlaybackFinished"))["playback"]["state"] == "done"
    assert [entry.result for entry in exchange.log.of("play_end")] == ["heard"]


async def test_a_dead_trunk_gives_no_sign_until_our_timeout(exchange: SandboxExchange, client: Client) -> None:
    await client.dial("debtor", SILENT, timeout=1)
    destroyed = await client.until("ChannelDestroyed", "debtor")
    assert (destroyed["cause"], destroyed["tech_cause"]) == (19, 480)
    assert [event["type"] for event in client.events] == ["Dial", "ChannelDestroyed"]


async def test_a_reply_is_lost_and_the_call_is_made(exchange: SandboxExchange, client: Client) -> None:
    exchange.faults.add(Fault.DROP_REPLY, "POST channels/")
    with pytest.raises(aiohttp.ClientError):
        await client.dial("debtor", RINGS)
    assert "debtor" in exchange.node.channels
    assert await client.dial("debtor", RINGS) == 409


async def test_a_request_is_lost_and_no_call_is_made(exchange: SandboxExchange, client: Client) -> None:
    exchange.faults.add(Fault.DROP_REQUEST, "POST channels/")
    with pytest.raises(aiohttp.ClientError):
        await client.dial("debtor", RINGS)
    assert "debtor" not in exchange.node.channels


async def test_a_node_refuses_for_a_while(exchange: SandboxExchange, client: Client) -> None:
    exchange.faults.add(Fault.REFUSE, "POST channels/", times=2, status=503)
    assert [await client.dial(f"c{n}", RINGS) for n in range(3)] == [503, 503, 200]


async def test_replies_come_late(exchange: SandboxExchange, client: Client) -> None:
    exchange.faults.add(Fault.DELAY, "GET asterisk/ping", seconds=0.2)
    started = asyncio.get_running_loop().time()
    await client.ask("GET", "asterisk/ping")
    assert asyncio.get_running_loop().time() - started >= 0.19


async def test_a_reply_never_comes(exchange: SandboxExchange, client: Client) -> None:
    exchange.faults.add(Fault.STALL, "GET channels")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.ask("GET", "channels"), 0.2)
    assert (await client.ask("GET", "channels"))[0] == 200


async def test_paused_events_come_later_in_their_order(exchange: SandboxExchange, client: Client) -> None:
    exchange.pause_events()
    await client.dial("debtor", IMPATIENT)
    await asyncio.wait_for(exchange.log.until("destroyed", "debtor"), 5)
    assert client.events == []
    exchange.resume_events()
    await client.until("ChannelDestroyed", "debtor")
    assert [event["type"] for event in client.events][:2] == ["Dial", "ChannelStateChange"]


async def test_a_cut_socket_loses_events_and_keeps_calls(exchange: SandboxExchange, client: Client) -> None:
    await _connected(client)
    exchange.close_sockets()
    await client.ended()
    assert set(exchange.node.channels) == {"agent", "debtor"}
    assert [entry.other for entry in exchange.log.of("app_down")] == ["app"]


async def test_who_answers_to_nobody_is_hung_up(exchange: SandboxExchange, client: Client) -> None:
    await client.dial("debtor", PERSON)
    exchange.close_sockets()
    await asyncio.wait_for(exchange.log.until("destroyed", "debtor"), 5)
    lost = [entry for entry in exchange.log.of_channel("debtor") if entry.kind in ("answer", "app_lost", "destroyed")]
    assert [entry.kind for entry in lost] == ["answer", "app_lost", "destroyed"]


async def test_a_crash_takes_all_and_the_port_comes_back(exchange: SandboxExchange, client: Client) -> None:
    await _connected(client)
    port = exchange.port
    await exchange.crash()
    await client.ended()
    with pytest.raises(aiohttp.ClientError):
        await client.ask("GET", "channels")
    await exchange.restart()
    assert exchange.port == port
    assert (await client.ask("GET", "channels"))[1] == []
    assert {entry.by for entry in exchange.log.of("destroyed")} == {"node"}


async def test_a_phone_that_leaves_takes_its_leg_along(exchange: SandboxExchange, client: Client) -> None:
    await _connected(client)
    exchange.set_phone("agent-1", online=False)
    await client.until("ChannelDestroyed", "agent")
    assert exchange.node.channels["debtor"].connected_to is None
    assert await client.dial("again", "PJSIP/agent-1") == 500


async def test_a_phone_that_left_stays_offline_when_its_leg_ends(exchange: SandboxExchange, client: Client) -> None:
    await _connected(client)
    await client.ask("POST", "applications/app/subscription", params={"eventSource": "endpoint:PJSIP/agent-1"})
    exchange.set_phone("agent-1", online=False)
    await client.until("ChannelDestroyed", "agent")
    _, endpoint = await client.ask("GET", "endpoints/PJSIP/agent-1")
    assert endpoint["state"] == "offline"
    told = [event for event in client.events if event["type"] == "EndpointStateChange"]
    assert told[-1]["endpoint"]["state"] == "offline"


async def test_a_wrong_password_is_refused(exchange: SandboxExchange) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="}) as session:
        async with session.get(f"{exchange.url}/ari/channels") as response:
            assert response.status == 401
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{exchange.url}/ari/events?app=app")


async def test_requests_over_the_socket_are_answered_on_it(exchange: SandboxExchange) -> None:
    client = Client(exchange)
    socket = await client.connect()
    request = {
        "type": "RESTRequest",
        "transaction_id": "t1",
        "request_id": "r1",
        "method": "GET",
        "uri": "asterisk/ping",
    }
    await socket.send_json(request)
    reply = await client.until("RESTResponse")
    assert (reply["status_code"], reply["transaction_id"], reply["request_id"]) == (200, "t1", "r1")
    await socket.send_str("{bad")
    await client.ask("PUT", "applications/app/eventFilter", json={"allowed": [{"type": "Dial"}]})
    client.events.clear()
    await socket.send_json(request | {"request_id": "r2"})
    await client.dial("debtor", RINGS)
    await client.until("Dial")
    # an `allowed` list without RESTResponse eats the reply, as Asterisk's does
    assert {event["type"] for event in client.events} == {"Dial"}
    await client.close()


async def test_a_second_socket_of_an_app_replaces_the_first(exchange: SandboxExchange, client: Client) -> None:
    second = Client(exchange)
    await second.connect()
    await client.until("ApplicationReplaced")
    await second.dial("debtor", PERSON)
    await second.until("StasisStart", "debtor")
    assert [event["type"] for event in client.events] == ["ApplicationReplaced"]
    await second.close()


async def test_hours_pass_in_a_moment_on_a_fast_clock() -> None:
    clock = ScaledClock(datetime(2026, 3, 2, 9, tzinfo=UTC), speed=600.0)
    exchange = SandboxExchange(clock=clock, debtors=People())
    await exchange.start()
    client = Client(exchange)
    await client.connect()
    await client.dial("debtor", RINGS, timeout=50)
    destroyed = await client.until("ChannelDestroyed", "debtor")
    assert destroyed["timestamp"].startswith("2026-03-02T09:")
    first, *_, last = exchange.log.of_channel("debtor")
    assert 49 < (last.at - first.at).total_seconds() < 90
    await client.close()
    await exchange.stop()


async def test_it_runs_by_itself(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephony.sandbox", "--port", "0", "--log", str(log)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    assert line.startswith("sandbox exchange at http://127.0.0.1:")
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert [entry.kind for entry in read_log(log)] == ["node_up", "node_down"]


async def test_three_hundred_calls_a_second_fit_into_one_process(exchange: SandboxExchange, client: Client) -> None:
    started = time.process_time()
    for first in range(0, 300, 30):
        await asyncio.gather(*(client.dial(f"c{n}", IMPATIENT) for n in range(first, first + 30)))
    await asyncio.gather(*(exchange.log.until("destroyed", f"c{n}") for n in range(0, 300, 50)))
    # processor time of client and exchange together, whatever else the machine does
    assert time.process_time() - started < 1.0
