"""Money as whole minor units: ISO 4217 currencies with their digits, amounts from text and to text. Pure."""

import re
import unicodedata
from decimal import Decimal

_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}
LARGEST_MINOR = 10**15  # no debt is larger; keeps sums within BIGINT

_SIGNS = "$€£₹¥₽﷼"
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’_]")
_GROUPED = re.compile(r"\d{1,3}(?:(?P<mark>[.,\u0001])\d{3})(?:(?P=mark)\d{3})*")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}")


class AmountProblem(ValueError):
    """Why a text is no amount; the message holds no part of the text."""


def exponent(currency: str) -> int:
    """How many digits the minor unit has. Raises KeyError for a code that is no currency."""
    return EXPONENTS[currency]


def text(minor: int, currency: str) -> str:
    """For people and logs of decisions: `USD 1,234.50`. Messages to debtors are formatted by their language."""
    digits = EXPONENTS.get(currency, 2)
    return f"{currency} {Decimal(minor).scaleb(-digits):,.{digits}f}"


def parse_amount(written: str, currency: str, *, decimal_mark: str | None = None) -> int:
    """The minor units of an amount as people write it. Raises AmountProblem.

    With both marks, the last one is the decimal mark: `1.234,56` and `1,234.56`. A mark that comes twice groups
    thousands. One mark with three digits behind it (`1,234`) may be either, and is refused unless `decimal_mark`
    (`.` or `,`) settles it.
    """
    clean = _plain_digits(written.strip())
    if clean.startswith(currency):
        clean = clean[len(currency) :]
    elif clean.endswith(currency):
        clean = clean[: -len(currency)]
    clean = clean.strip().strip(_SIGNS).strip()
    if not clean:
        raise AmountProblem("the amount is empty; write a number like 1234.56")
    if clean[0] in "-(" or clean[-1] == "-":
        raise AmountProblem("the amount is negative; a debt is zero or more")
    if any(character.isalpha() for character in clean):
        raise AmountProblem("letters in the amount; write digits only, like 1234.56, and the currency in its column")
    whole, fraction = _split(_ungroup_spaces(clean), decimal_mark)
    digits = EXPONENTS[currency]
    if len(fraction.rstrip("0")) > digits:
        raise AmountProblem(f"more than {digits} digits behind the decimal mark; {currency} has {digits}")
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if minor > LARGEST_MINOR:
        raise AmountProblem("the amount is too large to be a debt; check the decimal mark and the column")
    return minor


def _plain_digits(written: str) -> str:
    """Arabic, Persian and other digits as 0-9, and their marks as ours."""
    marks = {"٫": ".", "٬": ",", "，": ",", "．": "."}
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else marks.get(character, character)
        for character in written
    )


def _ungroup_spaces(clean: str) -> str:
    """`1 234,56` without its blanks; raises when they do not group thousands."""
    if not _SPACES.search(clean):
        return clean
    marked = _SPACES.sub("\u0001", clean)
    whole = re.split(r"[.,]", marked)[0]
    if not _GROUPED.fullmatch(whole) or "\u0001" in marked[len(whole) :]:
        raise AmountProblem("blanks within the amount do not group thousands; write it like 1234.56")
    return marked.replace("\u0001", "")


def _split(clean: str, decimal_mark: str | None) -> tuple[str, str]:
    """Whole and fractional digits."""
    if not re.fullmatch(r"[\d.,]+", clean) or not clean[0].isdigit():
        raise AmountProblem("this is no amount; write digits, like 1234.56")
    marks = {mark for mark in ".," if mark in clean}
    if not marks:
        return clean, ""
    if len(marks) == 2:
        mark = max(marks, key=clean.rindex)
    elif clean.count(next(iter(marks))) > 1:
        return _ungroup(clean), ""
    else:
        mark = next(iter(marks))
        if decimal_mark is not None and mark != decimal_mark:
            return _ungroup(clean), ""
        before, _, after = clean.partition(mark)
        if decimal_mark is None and len(after) == 3 and len(before) <= 3 and before.lstrip("0"):
            raise AmountProblem(
                f"one {mark!r} with three digits behind it may group thousands or begin the decimals; "
                "write the decimals out, or set decimal_mark in the mapping file"
            )
    if decimal_mark is not None and mark != decimal_mark:
        raise AmountProblem(f"the decimal mark is {mark!r} here but the mapping file says {decimal_mark!r}")
    before, _, after = clean.rpartition(mark)
    if mark in before:
        raise AmountProblem("the decimal mark comes twice; write the amount like 1234.56")
    return _ungroup(before) if set(before) & set(".,") else before, after


def _ungroup(whole: str) -> str:
    if not _GROUPED.fullmatch(whole) and not _INDIAN.fullmatch(whole):
        raise AmountProblem("the marks do not group thousands; write the amount like 1234.56")
    return re.sub(r"[.,]", "", whole)
