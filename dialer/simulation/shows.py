"""What shows of a call in the kernel: stages of a talk by the scenario's classes, each at its second."""

from dialer.simulation.agenda import put
from dialer.simulation.draws import draw
from dialer.simulation.jit import inlined, part
from dialer.simulation.layout import (
    AFTER_BEGIN,
    BEFORE_END,
    LOG_SHOWN,
    MOST_SHOWS,
    SHOW,
    TALK,
    WRAP,
    Floor,
)
from dialer.simulation.seats import note

TALK_STAGE, WRAP_STAGE = 2, 3


@part
def draw_shows(floor: Floor, slot: int) -> None:
    """When each stage of an answered call shows, drawn at launch. A stage never shows before the one before it."""
    call = floor.calls[slot]
    last = 0.0
    for place in range(MOST_SHOWS):
        call.shows[place] = -1.0
        first = 3 + 4 * place
        share = floor.talk[call.talk_kind, first + 1]
        if share < 0.0:
            continue
        since = int(floor.talk[call.talk_kind, first + 2])
        drawn = floor.rng.random() < share
        by = draw(floor.dists, floor.pool, floor.rng, int(floor.talk[call.talk_kind, first + 3]))
        if since == AFTER_BEGIN:
            at = by
            drawn = drawn and by < call.talk_s
        elif since == BEFORE_END:
            at = call.talk_s - by
        else:
            at = call.talk_s + max(call.wrap_s - by, 0.0)
        if drawn:
            last = max(at, last)
            call.shows[place] = last


@part
def plan_shows(floor: Floor, slot: int, who: int, begins: float) -> None:
    """Put the stages of a call on the agenda of the agent who has it now."""
    call, agent = floor.calls[slot], floor.agents[who]
    for place in range(MOST_SHOWS):
        if call.shows[place] >= 0.0:
            stage = floor.talk[call.talk_kind, 3 + 4 * place]
            put(floor, begins + call.shows[place] * agent.speed, SHOW, who, call.serial * 8.0 + stage)


@part
def show(floor: Floor, who: int, more: float) -> None:
    """A stage shows, if the agent is with that call still and no later one shows already."""
    w, agent = floor.world[0], floor.agents[who]
    serial = int(more) // 8
    stage = int(more) - serial * 8
    if agent.serial != serial or stage <= agent.stage or not (agent.state == TALK or agent.state == WRAP):
        return
    told(floor, who, TALK_STAGE if agent.state == TALK else WRAP_STAGE, agent.machine, stage)
    agent.stage, agent.shown_at = stage, w.now
    note(floor, LOG_SHOWN, agent.serial, who, stage)


@inlined
def told(floor: Floor, who: int, kind: int, machine: int, shows: int) -> None:
    """An event of the agent that the pacer will be told at the next look."""
    w, agent = floor.world[0], floor.agents[who]
    event = floor.events[w.n_events]
    event.at, event.kind, event.machine, event.duration = w.now, kind, machine, w.now - agent.since
    event.stage, event.known, event.shows = agent.stage, w.now - agent.shown_at if agent.stage > 0 else 0.0, shows
    w.n_events += 1
