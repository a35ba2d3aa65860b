"""Agents in the kernel: idle, with a call, wrapping up, paused, out; pauses and logouts that wait for the wrap-up."""

from dialer.simulation.agenda import put
from dialer.simulation.chains import join_idle, leave_idle
from dialer.simulation.jit import inlined
from dialer.simulation.layout import (
    IDLE,
    LOG_STATE,
    NO_THEN,
    OUT,
    PAUSE,
    RESUME,
    TALK,
    THEN_LOGOUT,
    THEN_PAUSE,
    WRAP,
    Floor,
)


@inlined
def note(floor: Floor, what: int, call: int, agent: int, more: float) -> None:
    """A line of the debug log, from which tests reckon everything again."""
    if floor.terms[0].logging == 0:
        return
    w = floor.world[0]
    line = floor.log[w.n_log]
    line.at, line.what, line.call, line.agent, line.more = w.now, what, call, agent, more
    w.n_log += 1


@inlined
def account(floor: Floor, who: int) -> None:
    """Add the time since the agent's last change to the sum of its state."""
    w, agent = floor.world[0], floor.agents[who]
    spent = w.now - agent.since
    if agent.state == IDLE:
        w.idle_s += spent
    elif agent.state == TALK:
        if agent.machine:
            w.talk_machine_s += spent
        else:
            w.talk_live_s += spent
    elif agent.state == WRAP:
        w.wrap_s += spent


@inlined
def enter(floor: Floor, who: int, state: int) -> None:
    """Change an agent's state now, with its sums and its place among the idle."""
    w, agent = floor.world[0], floor.agents[who]
    account(floor, who)
    if agent.state == IDLE:
        leave_idle(floor, who)
    agent.state, agent.since = state, w.now
    if state == IDLE:
        join_idle(floor, who)
    note(floor, LOG_STATE, -1, who, state)


@inlined
def rest(floor: Floor, who: int, until: float) -> None:
    agent = floor.agents[who]
    agent.until = until
    enter(floor, who, PAUSE)
    put(floor, until, RESUME, who, 0.0)


@inlined
def login(floor: Floor, who: int) -> None:
    agent = floor.agents[who]
    if agent.state == OUT:
        agent.then = NO_THEN
        enter(floor, who, IDLE)
    elif agent.then == THEN_LOGOUT:
        agent.then = NO_THEN  # the next shift begins before the call of the last one is over


@inlined
def pause_due(floor: Floor, who: int, duration: float) -> None:
    """A pause falls due: at once when idle, merged with one that runs, pending during a call."""
    w, agent = floor.world[0], floor.agents[who]
    end = w.now + duration
    if agent.state == IDLE:
        rest(floor, who, end)
    elif agent.state == PAUSE:
        if end > agent.until:
            agent.until = end
            put(floor, end, RESUME, who, 0.0)
    elif agent.state != OUT:
        if agent.then == NO_THEN:
            agent.then, agent.due, agent.due_end = THEN_PAUSE, w.now, end
        elif agent.then == THEN_PAUSE:
            agent.due_end = max(agent.due_end, end)


@inlined
def logout_due(floor: Floor, who: int) -> None:
    agent = floor.agents[who]
    if agent.state == TALK or agent.state == WRAP:
        agent.then = THEN_LOGOUT
    elif agent.state != OUT:
        enter(floor, who, OUT)


@inlined
def resume(floor: Floor, who: int) -> bool:
    """The pause is over, unless it was made longer or the agent went home: True when the agent is idle now."""
    w, agent = floor.world[0], floor.agents[who]
    if agent.state != PAUSE or w.now < agent.until:
        return False
    enter(floor, who, IDLE)
    return True


@inlined
def after_wrap(floor: Floor, who: int) -> bool:
    """What was pending takes effect; True when the agent is idle now."""
    w, agent = floor.world[0], floor.agents[who]
    then = agent.then
    agent.then = NO_THEN
    if then == THEN_LOGOUT:
        enter(floor, who, OUT)
    elif then == THEN_PAUSE:
        # a break keeps its length when a call has put it off
        rest(floor, who, w.now + (agent.due_end - agent.due))
    else:
        enter(floor, who, IDLE)
    return bool(then == NO_THEN)
