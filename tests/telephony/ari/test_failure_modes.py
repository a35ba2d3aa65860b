"""The failures of ARI.md, section 3, that a dialer can meet; each test carries the number of its row."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from aiohttp import web

from telephony.ari.backoff import delay_s
from telephony.ari.errors import WrongCredentials
from telephony.ari.exchange import AriExchange
from telephony.ari.generated.events import ChannelVarset
from telephony.clock import ScaledClock, SystemClock
from telephony.exchange import (
    Answered,
    Destroyed,
    Dtmf,
    EndpointChanged,
    ExchangeRefused,
    ExchangeUnavailable,
    ExchangeUnknown,
    Leg,
    NodeDown,
    NodeHealth,
    NodeSlow,
    NodeUp,
    Ringing,
)
from tests.permits import leg
from tests.telephony.ari.conftest import SPEED, Listener
from tests.telephony.ari.scripted import Asked, ScriptedAri, bridge, channel, event, stamp

Run = Callable[..., AbstractAsyncContextManager[tuple[AriExchange, Listener]]]


def a_call(channel_id: str = "pl-1") -> Leg:
    return leg(channel_id, "PJSIP/15551234567@trunk")


async def never(asked: Asked) -> None:
    await asyncio.sleep(3600)


async def lost(asked: Asked) -> None:
    asked.kill()


async def test_01_a_deadlocked_node_is_given_up_after_two_silent_probes(server: ScriptedAri, run: Run) -> None:
    async with run(probe_interval_s=0.02, probe_deadline_s=0.02) as (exchange, listener):
        server.script["GET /channels"] = never
        down = await listener.next(NodeDown)
        assert "does not answer" in down.why
        assert exchange.health is NodeHealth.DOWN
        del server.script["GET /channels"]
        await listener.next(NodeUp)


async def test_01_one_silent_probe_is_forgiven(server: ScriptedAri, run: Run) -> None:
    async with run(probe_deadline_s=0.05) as (exchange, listener):
        for told in (never, None, never):
            server.script["GET /channels"] = told or (200, [])
            await exchange._watchdog.probe()
        assert exchange.health is not NodeHealth.DOWN
        await exchange._watchdog.probe()
        await listener.next(NodeDown)


async def test_06_only_endpoints_are_ever_subscribed_never_device_states(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, _):
        await exchange.watch_endpoint("PJSIP/agent-7")
        asked = [a for a in server.asked if a.path.endswith("/subscription")]
        assert [a.query for a in asked] == [{"eventSource": "endpoint:PJSIP/agent-7"}]


async def test_07_a_request_that_hangs_ends_at_its_deadline_as_unknown(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = never
    async with run(deadline_s=0.15) as (exchange, _):
        with pytest.raises(ExchangeUnknown, match=r"no reply to channels\.originate_with_id within 0\.15 s"):
            await exchange.originate(a_call())


async def test_08_a_slow_consumer_does_not_stop_the_reader(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        listener.pause()
        await server.send(*(event("ChannelDtmfReceived", channel=channel("pl-1"), digit=str(n)) for n in range(200)))
        await asyncio.sleep(0.04)
        name, labels = "ari_events_total", {"node": "asterisk-1", "type": "ChannelDtmfReceived"}
        assert exchange.metrics.registry.get_sample_value(name, labels) == 200
        assert len(listener.of(Dtmf)) <= 1
        listener.go_on()
        digits = [(await listener.next(Dtmf)).digit for _ in range(200)]
        assert digits == [str(n) for n in range(200)]
        assert listener.of(NodeDown) == []


async def test_08_a_full_queue_drops_nothing_silently_but_disconnects_and_resyncs(
    server: ScriptedAri, run: Run
) -> None:
    async with run(queue_size=10) as (_, listener):
        listener.pause()
        await server.send(*(event("ChannelDtmfReceived", channel=channel("pl-1"), digit=str(n)) for n in range(30)))
        await server.until(lambda: server.opened == 1)
        listener.go_on()
        down = await listener.next(NodeDown)
        assert "10 events wait unread" in down.why and "queue_size" in down.why
        kept = [e.digit for e in listener.of(Dtmf)]
        assert kept == [str(n) for n in range(len(kept))] and len(kept) >= 10
        await listener.next(NodeUp)


async def test_08_a_full_queue_is_not_refilled_before_the_consumer_has_caught_up(server: ScriptedAri, run: Run) -> None:
    async with run(queue_size=10) as (_, listener):
        listener.pause()
        await server.send(*(event("ChannelDtmfReceived", channel=channel("pl-1"), digit="1") for _ in range(30)))
        await asyncio.sleep(0.05)  # long enough for many backoffs of the fast clock
        assert server.opened == 1
        listener.go_on()
        await listener.next(NodeUp)


async def test_09_the_filter_is_set_again_after_every_connect_before_node_up(server: ScriptedAri, run: Run) -> None:
    async with run() as (_, listener):
        for _ in range(2):
            server.kill()
            await listener.next(NodeUp)
        asked = [a for a in server.asked if a.line == "PUT /applications/promiseline/eventFilter"]
        assert len(asked) == 3
        assert {"type": "ChannelVarset"} in asked[0].body["disallowed"]
        assert "allowed" not in asked[0].body


async def test_09_without_the_filter_the_node_is_not_up(server: ScriptedAri, run: Run) -> None:
    server.script["PUT /applications/promiseline/eventFilter"] = (404, {"message": "Application not found"})
    async with run(wait_up=False) as (exchange, listener):
        down = await listener.next(NodeDown)
        assert "applications.filter" in down.why
        assert listener.of(NodeUp) == []
        with pytest.raises(ExchangeUnavailable):
            await exchange.originate(a_call())
        del server.script["PUT /applications/promiseline/eventFilter"]
        await listener.next(NodeUp)


async def test_09_a_silent_socket_is_noticed_by_the_heartbeat(server: ScriptedAri, run: Run) -> None:
    async with run(heartbeat_s=0.04) as (_, listener):
        server.silent = True
        assert "no sign of life within 0.04 s" in (await listener.next(NodeDown)).why
        server.silent = False
        await listener.next(NodeUp)


async def test_09_a_killed_socket_is_noticed_and_reopened(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        server.kill()
        await listener.next(NodeDown)
        await listener.next(NodeUp)
        await server.send(event("StasisStart", channel=channel("pl-1"), args=["debtor"]))
        assert (await listener.next(Answered)).channel_id == "pl-1"
        assert exchange.health is NodeHealth.UP


async def test_09_watched_endpoints_are_subscribed_again_and_changes_during_the_gap_are_told(
    server: ScriptedAri, run: Run
) -> None:
    async with run() as (exchange, listener):
        assert await exchange.watch_endpoint("PJSIP/agent-7") is True
        offline = {"technology": "PJSIP", "resource": "agent-7", "state": "offline", "channel_ids": []}
        server.script["GET /endpoints"] = (200, [offline, {**offline, "resource": "agent-8", "state": "online"}])
        server.kill()
        await listener.next(NodeUp)
        changed = await listener.next(EndpointChanged)
        assert (changed.endpoint, changed.online) == ("PJSIP/agent-7", False)
        assert len([a for a in server.asked if a.path.endswith("/subscription")]) == 2


async def test_09_a_phone_that_was_removed_from_the_node_does_not_blind_us_to_the_others(
    server: ScriptedAri, run: Run
) -> None:
    subscription = "POST /applications/promiseline/subscription"

    async def one_is_gone(asked: Asked) -> web.StreamResponse:
        if "agent-7" in asked.query["eventSource"]:
            return web.json_response({"message": "Event source does not exist"}, status=422)
        return web.json_response({"name": "promiseline"})

    async with run() as (exchange, listener):
        for number in (7, 8):
            await exchange.watch_endpoint(f"PJSIP/agent-{number}")
        server.script[subscription] = one_is_gone
        server.asked.clear()
        server.kill()
        await listener.next(NodeUp)
        asked = [a.query["eventSource"] for a in server.asked if a.line == subscription]
        assert asked[-1] == "endpoint:PJSIP/agent-8"


@pytest.mark.parametrize(
    "answer",
    [(404, "Bridge not found"), (409, "Bridge not in Stasis application")],
    ids=["gone", "its end under way"],
)
async def test_11_destroying_a_bridge_that_is_gone_is_success(
    server: ScriptedAri, run: Run, answer: tuple[int, str]
) -> None:
    status, message = answer
    server.script["DELETE /bridges/pl-b"] = (status, {"message": message})
    async with run() as (exchange, _):
        await exchange.destroy_bridge("pl-b")


async def test_12_a_repeated_create_of_our_own_unique_bridge_is_success(server: ScriptedAri, run: Run) -> None:
    server.script["POST /bridges/pl-b"] = (409, {"message": "Bridge with the same bridgeId already exists"})
    async with run() as (exchange, _):
        await exchange.create_bridge("pl-b")


async def test_13_the_latency_of_connecting_is_measured(run: Run) -> None:
    async with run() as (exchange, _):
        await exchange.add_to_bridge("pl-b", ["pl-1", "pl-2"])
        name, labels = "ari_request_seconds_count", {"node": "asterisk-1", "op": "bridges.add_channel"}
        assert exchange.metrics.registry.get_sample_value(name, labels) == 1


async def test_15_a_stray_answer_after_our_hangup_is_told_with_its_id(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await exchange.originate(a_call())
        await exchange.hangup("pl-1")
        await server.send(event("StasisStart", channel=channel("pl-1"), args=["debtor"]))
        assert (await listener.next(Answered)).channel_id == "pl-1"


async def test_16_events_that_lag_more_than_200_ms_make_the_node_slow_and_it_recovers(
    server: ScriptedAri, run: Run
) -> None:
    async with run() as (exchange, listener):
        for _ in range(3):
            # the clock of these tests is fast: half a second of the node is many seconds of it
            old = exchange._clock.now() - timedelta(seconds=0.5 * SPEED)
            await server.send(event("ChannelDtmfReceived", old, channel=channel("pl-1"), digit="1"))
        slow = await listener.next(NodeSlow)
        assert slow.slow and slow.lag_ms > 200
        assert exchange.health is NodeHealth.SLOW
        for _ in range(20):
            now = exchange._clock.now()
            await server.send(event("ChannelDtmfReceived", now, channel=channel("pl-1"), digit="1"))
        assert (await listener.next(NodeSlow)).slow is False
        assert str(exchange.health) == "up"


async def test_16_originates_above_the_limit_are_refused_at_once_and_not_queued(server: ScriptedAri, run: Run) -> None:
    async with run(originates_per_s=0.001) as (exchange, _):
        await exchange.originate(a_call())
        with pytest.raises(ExchangeUnavailable, match="originates_per_s"):
            await exchange.originate(a_call("pl-2"))
        assert server.lines("POST /channels/pl-2") == []


async def test_17_an_unanswered_originate_ends_by_destroyed(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await exchange.originate(a_call())
        await server.send(
            event("Dial", peer=channel("pl-1", "Down"), dialstatus=""),
            event("Dial", peer=channel("pl-1", "Ringing"), dialstatus="RINGING"),
            event("ChannelDestroyed", channel=channel("pl-1", "Down"), cause=19, cause_txt="", tech_cause=480),
        )
        await listener.next(Ringing)
        gone = await listener.next(Destroyed)
        assert (gone.channel_id, gone.cause, gone.tech_cause) == ("pl-1", 19, 480)


async def test_17_a_leg_whose_end_was_lost_is_declared_gone_after_its_ring_timeout(
    server: ScriptedAri, run: Run
) -> None:
    async with run() as (exchange, listener):
        await exchange.originate(a_call())
        gone = await listener.next(Destroyed)
        assert (gone.channel_id, gone.cause, gone.tech_cause) == ("pl-1", 0, None)
        await server.send(event("ChannelDestroyed", channel=channel("pl-1"), cause=19, cause_txt=""))
        await server.send(event("ChannelDestroyed", channel=channel("pl-2"), cause=17, cause_txt=""))
        assert (await listener.next(Destroyed)).channel_id == "pl-2"


async def test_17_a_leg_that_rings_past_its_timeout_is_hung_up(server: ScriptedAri, run: Run) -> None:
    server.script["GET /channels/pl-1"] = (200, channel("pl-1", "Ringing"))
    async with run() as (exchange, listener):
        await exchange.originate(a_call())
        await server.until(lambda: "DELETE /channels/pl-1" in server.lines())
        del server.script["GET /channels/pl-1"]
        assert (await listener.next(Destroyed)).channel_id == "pl-1"


async def test_17_an_answered_leg_is_left_alone(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await exchange.originate(a_call())
        await server.send(event("StasisStart", channel=channel("pl-1"), args=["debtor"]))
        await listener.next(Answered)
        await exchange.originate(a_call("pl-2"))
        assert (await listener.next(Destroyed)).channel_id == "pl-2"
        assert server.lines("GET /channels/pl-1") == []


async def test_18_bridging_before_the_channel_is_ours_is_refused_with_422(server: ScriptedAri, run: Run) -> None:
    server.script["POST /bridges/pl-b/addChannel"] = (422, {"message": "Channel not in Stasis application"})
    async with run() as (exchange, _):
        with pytest.raises(ExchangeRefused) as refused:
            await exchange.add_to_bridge("pl-b", ["pl-1"])
        assert refused.value.status == 422


async def test_18_bridging_a_channel_that_hung_up_meanwhile_is_refused_with_404(server: ScriptedAri, run: Run) -> None:
    server.script["POST /bridges/pl-b/addChannel"] = (400, {"message": "Channel not found"})
    async with run() as (exchange, _):
        with pytest.raises(ExchangeRefused) as refused:
            await exchange.add_to_bridge("pl-b", ["pl-1"])
        assert refused.value.status == 404


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_18_taking_out_of_a_bridge_in_the_hangup_window_is_success(
    server: ScriptedAri, run: Run, status: int
) -> None:
    server.script["POST /bridges/pl-b/removeChannel"] = (status, {"message": "Channel not found"})
    async with run() as (exchange, _):
        await exchange.remove_from_bridge("pl-b", ["pl-1"])


async def test_18_hanging_up_what_is_gone_is_success(server: ScriptedAri, run: Run) -> None:
    server.script["DELETE /channels/pl-1"] = (404, {"message": "Channel not found"})
    async with run() as (exchange, _):
        await exchange.hangup("pl-1")


@pytest.mark.parametrize("status", [404, 409, 412])
async def test_18_stopping_hold_in_the_hangup_window_is_success(server: ScriptedAri, run: Run, status: int) -> None:
    server.script["DELETE /channels/pl-1/moh"] = (status, {"message": "Channel not found"})
    async with run() as (exchange, _):
        await exchange.stop_hold("pl-1")


async def test_19_every_leg_carries_an_absolute_timeout_that_asterisk_itself_keeps(
    server: ScriptedAri, run: Run
) -> None:
    async with run() as (exchange, _):
        await exchange.originate(a_call())
        assert server.one("POST /channels/pl-1").body["variables"]["TIMEOUT(absolute)"] == "7200"


def test_23_waiting_times_grow_from_a_fifth_of_a_second_to_five_seconds_with_jitter() -> None:
    waits = [delay_s(attempt, 0.2, 5.0, Random(seed)) for attempt in range(50) for seed in range(20)]  # noqa: S311
    assert min(waits) >= 0.2 and max(waits) <= 5.0
    middles = [sum(waits[n : n + 20]) / 20 for n in range(0, 120, 20)]
    assert all(later > earlier for earlier, later in pairwise(middles))
    assert len({round(wait, 6) for wait in waits[-20:]}) > 10


async def test_23_a_refused_upgrade_is_tried_again_and_told_once(server: ScriptedAri, run: Run) -> None:
    server.refuse_sockets = 3
    async with run(wait_up=False) as (_, listener):
        await listener.next(NodeUp)
        assert len(listener.of(NodeDown)) == 1
        assert server.opened == 4


async def test_24_a_clean_end_is_a_loss_like_any_other(server: ScriptedAri, run: Run) -> None:
    async with run() as (_, listener):
        await server.close_cleanly()
        down = await listener.next(NodeDown)
        assert "ended" in down.why
        await listener.next(NodeUp)


class RecordingClock(ScaledClock):
    """Notes what was waited for."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC), SPEED)
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await super().sleep(seconds)


