"""Error codes as data, and how long a text is on the air."""

import pytest

from telephony.messaging.codes import CODES, rule_for
from telephony.messaging.segments import segments


def test_an_unlisted_code_is_never_repeated() -> None:
    rule = rule_for("99999")
    assert (rule.kind, rule.retry_after_s, rule.opt_out) == ("undecided", None, False)


def test_a_persons_stop_is_never_repeated_and_always_kept() -> None:
    kept = [rule for rule in CODES.values() if rule.opt_out]
    assert {rule.code for rule in kept} == {"21610", "63014"}
    assert all(rule.retry_after_s is None for rule in kept)


@pytest.mark.parametrize("code", ["30004", "30007", "21408", "63032"])
def test_what_a_policy_blocked_is_never_repeated(code: str) -> None:
    assert rule_for(code).retry_after_s is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("س" * 134, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(text: str, number: int) -> None:
    assert segments(text) == number
