"""Says in the campaigns' words how an unanswered call ended; what its codes mean is telephony.cause's table. Pure."""

from datetime import timedelta

from telephony.cause import Ending, Outcome, verdict

TIMER_SLACK = timedelta(seconds=1)
# a rejection is no fault of the number's: the strategy tries again
WORDS = {
    Outcome.BUSY: "busy",
    Outcome.NO_ANSWER: "no_answer",
    Outcome.INVALID_NUMBER: "invalid_number",
    Outcome.CANCELLED: "cancelled",
}


def unanswered(cause: int, tech_cause: int | None, *, progress: bool, rang: timedelta, ring_timeout_s: int) -> str:
    """The outcome of a call that nobody answered. `progress`: ringing or early media was seen; `rang`: since launch."""
    timed_out = rang >= timedelta(seconds=ring_timeout_s) - TIMER_SLACK
    ending = Ending(cause, tech_cause, ring_timed_out=timed_out, ringing_seen=progress)
    return WORDS.get(verdict(ending).outcome, "failed")
