"""Decides what a simulated debtor does when the phone rings: pure, the same for the same seed, number and attempt."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol


class Fate(StrEnum):
    """How one dialed call ends up at the far side."""

    PERSON = "person"
    MACHINE = "machine"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    """The network says no by a SIP status: 486 busy, 404 invalid, 503 ..."""
    SILENT = "silent"
    """Not even a provisional answer comes: a dead trunk."""


@dataclass(frozen=True, slots=True)
class DebtorScript:
    """One attempt as the far side plays it. Seconds are of the exchange's clock."""

    fate: Fate = Fate.PERSON
    setup_s: float = 0.8
    """From the originate to the first sign of life (180, 183 or the failure)."""
    early_media: bool = False
    ring_s: float = 8.5
    """From ringing to the answer, or to the network's refusal; 0 is without any ringing."""
    sip: int = 486
    """The final SIP status when `fate` is FAILED."""
    patience_s: float = 6.0
    """How long a person stays on the line with nobody there."""
    hold_patience_s: float = 180.0
    talk_s: float = 120.0
    """How long a connected person talks before hanging up first."""
    greeting_s: float = 1.0
    """Length of "hello" or of the machine's greeting."""
    machine_record_s: float = 30.0
    amd: str = "HUMAN"
    """What AMD() will say: HUMAN, MACHINE, NOTSURE."""
    dtmf: str = ""
    """Digits pressed one second after being connected."""


class Debtors(Protocol):
    """Who answers. `number` is the user part of the endpoint; `attempt` counts from 1 for each number."""

    def script(self, number: str, attempt: int) -> DebtorScript: ...


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of all attempts; what is left is no answer. `invalid` belongs to the number, the rest to the attempt."""

    person: float = 0.27
    machine: float = 0.20
    busy: float = 0.05
    invalid: float = 0.03
    failed: float = 0.02
    early_media: float = 0.15
    amd_person_as_machine: float = 0.03
    amd_person_unsure: float = 0.05
    amd_machine_as_human: float = 0.08
    amd_machine_unsure: float = 0.07

    def __post_init__(self) -> None:
        total = self.person + self.machine + self.busy + self.invalid + self.failed
        if total > 1.0 + 1e-9:
            raise ValueError(f"the shares of person, machine, busy, invalid and failed add up to {total:.3f}, above 1")


_NETWORK_FAILURES = ((480, 0.45), (503, 0.25), (403, 0.1), (603, 0.1), (500, 0.05), (484, 0.05))


@dataclass(frozen=True, slots=True)
class DebtorModel:
    """Draws a script by a generator seeded from (seed, number, attempt); `scripts` fixes numbers by hand.

    A fixed number's scripts are used in order, one an attempt; the last one repeats.
    """

    seed: int | str = 1
    rates: Rates = field(default_factory=Rates)
    ring_median_s: float = 8.5
    talk_mean_s: float = 120.0
    patience_mean_s: float = 6.0
    scripts: Mapping[str, Sequence[DebtorScript]] = field(default_factory=dict)

    def script(self, number: str, attempt: int) -> DebtorScript:
        fixed = self.scripts.get(number)
        if fixed:
            return fixed[min(attempt, len(fixed)) - 1]
        if Random(f"{self.seed}|{number}").random() < self.rates.invalid:  # noqa: S311
            return DebtorScript(fate=Fate.FAILED, sip=404, setup_s=1.2, ring_s=0.0)
        return self._draw(Random(f"{self.seed}|{number}|{attempt}"))  # noqa: S311

    def _draw(self, rng: Random) -> DebtorScript:
        rates = self.rates
        setup_s = rng.uniform(0.4, 2.0)
        early_media = rng.random() < rates.early_media
        left = rng.random() * (1.0 - rates.invalid)
        for share, draw in (
            (rates.person, self._person),
            (rates.machine, self._machine),
            (rates.busy, self._busy),
            (rates.failed, self._failed),
        ):
            if left < share:
                return draw(rng, setup_s, early_media)
            left -= share
        return DebtorScript(fate=Fate.NO_ANSWER, setup_s=setup_s, early_media=early_media, ring_s=90.0)

    def _person(self, rng: Random, setup_s: float, early_media: bool) -> DebtorScript:
        word = rng.random()
        machine, unsure = self.rates.amd_person_as_machine, self.rates.amd_person_unsure
        return DebtorScript(
            fate=Fate.PERSON,
            setup_s=setup_s,
            early_media=early_media,
            ring_s=_lognormal(rng, median=self.ring_median_s, sigma=0.55, low=0.8, high=60.0),
            patience_s=_lognormal_mean(rng, mean=self.patience_mean_s, sigma=0.45, low=1.5, high=30.0),
            hold_patience_s=rng.uniform(60.0, 300.0),
            talk_s=_lognormal_mean(rng, mean=self.talk_mean_s, sigma=0.8, low=4.0, high=1800.0),
            greeting_s=rng.uniform(0.4, 1.6),
            amd="MACHINE" if word < machine else "NOTSURE" if word < machine + unsure else "HUMAN",
        )

    def _machine(self, rng: Random, setup_s: float, early_media: bool) -> DebtorScript:
        word = rng.random()
        human, unsure = self.rates.amd_machine_as_human, self.rates.amd_machine_unsure
        return DebtorScript(
            fate=Fate.MACHINE,
            setup_s=setup_s,
            early_media=early_media,
            ring_s=rng.choice((0.5, 10.0, 15.0, 20.0, 25.0)) + rng.uniform(0.0, 1.5),
            greeting_s=rng.uniform(4.0, 14.0),
            machine_record_s=rng.uniform(20.0, 60.0),
            amd="HUMAN" if word < human else "NOTSURE" if word < human + unsure else "MACHINE",
        )

    def _busy(self, rng: Random, setup_s: float, early_media: bool) -> DebtorScript:
        return DebtorScript(fate=Fate.FAILED, sip=486, setup_s=setup_s, ring_s=0.0)

    def _failed(self, rng: Random, setup_s: float, early_media: bool) -> DebtorScript:
        codes, weights = zip(*_NETWORK_FAILURES, strict=True)
        sip = rng.choices(codes, weights)[0]
        return DebtorScript(fate=Fate.FAILED, sip=sip, setup_s=setup_s, ring_s=0.0)


def _lognormal(rng: Random, *, median: float, sigma: float, low: float, high: float) -> float:
    return min(high, max(low, rng.lognormvariate(math.log(median), sigma)))


def _lognormal_mean(rng: Random, *, mean: float, sigma: float, low: float, high: float) -> float:
    return _lognormal(rng, median=mean * math.exp(-sigma * sigma / 2), sigma=sigma, low=low, high=high)
