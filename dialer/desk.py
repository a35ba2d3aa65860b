"""Carries out what agents press: state, calls, and what must be in the database before the console hears `ok`."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campaigns.callbacks import service as callbacks
from campaigns.model import DISPOSITIONS
from campaigns.notes import service as notes_service
from campaigns.problems import Refused
from campaigns.promises import service as promises_service
from campaigns.promises.model import Limits
from campaigns.requests import service as requests
from dialer import agent_events as ae, call_events as ce, stages
from dialer.agent import AgentState
from dialer.call import CallState
from dialer.commands import Actor, Command, Reply
from dialer.files import Files
from dialer.plan_desk import PlanDesk
from dialer.planning import refused_reply
from dialer.previews import skips_left
from dialer.records import Records
from dialer.state import FloorState, LiveAgent, LiveCall
from dialer.tallies import Tallies
from dialer.wishes import IN_A_CALL, details_of
from telephony.exchange import ExchangeError

log = structlog.get_logger(__name__)
REMEMBERED = 200
RIGHT_PARTY = text("""
UPDATE attempt SET right_party_at = coalesce(right_party_at, :now), answered_by = 'person' WHERE id = :id
""")
CHOSEN = text("UPDATE attempt SET disposition = :code WHERE id = :id")
PERSON = text("UPDATE attempt SET answered_by = 'person' WHERE id = :id")
IN_CALL = (AgentState.TALKING, AgentState.HOLD)
WITH_CALL = (*IN_CALL, AgentState.WRAP_UP)


class Wrong(Exception):
    """The command cannot be done; the text says why and how to mend it."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.reply = Reply(error_code=code, message=message, field=field)


