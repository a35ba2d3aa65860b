"""The laws that pace inside the kernel: fixed ratio and 1:1, and VICIdial's adaptive modes as baselines."""

import math

from dialer.simulation.jit import inlined
from dialer.simulation.layout import LAW_RATIO, Floor


@inlined
def wish(floor: Floor) -> int:
    """How many calls the law of this run wants launched now."""
    t = floor.terms[0]
    if t.law == LAW_RATIO:
        return ratio(floor)
    return 0


@inlined
def ratio(floor: Floor) -> int:
    """`ratio` calls in flight for each idle agent; 1 is progressive dialing."""
    w = floor.world[0]
    return max(0, math.floor(floor.terms[0].ratio * w.n_idle) - int(w.n_flying))
