"""A scenario of the floor as values: agents, calls, trunks. Times are seconds from the start, shares 0 to 1."""

from dataclasses import dataclass
from typing import Literal, get_args

from dialer.pacing.interface import Stage

Shape = Literal["const", "uniform", "exp", "gamma", "lognormal", "empirical", "mixture"]


@dataclass(frozen=True, slots=True)
class Dist:
    """A distribution of seconds.

    `a`, `b`: const value; uniform low, high; exp mean; gamma shape, scale; lognormal mu, sigma. `xs`, `qs`: an inverse
    cumulative distribution, linear between its points. `parts`: weight and distribution. What is drawn is clamped to
    `low`..`high`.
    """

    shape: Shape
    a: float = 0.0
    b: float = 0.0
    low: float = float("-inf")
    high: float = float("inf")
    xs: tuple[float, ...] = ()
    qs: tuple[float, ...] = ()
    parts: tuple[tuple[float, "Dist"], ...] = ()


ZERO = Dist("const")


@dataclass(frozen=True, slots=True)
class Break:
    """`jitter_s`: moved by up to so much either way; `dur_jitter`: share by which the length varies either way."""

    at_s: float
    dur_s: float
    jitter_s: float = 0.0
    dur_jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Unscheduled:
    per_hour: float
    dur: Dist


@dataclass(frozen=True, slots=True)
class Shift:
    login_s: float = 0.0
    login_jitter_s: float = 0.0
    logout_s: float = float("inf")
    logout_jitter_s: float = 0.0
    breaks: tuple[Break, ...] = ()
    unscheduled: Unscheduled | None = None


@dataclass(frozen=True, slots=True)
class Group:
    count: int
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Agents:
    """`speed_cv`: spread of the agents' factors on talk and wrap-up; `connect_s`: time to bridge caller and agent."""

    groups: tuple[Group, ...]
    speed_cv: float = 0.0
    connect_s: float = 0.0

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)


@dataclass(frozen=True, slots=True)
class Row:
    """The list at second `t`; what the four shares leave is no-answer."""

    t: float
    human: float
    machine: float = 0.0
    busy: float = 0.0
    failed: float = 0.0
    ring_scale: float = 1.0
    talk_scale: float = 1.0
    wrap_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Profile:
    rows: tuple[Row, ...]
    interp: Literal["linear", "step"] = "linear"


@dataclass(frozen=True, slots=True)
class Noise:
    """Ornstein-Uhlenbeck process on the log-odds of a person's answer."""

    logit_sd: float
    tau_s: float


@dataclass(frozen=True, slots=True)
class Blocks:
    """Each run of `size` launches shares a shift of the log-odds."""

    size: int
    logit_sd: float


@dataclass(frozen=True, slots=True)
class Segments:
    """Runs of `size` launches belong to one segment of the list after the other, over and over; a segment's persons
    answer `factors` times as often as the profile says, machines, busy and failed making room."""

    size: int
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """Answering machine detection. `fp`, `fn`: true shares of wrong verdicts; `est_fp`, `est_fn`: what is believed."""

    delay_human: Dist
    delay_machine: Dist
    fp: float
    fn: float
    est_fp: float
    est_fn: float


Since = Literal["after_s", "before_end_s", "before_wrap_end_s"]
SINCE: tuple[Since, ...] = get_args(Since)


@dataclass(frozen=True, slots=True)
class Showing:
    """A stage that shows in a share of a class's calls: `by` seconds after the talk began, before it ends, or before
    the wrap-up ends."""

    stage: Stage
    since: Since
    by: Dist
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class TalkClass:
    """`shows`: the stages of such a call in the order in which they show."""

    name: str
    weight: float
    talk: Dist
    wrap: Dist
    shows: tuple[Showing, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    profile: Profile
    pdd: Dist
    ring_human: Dist
    talk: tuple[TalkClass, ...]
    ring_machine: Dist = ZERO
    ring_timeout_s: float = float("inf")
    busy_delay: Dist = Dist("const", 1.0)
    failed_delay: Dist = Dist("const", 1.0)
    greeting: Dist = ZERO
    hold_s: float = 2.0
    amd: Detection | None = None
    machine_talk: Dist = Dist("const", 6.0)
    machine_wrap: Dist = Dist("const", 2.0)
    drop_message_s: float = 0.0
    noise: Noise | None = None
    blocks: Blocks | None = None
    segments: Segments | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """`max_lines`, `max_cps` None: no limit. `windows_s`: rolling windows of the worst abandonment rate, of which those
    with fewer than `window_min_answers` live answers are left out."""

    name: str
    description: str
    horizon_s: float
    dial_window_s: tuple[float, float]
    agents: Agents
    calls: Calls
    tick_s: float = 0.5
    abandon_target: float = 0.03
    max_lines: int | None = None
    max_cps: float | None = None
    windows_s: tuple[float, ...] = (1800.0, 3600.0, 86400.0)
    window_min_answers: int = 100
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
