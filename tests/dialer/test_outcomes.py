"""One word for how an unanswered call ended; `tests/dialer/test_call.py` has the table of causes."""

from datetime import timedelta

from hypothesis import given, strategies as st

from dialer.outcomes import unanswered

WORDS = {"no_answer", "busy", "invalid_number", "failed"}


@given(st.integers(0, 127), st.none() | st.integers(300, 699), st.booleans(), st.floats(0, 100))
def test_every_cause_has_a_word(cause: int, sip: int | None, progress: bool, rang: float) -> None:
    assert unanswered(cause, sip, progress=progress, rang=timedelta(seconds=rang), ring_timeout_s=22) in WORDS


def test_our_own_timeout_in_total_silence_is_the_trunks_fault() -> None:
    assert unanswered(19, 480, progress=False, rang=timedelta(seconds=22), ring_timeout_s=22) == "failed"
