"""The compiled floor: takes events in order until the pacer's next instant, and launches what it wants."""

import math

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.agenda import drop_first, put
from dialer.simulation.jit import compiled, inlined
from dialer.simulation.laws import wish
from dialer.simulation.layout import (
    AT_END,
    AT_EVENT,
    AT_TICK,
    DEADLINE,
    DIALING,
    LAW_NONE,
    LINE_FREE,
    LOG_LINE_FREE,
    LOG_TALK_END,
    LOG_WRAP_END,
    LOGIN,
    LOGOUT,
    NEEDS_ROOM,
    PAUSE_DUE,
    RESOLVE,
    RESUME,
    RINGING,
    SHOW,
    TALK_END,
    VERDICT,
    WRAP,
    WRAP_END,
    Floor,
)
from dialer.simulation.lives import begin, deadline, lines_change, resolve, serve_waiting, slice_of, verdict
from dialer.simulation.seats import account, after_wrap, enter, login, logout_due, note, pause_due, resume
from dialer.simulation.shows import show, told

ROOM = 8
"""More than one event can need of any list."""


@inlined
def has_room(floor: Floor) -> bool:
    w = floor.world[0]
    return bool(
        w.n_free > 0
        and w.n_heap + ROOM < len(floor.heap)
        and w.n_answers + ROOM < len(floor.answers)
        and w.n_waits + ROOM < len(floor.waits)
        and w.n_delays + ROOM < len(floor.delays)
        and w.n_outcomes + ROOM < len(floor.outcomes)
        and w.n_events + ROOM < len(floor.events)
        and (floor.terms[0].logging == 0 or w.n_log + 3 * ROOM < len(floor.log))
    )


@inlined
def launch_all(floor: Floor) -> bool:
    """Launch what was asked for and what window, trunk and calls per second allow; the rest is refused.

    False: more room is needed first, and `unlaunched` remembers the rest.
    """
    t, w = floor.terms[0], floor.world[0]
    while w.unlaunched > 0:
        if not (t.from_s <= w.now < t.until_s):
            w.refused_window += w.unlaunched
            w.unlaunched = 0
            break
        if not has_room(floor):
            return False
        w.unlaunched -= 1
        if 0 <= t.max_lines <= w.lines:
            w.refused_trunk += 1
        elif not take_token(floor):
            w.refused_cps += 1
        else:
            begin(floor)
    return True


@inlined
def take_token(floor: Floor) -> bool:
    t, w = floor.terms[0], floor.world[0]
    if t.max_cps < 0.0:
        return True
    w.tokens = min(max(1.0, t.max_cps), w.tokens + (w.now - w.tokens_at) * t.max_cps)
    w.tokens_at = w.now
    if w.tokens < 1.0 - 1e-9:
        return False
    w.tokens -= 1.0
    return True


@inlined
def happen(floor: Floor, what: int, who: int, more: float) -> None:
    """One event."""
    if what == RESOLVE:
        resolve(floor, who)
    elif what == VERDICT:
        verdict(floor, who)
    elif what == DEADLINE:
        deadline(floor, who, more)
    elif what == LINE_FREE:
        lines_change(floor, -1)
        note(floor, LOG_LINE_FREE, int(more), -1, 0.0)
    elif what == TALK_END:
        talk_end(floor, who)
    elif what == WRAP_END:
        wrap_end(floor, who)
    elif what == LOGIN:
        login(floor, who)
        serve_waiting(floor)
    elif what == PAUSE_DUE:
        pause_due(floor, who, more)
    elif what == LOGOUT:
        logout_due(floor, who)
    elif what == SHOW:
        show(floor, who, more)
    elif what == RESUME and resume(floor, who):
        serve_waiting(floor)


@inlined
def talk_end(floor: Floor, who: int) -> None:
    w, agent = floor.world[0], floor.agents[who]
    told(floor, who, 0, agent.machine, 0)
    note(floor, LOG_TALK_END, agent.serial, who, 0.0)
    enter(floor, who, WRAP)
    w.talking -= 1
    lines_change(floor, -1)
    put(floor, w.now + agent.wrap_s, WRAP_END, who, 0.0)


@inlined
def wrap_end(floor: Floor, who: int) -> None:
    agent = floor.agents[who]
    told(floor, who, 1, agent.machine, 0)
    agent.stage = 0
    note(floor, LOG_WRAP_END, agent.serial, who, 0.0)
    if after_wrap(floor, who):
        serve_waiting(floor)


