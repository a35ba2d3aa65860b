"""Amounts are read by one explicit rule, and what may mean two things is refused."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from campaigns.money import EXPONENTS, AmountProblem, parse_amount, text


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("1234.56", "USD", 123456),
        ("1,234.56", "USD", 123456),
        ("1.234,56", "EUR", 123456),
        ("1 234,56", "PLN", 123456),
        ("1\u00a0234\u202f567,5", "PLN", 123456750),
        ("1'234.50", "CHF", 123450),
        ("12,34,567.89", "INR", 123456789),
        ("1.234.567", "EUR", 123456700),
        ("$99", "USD", 9900),
        ("99 USD", "USD", 9900),
        ("EUR 0,5", "EUR", 50),
        ("1250", "JPY", 1250),
        ("12.3450", "KWD", 12345),
        ("12.5000", "USD", 1250),
        ("۱۲۳۴٫۵", "IRR", 123450),
        ("0", "USD", 0),
        ("0.125", "KWD", 125),
    ],
)
def test_amounts_as_people_write_them(written: str, currency: str, minor: int) -> None:
    assert parse_amount(written, currency) == minor


@pytest.mark.parametrize(
    ("written", "currency", "why"),
    [
        ("1,234", "USD", "may group thousands or begin the decimals"),
        ("1.234", "EUR", "may group thousands or begin the decimals"),
        ("12O0", "USD", "letters"),
        ("twelve", "USD", "letters"),
        ("", "USD", "empty"),
        ("-5", "USD", "negative"),
        ("(5.00)", "USD", "negative"),
        ("1.2.3", "USD", "do not group"),
        ("1,23,45", "USD", "do not group"),
        ("12 34", "USD", "blanks"),
        ("1.234,56,78", "USD", "comes twice"),
        ("12.345678", "USD", "more than 2 digits"),
        ("1.5", "JPY", "more than 0 digits"),
        (".5", "USD", "no amount"),
        ("1e5", "USD", "letters"),
        ("99999999999999999999", "USD", "too large"),
        ("12%", "USD", "no amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason_and_without_the_text(
    written: str, currency: str, why: str
) -> None:
    with pytest.raises(AmountProblem, match=why) as refused:
        parse_amount(written, currency)
    assert not written or written not in str(refused.value).replace("1234.56", "")


def test_the_mapping_files_decimal_mark_settles_what_is_ambiguous() -> None:
    assert parse_amount("1,234", "USD", decimal_mark=".") == 123400
    assert parse_amount("1.234", "USD", decimal_mark=",") == 123400
    assert parse_amount("1.2", "USD", decimal_mark=".") == 120
    assert parse_amount("0.500", "KWD", decimal_mark=".") == 500
    with pytest.raises(AmountProblem, match="mapping file says"):
        parse_amount("1,234.56", "USD", decimal_mark=",")


@given(st.integers(0, 10**15), st.sampled_from(sorted(EXPONENTS)), st.sampled_from([".,", ",.", "., ", ",. "]))
def test_what_is_written_with_both_marks_is_read_back(minor: int, currency: str, marks: str) -> None:
    digits = EXPONENTS[currency]
    decimal, group = marks[0], marks[-1]
    written = (
        f"{Decimal(minor).scaleb(-digits):,.{digits}f}".replace(",", "G").replace(".", decimal).replace("G", group)
    )
    if digits == 0 and written.count(group) == 1 and group != " ":
        with pytest.raises(AmountProblem, match="may group"):
            parse_amount(written, currency)
    elif digits == 3 and not set(written) & set(group) and not written.startswith("0"):
        with pytest.raises(AmountProblem, match="may group"):
            parse_amount(written, currency)
    else:
        assert parse_amount(written, currency) == minor


def test_money_is_shown_with_its_currency_and_its_own_digits() -> None:
    assert text(123450, "USD") == "USD 1,234.50"
    assert text(1250, "JPY") == "JPY 1,250"
    assert text(1250, "KWD") == "KWD 1.250"
