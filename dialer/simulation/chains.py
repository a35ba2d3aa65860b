"""The kernel's waiting lines as linked chains: idle agents, waiting callers, calls in flight, free places for calls."""

from dialer.simulation.jit import inlined
from dialer.simulation.layout import Floor


@inlined
def join_idle(floor: Floor, who: int) -> None:
    w, agent = floor.world[0], floor.agents[who]
    agent.before, agent.after = w.idle_last, -1
    if w.idle_last >= 0:
        floor.agents[w.idle_last].after = who
    else:
        w.idle_first = who
    w.idle_last = who
    w.n_idle += 1


@inlined
def leave_idle(floor: Floor, who: int) -> None:
    w, agent = floor.world[0], floor.agents[who]
    if agent.before >= 0:
        floor.agents[agent.before].after = agent.after
    else:
        w.idle_first = agent.after
    if agent.after >= 0:
        floor.agents[agent.after].before = agent.before
    else:
        w.idle_last = agent.before
    w.n_idle -= 1


@inlined
def join_waiting(floor: Floor, slot: int) -> None:
    w, call = floor.world[0], floor.calls[slot]
    call.ahead, call.behind = w.wait_last, -1
    if w.wait_last >= 0:
        floor.calls[w.wait_last].behind = slot
    else:
        w.wait_first = slot
    w.wait_last = slot
    w.n_waiting += 1


@inlined
def leave_waiting(floor: Floor, slot: int) -> None:
    w, call = floor.world[0], floor.calls[slot]
    if call.ahead >= 0:
        floor.calls[call.ahead].behind = call.behind
    else:
        w.wait_first = call.behind
    if call.behind >= 0:
        floor.calls[call.behind].ahead = call.ahead
    else:
        w.wait_last = call.ahead
    w.n_waiting -= 1


@inlined
def take_place(floor: Floor) -> int:
    """A free place, put at the end of the calls in flight; the caller knows that there is one."""
    w = floor.world[0]
    slot = int(w.free_first)
    call = floor.calls[slot]
    w.free_first = call.after
    w.n_free -= 1
    call.before, call.after = w.fly_last, -1
    if w.fly_last >= 0:
        floor.calls[w.fly_last].after = slot
    else:
        w.fly_first = slot
    w.fly_last = slot
    w.n_flying += 1
    return slot


@inlined
def give_place(floor: Floor, slot: int) -> None:
    """The call is with an agent or over: out of flight."""
    w, call = floor.world[0], floor.calls[slot]
    if call.before >= 0:
        floor.calls[call.before].after = call.after
    else:
        w.fly_first = call.after
    if call.after >= 0:
        floor.calls[call.after].before = call.before
    else:
        w.fly_last = call.before
    w.n_flying -= 1
    call.serial = -1
    call.after = w.free_first
    w.free_first = slot
    w.n_free += 1