@inlined
def run_on(floor: Floor, launch: int) -> int:
    """Launch so many now, then go on until the pacer must be asked (AT_TICK, AT_EVENT), the horizon (AT_END) or a list
    is full (NEEDS_ROOM: make it longer and call again with 0). With a law of the kernel's own it goes on to the end.
    """
    t, w = floor.terms[0], floor.world[0]
    w.unlaunched += launch
    while True:
        if not launch_all(floor) or not has_room(floor):
            return NEEDS_ROOM
        at = floor.heap[0].at if w.n_heap > 0 else math.inf
        if min(at, w.tick_at) >= t.horizon_s:
            close(floor)
            return AT_END
        if at <= w.tick_at:
            event = floor.heap[0]
            what, who, more = event.what, event.who, event.more
            drop_first(floor)
            w.now = at
            happen(floor, what, who, more)
            if t.on_event == 0:
                continue
        else:
            tick(floor)
            if t.law == LAW_NONE:
                return AT_TICK
        if t.law == LAW_NONE:
            return AT_EVENT
        w.unlaunched = wish(floor)
        w.n_outcomes, w.n_events = 0, 0


@inlined
def tick(floor: Floor) -> None:
    """The clock stands at the next tick; the picture's slices get their sample."""
    t, w = floor.terms[0], floor.world[0]
    w.now = w.tick_at
    w.ticks += 1
    w.tick_at = w.ticks * t.tick_s
    part = floor.slices[slice_of(floor)]
    part.samples += 1
    part.idle += w.n_idle
    part.on_call += w.talking
    part.lines += w.lines


@inlined
def close(floor: Floor) -> None:
    """Everything is counted up to the horizon."""
    w = floor.world[0]
    w.now = floor.terms[0].horizon_s
    for who in range(len(floor.agents)):
        account(floor, who)
        floor.agents[who].since = w.now
    lines_change(floor, 0)


@inlined
def look(floor: Floor) -> None:
    """Write what a pacer may see of agents and calls into `seats_seen` and `calls_seen`."""
    w = floor.world[0]
    for who in range(len(floor.agents)):
        agent = floor.agents[who]
        floor.seats_seen[0, who] = agent.state
        floor.seats_seen[1, who] = w.now - agent.since
        floor.seats_seen[2, who] = agent.then
        floor.seats_seen[3, who] = agent.stage
        floor.seats_seen[4, who] = w.now - agent.shown_at if agent.stage > 0 else 0.0
    slot, place = w.fly_first, 0
    while slot >= 0:
        call = floor.calls[slot]
        age = w.now - call.launched
        phase = call.phase
        if phase == DIALING and age >= call.pdd:
            phase = RINGING
        floor.calls_seen[0, place] = phase
        floor.calls_seen[1, place] = age
        floor.calls_seen[2, place] = call.serial
        slot = call.after
        place += 1


@compiled
def advance(
    terms: NDArray[np.void],
    world: NDArray[np.void],
    agents: NDArray[np.void],
    calls: NDArray[np.void],
    heap: NDArray[np.void],
    answers: NDArray[np.void],
    waits: NDArray[np.float64],
    delays: NDArray[np.float64],
    outcomes: NDArray[np.void],
    events: NDArray[np.void],
    log: NDArray[np.void],
    slices: NDArray[np.void],
    rates: NDArray[np.float64],
    noise: NDArray[np.float64],
    talk: NDArray[np.float64],
    dists: NDArray[np.void],
    pool: NDArray[np.float64],
    seats_seen: NDArray[np.float64],
    calls_seen: NDArray[np.float64],
    rng: np.random.Generator,
    launch: int,
) -> int:
    """`run_on`, then `look` where a pacer is asked. The fields of `Floor` one by one: numba takes a hundred times as
    long to look at a tuple of records as at the records."""
    floor = Floor(
        terms,
        world,
        agents,
        calls,
        heap,
        answers,
        waits,
        delays,
        outcomes,
        events,
        log,
        slices,
        rates,
        noise,
        talk,
        dists,
        pool,
        seats_seen,
        calls_seen,
        rng,
    )
    code = run_on(floor, launch)
    if code == AT_TICK or code == AT_EVENT:
        look(floor)
    return code
