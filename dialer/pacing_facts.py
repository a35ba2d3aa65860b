"""Decides what a pacer hears of a step in a call's life. Pure."""

from datetime import datetime

from dialer.call import Call, CallState
from dialer.pacing.interface import OutcomeKind, OutcomeSeen

S = CallState
RISING = (S.DIALING, S.RINGING)
UNCONNECTED = (S.DETECTING, S.WAITING, S.BRIDGING)
# a call that was cancelled, or that ended while nobody listened, says nothing of how persons answer
UNANSWERED: dict[str, OutcomeKind] = {
    "busy": "busy",
    "failed": "failed",
    "invalid_number": "failed",
    "no_answer": "no_answer",
}


def heard(before: Call, after: Call, at: datetime, now_s: float) -> OutcomeSeen | None:
    """The outcome that this step is, at `now_s` of the pacer's clock; None where it is none.

    Ages are seconds from the call's own instants: launch to `at`; `extra_s`: ringing time of an answer, else seconds
    since the answer.
    """
    if after.launched_at is None or before.state is after.state:
        return None
    kind = _kind(before, after)
    if kind is None:
        return None
    age_s = _between(after.launched_at, at)
    if kind == "answered":
        return OutcomeSeen(now_s, kind, age_s, _between(after.ringing_at or after.launched_at, after.answered_at))
    return OutcomeSeen(now_s, kind, age_s, _between(after.answered_at, at))


def _kind(before: Call, after: Call) -> OutcomeKind | None:
    if before.state in RISING:
        if after.answered_at is not None:
            return "answered"
        return UNANSWERED.get(after.outcome or "") if after.state is S.ENDED else None
    if before.state is S.ENDING and after.state is S.ENDED and after.answered_at is None:
        return UNANSWERED.get(after.outcome or "")
    if after.state is S.MACHINE_ENDED:
        return "amd_machine"
    if before.state in UNCONNECTED and before.bridged_at is None:
        if after.state is S.TALKING:
            return "connected"
        if after.state in (S.ABANDON_MESSAGE, S.ENDED):
            return "dropped"
    return None


def _between(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start is not None and end is not None else 0.0
