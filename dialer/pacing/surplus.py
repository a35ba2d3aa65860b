"""Decides which calls that nobody has answered are given up because their agents have left. Pure."""

from collections.abc import Sequence
from typing import NamedTuple


class Flying(NamedTuple):
    """A call that nobody has answered.

    `age_s` since it was launched; `ringing_s` since it began to ring, None: it does not ring yet; `ring_min_s`: the
    rulebook's shortest ring. `staff`: agents at work for the campaign when it was launched; `per_agent`: calls in
    flight for each of them then, this one and those launched with it included.
    """

    key: str
    age_s: float
    ringing_s: float | None
    ring_min_s: float
    staff: int
    per_agent: float

    @property
    def may_end(self) -> bool:
        return self.ringing_s is None or self.ringing_s >= self.ring_min_s


def surplus(calls: Sequence[Flying], *, answered: int, idle: int, staff: int) -> list[str]:
    """The calls to give up now, the youngest first.

    There are never more calls for each agent than when a call was launched, unless so many agents are idle. `answered`
    calls without an agent stand before all others; `staff`: agents idle, talking or in wrap-up, and not about to leave.
    """
    oldest_first = sorted(calls, key=lambda call: (-call.age_s, call.key))
    too_many = sum(
        1
        for place, call in enumerate(oldest_first, answered + 1)
        if staff < call.staff and place > max(idle, call.per_agent * staff)
    )
    youngest_first = [call.key for call in reversed(oldest_first) if call.may_end]
    return youngest_first[:too_many]
