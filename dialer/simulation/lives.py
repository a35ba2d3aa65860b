"""A call's life in the kernel: launch, answer, verdict of the machine detection, agent or drop."""

import math

from dialer.simulation.agenda import put
from dialer.simulation.chains import give_place, join_waiting, leave_waiting, take_place
from dialer.simulation.draws import draw
from dialer.simulation.jit import inlined, part
from dialer.simulation.layout import (
    BUSY,
    DEADLINE,
    DETECTING,
    DIALING,
    FAILED,
    HUMAN,
    LINE_FREE,
    LOG_ANSWER,
    LOG_CONNECT,
    LOG_DROP,
    LOG_ENDED,
    LOG_LAUNCH,
    NO_ANSWER,
    RESOLVE,
    SEEN_ANSWERED,
    SEEN_BUSY,
    SEEN_CONNECTED,
    SEEN_DROPPED,
    SEEN_FAILED,
    SEEN_MACHINE,
    SEEN_NO_ANSWER,
    TALK,
    TALK_END,
    VERDICT,
    WAITING,
    Floor,
)
from dialer.simulation.seats import enter, note
from dialer.simulation.shows import draw_shows, plan_shows

ROUNDING_S = 1e-9


@inlined
def lines_change(floor: Floor, by: int) -> None:
    w = floor.world[0]
    w.line_s += w.lines * (w.now - w.lines_at)
    w.lines_at = w.now
    w.lines += by
    w.peak_lines = max(w.peak_lines, w.lines)


@inlined
def slice_of(floor: Floor) -> int:
    return min(int(floor.world[0].now / floor.terms[0].bin_s), len(floor.slices) - 1)


@inlined
def seen(floor: Floor, kind: int, slot: int, extra: float) -> None:
    """An outcome that the pacer will be told at the next look."""
    w = floor.world[0]
    outcome = floor.outcomes[w.n_outcomes]
    outcome.at, outcome.kind, outcome.age, outcome.extra = w.now, kind, w.now - floor.calls[slot].launched, extra
    outcome.call = floor.calls[slot].serial
    w.n_outcomes += 1


