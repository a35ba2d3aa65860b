"""What a mail server's replies mean, by step and code: real servers' words, and every code there can be."""

import pytest
from hypothesis import given, strategies as st

from telephony.messaging.codes import CODES
from telephony.messaging.port import Rejected, Unknown
from telephony.messaging.smtp_replies import Stage, lost, refusal

STAGES: tuple[Stage, ...] = ("greeting", "tls", "login", "sender", "recipient", "data")


@pytest.mark.parametrize(
    ("stage", "code", "text", "meaning"),
    [
        ("greeting", 421, "4.7.0 Too many connections", "smtp_busy"),
        ("greeting", 554, "5.7.1 No SMTP service here", "smtp_refuses_us"),
        ("tls", 454, "4.7.0 TLS not available due to temporary reason", "smtp_busy"),
        ("tls", 501, "5.5.4 Syntax error", "smtp_tls"),
        ("login", 535, "5.7.8 Error: authentication failed", "smtp_login"),
        ("login", 454, "4.7.0 Temporary authentication failure", "smtp_busy"),
        ("sender", 530, "5.7.0 Must issue a STARTTLS command first", "smtp_login"),
        ("sender", 553, "5.7.1 Sender address rejected: not owned by user", "smtp_sender"),
        ("sender", 451, "4.3.0 Try again", "smtp_busy"),
        ("recipient", 550, "5.1.1 The email account that you tried to reach does not exist.", "smtp_no_mailbox"),
        ("recipient", 550, "5.1.10 Recipient not found", "smtp_no_mailbox"),
        ("recipient", 553, "sorry, that domain isn't in my list", "smtp_no_mailbox"),
        ("recipient", 550, "No such user here", "smtp_mailbox"),
        ("recipient", 550, "5.2.1 The account is disabled", "smtp_mailbox"),
        ("recipient", 552, "5.2.2 Mailbox full", "smtp_mailbox"),
        ("recipient", 554, "5.7.1 Relay access denied", "smtp_refused"),
        ("recipient", 450, "4.2.0 Greylisted", "smtp_later"),
        ("recipient", 421, "4.3.2 Shutting down", "smtp_busy"),
        ("data", 552, "5.3.4 Message size exceeds fixed limit", "smtp_too_big"),
        ("data", 550, "5.7.26 Unauthenticated email is not accepted", "smtp_refused"),
        ("data", 550, "High probability of spam", "smtp_refused"),
        ("data", 451, "4.7.1 Please try again later", "smtp_later"),
        ("data", 550, "5.1.1 unknown at the last moment", "smtp_no_mailbox"),
    ],
)
def test_replies_of_real_servers_mean_what_they_say(stage: Stage, code: int, text: str, meaning: str) -> None:
    answer = refusal(stage, code, text)
    assert isinstance(answer, Rejected)
    rule = CODES[meaning]
    assert (answer.code, answer.kind, answer.retry_after_s) == (meaning, rule.kind, rule.retry_after_s)


@given(st.sampled_from(STAGES), st.integers(-1, 999), st.text(max_size=40))
def test_every_reply_has_a_meaning_and_only_after_the_message_may_it_be_unknown(
    stage: Stage, code: int, text: str
) -> None:
    answer = refusal(stage, code, text)
    if isinstance(answer, Unknown):
        assert stage == "data" and not 400 <= code < 600
        assert answer.because == f"smtp {code}"
    else:
        assert isinstance(answer, Rejected) and answer.code in CODES


@given(st.sampled_from(STAGES), st.integers(400, 499), st.text(max_size=40))
def test_what_passes_is_never_held_against_a_person_or_the_account(stage: Stage, code: int, text: str) -> None:
    answer = refusal(stage, code, text)
    assert isinstance(answer, Rejected) and answer.kind in ("not_accepted", "deferred") and answer.retry_after_s


def test_silence_is_unknown_from_the_message_on_and_nothing_sent_before() -> None:
    assert [isinstance(lost(stage, "x"), Unknown) for stage in STAGES] == [False] * 5 + [True]


def test_only_a_mailbox_that_is_not_there_spoils_an_address_for_good() -> None:
    assert [rule.code for rule in CODES.values() if rule.code.startswith("smtp") and rule.number == "invalid"] == [
        "smtp_no_mailbox"
    ]
