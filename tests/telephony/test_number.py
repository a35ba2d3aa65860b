"""Which texts are numbers that can be dialed, and what is said of the others."""

import re

import pytest
from hypothesis import given, strategies as st

from telephony.number import E164, LineKind, NumberFault, NumberProblem, mask, parse


@pytest.mark.parametrize(
    ("raw", "region", "text", "country", "kind"),
    [
        ("+4520123456", None, "+4520123456", "DK", LineKind.MOBILE_OR_LANDLINE),
        ("20 12 34 56", "DK", "+4520123456", "DK", LineKind.MOBILE_OR_LANDLINE),
        ("20 12 34 56", " dk ", "+4520123456", "DK", LineKind.MOBILE_OR_LANDLINE),
        ("(415) 555-2671", "US", "+14155552671", "US", LineKind.MOBILE_OR_LANDLINE),
        ("800-555-1234", "US", "+18005551234", "US", LineKind.TOLLFREE),
        ("00442079460958", "GB", "+442079460958", "GB", LineKind.LANDLINE),
        ("+33612345678", "US", "+33612345678", "FR", LineKind.MOBILE),
        ("06 12 34 56 78", "FR", "+33612345678", "FR", LineKind.MOBILE),
        ("+49 1512 3456789", None, "+4915123456789", "DE", LineKind.MOBILE),
        ("+4930123456", None, "+4930123456", "DE", LineKind.LANDLINE),
        ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567", "EG", LineKind.MOBILE),
    ],
)
def test_a_number_is_given_in_e164_with_country_and_kind(
    raw: str, region: str | None, text: str, country: str, kind: LineKind
) -> None:
    assert parse(raw, region) == E164(text, country, kind)


@pytest.mark.parametrize(
    ("raw", "region", "fault", "said"),
    [
        ("", "DK", NumberFault.EMPTY, "empty"),
        ("   ", "DK", NumberFault.EMPTY, "empty"),
        ("unknown", "DK", NumberFault.NOT_A_NUMBER, "write digits"),
        ("20 12 34 56", None, NumberFault.REGION_MISSING, "without country code"),
        ("20123456", "XX", NumberFault.REGION_UNKNOWN, "two letters"),
        ("+999123456", None, NumberFault.COUNTRY_UNKNOWN, "no country"),
        ("12", "DK", NumberFault.TOO_SHORT, "too short"),
        ("112", "DK", NumberFault.TOO_SHORT, "too short"),
        ("5552671", "US", NumberFault.TOO_SHORT, "area code"),
        ("201234567890", "DK", NumberFault.TOO_LONG, "too long"),
        ("1" * 5000, "DK", NumberFault.TOO_LONG, "at most 15 digits"),
        ("+15551230001", None, NumberFault.UNASSIGNED, "not in use"),
        ("+1 415 555 2671 ext. 12", None, NumberFault.EXTENSION, "switchboard"),
        ("+61 222 222 22 222", None, NumberFault.WRONG_LENGTH, "length"),
        ("+44 909 879 0000", None, NumberFault.PREMIUM, "premium"),
    ],
)
def test_what_is_no_number_to_dial_is_told_with_its_reason(
    raw: str, region: str | None, fault: NumberFault, said: str
) -> None:
    got = parse(raw, region)
    assert isinstance(got, NumberProblem)
    assert got.fault is fault
    assert said in got.message


@given(st.text(max_size=80), st.none() | st.sampled_from(["DK", "US", "GB", "DE", "xx", ""]))
def test_no_text_makes_it_raise_and_no_message_repeats_the_number(raw: str, region: str | None) -> None:
    got = parse(raw, region)
    if isinstance(got, NumberProblem):
        assert not re.search(r"\d{6,}", got.message.replace("+4520123456", ""))
    else:
        assert re.fullmatch(r"\+[1-9]\d{4,14}", got.text)


@given(st.integers(20_000_000, 89_999_999))
def test_what_was_accepted_is_accepted_again_as_it_was_given(number: int) -> None:
    got = parse(str(number), "DK")
    if isinstance(got, E164):
        assert parse(got.text) == got


def test_the_dial_string_has_no_plus() -> None:
    got = parse("+4520123456")
    assert isinstance(got, E164) and got.dial == "4520123456"


def test_a_number_shows_only_its_ends() -> None:
    assert mask("+4520123456") == "+452•••••56"
    assert mask("112") == "•••"
    assert mask("") == ""


def test_a_number_does_not_show_in_a_log_by_accident() -> None:
    got = parse("+4520123456")
    assert "20123456" not in repr(got) and "20123456" not in f"{got}"
