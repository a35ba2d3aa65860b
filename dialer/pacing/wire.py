"""Reads the lines of the pacer protocol: JSON into start and snapshot, every field checked. Pure.

Raises `BadLine` with a sentence that names the field. Times are seconds of the caller's clock.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from dialer.pacing.interface import (
    CallPhase,
    Line,
    OutcomeKind,
    OutcomeSeen,
    PacingLimits,
    PacingSnapshot,
    Seat,
    SeatEvent,
    SeatEventKind,
    SeatState,
    Stage,
    Totals,
)
from dialer.pacing.start import MachineDetection, PacerStart

Seconds = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Odds = Annotated[float, Meta(ge=0, le=100)]
MOST_SEATS = 20_000
MOST_CALLS = 200_000
STAGED = ("talk_stage", "wrap_stage")


class BadLine(ValueError):
    """A line that is no part of the protocol; the text is for people."""


class WireAgent(NamedTuple):
    state: SeatState
    for_s: Seconds
    then: Literal["pause", "logout"] | None = None
    stage: Stage | None = None
    stage_for_s: Seconds = 0.0


class WireCall(NamedTuple):
    phase: CallPhase
    age_s: Seconds
    odds: Odds = 1.0


class WireOutcome(NamedTuple):
    at_s: float
    kind: OutcomeKind
    age_s: Seconds
    extra_s: Seconds


class WireSeatEvent(NamedTuple):
    at_s: float
    kind: SeatEventKind
    duration_s: Seconds
    machine: Annotated[int, Meta(ge=0, le=1)]
    stage: Stage | None = None
    stage_for_s: Seconds = 0.0
    shows: Stage | None = None


class WireTotals(msgspec.Struct):
    launched: Count
    answered: Count
    connected: Count
    dropped: Count
    amd_machine: Count


class WireDetection(msgspec.Struct):
    est_fp: Share
    est_fn: Share


class StartLine(msgspec.Struct, tag_field="type", tag="start"):
    seed: int
    abandon_target: Share
    ring_timeout_s: Annotated[float, Meta(gt=0, le=600)]
    hold_s: Annotated[float, Meta(ge=0, le=600)]
    dial_window_s: tuple[float, float]
    max_lines: Count | None
    max_cps: Annotated[float, Meta(gt=0)] | None
    amd: WireDetection | None
    n_agents: Annotated[int, Meta(ge=0, le=MOST_SEATS)]
    connect_s: Annotated[float, Meta(ge=0, le=600)]


class SnapshotLine(msgspec.Struct, tag_field="type", tag="snapshot"):
    now: float
    agents: Annotated[list[WireAgent], Meta(max_length=MOST_SEATS)]
    calls: Annotated[list[WireCall], Meta(max_length=MOST_CALLS)]
    outcomes: Annotated[list[WireOutcome], Meta(max_length=MOST_CALLS)]
    agent_events: Annotated[list[WireSeatEvent], Meta(max_length=MOST_CALLS)]
    totals: WireTotals
    lines_in_use: Count
    next_odds: Odds = 1.0


_decoder = msgspec.json.Decoder(StartLine | SnapshotLine)


def read_line(line: bytes) -> StartLine | SnapshotLine:
    try:
        read: StartLine | SnapshotLine = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadLine(_told(problem)) from problem
    if isinstance(read, StartLine):
        _finite("dial_window_s", read.dial_window_s)
        _finite("max_cps", () if read.max_cps is None else (read.max_cps,))
        if read.dial_window_s[0] > read.dial_window_s[1]:
            raise BadLine("dial_window_s ends before it begins: give [first second, last second]")
        return read
    _finite("now", (read.now,))
    _finite("agents", (value for agent in read.agents for value in (agent.for_s, agent.stage_for_s)))
    _finite("calls", (call.age_s for call in read.calls))
    _finite("outcomes", (value for seen in read.outcomes for value in (seen.at_s, seen.age_s, seen.extra_s)))
    _finite(
        "agent_events",
        (value for seen in read.agent_events for value in (seen.at_s, seen.duration_s, seen.stage_for_s)),
    )
    for place, seen in enumerate(read.agent_events):
        if seen.kind in STAGED and seen.shows is None:
            raise BadLine(f"agent_events[{place}]: {seen.kind} needs the stage that shows, as its seventh value")
        if seen.kind not in STAGED and seen.shows is not None:
            raise BadLine(f"agent_events[{place}]: nothing shows at {seen.kind}; its seventh value must be null")
    return read


def _told(problem: Exception) -> str:
    text = str(problem)
    if isinstance(problem, msgspec.ValidationError):
        return text.replace(" - at `$", " - at `line").replace("`line.", "`").replace("`", "")
    return f"this is no JSON object on one line: {text}"


def _finite(field: str, values: Iterable[float]) -> None:
    for place, value in enumerate(values):
        if not math.isfinite(value):
            raise BadLine(f"{field}: value {place + 1} is not a finite number")


def start_of(line: StartLine) -> PacerStart:
    return PacerStart(
        seed=line.seed,
        abandon_target=line.abandon_target,
        ring_timeout_s=line.ring_timeout_s,
        hold_s=line.hold_s,
        dial_window_s=line.dial_window_s,
        max_lines=line.max_lines,
        max_cps=line.max_cps,
        amd=None if line.amd is None else MachineDetection(line.amd.est_fp, line.amd.est_fn),
        n_agents=line.n_agents,
        connect_s=line.connect_s,
    )


def snapshot_of(line: SnapshotLine, start: PacerStart) -> PacingSnapshot:
    totals: Any = line.totals
    return PacingSnapshot(
        now_s=line.now,
        seats=tuple(Seat(*agent) for agent in line.agents),
        calls=tuple(Line(*call) for call in line.calls),
        outcomes=tuple(OutcomeSeen(*seen) for seen in line.outcomes),
        seat_events=tuple(
            SeatEvent(at, kind, lasted, bool(machine), stage, known, shows)
            for at, kind, lasted, machine, stage, known, shows in line.agent_events
        ),
        totals=Totals(totals.launched, totals.answered, totals.connected, totals.dropped, totals.amd_machine),
        lines_in_use=line.lines_in_use,
        limits=PacingLimits(start.max_lines, start.max_cps),
        next_odds=line.next_odds,
    )
