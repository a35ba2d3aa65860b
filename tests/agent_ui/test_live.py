"""Consoles over Socket.IO: joining, resuming, deltas, commands, and being sent away."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from agent_ui.live.wire import read_command
from campaigns.db.tables import app_user, user_session
from dialer.commands import Command, Reply
from dialer.streams import REMOVED, Op
from tests.agent_ui.conftest import Refused, Web, WebMaker


def agent_stream(web: Web) -> str:
    return f"agent:{web.users['agent']}"


async def test_a_console_gets_a_snapshot_and_then_each_delta_once_and_in_order(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    snapshot = (await console.resume())["snapshot"]
    assert snapshot["epoch"] == "epoch-1"
    assert snapshot["state"] == {"agent": {"state": "offline"}}
    for number in range(50):
        web.floor.hub.publish(agent_stream(web), [Op(("agent", "number"), number)])
    web.floor.hub.publish(agent_stream(web), [Op(("agent", "number"), REMOVED)])
    await console.until(lambda: len(console.deltas) == 51)
    assert [delta["seq"] for delta in console.deltas] == list(range(snapshot["seq"] + 1, snapshot["seq"] + 52))
    assert console.deltas[0]["ops"] == [{"path": ["agent", "number"], "value": 0}]
    assert console.deltas[-1]["ops"] == [{"path": ["agent", "number"]}]


async def test_nothing_is_sent_before_the_first_resume(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    web.floor.hub.publish(agent_stream(web), [Op(("agent", "state"), "ready")])
    snapshot = (await console.resume())["snapshot"]
    web.floor.hub.publish(agent_stream(web), [Op(("agent", "state"), "paused")])
    await console.until(lambda: bool(console.deltas))
    assert [delta["seq"] for delta in console.deltas] == [snapshot["seq"] + 1]


async def test_a_console_that_comes_back_gets_the_deltas_that_it_missed(web: Web) -> None:
    browser = await web.logged_in("agent")
    console = await web.console(browser, "/agent")
    snapshot = (await console.resume())["snapshot"]
    await console.sio.disconnect()
    for state in ("ready", "talking"):
        web.floor.hub.publish(agent_stream(web), [Op(("agent", "state"), state)])
    web.floor.publishes_on_presence = False
    back = await web.console(browser, "/agent")
    missed = (await back.resume(snapshot["epoch"], snapshot["seq"]))["deltas"]
    assert [delta["ops"][0]["value"] for delta in missed] == ["ready", "talking"]


@pytest.mark.parametrize(("epoch", "seq"), [("another life", 1), ("epoch-1", 999), (None, 0)])
async def test_a_console_with_numbers_that_mean_nothing_here_gets_a_snapshot(web: Web, epoch: str, seq: int) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    assert "snapshot" in await console.resume(epoch, seq)


async def test_a_console_that_has_everything_gets_no_deltas(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    snapshot = (await console.resume())["snapshot"]
    assert await console.resume(snapshot["epoch"], snapshot["seq"]) == {"deltas": []}


async def test_each_console_hears_its_own_stream_only(web: Web) -> None:
    agent = await web.console(await web.logged_in("agent"), "/agent")
    supervisor = await web.console(await web.logged_in("supervisor"), "/supervisor")
    await agent.resume()
    board = await supervisor.resume()
    assert board["snapshot"]["state"] == {"campaigns": {}}
    web.floor.hub.publish("agent:999999", [Op(("secret",), 1)])
    web.floor.hub.publish(f"floor:{web.tenant + 1}", [Op(("secret",), 1)])
    web.floor.hub.publish(f"floor:{web.tenant}", [Op(("alarms",), [])])
    web.floor.hub.publish(agent_stream(web), [Op(("agent", "state"), "ready")])
    await supervisor.until(lambda: bool(supervisor.deltas))
    await agent.until(lambda: bool(agent.deltas))
    assert [delta["ops"] for delta in supervisor.deltas] == [[{"path": ["alarms"], "value": []}]]
    assert [delta["ops"] for delta in agent.deltas] == [[{"path": ["agent", "state"], "value": "ready"}]]


async def test_a_resume_waits_a_moment_for_a_stream_that_is_just_beginning(web: Web) -> None:
    web.floor.publishes_on_presence = False
    console = await web.console(await web.logged_in("agent"), "/agent")
    asked = asyncio.create_task(console.resume())
    await asyncio.sleep(0.05)
    web.floor.hub.publish(agent_stream(web), [Op((), {"agent": {"state": "offline"}})])
    assert (await asked)["snapshot"]["state"] == {"agent": {"state": "offline"}}


# ---- a floor that is not heard


@pytest.mark.parametrize(("role", "namespace"), [("agent", "/agent"), ("supervisor", "/supervisor")])
async def test_a_console_hears_whether_the_floor_is_heard_when_it_comes_and_at_each_change(
    web: Web, role: str, namespace: str
) -> None:
    console = await web.console(await web.logged_in(role), namespace)
    await console.resume()
    await console.resume()
    web.floor.link.turn("dialer")
    web.floor.link.turn("dialer")
    web.floor.link.turn("")
    await console.until(lambda: len(console.links) == 3)
    assert [(link["up"], link["why"]) for link in console.links] == [(True, ""), (False, "dialer"), (True, "")]


async def test_a_console_that_comes_while_the_floor_is_not_heard_gets_what_was_so_before_and_is_told(web: Web) -> None:
    web.floor.link.turn("redis")
    console = await web.console(await web.logged_in("supervisor"), "/supervisor")
    assert (await console.resume())["snapshot"]["state"] == {"campaigns": {}}
    assert [link["why"] for link in console.links] == ["redis"]


async def test_without_a_floor_and_without_a_stream_a_resume_says_why_there_is_nothing(web: Web) -> None:
    web.floor.publishes_on_presence = False
    web.floor.link.turn("dialer")
    console = await web.console(await web.logged_in("agent"), "/agent")
    for _ in range(2):
        assert (await console.resume())["error"]["code"] == "dialer_unreachable"
    assert [link["up"] for link in console.links] == [False]
    web.floor.hub.publish(agent_stream(web), [Op((), {"agent": {"state": "offline"}})])
    web.floor.link.turn("")
    assert "snapshot" in await console.resume()


# ---- commands


async def test_a_command_reaches_the_floor_with_who_asks_and_its_reply_comes_back(web: Web) -> None:
    web.floor.replies["pause"] = Reply(error_code="bad_reason", message="Choose a reason.", field="reason")
    console = await web.console(await web.logged_in("agent"), "/agent")
    assert await console.command("c1", "ready") == {"ok": True, "result": {"number": 1}}
    assert await console.command("c2", "pause", reason="?") == {
        "ok": False,
        "error": {"code": "bad_reason", "message": "Choose a reason.", "field": "reason"},
    }
    whose, actor, command = web.floor.commands[1]
    assert (whose, actor.user_id, actor.tenant_id, actor.role) == ("agent", web.users["agent"], web.tenant, "agent")
    assert (command.cmd_id, command.name, command.args) == ("c2", "pause", {"reason": "?"})


async def test_a_supervisors_command_goes_the_supervisors_way(web: Web) -> None:
    console = await web.console(await web.logged_in("admin"), "/supervisor")
    assert (await console.command("c1", "campaign_start", campaign_id=1))["ok"]
    assert web.floor.commands[0][0] == "supervisor"


async def test_the_same_command_id_is_done_once_and_gets_the_same_reply(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    assert await console.command("same", "ready") == await console.command("same", "ready")
    assert len(web.floor.commands) == 1


async def test_commands_of_one_console_are_done_in_their_order_however_long_each_takes(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    hold = web.floor.holds["slow"] = asyncio.Event()
    names = ["slow", "ready", "pause", "hold"]
    asked = [asyncio.create_task(console.command(f"c{n}", name)) for n, name in enumerate(names)]
    await asyncio.sleep(0.1)
    assert web.floor.commands == []
    hold.set()
    await asyncio.gather(*asked)
    assert [command.name for _, _, command in web.floor.commands] == names


async def test_one_slow_console_does_not_hold_up_another(web: Web) -> None:
    slow = await web.console(await web.logged_in("agent"), "/agent")
    quick = await web.console(await web.logged_in("supervisor"), "/supervisor")
    hold = web.floor.holds["slow"] = asyncio.Event()
    asked = asyncio.create_task(slow.command("c1", "slow"))
    assert (await quick.command("c2", "campaign_start"))["ok"]
    assert not asked.done()
    hold.set()
    await asked


async def test_a_command_that_the_floor_does_not_answer_gets_a_late_reply_and_frees_the_next(
    make_web: WebMaker,
) -> None:
    web = await make_web({"command_deadline_s": 0.1})
    console = await web.console(await web.logged_in("agent"), "/agent")
    hold = web.floor.holds["slow"] = asyncio.Event()
    assert (await console.command("c1", "slow"))["error"]["code"] == "late"
    assert (await console.command("c2", "hangup"))["ok"]
    hold.set()


async def test_a_fault_of_the_floor_is_told_without_its_inside(web: Web) -> None:
    web.floor.replies["ready"] = RuntimeError("password=secret")
    console = await web.console(await web.logged_in("agent"), "/agent")
    reply = await console.command("c1", "ready")
    assert reply["error"]["code"] == "internal"
    assert "secret" not in str(reply)
    assert (await console.command("c2", "pause"))["ok"]


async def test_a_flood_of_commands_is_refused_and_not_queued(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    hold = web.floor.holds["slow"] = asyncio.Event()
    asked = [asyncio.create_task(console.command(f"c{n}", "slow")) for n in range(40)]
    refused = [await each for _, each in zip(range(20), asyncio.as_completed(asked), strict=False)]
    assert {reply["error"]["code"] for reply in refused} == {"busy"}
    hold.set()
    replies = await asyncio.gather(*asked)
    assert sum(reply["ok"] for reply in replies) == 20


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (None, None),
        ([], None),
        ("ready", None),
        ({"cmd_id": "c", "name": "ready", "args": {}, "more": 1}, None),
        ({"name": "ready", "args": {}}, "cmd_id"),
        ({"cmd_id": "", "name": "ready", "args": {}}, "cmd_id"),
        ({"cmd_id": "c" * 65, "name": "ready", "args": {}}, "cmd_id"),
        ({"cmd_id": "c", "name": "__class__", "args": {}}, "name"),
        ({"cmd_id": "c", "name": 7, "args": {}}, "name"),
        ({"cmd_id": "c", "name": "ready", "args": []}, "args"),
        ({"cmd_id": "c", "name": "note", "args": {"text": "a\0b"}}, "args"),
    ],
)
async def test_a_malformed_command_is_refused_with_the_field(web: Web, payload: object, field: str | None) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    reply = await console.ask("command", payload)
    assert (reply["ok"], reply["error"]["code"], reply["error"].get("field")) == (False, "malformed", field)
    assert web.floor.commands == []


def test_a_backslash_that_was_typed_is_no_nul() -> None:
    def read(words: str) -> Command | Reply:
        return read_command(({"cmd_id": "c", "name": "note", "args": {"text": words}},))

    assert isinstance(read(r"the code \u0000"), Command)
    assert isinstance(read("\\\0"), Reply)


@pytest.mark.parametrize("payload", [None, 5, {"seq": 1.5}, {"epoch": 1, "seq": 0}, {"epoch": None, "seq": -1}])
async def test_a_malformed_resume_is_refused(web: Web, payload: object) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    assert (await console.ask("resume", payload))["error"]["code"] == "malformed"


@pytest.mark.parametrize("event", ["nonsense", "delta", "bye", "on_command", "trigger_event"])
async def test_an_unknown_event_gets_a_refusal(web: Web, event: str) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    assert (await console.ask(event, {}))["error"]["code"] == "unknown_event"


# ---- who is sent away


async def test_a_logout_ends_all_sockets_of_the_session_and_no_other(web: Web) -> None:
    browser, other = await web.logged_in("agent"), await web.logged_in("agent")
    consoles = [await web.console(browser, "/agent") for _ in range(2)]
    stays = await web.console(other, "/agent")
    assert (await browser.call("POST", "/api/logout")).status == 204
    for console in consoles:
        await console.until(lambda console=console: bool(console.byes))  # type: ignore[misc]
        assert console.byes == [{"because": "logged_out"}]
        await asyncio.wait_for(console.gone.wait(), 5)
    assert (await stays.command("c1"))["ok"]
    assert not stays.byes


async def test_a_session_that_expires_says_bye(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    web.clock.advance(timedelta(hours=12))
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "expired"}]


async def test_an_open_console_keeps_its_session_in_use(web: Web) -> None:
    browser = await web.logged_in("agent")
    console = await web.console(browser, "/agent")
    for _ in range(2):
        web.clock.advance(timedelta(minutes=50))
        await until(lambda: _last_seen(web), web.clock.now())
    assert not console.byes
    assert (await browser.call("GET", "/api/me")).status == 200


async def until(look: Callable[[], Awaitable[object]], value: object) -> None:
    """Look again and again: nothing tells of what another process reads in the database."""
    for _ in range(100):
        if await look() == value:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"never saw {value}")


async def _last_seen(web: Web) -> object:
    async with web.deps.engine.connect() as connection:
        return (await connection.execute(user_session.select())).one().last_seen_at


async def test_a_change_of_role_says_bye(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    async with web.deps.engine.begin() as connection:
        changed = update(app_user).where(app_user.c.id == web.users["agent"]).values(role="supervisor")
        await connection.execute(changed)
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "role_changed"}]


async def test_a_deactivated_user_is_sent_away(web: Web) -> None:
    console = await web.console(await web.logged_in("supervisor"), "/supervisor")
    async with web.deps.engine.begin() as connection:
        changed = update(app_user).where(app_user.c.id == web.users["supervisor"]).values(active=False)
        await connection.execute(changed)
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "deactivated"}]


async def test_a_session_that_another_process_ended_says_bye_and_its_commands_do_nothing(web: Web) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")
    async with web.deps.engine.begin() as connection:
        await connection.execute(delete(user_session))
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "logged_out"}]
    await asyncio.wait_for(console.gone.wait(), 5)


# ---- who may not join


@pytest.mark.parametrize(
    ("role", "namespace"), [("agent", "/supervisor"), ("supervisor", "/agent"), ("admin", "/agent")]
)
async def test_a_role_may_not_join_anothers_namespace(web: Web, role: str, namespace: str) -> None:
    browser = await web.logged_in(role)
    with pytest.raises(Refused):
        await web.console(browser, namespace)
    assert web.floor.presence == []


async def test_a_console_without_a_session_is_refused(web: Web) -> None:
    with pytest.raises(Refused, match="not_logged_in"):
        await web.console(web.browser(), "/agent")


async def test_a_console_with_the_wrong_csrf_token_is_refused(web: Web) -> None:
    browser = await web.logged_in("agent")
    with pytest.raises(Refused, match="csrf"):
        await web.console(browser, "/agent", csrf="guessed")


async def test_an_unknown_namespace_is_refused(web: Web) -> None:
    browser = await web.logged_in("admin")
    for namespace in ("/", "/portal"):
        with pytest.raises(Refused):
            await web.console(browser, namespace)


async def test_one_user_may_open_only_so_many_consoles(make_web: WebMaker) -> None:
    web = await make_web({"max_sockets_per_user": 2})
    browser = await web.logged_in("agent")
    for _ in range(2):
        await web.console(browser, "/agent")
    with pytest.raises(Refused, match="too_many"):
        await web.console(browser, "/agent")


# ---- presence


async def test_the_floor_hears_of_the_first_console_and_of_the_last(web: Web) -> None:
    browser = await web.logged_in("agent")
    first, second = [await web.console(browser, "/agent") for _ in range(2)]
    me = web.users["agent"]
    assert web.floor.presence == [(me, True)]
    await first.sio.disconnect()
    assert (await second.command("c1"))["ok"]
    assert web.floor.presence == [(me, True)]
    web.floor.presence_changed.clear()
    await second.sio.disconnect()
    await asyncio.wait_for(web.floor.presence_changed.wait(), 5)
    assert web.floor.presence == [(me, True), (me, False)]


async def test_a_supervisor_is_not_an_agent_who_is_present(web: Web) -> None:
    await web.console(await web.logged_in("supervisor"), "/supervisor")
    assert web.floor.presence == []


async def test_a_floor_that_begins_a_new_life_is_told_who_is_here(web: Web) -> None:
    await web.console(await web.logged_in("agent"), "/agent")
    web.floor.presence_changed.clear()
    web.floor.hub.epoch = "epoch-2"
    await asyncio.wait_for(web.floor.presence_changed.wait(), 5)
    assert web.floor.presence == [(web.users["agent"], True)] * 2


async def test_a_floor_that_fails_to_take_note_costs_nobody_the_console(web: Web) -> None:
    web.floor.presence_fault = ConnectionError()
    console = await web.console(await web.logged_in("agent"), "/agent")
    web.floor.presence_fault = None
    assert (await console.command("c1"))["ok"]
    await asyncio.wait_for(web.floor.presence_changed.wait(), 5)
    assert web.floor.presence == [(web.users["agent"], True)]