async def test_24_a_node_that_accepts_and_closes_is_not_hammered(server: ScriptedAri, run: Run) -> None:
    server.closes_at_once = True
    clock = RecordingClock()
    async with run(wait_up=False, clock=clock):
        await server.until(lambda: server.opened >= 7)
        waits = [seconds for seconds in clock.waited if seconds != 1.0]  # 1 s is the sweep's
        assert min(waits) >= 0.2
        assert waits[5] >= 2.5 > waits[0]


async def test_a_reply_that_is_lost_after_sending_is_unknown_and_not_repeated(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = lost
    async with run() as (exchange, _):
        with pytest.raises(ExchangeUnknown, match="connection lost before the reply"):
            await exchange.originate(a_call())
        assert len(server.lines("POST /channels/pl-1")) == 1


async def test_a_leg_whose_reply_was_lost_still_ends_by_destroyed(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = lost
    async with run() as (exchange, listener):
        with pytest.raises(ExchangeUnknown):
            await exchange.originate(a_call())
        assert (await listener.next(Destroyed)).channel_id == "pl-1"


async def test_a_duplicate_id_is_success_where_the_leg_lives(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = (409, {"message": "Channel with given unique ID already exists"})
    server.script["GET /channels/pl-1"] = (200, channel("pl-1", "Ringing"))
    async with run() as (exchange, _):
        await exchange.originate(a_call())


async def test_a_duplicate_id_whose_leg_has_ended_is_unknown(server: ScriptedAri, run: Run) -> None:
    server.script["POST /channels/pl-1"] = (409, {"message": "Channel with given unique ID already exists"})
    async with run() as (exchange, listener):
        with pytest.raises(ExchangeUnknown, match="was in use"):
            await exchange.originate(a_call())
        await listener.next(Destroyed)


async def test_an_unreachable_node_is_told_and_nothing_was_dialed(server: ScriptedAri, run: Run) -> None:
    await server.stop()
    async with run(wait_up=False) as (exchange, listener):
        down = await listener.next(NodeDown)
        assert "cannot be reached" in down.why and "`url`" in down.why
        with pytest.raises(ExchangeUnavailable, match="nothing was dialed"):
            await exchange.originate(a_call())
        with pytest.raises(ExchangeUnavailable, match="cannot be reached"):
            await exchange.hangup("pl-1")


async def test_a_wrong_password_is_told_with_the_settings_to_mend_and_mended_without_a_restart(
    server: ScriptedAri, run: Run
) -> None:
    server.accept_password = "other"
    async with run(wait_up=False) as (exchange, listener):
        down = await listener.next(NodeDown)
        assert "401" in down.why and "`username`" in down.why and "`password`" in down.why
        assert "right" not in down.why
        with pytest.raises(WrongCredentials, match="`password`"):
            await exchange.channels()
        server.accept_password = "right"
        await listener.next(NodeUp)


async def test_a_dialer_whose_app_was_taken_over_stops_and_does_not_take_it_back(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await server.send(event("ApplicationReplaced"))
        down = await listener.next(NodeDown)
        assert "another dialer took the app promiseline" in down.why
        await asyncio.sleep(0.02)
        assert server.opened == 1
        assert exchange.health is NodeHealth.DOWN
        for forbidden in (exchange.hangup("pl-1"), exchange.originate(a_call()), exchange.destroy_bridge("pl-b")):
            with pytest.raises(ExchangeUnavailable):
                await forbidden
        assert await exchange.channels() == []


async def test_after_a_gap_the_node_is_up_again_and_its_channels_and_bridges_can_be_listed(
    server: ScriptedAri, run: Run
) -> None:
    async with run() as (exchange, listener):
        server.script["GET /channels"] = (200, [channel("pl-1", "Up"), channel("1700000000.4", "Ring")])
        server.script["GET /bridges"] = (200, [bridge("pl-b", "pl-1"), bridge("x", name="promiseline"), bridge("y")])
        server.kill()
        await listener.next(NodeUp)
        assert [(c.channel_id, c.state, c.ours) for c in await exchange.channels()] == [
            ("pl-1", "Up", True),
            ("1700000000.4", "Ring", False),
        ]
        assert [(b.bridge_id, b.channel_ids) for b in await exchange.bridges()] == [("pl-b", ("pl-1",)), ("x", ())]


async def test_after_a_gap_nothing_is_remembered_of_channels_that_ended_in_it(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await server.send(event("Dial", peer=channel("pl-1"), dialstatus="RINGING"))
        await listener.next(Ringing)
        server.kill()
        await listener.next(NodeUp)
        assert exchange._mapper._said == {}


async def test_an_originate_that_was_not_sent_does_not_use_up_the_limit(
    server: ScriptedAri, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_sent(call: Leg) -> None:
        raise ExchangeUnavailable("no connection")

    async with run(originates_per_s=0.001) as (exchange, _):
        with monkeypatch.context() as patched, pytest.raises(ExchangeUnavailable):
            patched.setattr(exchange, "_post_originate", not_sent)
            await exchange.originate(a_call())
        await exchange.originate(a_call())
    assert len(server.lines("POST /channels/pl-1")) == 1


async def test_an_event_that_cannot_be_read_leads_to_a_resync_and_is_not_fatal(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await server.send("not json", json.dumps({"type": "ChannelDestroyed", "channel": 5}))
        await listener.next(NodeUp)
        await server.send(event("ChannelDtmfReceived", channel=channel("pl-1"), digit="7"))
        await listener.next(Dtmf)
        counted = exchange.metrics.malformed.labels("asterisk-1", "ChannelDestroyed")
        assert counted._value.get() == 1


async def test_an_unknown_event_type_is_counted_and_ignored(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await server.send(event("ChannelTeleported", channel=channel("pl-1")))
        await server.send(event("ChannelDtmfReceived", channel=channel("pl-1"), digit="7"))
        await listener.next(Dtmf)
        assert exchange.metrics.events.labels("asterisk-1", "UnknownMessage")._value.get() == 1
        assert len(listener.of(NodeUp)) == 1


async def test_a_replaced_contact_does_not_leave_an_agent_offline(server: ScriptedAri, run: Run) -> None:
    async with run() as (exchange, listener):
        await exchange.watch_endpoint("PJSIP/agent-7")
        contact = {"uri": "sip:x", "contact_status": "Removed", "aor": "agent-7"}
        endpoint = {"technology": "PJSIP", "resource": "agent-7", "channel_ids": []}
        await server.send(event("ContactStatusChange", endpoint=endpoint, contact_info=contact))
        assert (await listener.next(EndpointChanged)).online is False
        assert (await listener.next(EndpointChanged)).online is True


async def test_a_node_whose_clock_is_wrong_gives_times_in_ours_and_is_not_slow(server: ScriptedAri, run: Run) -> None:
    hour = timedelta(hours=1)

    async def ping(asked: Asked) -> web.StreamResponse:
        return web.json_response({"asterisk_id": "x", "ping": "pong", "timestamp": stamp(datetime.now(UTC) - hour)})

    server.script["GET /asterisk/ping"] = ping
    async with run(clock=SystemClock()) as (exchange, listener):
        await server.send(event("StasisStart", datetime.now(UTC) - hour, channel=channel("pl-1"), args=[]))
        answered = await listener.next(Answered)
        assert abs(answered.at - datetime.now(UTC)) < timedelta(seconds=1)
        assert exchange.health is NodeHealth.UP


def test_the_events_that_are_filtered_away_are_of_known_types() -> None:
    from telephony.ari.decode import KNOWN_TYPES
    from telephony.ari.settings import DISALLOWED_EVENTS

    assert set(DISALLOWED_EVENTS) <= KNOWN_TYPES
    assert ChannelVarset.__name__ in DISALLOWED_EVENTS
