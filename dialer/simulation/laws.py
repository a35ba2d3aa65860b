"""The laws that pace inside the kernel: fixed ratio and 1:1, and VICIdial's adaptive modes as baselines.

VICIdial's law as its public manual describes it, in our words and with the figures of its defaults: a dial level that
multiplies agents, raised and lowered by the share of agents who waited, and cut back by the day's drop percentage. What
the manual leaves open is settled as docs/simulator.md says, so that the results agree with published measurements.
"""

import math

from dialer.simulation.jit import inlined
from dialer.simulation.layout import LAW_AVERAGE, LAW_RATIO, LAW_TAPERED, Floor

DIAL_EVERY_S, ADAPT_EVERY_S = 2.5, 15.0


@inlined
def wish(floor: Floor) -> int:
    """How many calls the law of this run wants launched now."""
    if floor.terms[0].law == LAW_RATIO:
        return ratio(floor)
    return adaptive(floor)


@inlined
def ratio(floor: Floor) -> int:
    """`ratio` calls in flight for each idle agent; 1 is progressive dialing."""
    w = floor.world[0]
    lines: int = math.floor(floor.terms[0].ratio * w.n_idle)
    return max(0, lines - int(w.n_flying))


@inlined
def adaptive(floor: Floor) -> int:
    """Lines up to the level times the agents counted, every 2.5 s.

    Counted are agents ready or in a call, against all lines; with the available-only tally agents ready, against calls
    that have no agent. Agents in wrap-up count in neither.
    """
    t, w = floor.terms[0], floor.world[0]
    # a person who hears the message for want of an agent is a call that waits, too
    waiting = w.n_waiting + w.lines - w.n_flying - w.talking
    w.differential_sum += w.n_idle - waiting
    w.agents_sum += w.n_idle + w.talking
    w.samples += 1
    if w.now >= w.level_at:
        w.level = adapted(floor)
        w.level_at = w.now + ADAPT_EVERY_S
        w.differential_sum, w.agents_sum, w.samples = 0.0, 0.0, 0.0
    if w.now < w.dial_at:
        return 0
    w.dial_at = w.now + DIAL_EVERY_S
    if t.available_only:
        return max(0, int(w.level * w.n_idle) - int(w.n_flying))
    return max(0, int(w.level * (w.n_idle + w.talking)) - int(w.lines))


@inlined
def adapted(floor: Floor) -> float:
    """The next dial level, between 1 and the most."""
    t, w = floor.terms[0], floor.world[0]
    level = float(w.level)
    if w.agents_sum > 0.0:
        level *= 1.0 + w.differential_sum / w.agents_sum
    level = min(max(level, 1.0), float(t.max_level))
    if not over_limit(floor):
        return level
    # AVERAGE steers back gently, the others switch to 1
    return 1.0 + (float(w.level) - 1.0) / 2.0 if t.law == LAW_AVERAGE else 1.0


@inlined
def over_limit(floor: Floor) -> bool:
    """Whether the day's drop percentage is over the limit; TAPERED asks in the second half of the shift only."""
    t, w = floor.terms[0], floor.world[0]
    if t.law == LAW_TAPERED and w.now < (t.from_s + min(t.until_s, t.horizon_s)) / 2.0:
        return False
    return bool(w.dropped + w.machine_dropped > t.target * w.live_answers)
