"""Templates fill in names and numbers and can do nothing else; the default ones tell of no debt."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from campaigns.templates.defaults import DEFAULTS, LANGUAGES, MAILS
from campaigns.templates.model import (
    DISCLOSING,
    VARIABLES,
    amount_text,
    check,
    check_subject,
    date_text,
    discloses_debt,
    fill,
    plain_name,
    segments,
    variables,
)


def test_an_unknown_variable_is_refused_with_its_name_and_the_known_ones() -> None:
    (problem,) = check("Hello {{ first_name }}", "sms")
    assert "{{first_name}}" in problem.message and all(name in problem.message for name in VARIABLES)


@pytest.mark.parametrize("body", ["{{ given_name", "given_name }}", "{{{{given_name}}}}", "{% if 1 %}x{% endif %}"])
def test_half_a_variable_and_anything_that_computes_is_refused(body: str) -> None:
    assert check(body, "sms")


@pytest.mark.parametrize("body", ["{{ given_name|upper }}", "{{ 'a' * 10**9 }}", "{{ given_name.x }}"])
def test_filters_sums_and_attributes_are_unknown_variables(body: str) -> None:
    assert any("unknown variable" in problem.message for problem in check(body, "sms"))


def test_values_are_never_read_as_templates() -> None:
    assert fill("Hi {{given_name}}", {"given_name": "{{amount}}"}) == "Hi {{amount}}"


def test_empty_and_endless_texts_are_refused() -> None:
    assert check("  ", "sms")[0].message == "the text is empty"
    assert "too long for sms" in check("x" * 1601, "sms")[0].message


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_the_default_texts_are_there_in_all_languages_and_tell_of_no_debt(name: str) -> None:
    assert set(DEFAULTS[name]) == set(LANGUAGES)
    for language, body in DEFAULTS[name].items():
        assert check(body, "sms") == [], language
        assert not discloses_debt(body), language
        assert set(variables(body)) == {"business_name", "given_name", "business_phone"}, language
        assert "STOP" in body, language
        filled = fill(body, {"business_name": "Northwind", "given_name": "Dana", "business_phone": "+12125550100"})
        assert segments(filled).count <= (2 if segments(filled).encoding == "GSM-7" else 3), language


@pytest.mark.parametrize("name", sorted(MAILS))
def test_the_default_emails_are_there_in_all_languages_and_show_no_debt(name: str) -> None:
    assert set(MAILS[name]) == set(LANGUAGES)
    for language, (subject, body) in MAILS[name].items():
        assert check_subject(subject) == [] and check(body, "email") == [], language
        assert not discloses_debt(subject) and not discloses_debt(body), language
        assert body.splitlines()[-1] == "{{unsubscribe_url}}", language


@pytest.mark.parametrize("variable", sorted(DISCLOSING))
def test_no_subject_may_hold_what_tells_of_a_debt(variable: str) -> None:
    (problem,) = check_subject(f"About {{{{ {variable} }}}}")
    assert problem.field == "subject" and variable in problem.message


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("", "needs a subject"), ("a\nb", "one line"), ("a\u2028b", "one line"), ("x" * 151, "longer than 150"),
        ("{{unsubscribe_url}}", "belongs into the text"), ("{{given_name", "without its partner"),
    ],
)  # fmt: skip
def test_a_subject_that_is_none_is_refused(subject: str, said: str) -> None:
    assert said in check_subject(subject)[0].message


def test_variables_that_tell_of_a_debt_are_known_as_such() -> None:
    assert discloses_debt("You owe {{ amount }}") and discloses_debt("{{creditor}}")
    assert not discloses_debt("{{given_name}} {{business_phone}}")


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("ł" * 70, "UCS-2", 70, 1),
        ("ł" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("", "GSM-7", 0, 1),
    ],
)
def test_sms_parts_are_counted_as_carriers_count_them(text: str, encoding: str, units: int, count: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


@given(st.text(st.sampled_from("ab€ł😀"), max_size=400))
def test_parts_hold_all_units_and_none_is_over_full(text: str) -> None:
    found = segments(text)
    room = 153 if found.encoding == "GSM-7" else 67
    assert found.count == 1 or found.units <= found.count * room
    assert found.count == 1 or found.units > (found.count - 1) * (room - 1)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (125_000, "USD", "en", "$1,250.00"),
        (125_050, "EUR", "de", "1.250,50\u00a0€"),
        (125_050, "PLN", "pl", "1\u00a0250,50\u00a0zł"),
        (1_250, "JPY", "en", "¥1,250"),
        (1_250_500, "KWD", "en", "KWD1,250.500"),
        (1_250_505, "KWD", "en", "KWD1,250.505"),
        (50_000, "IRR", "en", "IRR500"),
        (50_050, "IRR", "en", "IRR500.50"),
        (125_000, "USD", "xx-unknown", "$1,250.00"),
    ],
)
def test_amounts_are_written_as_the_language_writes_them(minor: int, currency: str, language: str, text: str) -> None:
    assert amount_text(minor, currency, language) == text


def test_dates_are_written_as_the_language_writes_them() -> None:
    day = date(2026, 3, 4)
    assert date_text(day, "en") == "March 4, 2026"
    assert date_text(day, "es") == "4 de marzo de 2026"
    assert date_text(day, "pl") == "4 marca 2026"
    assert "۲۰۲۶" in date_text(day, "fa") or "2026" in date_text(day, "fa")


def test_names_lose_control_characters_and_keep_their_joiners() -> None:
    assert plain_name("Da\u202ena\n") == "Dana"
    assert plain_name("علی\u200cرضا") == "علی\u200cرضا"
