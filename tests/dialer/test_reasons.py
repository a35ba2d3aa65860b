"""A refusal in words for people: debts by their creditor's reference, or by no name at all."""

from compliance.verdict import Reason
from dialer.reasons import said

CAP = Reason(
    "frequency.attempts", "cap", "us-federal", "1", "source",
    "8th call about 8375 since Mon 2 Nov 2026, limit 7 (us-federal, America/New_York)", "8375",
)  # fmt: skip


def test_a_debt_is_named_by_its_reference() -> None:
    assert said(CAP, {"8375": "L-000083-1", "7": "L-7"}).startswith("8th call about L-000083-1 since Mon 2 Nov 2026, ")


def test_without_references_or_for_another_debt_no_debt_is_named() -> None:
    assert said(CAP).startswith("8th call about this debt since ")
    assert said(CAP, {"7": "L-7"}).startswith("8th call about this debt since ")


def test_other_words_stay() -> None:
    text = "day 1 of 7 after the conversation of Mon 2 Nov 2026 about any debt (us-federal, UTC)"
    assert said(Reason("frequency.conversation", "rule", "us-federal", "1", "source", text), {"1": "L-1"}) == text
