"""Plays a simulator's scenario on the real system: debtors of the sandbox exchange, and agents at their consoles."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dialer.commands import Actor, FloorPort
from dialer.demo.agents import SimulatedAgent
from dialer.simulation.chance import draw_one
from dialer.simulation.scenario import Scenario
from dialer.simulation.tables import rates_of
from telephony.clock import Clock
from telephony.sandbox.debtors import DebtorScript, Fate
from telephony.sandbox.exchange import SandboxExchange

PATIENT_S = 3600.0
CARRIER_FAULT, BUSY = 500, 486
IDENTIFY_S = 5.0


class NotPlayable(ValueError):
    """A scenario that has something which only the simulator can do; the text says what."""


def playable(scenario: Scenario) -> Scenario:
    """The same scenario. Raises NotPlayable."""
    calls, agents = scenario.calls, scenario.agents
    shifts = [shift for group in agents.groups for shift in group.shifts]
    wrong = {
        "calls.noise and calls.blocks": calls.noise or calls.blocks,
        "calls.amd": calls.amd,
        "agents.speed_cv": agents.speed_cv,
        "breaks and logins": any(shift.breaks or shift.unscheduled or shift.login_s for shift in shifts),
    }
    found = [name for name, there in wrong.items() if there]
    if found:
        raise NotPlayable(f"scenario {scenario.name}: the real floor does not play {', '.join(found)}; leave them out")
    return scenario


@dataclass(frozen=True, slots=True)
class Encounter:
    """One attempt: what the far end does, and how long the agent who gets it is busy with it."""

    script: DebtorScript
    talk_s: float = 0.0
    wrap_s: float = 0.0


class ScenarioDebtors:
    """Draws each attempt from the scenario's distributions; the same for the same seed, number and attempt.

    `second`: which second of the scenario it is, of which the profile's row is taken.
    """

    def __init__(self, scenario: Scenario, seed: int, second: int = 0) -> None:
        self._calls = playable(scenario).calls
        self._seed = seed
        self._row: NDArray[np.float64] = rates_of(self._calls.profile, scenario.horizon_s)[second]
        self.encounter = lru_cache(maxsize=None)(self._draw)

    def script(self, number: str, attempt: int) -> DebtorScript:
        return self.encounter(number, attempt).script

    def _draw(self, number: str, attempt: int) -> Encounter:
        digest = hashlib.sha256(f"{self._seed}|{number}|{attempt}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        calls = self._calls
        human, machine, busy, failed, ring_scale, talk_scale, wrap_scale = (float(share) for share in self._row)
        setup_s = draw_one(calls.pdd, rng)
        which = int(np.searchsorted(np.cumsum([human, machine, busy, failed]), rng.random(), side="right"))
        if which == 0:
            ring_s = draw_one(calls.ring_human, rng) * ring_scale
            weights = np.cumsum([kind.weight for kind in calls.talk])
            place = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
            kind = calls.talk[min(place, len(calls.talk) - 1)]
            talk_s, wrap_s = draw_one(kind.talk, rng) * talk_scale, draw_one(kind.wrap, rng) * wrap_scale
            script = DebtorScript(
                Fate.PERSON, setup_s=setup_s, ring_s=ring_s, talk_s=talk_s, patience_s=PATIENT_S, greeting_s=0.5
            )
            return Encounter(script, talk_s, wrap_s)
        if which == 1:
            script = DebtorScript(
                Fate.MACHINE, setup_s=setup_s, ring_s=draw_one(calls.ring_machine, rng), machine_record_s=PATIENT_S
            )
            return Encounter(script, draw_one(calls.machine_talk, rng), draw_one(calls.machine_wrap, rng))
        if which in (2, 3):
            delay, sip = (calls.busy_delay, BUSY) if which == 2 else (calls.failed_delay, CARRIER_FAULT)
            return Encounter(DebtorScript(Fate.FAILED, setup_s=setup_s + draw_one(delay, rng), ring_s=0.0, sip=sip))
        return Encounter(DebtorScript(Fate.NO_ANSWER, setup_s=setup_s, ring_s=PATIENT_S))


class ScenarioAgent(SimulatedAgent):
    """An agent who works as the scenario says: talks until the person hangs up, then wraps up for the drawn time."""

    def __init__(
        self, actor: Actor, floor: FloorPort, clock: Clock, exchange: SandboxExchange, debtors: ScenarioDebtors
    ) -> None:
        super().__init__(actor, floor, clock, f"scenario|{actor.user_id}")
        self._exchange = exchange
        self._debtors = debtors
        self._hurried = False

    def hurry(self) -> None:
        """Hang up what is on the line and take no time for the wrap-up: the measured time is over."""
        self._hurried = True
        self._changed.set()

    def _encounter(self, attempt_id: str) -> Encounter | None:
        dialed = next(
            (e for e in reversed(self._exchange.log.entries) if e.channel == f"pl-c-{attempt_id}" and e.number), None
        )
        if dialed is None or dialed.number is None:
            return None
        return self._debtors.encounter(dialed.number, dialed.attempt or 1)

    async def _talk(self) -> None:
        call = self._call()
        if call is None:
            await self._change()
            return
        attempt = str(call["attempt_id"])
        encounter = self._encounter(attempt)
        if encounter is not None and encounter.script.fate is Fate.MACHINE:
            await self._clock.sleep(encounter.talk_s)
            await self._leave(attempt)
            return
        if call.get("identity") != "right_party" and not self._hurried:
            await self._clock.sleep(min(IDENTIFY_S, 0.4 * encounter.talk_s) if encounter is not None else 0.0)
            if self._still_on(attempt):
                checks = [check["key"] for check in call["checks"]]
                await self._press("identify", result="right_party", checks=checks)
        while self._still_on(attempt):
            if self._hurried:
                await self._leave(attempt)
            else:
                await self._change()

    async def _wrap_up(self) -> None:
        call = self._call() or {}
        encounter = self._encounter(str(call.get("attempt_id")))
        if encounter is not None and not self._hurried:
            await self._clock.sleep(encounter.wrap_s)
        if (self._seen().get("agent") or {}).get("state") != "wrap_up":
            return
        machine = encounter is not None and encounter.script.fate is Fate.MACHINE
        code = "machine" if machine else "contact_no_result" if call.get("identity") == "right_party" else "hung_up"
        reply = await self._press("dispose", code=code)
        if reply.error_code is not None:
            await self._change()
