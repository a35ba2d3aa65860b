"""Says in one word how a call ended, from its facts and the exchange's cause (ARI.md 2.2). Pure."""

from datetime import timedelta

BUSY = frozenset({17})
# unallocated, number changed, address incomplete
INVALID = frozenset({1, 22, 28})
# user not responding, no answer
SILENT = frozenset({18, 19})
# what a normal clearing of an unanswered call looks like; 0 and 16 also come from our own timeout (ARI.md 3, no. 10)
UNTOLD = frozenset({0, 16})
TIMER_SLACK = timedelta(seconds=1)


def unanswered(cause: int, *, progress: bool, rang: timedelta, ring_timeout_s: int) -> str:
    """The outcome of a call that nobody answered. `progress`: ringing or early media was seen; `rang`: since launch."""
    timed_out = rang >= timedelta(seconds=ring_timeout_s) - TIMER_SLACK
    if cause in BUSY:
        return "busy"
    if cause in INVALID:
        return "invalid_number"
    if cause in SILENT or cause in UNTOLD:
        if timed_out:
            # our timeout after total silence is the trunk's fault and not the debtor's
            return "no_answer" if progress else "failed"
        return "no_answer" if cause in SILENT or progress else "failed"
    return "failed"
