"""The floor's memory: what the compiled kernel reads and writes, as records with named fields.

Times are seconds from the start, -1 in a link means none. `Floor` is the one value that all compiled functions take.
"""

from hashlib import sha256
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Record: TypeAlias = Any
"""A record of one of the layouts below; numba knows its fields, mypy cannot."""

IDLE, TALK, WRAP, PAUSE, OUT = range(5)
NO_THEN, THEN_PAUSE, THEN_LOGOUT = range(3)
DIALING, RINGING, DETECTING, WAITING = range(4)
SEEN_BUSY, SEEN_FAILED, SEEN_NO_ANSWER, SEEN_ANSWERED, SEEN_MACHINE, SEEN_CONNECTED, SEEN_DROPPED = range(7)
HUMAN, MACHINE, BUSY, FAILED, NO_ANSWER = range(5)
(RESOLVE, VERDICT, DEADLINE, LINE_FREE, TALK_END, WRAP_END, LOGIN, PAUSE_DUE, RESUME, LOGOUT, SHOW) = range(11)
AT_TICK, AT_END, NEEDS_ROOM, AT_EVENT = range(4)

LAW_NONE, LAW_RATIO, LAW_HARD, LAW_TAPERED, LAW_AVERAGE = range(5)

(
    LOG_LAUNCH, LOG_ANSWER, LOG_CONNECT, LOG_DROP, LOG_ENDED, LOG_TALK_END, LOG_WRAP_END, LOG_STATE, LOG_LINE_FREE,
    LOG_SHOWN,
) = range(10)  # fmt: skip
MOST_SHOWS = 5
"""Stages that a class of calls may show, one after the other; below `kernel.ROOM`, for each is an event."""
AFTER_BEGIN, BEFORE_END, BEFORE_WRAP_END = range(3)


def sources_stamp() -> str:
    """Changes with any source of the kernel.

    numba renews its code on disk when the file of the function itself changes, not for the files it takes parts from;
    a field with this name makes it another type, and so other code.
    """
    folder = resources.files("dialer.simulation")
    digest = sha256()
    for name in ("agenda", "chains", "draws", "jit", "kernel", "laws", "layout", "lives", "seats", "shows"):
        digest.update((folder / f"{name}.py").read_bytes())
    return f"sources_{digest.hexdigest()[:16]}"


TERMS = np.dtype(
    [
        (name, np.float64)
        for name in ("horizon_s", "from_s", "until_s", "tick_s", "hold_s", "connect_s", "drop_message_s")
    ]
    + [(name, np.float64) for name in ("ring_timeout_s", "max_cps", "fp", "fn", "block_sd", "target", "bin_s")]
    + [(name, np.int64) for name in ("max_lines", "amd", "block_size", "on_event", "logging", "n_talk", "shows")]
    + [
        (name, np.int64)
        for name in (
            "pdd", "ring_human", "ring_machine", "busy_delay", "failed_delay", "greeting",
            "delay_human", "delay_machine", "machine_talk", "machine_wrap",
        )
    ]
    + [(name, np.int64) for name in ("segment_size", "segment_first", "segment_count")]
    + [("law", np.int64), ("ratio", np.float64), ("max_level", np.float64), ("available_only", np.int64)]
    + [(sources_stamp(), np.int64)]
)  # fmt: skip
"""The scenario's fixed figures; `max_lines` and `max_cps` below 0: no limit; the third group: numbers of distributions;
`segment_first`: where the segments' factors begin in the pool, size 0: none; the last: the law that paces inside the
kernel."""

