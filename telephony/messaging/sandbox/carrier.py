"""The sandbox carrier's life of messages: statuses, signed callbacks, replies, its own STOP list."""

import asyncio
import base64
import hashlib
import hmac
import itertools
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from telephony.clock import Clock
from telephony.messaging.sandbox.log import CarrierLog, LogEntry, body_digest
from telephony.messaging.sandbox.script import Behaviour, Script, decide
from telephony.messaging.segments import segments

WHATSAPP = "whatsapp:"
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "revoke", "optout", "cancel"})
START_WORDS = frozenset({"start", "unstop", "yes"})
LATE_S = 120.0
SANDBOX_ACCOUNT = "AC" + "0" * 32
SANDBOX_TOKEN = "sandbox-token"  # noqa: S105 - the sandbox's own, known to everybody


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """`inbound_url`: where replies are posted; the whole public address, as it is signed."""

    account_sid: str = SANDBOX_ACCOUNT
    auth_token: str = SANDBOX_TOKEN
    inbound_url: str = ""
    seed: int = 1
    behaviour: Behaviour = field(default_factory=Behaviour)
    log_path: Path | None = None


@dataclass(slots=True)
class Held:
    """One message at the carrier."""

    sid: str
    to: str
    from_: str
    body: str
    callback: str
    validity_s: float
    created_at: datetime
    script: Script
    status: str = "queued"
    error_code: str = ""
    sent_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def segments(self) -> int:
        return segments(self.body)


class Carrier:
    """State and timers; `api.py` puts Twilio's HTTP in front. `scripts` maps a number to what befalls its messages."""

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.log = CarrierLog(settings.log_path)
        self.scripts: dict[str, Script] = {}
        self.messages: dict[str, Held] = {}
        self.inbound_url = settings.inbound_url
        self._stopped: set[tuple[str, str]] = set()
        self._seen: dict[str, int] = {}
        self._serial = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: ClientSession | None = None

    def fate(self, to: str) -> Script:
        """What befalls the next message to this number."""
        nth = self._seen.get(to, 0)
        self._seen[to] = nth + 1
        number = to.removeprefix(WHATSAPP)
        return decide(number, nth, self.settings.seed, self.settings.behaviour, self.scripts)

    def opted_out(self, from_: str, to: str) -> bool:
        return (from_, to) in self._stopped

    def accept(self, to: str, from_: str, body: str, callback: str, validity_s: float, script: Script) -> Held:
        """Take a message; its statuses follow by themselves."""
        sid = f"SM{next(self._serial):032x}"
        held = Held(sid, to, from_, body, callback, validity_s, self.clock.now(), script)
        self.messages[sid] = held
        self._note("accepted", held)
        self._spawn(self._walk(held))
        return held

    def reject(self, to: str, from_: str, body: str, code: str) -> None:
        entry = LogEntry(self.clock.now(), "rejected", to=to, from_=from_, code=code, body_sha256=body_digest(body))
        self.log.add(entry)

    async def _walk(self, held: Held) -> None:
        script = held.script
        if script.step_s > held.validity_s:
            await self.clock.sleep(held.validity_s)
            await self._report(held, [self._move(held, "failed", "30036")])
            return
        await self.clock.sleep(script.step_s)
        reports = [self._move(held, "sent")]
        if script.callbacks == "in_order":
            await self._report(held, reports)
            reports = []
        await self.clock.sleep(script.step_s)
        reports.append(self._move(held, script.final, script.error_code))
        await self._report_out_of_order(held, reports)
        if script.reply is not None:
            await self.clock.sleep(script.reply_after_s)
            await self.person_texts(held.to, held.from_, script.reply)

    async def _report_out_of_order(self, held: Held, reports: list[dict[str, str]]) -> None:
        kind = held.script.callbacks
        if kind == "lost":
            return
        if kind == "late":
            await self.clock.sleep(LATE_S)
        if kind == "reversed":
            reports.reverse()
        if kind == "duplicated":
            reports = [report for report in reports for _ in range(2)]
        await self._report(held, reports)

    def _move(self, held: Held, status: str, code: str = "") -> dict[str, str]:
        held.status, held.error_code, held.updated_at = status, code, self.clock.now()
        if status == "sent":
            held.sent_at = held.updated_at
        self._note("status", held)
        fields = {"SmsSid": held.sid, "SmsStatus": status, "MessageStatus": status, "MessageSid": held.sid}
        fields |= {"To": held.to, "From": held.from_, "AccountSid": self.settings.account_sid}
        fields["ApiVersion"] = "2010-04-01"
        return fields | {"ErrorCode": code} if code else fields

    async def _report(self, held: Held, reports: Sequence[dict[str, str]]) -> None:
        for fields in reports:
            if held.callback:
                await self._post(held.callback, fields, held.sid)

    async def person_texts(self, number: str, to: str, body: str) -> str:
        """A person sends a text to our sender: the carrier's own STOP handling first, then the webhook. Its SID."""
        sid = f"SM{next(self._serial):032x}"
        now = self.clock.now()
        self.log.add(LogEntry(now, "inbound", sid, to=to, from_=number, body_sha256=body_digest(body)))
        word = body.strip().lower()
        if not number.startswith(WHATSAPP):  # Twilio's own handling does not cover WhatsApp
            if word in STOP_WORDS and (to, number) not in self._stopped:
                self._stopped.add((to, number))
                self.log.add(LogEntry(now, "opted_out", sid, to=to, from_=number))
                self.log.add(LogEntry(now, "confirmation", sid, to=number, from_=to))
            elif word in START_WORDS and (to, number) in self._stopped:
                self._stopped.discard((to, number))
                self.log.add(LogEntry(now, "opted_in", sid, to=to, from_=number))
        fields = {"ToCountry": "", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid, "SmsStatus": "received"}
        fields |= {"Body": body, "To": to, "From": number, "MessageSid": sid, "NumSegments": str(segments(body))}
        fields |= {"AccountSid": self.settings.account_sid, "ApiVersion": "2010-04-01"}
        if self.inbound_url:
            await self._post(self.inbound_url, fields, sid)
        return sid

    async def _post(self, url: str, fields: Mapping[str, str], sid: str) -> None:
        headers = {"X-Twilio-Signature": sign(self.settings.auth_token, url, fields)}
        if self._http is None:
            self._http = ClientSession(timeout=ClientTimeout(total=15))
        status = fields.get("MessageStatus", "received")
        try:
            async with self._http.post(url, data=dict(fields), headers=headers) as reply:
                answer = str(reply.status)
        except (ClientError, TimeoutError) as problem:
            answer = type(problem).__name__
        what = "callback" if answer.startswith("2") else "callback_failed"
        self.log.add(LogEntry(self.clock.now(), what, sid, status=status, code=answer))

    def _note(self, what: str, held: Held) -> None:
        entry = LogEntry(
            self.clock.now(), what, held.sid, held.to, held.from_, held.status, held.error_code, body_digest(held.body)
        )
        self.log.add(entry)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until every timer and callback so far has run."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
        self.log.close()


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """X-Twilio-Signature, from Twilio's description and not by its library, so that each checks the other."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode("ascii")
