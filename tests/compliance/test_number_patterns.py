"""Digits without meaning at a number's end: read from the patterns, and never too many."""

import pytest
from hypothesis import assume, given, settings, strategies as st
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    SUPPORTED_REGIONS,
    PhoneNumberFormat,
    PhoneNumberType,
    example_number_for_type,
    format_number,
)

from compliance.number_patterns import MOST, NotUnderstood, free_digits, meaningless_digits, pattern_of, stand_in
from compliance.rulebooks.choice import country_exactly, country_of_number
from compliance.timezones import zones_exactly, zones_of_number


@pytest.mark.parametrize(
    ("pattern", "length", "free"),
    [
        (r"\d{7}", 7, 7),
        (r"[2-9]\d{9}", 10, 9),
        (r"80[08]\d{7}|800\d{6}|8001111", 10, 7),
        (r"80[08]\d{7}|800\d{6}|8001111", 7, 0),
        (r"1(?:2\d{3}|34)\d{2}", 7, 5),
        (r"1(?:2\d{3}|34)\d{2}", 0, 2),
        (r"(?:6|8\d\d)\d{7}|[1-9]\d{6}(?:\d{2})?", 9, 8),
        (r"16(?:4\d{1,10}|[89]\d{1,11})", 11, 8),
        (r"1\d?2\d", 4, 1),
        (r"12?", 2, 0),
    ],
)
def test_free_digits_of_a_pattern_at_a_length(pattern: str, length: int, free: int) -> None:
    assert pattern_of(pattern).free(length) == free


@pytest.mark.parametrize("pattern", [r"([25-9]\d{5})$|0", r"(?!x)1", r"a", r"1(2", r"[12", r"1)2"])
def test_what_is_not_understood_says_so(pattern: str) -> None:
    with pytest.raises(NotUnderstood):
        pattern_of(pattern)


def test_every_plan_is_understood_and_most_leave_digits_free() -> None:
    free = {code: meaningless_digits(code, 10) for code in COUNTRY_CODE_TO_REGION_CODE}
    assert all(0 <= count <= MOST for count in free.values())
    assert meaningless_digits(1, 10, "2125") >= 4
    assert meaningless_digits(44, 10, "7400") >= 3
    assert sum(count >= 2 for count in free.values()) > 150
    assert meaningless_digits(999, 10) == 0


@settings(max_examples=300)
@given(
    st.sampled_from([r"1(?:2\d{1,3}|34?)\d{2,3}|5\d?[67]\d", r"(?:1|2\d)\d{2}(?:3\d|\d)?", r"4(?:\d{2}|5)?\d"]),
    st.data(),
)
def test_texts_that_differ_in_free_digits_only_match_alike(pattern: str, data: st.DataObject) -> None:
    import re

    text = data.draw(st.text("1234567", min_size=1, max_size=9))
    free = min(pattern_of(pattern).free(len(text)), len(text))
    other = text[: len(text) - free] + data.draw(st.text("0123456789", min_size=free, max_size=free))
    assert bool(re.fullmatch(pattern, text)) == bool(re.fullmatch(pattern, other))


def test_countries_whose_habits_are_not_understood_are_never_short_cut() -> None:
    assert all(meaningless_digits(1, 7, "", region) >= 0 for region in sorted(SUPPORTED_REGIONS))
    assert meaningless_digits(44, 10, "", "US") == 0  # another country's plan


@settings(max_examples=400)
@given(st.sampled_from(sorted(SUPPORTED_REGIONS)), st.sampled_from(sorted(PhoneNumberType.values())), st.data())
def test_a_stand_in_has_the_zones_and_the_country_of_each_number_it_stands_for(
    region: str, kind: int, data: st.DataObject
) -> None:
    example = example_number_for_type(region, kind) or example_number_for_type(region, PhoneNumberType.FIXED_LINE)
    assume(example)
    assert example is not None
    plain = format_number(example, PhoneNumberFormat.E164)
    tail = data.draw(st.text("0123456789", min_size=0, max_size=min(7, len(plain) - 2)))
    number = plain[: len(plain) - len(tail)] + tail
    assert zones_of_number(number) == zones_exactly(number), number
    assert country_of_number(number) == country_exactly(number), number
    assert len(stand_in(number)) == len(number)
    assert free_digits(stand_in(number)) == free_digits(number)