WORLD = np.dtype(
    [(name, np.float64) for name in ("now", "tick_at", "tokens", "tokens_at", "block_shift", "lines_at")]
    + [(name, np.float64) for name in ("talk_live_s", "talk_machine_s", "wrap_s", "idle_s", "line_s")]
    + [(name, np.float64) for name in ("level", "level_at", "dial_at", "differential_sum", "agents_sum", "samples")]
    + [
        (name, np.int64)
        for name in (
            "ticks", "calls", "live_answers", "machine_answers", "busy", "failed", "no_answer", "connects_live",
            "machine_to_agent", "amd_released", "amd_fp", "dropped", "late", "machine_dropped",
            "refused_trunk", "refused_cps", "refused_window", "lines", "peak_lines", "talking", "unlaunched",
        )
    ]
    + [
        (name, np.int64)
        for name in (
            "idle_first", "idle_last", "n_idle", "wait_first", "wait_last", "n_waiting",
            "fly_first", "fly_last", "n_flying", "free_first", "n_free",
            "n_heap", "order", "n_answers", "n_waits", "n_delays", "n_outcomes", "n_events", "n_log",
        )
    ]
)  # fmt: skip
"""The whole changing state that is not an agent's, a call's or an event's."""

AGENT = np.dtype(
    [(name, np.float64) for name in ("since", "due", "due_end", "until", "speed", "wrap_s", "connected_at", "shown_at")]
    + [(name, np.int64) for name in ("state", "then", "machine", "before", "after", "serial", "stage")]
)
"""`due`, `due_end`: the pause that waits for the wrap-up's end; `until`: end of the present pause; `stage`: what shows
of the call, since `shown_at`."""

CALL = np.dtype(
    [
        (name, np.float64)
        for name in ("launched", "pdd", "rung", "answered", "greeting", "deadline", "verdict_s", "talk_s", "wrap_s")
    ]
    + [
        (name, np.int64)
        for name in (
            "serial", "kind", "outcome", "phase", "machine_heard", "answer", "before", "after", "ahead", "behind",
            "talk_kind",
        )
    ]
    + [("shows", np.float64, (MOST_SHOWS,))]
)  # fmt: skip
"""A call without an agent. `before`/`after`: order of launch, `ahead`/`behind`: order of waiting; `shows`: seconds of
talk and wrap-up after which each stage of its class shows, -1: it does not."""

EVENT = np.dtype([("at", np.float64), ("order", np.int64), ("what", np.int64), ("who", np.int64), ("more", np.float64)])
ANSWER = np.dtype([("at", np.float64), ("abandoned", np.int64)])
OUTCOME = np.dtype(
    [("at", np.float64), ("age", np.float64), ("extra", np.float64), ("kind", np.int64), ("call", np.int64)]
)
SEAT_EVENT = np.dtype(
    [(name, np.float64) for name in ("at", "duration", "known")]
    + [(name, np.int64) for name in ("kind", "machine", "stage", "shows")]
)
"""`stage`, for `known` seconds: until then; `shows`: from then on."""
LOGGED = np.dtype(
    [("at", np.float64), ("what", np.int64), ("call", np.int64), ("agent", np.int64), ("more", np.float64)]
)
DIST = np.dtype(
    [(name, np.float64) for name in ("a", "b", "low", "high")]
    + [(name, np.int64) for name in ("kind", "first", "count")]
)
SLICE = np.dtype(
    [(name, np.float64) for name in ("samples", "idle", "on_call", "lines")]
    + [(name, np.int64) for name in ("live_answers", "abandoned", "calls")]
)
"""One slice of the day for the picture: sums over samples, and counts."""


class Floor(NamedTuple):
    """All memory of one run. `rates`: row per second of human, machine, busy, failed, ring, talk, wrap scale;
    `noise`: shift of log-odds per second; `talk`: cumulative weight, number of talk and of wrap distribution, and four
    figures for each stage that may show (`tables._shows`)."""

    terms: NDArray[np.void]
    world: NDArray[np.void]
    agents: NDArray[np.void]
    calls: NDArray[np.void]
    heap: NDArray[np.void]
    answers: NDArray[np.void]
    waits: NDArray[np.float64]
    delays: NDArray[np.float64]
    outcomes: NDArray[np.void]
    events: NDArray[np.void]
    log: NDArray[np.void]
    slices: NDArray[np.void]
    rates: NDArray[np.float64]
    noise: NDArray[np.float64]
    talk: NDArray[np.float64]
    dists: NDArray[np.void]
    pool: NDArray[np.float64]
    seats_seen: NDArray[np.float64]
    calls_seen: NDArray[np.float64]
    rng: np.random.Generator
