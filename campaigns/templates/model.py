"""Fills message templates: plain text with `{{variable}}` and nothing else, so that no template can compute. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import get_currency_precision

from campaigns import money
from campaigns.problems import Problem

VARIABLES: dict[str, str] = {
    "given_name": "the person's given name",
    "family_name": "the person's family name",
    "business_name": "your business name as set on the tenant; must not say that you collect debts",
    "business_phone": "the number to call, as set on the tenant",
    "creditor": "the creditor's name",
    "creditor_phone": "the creditor's number",
    "amount": "the open balance with its currency, as the language writes it",
    "currency": "the currency's code",
    "due_date": "the oldest due date, as the language writes it",
    "reference": "the reference of the oldest debt",
    "unsubscribe_url": "the address that stops e-mails without a login; in e-mails alone, and needed there",
}
# 12 CFR 1006.6(d)(1), 1006.2(j): a text may be read by somebody else; these words tell of a debt
DISCLOSING = frozenset({"creditor", "creditor_phone", "amount", "currency", "due_date", "reference"})
UNSUBSCRIBE = "unsubscribe_url"
LONGEST_SUBJECT = 150
LONGEST = {"sms": 1600, "whatsapp": 4096, "email": 20_000}
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Text:
    """A template, or what it was filled to; `subject` is of e-mails alone."""

    body: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Segments:
    """What an SMS costs: `units` are septets or UTF-16 units, `count` the parts that are paid for."""

    encoding: str  # GSM-7 or UCS-2
    units: int
    count: int


def variables(body: str) -> tuple[str, ...]:
    """The variables in the order of their first use, known or not."""
    return tuple(dict.fromkeys(_VARIABLE.findall(body)))


def check_text(written: Text, channel: str) -> list[Problem]:
    """What is wrong with a template, subject and body; empty: it can be used."""
    if channel == "email":
        return check_subject(written.subject) + check(written.body, channel)
    stray = [Problem("subject", f"{channel} has no subject: leave it out")] if written.subject else []
    return stray + check(written.body, channel)


def check(body: str, channel: str) -> list[Problem]:
    """What is wrong with a template's text; empty: it can be used."""
    found = _form("body", body)
    if not body.strip():
        found.append(Problem("body", "the text is empty"))
    if len(body) > LONGEST.get(channel, 0):
        found.append(Problem("body", f"longer than {LONGEST.get(channel, 0)} characters: too long for {channel}"))
    if (UNSUBSCRIBE in variables(body)) != (channel == "email"):
        found.append(Problem("body", _NEEDS_WAY_OUT if channel == "email" else _NO_WAY_OUT))
    return found


# 12 CFR 1006.6(e): each e-mail says how to stop them, plainly
_NEEDS_WAY_OUT = "an e-mail must say how to stop them: add a sentence like Unsubscribe: {{unsubscribe_url}}"
_NO_WAY_OUT = "{{unsubscribe_url}} stops e-mails alone: take it out, and say how to stop messages of this channel"


def check_subject(subject: str) -> list[Problem]:
    """What is wrong with an e-mail's subject, which screens show to everybody near; empty: it can be used."""
    found = _form("subject", subject)
    used = set(variables(subject))
    if not subject.strip():
        found.append(Problem("subject", "an e-mail needs a subject: write one that tells of no debt"))
    if len(subject.splitlines()) > 1:
        found.append(Problem("subject", "a subject is one line: take the line breaks out"))
    if len(subject) > LONGEST_SUBJECT:
        found.append(Problem("subject", f"longer than {LONGEST_SUBJECT} characters"))
    if UNSUBSCRIBE in used:
        found.append(Problem("subject", "{{unsubscribe_url}} belongs into the text"))
    found += [
        Problem(
            "subject",
            f"{{{{{name}}}}} tells of the debt to whoever sees the screen (12 CFR 1006.6(d)(1)): use only names and"
            " numbers, and say the rest when the person calls",
        )
        for name in sorted(used & DISCLOSING)
    ]
    return found


def _form(field: str, body: str) -> list[Problem]:
    found = [
        Problem(field, f"unknown variable {{{{{name}}}}}; known are {', '.join(VARIABLES)}")
        for name in variables(body)
        if name not in VARIABLES
    ]
    rest = _VARIABLE.sub("", body)
    if "{{" in rest or "}}" in rest or "{%" in rest:
        found.append(Problem(field, "a {{ or }} without its partner: a variable is written {{given_name}}"))
    return found


def discloses_debt(body: str) -> bool:
    """Whether the text uses a variable that tells of a debt."""
    return bool(DISCLOSING.intersection(variables(body)))


def fill(body: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled. Raises KeyError with the name of one that has no value."""
    return _VARIABLE.sub(lambda found: values[found.group(1)], body)


def locale_of(language: str) -> Locale:
    """Babel's locale for a language tag; English where Babel has none."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def amount_text(minor: int, currency: str, language: str) -> str:
    """The amount as people of this language write it, with every digit that it has: a text never rounds a debt."""
    locale, digits = locale_of(language), money.exponent(currency)
    value = Decimal(minor).scaleb(-digits)
    shown = get_currency_precision(currency)  # by custom none for some currencies that have minor units
    if value != round(value, shown):
        shown = digits
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (shown, shown)
    return str(
        pattern.apply(value, locale, currency=currency, currency_digits=False, numbering_system="latn")
    )  # fmt: skip


def date_text(day: date, language: str) -> str:
    return str(format_date(day, format="long", locale=locale_of(language)))


def segments(text: str) -> Segments:
    """How many SMS parts the text takes: 160 or 153 septets, or 70 or 67 UTF-16 units."""
    if all(character in _GSM or character in _GSM_EXTENSION for character in text):
        units = sum(2 if character in _GSM_EXTENSION else 1 for character in text)
        return Segments("GSM-7", units, 1 if units <= 160 else _parts(text, 153, _gsm_units))
    units = len(text.encode("utf-16-le")) // 2
    return Segments("UCS-2", units, 1 if units <= 70 else _parts(text, 67, _utf16_units))


def _gsm_units(character: str) -> int:
    return 2 if character in _GSM_EXTENSION else 1


def _utf16_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _parts(text: str, room: int, units_of: Callable[[str], int]) -> int:
    """A character of two units is never cut in two."""
    count = used = 0
    for character in text:
        need = units_of(character)
        if count == 0 or used + need > room:
            count, used = count + 1, 0
        used += need
    return count


def plain_name(name: str) -> str:
    """A name without control and invisible characters: it goes into texts that phones show."""
    return "".join(c for c in name if unicodedata.category(c)[0] != "C" or c == "\u200c").strip()
