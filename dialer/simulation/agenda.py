"""The kernel's agenda of coming events: a binary heap, earliest first, equal times in the order they were put in."""

from dialer.simulation.jit import inlined
from dialer.simulation.layout import Floor


@inlined
def put(floor: Floor, at: float, what: int, who: int, more: float) -> None:
    """Add an event; the caller has seen to it that there is room."""
    w, heap = floor.world[0], floor.heap
    place = w.n_heap
    w.n_heap += 1
    w.order += 1
    order = w.order
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent].at <= at:
            break
        heap[place] = heap[parent]
        place = parent
    event = heap[place]
    event.at = at
    event.order = order
    event.what = what
    event.who = who
    event.more = more


@inlined
def drop_first(floor: Floor) -> None:
    """Take the first event away."""
    w, heap = floor.world[0], floor.heap
    w.n_heap -= 1
    size = w.n_heap
    last = heap[size]
    at, order = last.at, last.order
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _sooner(heap, right, heap[child].at, heap[child].order):
            child = right
        if not _sooner(heap, child, at, order):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = heap[size]


@inlined
def _sooner(heap, place: int, at: float, order: int) -> bool:  # type: ignore[no-untyped-def]  # an EVENT array
    event = heap[place]
    return bool(event.at < at or (event.at == at and event.order < order))
