"""What a pacer is told once, before the first look. Pure values."""

from dataclasses import dataclass

LONGEST_RINGING_S = 600.0
"""A call with a longer time-out or none is taken for one that rings so long: ages are learnt by half seconds."""


@dataclass(frozen=True, slots=True)
class MachineDetection:
    """What the campaign believes of its machine detection: shares between 0 and 1.

    `est_fp`: persons judged a machine (hung up: abandoned); `est_fn`: machines judged a person.
    """

    est_fp: float
    est_fn: float


@dataclass(frozen=True, slots=True)
class PacerStart:
    """One campaign's fixed figures; seconds of the caller's clock, None: no limit.

    `abandon_target`: share of the calls answered by a person that may be abandoned; `aim`: what a gauge leaves of it
    now. `ring_timeout_s`: infinite where nobody is hung up on while it rings. `hold_s`: seconds a person may wait
    before the call counts as abandoned. `connect_s`: delay of connecting an agent. `n_agents`: seats that may log in.
    `dial_window_s`: first and last second in which calls may be launched.
    """

    seed: int = 0
    abandon_target: float = 0.03
    ring_timeout_s: float = 22.0
    hold_s: float = 2.0
    dial_window_s: tuple[float, float] = (0.0, float("inf"))
    max_lines: int | None = None
    max_cps: float | None = None
    amd: MachineDetection | None = None
    n_agents: int = 1
    connect_s: float = 0.0
    aim: float | None = None

    @property
    def spends(self) -> float:
        """The share of abandoned calls that the pacer may come to over the day."""
        return self.abandon_target if self.aim is None else min(self.aim, self.abandon_target)
