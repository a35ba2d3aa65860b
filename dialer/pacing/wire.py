"""Reads the lines of the pacer protocol: JSON into start and snapshot, every field checked. Pure.

Raises `BadLine` with a sentence that names the field. Times are seconds of the caller's clock.
"""

import math
import re
import sys
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

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

# finite ones: 1e999 is JSON too
Instant = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
Seconds = Annotated[float, Meta(ge=0, le=sys.float_info.max)]
Share = Annotated[float, Meta(ge=0, le=1)]
# JSON has one kind of number: 50.0 is the whole number 50, and not every language prints it without the point
Count = Annotated[float, Meta(ge=0, le=2**53)]
Odds = Annotated[float, Meta(ge=0, le=100)]
MOST_SEATS = 20_000
MOST_CALLS = 200_000
STAGED = ("talk_stage", "wrap_stage")
# what is further away is as good as for ever ("out since the world began"); to count its half seconds would overflow
LONGEST_S, LAST_S = 1e9, 1e12
MISSING = re.compile(r"Object missing required field `(\w+)`")


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
    at_s: Instant
    kind: OutcomeKind
    age_s: Seconds
    extra_s: Seconds


class WireSeatEvent(NamedTuple):
    at_s: Instant
    kind: SeatEventKind
    duration_s: Seconds
    machine: Annotated[float, Meta(ge=0, le=1)] | bool
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
    seed: int | float
    abandon_target: Share
    ring_timeout_s: Annotated[float, Meta(gt=0)] | None
    hold_s: Annotated[float, Meta(ge=0, le=600)]
    dial_window_s: tuple[float, float]
    max_lines: Count | None
    max_cps: Annotated[float, Meta(gt=0)] | None
    amd: WireDetection | None
    n_agents: Annotated[float, Meta(ge=0, le=MOST_SEATS)]
    connect_s: Annotated[float, Meta(ge=0, le=600)]


class SnapshotLine(msgspec.Struct, tag_field="type", tag="snapshot"):
    now: Annotated[float, Meta(ge=-LAST_S, le=LAST_S)]
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
    _check_start(read) if isinstance(read, StartLine) else _check_snapshot(read)
    return read


def _check_start(read: StartLine) -> None:
    _finite("dial_window_s", read.dial_window_s)
    _finite("max_cps", () if read.max_cps is None else (read.max_cps,))
    if read.dial_window_s[0] > read.dial_window_s[1]:
        raise BadLine("dial_window_s ends before it begins: give [first second, last second]")
    for field in ("seed", "n_agents", "max_lines"):
        _whole(field, getattr(read, field))


def _check_snapshot(read: SnapshotLine) -> None:
    _whole("lines_in_use", read.lines_in_use)
    for field in read.totals.__struct_fields__:
        _whole(f"totals.{field}", getattr(read.totals, field))
    for place, seen in enumerate(read.agent_events):
        _whole(f"agent_events[{place}][3]", seen.machine)
        if seen.kind in STAGED and seen.shows is None:
            raise BadLine(f"agent_events[{place}]: {seen.kind} needs the stage that shows, as its seventh value")
        if seen.kind not in STAGED and seen.shows is not None:
            raise BadLine(f"agent_events[{place}]: nothing shows at {seen.kind}; its seventh value must be null")


def _told(problem: Exception) -> str:
    text = str(problem)
    if not isinstance(problem, msgspec.ValidationError):
        return f"this is no JSON object on one line: {text}"
    what, _, at = text.partition(" - at `$")
    place = at.removesuffix("`").removeprefix(".")
    if missing := MISSING.fullmatch(what):
        return f"{place}.{missing[1]}: is missing".removeprefix(".")
    if place == "type":
        return f"type: must be start or snapshot ({what.replace('`', '')})"
    return f"{place or 'the line'}: {what.replace('`', '')}"


def _finite(field: str, values: Iterable[float]) -> None:
    for place, value in enumerate(values):
        if not math.isfinite(value):
            raise BadLine(f"{field}: value {place + 1} is not a finite number")


def _whole(field: str, value: float | None) -> None:
    if isinstance(value, float) and not value.is_integer():
        raise BadLine(f"{field}: {value:g} is not a whole number")


def start_of(line: StartLine) -> PacerStart:
    return PacerStart(
        seed=int(line.seed),
        abandon_target=line.abandon_target,
        ring_timeout_s=math.inf if line.ring_timeout_s is None else line.ring_timeout_s,
        hold_s=line.hold_s,
        dial_window_s=line.dial_window_s,
        max_lines=None if line.max_lines is None else int(line.max_lines),
        max_cps=line.max_cps,
        amd=None if line.amd is None else MachineDetection(line.amd.est_fp, line.amd.est_fn),
        n_agents=int(line.n_agents),
        connect_s=line.connect_s,
    )


def snapshot_of(line: SnapshotLine, start: PacerStart) -> PacingSnapshot:
    totals = line.totals
    return PacingSnapshot(
        now_s=line.now,
        seats=tuple(
            Seat(state, min(for_s, LONGEST_S), then, stage, min(known, LONGEST_S))
            for state, for_s, then, stage, known in line.agents
        ),
        calls=tuple(Line(phase, min(age, LONGEST_S), odds) for phase, age, odds in line.calls),
        outcomes=tuple(
            OutcomeSeen(_near(at), kind, min(age, LONGEST_S), min(extra, LONGEST_S))
            for at, kind, age, extra in line.outcomes
        ),
        seat_events=tuple(
            SeatEvent(_near(at), kind, min(lasted, LONGEST_S), bool(machine), stage, min(known, LONGEST_S), shows)
            for at, kind, lasted, machine, stage, known, shows in line.agent_events
        ),
        totals=Totals(
            int(totals.launched),
            int(totals.answered),
            int(totals.connected),
            int(totals.dropped),
            int(totals.amd_machine),
        ),
        lines_in_use=int(line.lines_in_use),
        limits=PacingLimits(start.max_lines, start.max_cps),
        next_odds=line.next_odds,
    )


def _near(at_s: float) -> float:
    return min(max(at_s, -LAST_S), LAST_S)