class Desk:
    """`do` carries out one command of one agent; commands of one agent wait for each other."""

    def __init__(self, state: FloorState, records: Records, tallies: Tallies, files: Files) -> None:
        self._state = state
        self._records = records
        self._tallies = tallies
        self._files = files
        self._plans = PlanDesk(state)
        self._locks: dict[int, asyncio.Lock] = {}
        self._done: dict[int, OrderedDict[str, Reply]] = {}
        self._commands: dict[str, Callable[[LiveAgent, Command], Awaitable[Reply]]] = {
            "ready": self._ready,
            "pause": self._pause,
            "logout": self._logout,
            "preview_dial": self._preview_dial,
            "preview_skip": self._preview_skip,
            "hangup": self._hangup,
            "hold": self._hold,
            "unhold": self._unhold,
            "identify": self._identify,
            "stage": self._stage,
            "promise": self._promise,
            "note": self._note,
            "callback": self._callback,
            "opt_out": self._opt_out,
            "wish": self._wish,
            "dispose": self._dispose,
            "dtmf": self._dtmf,
            "plan": self._plan,
            "plan_cancel": self._plan_cancel,
            "dismiss_notice": self._dismiss,
        }

    async def do(self, live: LiveAgent, actor: Actor, command: Command) -> Reply:
        """The reply; the same cmd_id gives the same reply and does nothing again."""
        async with self._locks.setdefault(actor.user_id, asyncio.Lock()):
            done = self._done.setdefault(actor.user_id, OrderedDict())
            if command.cmd_id in done:
                return done[command.cmd_id]
            reply = await self._try(live, command)
            if reply.error_code != "database_down":  # that one may be pressed again
                done[command.cmd_id] = reply
                while len(done) > REMEMBERED:
                    done.popitem(last=False)
            return reply

    async def _try(self, live: LiveAgent, command: Command) -> Reply:
        handler = self._commands.get(command.name)
        if handler is None:
            known = ", ".join(sorted(self._commands))
            return Reply(error_code="unknown_command", message=f"There is no command of this name; known are {known}.")
        try:
            return await handler(live, command)
        except Wrong as wrong:
            return wrong.reply
        except Refused as refused:
            return refused_reply(refused)
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.error("desk.database_failed", command=command.name, problem=type(problem).__name__)
            return Reply(
                error_code="database_down", message="The database does not answer: nothing was saved. Try again."
            )

    def _feed(self, live: LiveAgent, event: ae.AgentEvent) -> Reply:
        self._state.feed_agent(live, event)
        refusal, live.refusal = live.refusal, None
        if refusal is not None:
            return Reply(error_code=refusal[0], message=refusal[1])
        return Reply({"state": str(live.agent.state), "wish": live.agent.wish})

    async def _ready(self, live: LiveAgent, command: Command) -> Reply:
        if live.endpoint is None and not live.agent.per_call:
            raise Wrong("no_phone", "Your user has no phone: ask a supervisor to set one.")
        return self._feed(live, ae.ReadyAsked(self._state.now()))

    async def _pause(self, live: LiveAgent, command: Command) -> Reply:
        reason = _text(command.args, "reason", 40)
        return self._feed(live, ae.PauseAsked(reason, self._state.now()))

    async def _logout(self, live: LiveAgent, command: Command) -> Reply:
        return self._feed(live, ae.LogoutAsked(self._state.now()))

    async def _preview_dial(self, live: LiveAgent, command: Command) -> Reply:
        return self._feed(live, ae.PreviewDialAsked(self._state.now()))

    async def _preview_skip(self, live: LiveAgent, command: Command) -> Reply:
        reason = _text(command.args, "reason", 40)
        if live.preview is not None and skips_left(self._state, live.preview) == 0:
            raise Wrong("skips_used", "This person was skipped as often as the campaign allows: dial, or pause.")
        return self._feed(live, ae.PreviewSkipAsked(reason, self._state.now()))

    def _call(self, live: LiveAgent, *states: AgentState) -> LiveCall:
        if live.call is None or live.agent.state not in states:
            raise Wrong("no_call", "There is no call to do this with.")
        return live.call

    async def _hangup(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *IN_CALL, AgentState.RESERVED)
        if live.agent.state is AgentState.RESERVED and call.call.for_agent != live.user_id:
            raise Wrong("no_call", "The person is being connected to you: speak first, then hang up.")
        self._state.feed_call(call, ce.HangupAsked("agent", self._state.now()))
        return Reply()

    async def _hold(self, live: LiveAgent, command: Command) -> Reply:
        self._state.feed_call(self._call(live, *IN_CALL), ce.HoldAsked(self._state.now()))
        return Reply()

    async def _unhold(self, live: LiveAgent, command: Command) -> Reply:
        self._state.feed_call(self._call(live, *IN_CALL), ce.UnholdAsked(self._state.now()))
        return Reply()

    async def _dtmf(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *IN_CALL)
        digits = _text(command.args, "digits", 32)
        if set(digits) - set("0123456789*#ABCD"):
            raise Wrong("bad_digits", "Keys are 0 to 9, *, # and A to D.", "digits")
        try:
            await self._state.exchanges[call.node].send_dtmf(call.channel_id, digits)
        except ExchangeError:
            raise Wrong("exchange", "The exchange did not take the keys: try again.") from None
        return Reply()

    async def _identify(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *WITH_CALL)
        result = command.args.get("result")
        if result not in ("right_party", "wrong_person", "refused"):
            raise Wrong("bad_result", "The result is right_party, wrong_person or refused.", "result")
        known = {check["key"] for check in call.card.checks} if call.card else set()
        passed = set(command.args.get("checks") or ())
        if result == "right_party" and known and not passed & known:
            raise Wrong("check_first", "Check at least one of the person's details first.", "checks")
        now, attempt = self._state.now(), UUID(call.attempt_id)
        async with self._state.engine.begin() as conn:
            await conn.execute(RIGHT_PARTY if result == "right_party" else PERSON, {"id": attempt, "now": now})
        if result == "right_party" and call.identity != "right_party":
            self._tallies.agent(live.user_id).right_party += 1
        call.identity = result
        if live.call is call:
            stages.show(self._state, live, "identified" if result == "right_party" else "not_party")
        live.file = await self._files.load(call) if result == "right_party" else None
        self._state.agent_changed(live)
        return Reply({"identity": result})

    async def _stage(self, live: LiveAgent, command: Command) -> Reply:
        """What the console shows of the call, for the forecast: nothing is stored, and nobody waits for it."""
        stage, attempt = command.args.get("stage"), command.args.get("attempt_id")
        if command.args.keys() != {"stage", "attempt_id"} or stage not in stages.FROM_CONSOLE:
            known = " or ".join(stages.FROM_CONSOLE)
            raise Wrong("bad_stage", f"Give an attempt_id and a stage: {known}.", "stage")
        call = live.call
        if call is None or call.attempt_id != attempt:
            return Reply({"taken": False})  # of a call that is over by now
        call.stages_told += 1
        if call.stages_told > stages.TOLD_AT_MOST:
            raise Wrong("too_many", "This call's stages were told often enough.")
        return Reply({"taken": stages.show(self._state, live, stage)})

    def _right_party(self, live: LiveAgent) -> LiveCall:
        call = self._call(live, *WITH_CALL)
        if call.identity != "right_party":
            raise Wrong("not_identified", "Record first that you speak with the right person.")
        return call

    async def _promise(self, live: LiveAgent, command: Command) -> Reply:
        call = self._right_party(live)
        campaign = self._state.campaigns.get(call.campaign_id or 0)
        async with self._state.engine.begin() as conn:
            made = await promises_service.record(
                conn,
                tenant_id=call.tenant_id,
                debtor_id=call.debtor_id,
                debt_id=_integer(command.args, "debt_id"),
                amount_minor=_integer(command.args, "amount_minor"),
                currency=_text(command.args, "currency", 3),
                due_date=_date(command.args, "due_date"),
                command_id=command.cmd_id,
                limits=Limits.of(campaign.settings) if campaign else Limits(),
                now=self._state.now(),
                campaign_id=call.campaign_id,
                attempt_id=UUID(call.attempt_id),
                agent_id=live.user_id,
            )
        if made.new:
            self._tallies.promise(live.tenant_id, call.campaign_id, live.user_id, made.amount_minor, made.currency)
        await self._reload(live, call)
        return Reply({"promise_id": made.id})

    async def _note(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *WITH_CALL)
        async with self._state.engine.begin() as conn:
            note_id = await notes_service.record(
                conn,
                tenant_id=call.tenant_id,
                debtor_id=call.debtor_id,
                body=str(command.args.get("text") or ""),
                command_id=command.cmd_id,
                now=self._state.now(),
                attempt_id=UUID(call.attempt_id),
                agent_id=live.user_id,
            )
        await self._reload(live, call)
        return Reply({"note_id": note_id})

    async def _callback(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *WITH_CALL)
        due_at = _instant(command.args, "due_at")
        async with self._state.engine.begin() as conn:
            callback_id = await callbacks.record(
                conn,
                tenant_id=call.tenant_id,
                debtor_id=call.debtor_id,
                contact_point_id=call.contact_point_id,
                due_at=due_at,
                command_id=command.cmd_id,
                now=self._state.now(),
                recorded_by=f"user:{live.user_id}",
                campaign_id=call.campaign_id,
                agent_id=live.user_id if command.args.get("own") else None,
            )
        call.callback_at = due_at
        await self._reload(live, call)
        return Reply({"callback_id": callback_id})

    async def _opt_out(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *WITH_CALL)
        channel = command.args.get("channel")
        if channel not in ("voice", "sms", "whatsapp", "email", "all"):
            raise Wrong("bad_channel", "The channel is voice, sms, whatsapp, email or all.", "channel")
        reach = command.args.get("reach", "person")
        if reach not in ("person", "number"):
            raise Wrong("bad_reach", "The reach is person (every number) or number (the one in this call).", "reach")
        asked: dict[str, Any] = {
            "tenant_id": call.tenant_id,
            "channel": channel,
            "at": self._state.now(),
            "source": "agent",
            "evidence": call.attempt_id,
            "actor": f"user:{live.user_id}",
        }
        async with self._state.engine.begin() as conn:
            if reach == "number":
                await requests.record_opt_out(conn, address=call.phone, debtor_id=call.debtor_id, **asked)
                number = 1
            else:
                number = await requests.opt_out_everywhere(conn, debtor_id=call.debtor_id, **asked)
                if channel == "voice":  # also on a number that we learn later: comment 14(h)(1)-3
                    await requests.record_request(
                        conn, tenant_id=call.tenant_id, debtor_id=call.debtor_id, kind="stop_calling",
                        at=asked["at"], recorded_by=asked["actor"],
                    )  # fmt: skip
        await self._reload(live, call)
        return Reply({"addresses": number})

    async def _wish(self, live: LiveAgent, command: Command) -> Reply:
        call, kind = self._call(live, *WITH_CALL), command.args.get("kind")
        if kind not in IN_A_CALL:
            raise Wrong("bad_kind", f"The wish is one of {', '.join(IN_A_CALL)}.", "kind")
        async with self._state.engine.begin() as conn:
            wish_id = await requests.record_request(
                conn,
                tenant_id=call.tenant_id,
                debtor_id=call.debtor_id,
                kind=str(kind),
                at=self._state.now(),
                recorded_by=f"user:{live.user_id}",
                details=details_of(str(kind), command.args, call.contact_point_id, call.attempt_id),
                review_on=_date(command.args, "review_on") if command.args.get("review_on") else None,
            )
        await self._reload(live, call)
        return Reply({"wish_id": wish_id})

    async def _dispose(self, live: LiveAgent, command: Command) -> Reply:
        call = self._call(live, *WITH_CALL)
        code = command.args.get("code")
        if code not in DISPOSITIONS:
            raise Wrong("bad_code", f"The disposition is one of {', '.join(DISPOSITIONS)}.", "code")
        if live.agent.state is not AgentState.WRAP_UP or call.call.state is not CallState.ENDED:
            # chosen before the end was seen: kept at once, settled with the end
            async with self._state.engine.begin() as conn:
                await conn.execute(CHOSEN, {"id": UUID(call.attempt_id), "code": code})
            call.prewritten = True
            stages.show(self._state, live, "outcome")
        reply = self._feed(live, ae.Disposed(str(code), self._state.now()))
        if not await self._records.written():
            return Reply(
                error_code="database_down",
                message="The database does not answer: the disposition is kept here and saved when it does.",
            )
        return reply

    async def _plan(self, live: LiveAgent, command: Command) -> Reply:
        return await self._plans.plan(live.tenant_id, live.user_id, live.user_id, command.args)

    async def _plan_cancel(self, live: LiveAgent, command: Command) -> Reply:
        return await self._plans.cancel(live.tenant_id, live.user_id, live.user_id, command.args)

    async def _dismiss(self, live: LiveAgent, command: Command) -> Reply:
        live.notices = [notice for notice in live.notices if notice["id"] != command.args.get("id")]
        self._state.agent_changed(live)
        return Reply()

    async def reopen_files(self) -> None:
        """After a restart: agents who had the person's file before them get it back."""
        for live in list(self._state.agents.values()):
            if live.call is not None and live.call.identity == "right_party":
                live.file = await self._files.load(live.call)

    async def _reload(self, live: LiveAgent, call: LiveCall) -> None:
        """What was saved is seen at once, where the file may be seen."""
        if call.identity == "right_party" and live.call is call:
            live.file = await self._files.load(call)
        self._state.agent_changed(live)


def _text(args: Mapping[str, Any], name: str, longest: int) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise Wrong("bad_argument", f"Give a text of 1 to {longest} characters.", name)
    return value.strip()


def _integer(args: Mapping[str, Any], name: str) -> int:
    value = args.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong("bad_argument", "Give a whole number.", name)
    return value


def _date(args: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(args.get(name)))
    except ValueError:
        raise Wrong("bad_argument", "Give a date like 2026-03-31.", name) from None


def _instant(args: Mapping[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(args.get(name)))
    except ValueError:
        raise Wrong("bad_argument", "Give an instant like 2026-03-31T15:00:00+00:00.", name) from None
    if found.tzinfo is None:
        raise Wrong("bad_argument", "Give the instant with its offset from UTC.", name)
    return found
