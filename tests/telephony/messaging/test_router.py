"""Carriers are chosen by channel, and left alone while they fail."""

from telephony.messaging.port import Accepted, Rejected, Unknown
from telephony.messaging.router import OPEN_S, UNKNOWNS_TO_OPEN, Breaker


def test_some_unknown_answers_in_a_row_open_the_breaker_for_a_while() -> None:
    breaker = Breaker()
    opened = [breaker.hear(Unknown("x"), 0.0) for _ in range(UNKNOWNS_TO_OPEN)]
    assert opened == [False] * (UNKNOWNS_TO_OPEN - 1) + [True]
    assert not breaker.allows(OPEN_S - 1)
    assert breaker.allows(OPEN_S)


def test_a_good_answer_between_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(UNKNOWNS_TO_OPEN - 1):
        breaker.hear(Unknown("x"), 0.0)
    breaker.hear(Accepted("SM1", "queued"), 0.0)
    assert not breaker.hear(Unknown("x"), 0.0)


def test_after_the_pause_one_more_failure_opens_it_again_and_says_so() -> None:
    breaker = Breaker()
    for _ in range(UNKNOWNS_TO_OPEN):
        breaker.hear(Unknown("x"), 0.0)
    assert breaker.hear(Unknown("x"), OPEN_S + 1)
    assert not breaker.allows(OPEN_S + 2)


def test_an_account_problem_opens_it_at_once_and_a_bad_number_does_not() -> None:
    breaker = Breaker()
    assert not breaker.hear(Rejected("21211", "bad_address"), 0.0)
    assert breaker.allows(0.0)
    assert breaker.hear(Rejected("20003", "stop_provider", 300), 0.0)
    assert not breaker.allows(299)


def test_too_fast_waits_as_long_as_the_carrier_says() -> None:
    breaker = Breaker()
    breaker.hear(Rejected("20429", "not_accepted", 7), 0.0)
    assert (breaker.allows(6.9), breaker.allows(7.0)) == (False, True)