@inlined
def draw_kind(floor: Floor) -> int:
    """The class of the next call: the profile's row, times the segment's factor, its log-odds shifted by noise and by
    the block of the list."""
    t, w = floor.terms[0], floor.world[0]
    second = min(int(w.now), len(floor.rates) - 1)
    row = floor.rates[second]
    if t.block_size > 0 and w.calls % t.block_size == 0:
        w.block_shift = t.block_sd * floor.rng.standard_normal()
    human, others = row[0], 1.0
    if t.segment_size > 0 and human < 1.0:
        own = min(human * floor.pool[t.segment_first + w.calls // t.segment_size % t.segment_count], 1.0)
        others = (1.0 - own) / (1.0 - human)
        human = own
    shift = floor.noise[min(second, len(floor.noise) - 1)] + w.block_shift
    if shift != 0.0 and 0.0 < human < 1.0:
        shifted = 1.0 / (1.0 + (1.0 - human) / human * math.exp(-shift))
        others *= (1.0 - shifted) / (1.0 - human)
        human = shifted
    u = floor.rng.random()
    edge = human
    if u < edge:
        return HUMAN
    for kind in range(1, 4):
        edge += row[kind] * others
        if u < edge:
            return kind
    return NO_ANSWER


@inlined
def draw_answered(floor: Floor, slot: int, scales) -> None:  # type: ignore[no-untyped-def]  # a row of `rates`
    """What an answered call will do, drawn at launch so that every pacer meets the same people."""
    t, call = floor.terms[0], floor.calls[slot]
    call.greeting = draw(floor.dists, floor.pool, floor.rng, t.greeting)
    human = call.kind == HUMAN
    if t.amd:
        wrong = floor.rng.random() < (t.fp if human else t.fn)
        call.machine_heard = int(wrong if human else not wrong)
        call.verdict_s = (
            call.greeting + draw(floor.dists, floor.pool, floor.rng, t.delay_human)
            if human
            else draw(floor.dists, floor.pool, floor.rng, t.delay_machine)
        )
    if human:
        u, kind = floor.rng.random(), 0
        while kind < t.n_talk - 1 and u >= floor.talk[kind, 0]:
            kind += 1
        call.talk_s = draw(floor.dists, floor.pool, floor.rng, int(floor.talk[kind, 1])) * scales[5]
        call.wrap_s = draw(floor.dists, floor.pool, floor.rng, int(floor.talk[kind, 2])) * scales[6]
        if t.shows:
            call.talk_kind = kind
            draw_shows(floor, slot)
    else:
        call.talk_s, call.wrap_s = (
            draw(floor.dists, floor.pool, floor.rng, t.machine_talk),
            draw(floor.dists, floor.pool, floor.rng, t.machine_wrap),
        )


@part
def begin(floor: Floor) -> None:
    """Put one call on a line; there is a free place for it."""
    t, w = floor.terms[0], floor.world[0]
    kind = draw_kind(floor)
    slot = take_place(floor)
    call, row = floor.calls[slot], floor.rates[min(int(w.now), len(floor.rates) - 1)]
    call.serial, call.kind, call.outcome, call.phase = w.calls, kind, kind, DIALING
    call.launched, call.answer, call.machine_heard, call.verdict_s = w.now, -1, 0, 0.0
    call.pdd = draw(floor.dists, floor.pool, floor.rng, t.pdd)
    w.calls += 1
    floor.slices[slice_of(floor)].calls += 1
    lines_change(floor, 1)
    if kind == BUSY:
        call.rung = draw(floor.dists, floor.pool, floor.rng, t.busy_delay)
    elif kind == FAILED:
        call.rung = draw(floor.dists, floor.pool, floor.rng, t.failed_delay)
    elif kind == NO_ANSWER:
        call.rung = t.ring_timeout_s
    else:
        call.rung = (
            draw(floor.dists, floor.pool, floor.rng, t.ring_human) * row[4]
            if kind == HUMAN
            else draw(floor.dists, floor.pool, floor.rng, t.ring_machine)
        )
        draw_answered(floor, slot, row)
        if call.rung > t.ring_timeout_s:
            call.rung, call.outcome = t.ring_timeout_s, NO_ANSWER
    note(floor, LOG_LAUNCH, call.serial, -1, kind)
    put(floor, w.now + call.pdd + call.rung, RESOLVE, slot, call.serial)


@inlined
def resolve(floor: Floor, slot: int) -> None:
    """The ringing is over: busy, failed, no answer, or somebody or something lifts."""
    w, call = floor.world[0], floor.calls[slot]
    if call.outcome == BUSY:
        w.busy += 1
        _over(floor, slot, SEEN_BUSY)
    elif call.outcome == FAILED:
        w.failed += 1
        _over(floor, slot, SEEN_FAILED)
    elif call.outcome == NO_ANSWER:
        w.no_answer += 1
        _over(floor, slot, SEEN_NO_ANSWER)
    else:
        answer(floor, slot)


@inlined
def _over(floor: Floor, slot: int, kind: int) -> None:
    seen(floor, kind, slot, 0.0)
    note(floor, LOG_ENDED, floor.calls[slot].serial, -1, kind)
    lines_change(floor, -1)
    give_place(floor, slot)


@part
def answer(floor: Floor, slot: int) -> None:
    t, w, call = floor.terms[0], floor.world[0], floor.calls[slot]
    call.answered = w.now
    call.deadline = w.now + call.greeting + t.hold_s
    seen(floor, SEEN_ANSWERED, slot, call.rung)
    note(floor, LOG_ANSWER, call.serial, -1, call.deadline)
    if call.kind == HUMAN:
        call.answer = w.n_answers
        line = floor.answers[w.n_answers]
        line.at, line.abandoned = w.now, 0
        w.n_answers += 1
        w.live_answers += 1
        floor.slices[slice_of(floor)].live_answers += 1
    else:
        w.machine_answers += 1
    if t.amd:
        call.phase = DETECTING
        put(floor, w.now + call.verdict_s, VERDICT, slot, call.serial)
    else:
        offer(floor, slot)


@inlined
def verdict(floor: Floor, slot: int) -> None:
    w, call = floor.world[0], floor.calls[slot]
    if not call.machine_heard:
        offer(floor, slot)
        return
    seen(floor, SEEN_MACHINE, slot, w.now - call.answered)
    if call.kind == HUMAN:
        w.amd_fp += 1
        _abandoned(floor, slot)
    else:
        w.amd_released += 1
    note(floor, LOG_ENDED, call.serial, -1, SEEN_MACHINE)
    lines_change(floor, -1)
    give_place(floor, slot)


@inlined
def _abandoned(floor: Floor, slot: int) -> None:
    """Charged to the instant of the answer, so that a window's rate is a share of its own answers."""
    answered = floor.answers[floor.calls[slot].answer]
    answered.abandoned = 1
    floor.slices[min(int(answered.at / floor.terms[0].bin_s), len(floor.slices) - 1)].abandoned += 1


@inlined
def offer(floor: Floor, slot: int) -> None:
    t, w, call = floor.terms[0], floor.world[0], floor.calls[slot]
    last = call.deadline - t.connect_s
    if w.n_idle > 0:
        connect(floor, slot, w.idle_first)
    elif w.now >= last - ROUNDING_S:
        lose(floor, slot)
    else:
        call.phase = WAITING
        join_waiting(floor, slot)
        put(floor, last, DEADLINE, slot, call.serial)


@part
def lose(floor: Floor, slot: int) -> None:
    """Nobody is free in time: the message is played, which keeps the line."""
    t, w, call = floor.terms[0], floor.world[0], floor.calls[slot]
    if call.kind == HUMAN:
        w.dropped += 1
        _abandoned(floor, slot)
    else:
        w.machine_dropped += 1
    seen(floor, SEEN_DROPPED, slot, w.now - call.answered)
    note(floor, LOG_DROP, call.serial, -1, call.deadline)
    put(floor, w.now + t.drop_message_s, LINE_FREE, -1, call.serial)
    give_place(floor, slot)


@part
def connect(floor: Floor, slot: int, who: int) -> None:
    """Caller and agent are brought together; the agent is busy from now, the caller hears in `connect_s`."""
    t, w, call, agent = floor.terms[0], floor.world[0], floor.calls[slot], floor.agents[who]
    floor.waits[w.n_waits] = w.now - agent.since
    w.n_waits += 1
    human = call.kind == HUMAN
    agent.serial = call.serial
    enter(floor, who, TALK)
    # after the change: the idle time before belongs to no call
    agent.machine = 0 if human else 1
    talk, wrap = call.talk_s, call.wrap_s
    if human:
        talk, wrap = talk * agent.speed, wrap * agent.speed
        w.connects_live += 1
        floor.delays[w.n_delays] = w.now + t.connect_s - call.answered
        w.n_delays += 1
        if w.now + t.connect_s > call.deadline + ROUNDING_S:
            w.late += 1
            _abandoned(floor, slot)
    else:
        w.machine_to_agent += 1
    agent.wrap_s, agent.stage = wrap, 0
    w.talking += 1
    if human and t.shows:
        plan_shows(floor, slot, who, w.now + t.connect_s)
    seen(floor, SEEN_CONNECTED, slot, w.now - call.answered)
    note(floor, LOG_CONNECT, call.serial, who, call.deadline)
    put(floor, w.now + t.connect_s + talk, TALK_END, who, 0.0)
    give_place(floor, slot)


@inlined
def serve_waiting(floor: Floor) -> None:
    """Somebody has become idle: who waits longest is connected."""
    w = floor.world[0]
    while w.n_waiting > 0 and w.n_idle > 0:
        slot = w.wait_first
        leave_waiting(floor, slot)
        connect(floor, slot, w.idle_first)


@inlined
def deadline(floor: Floor, slot: int, serial: float) -> None:
    call = floor.calls[slot]
    if call.serial == serial and call.phase == WAITING:
        leave_waiting(floor, slot)
        lose(floor, slot)
