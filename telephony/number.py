"""Decides whether a text is a telephone number that can be dialed, and gives it in E.164. Pure."""

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult


class LineKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    MOBILE_OR_LANDLINE = "mobile_or_landline"
    """The plan does not tell them apart (North America): treat as mobile where the rules for mobiles are stricter."""
    TOLLFREE = "tollfree"
    VOIP = "voip"
    OTHER = "other"


class NumberFault(StrEnum):
    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    REGION_MISSING = "region_missing"
    REGION_UNKNOWN = "region_unknown"
    COUNTRY_UNKNOWN = "country_unknown"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_LENGTH = "wrong_length"
    UNASSIGNED = "unassigned"
    EXTENSION = "extension"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True)
class E164:
    """A number that some country has. `text` begins with +; `region` is ISO 3166-1 alpha-2, or 001 for no country."""

    text: str
    region: str
    kind: LineKind

    @property
    def dial(self) -> str:
        """As an endpoint takes it: the digits without +."""
        return self.text[1:]

    @property
    def masked(self) -> str:
        return mask(self.text)

    def __repr__(self) -> str:
        return f"E164({self.masked}, {self.region}, {self.kind})"


@dataclass(frozen=True, slots=True)
class NumberProblem:
    """Why a text is no number to dial. `message` says how to mend it and does not repeat the number."""

    fault: NumberFault
    message: str


LONGEST_INPUT = 64

_KINDS = {
    PhoneNumberType.MOBILE: LineKind.MOBILE,
    PhoneNumberType.FIXED_LINE: LineKind.LANDLINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: LineKind.MOBILE_OR_LANDLINE,
    PhoneNumberType.TOLL_FREE: LineKind.TOLLFREE,
    PhoneNumberType.VOIP: LineKind.VOIP,
}

_COSTLY = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)

_LENGTHS = {
    ValidationResult.TOO_SHORT: (NumberFault.TOO_SHORT, "too short for its country"),
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: (NumberFault.TOO_SHORT, "the area code is missing"),
    ValidationResult.TOO_LONG: (NumberFault.TOO_LONG, "too long for its country"),
    ValidationResult.INVALID_LENGTH: (NumberFault.WRONG_LENGTH, "no number of its country has this length"),
    ValidationResult.INVALID_COUNTRY_CODE: (NumberFault.COUNTRY_UNKNOWN, "no country has this country code"),
}

_PARSE_FAULTS = {
    NumberParseException.NOT_A_NUMBER: (
        NumberFault.NOT_A_NUMBER,
        "no telephone number: write digits, like +4520123456",
    ),
    NumberParseException.TOO_SHORT_AFTER_IDD: (NumberFault.TOO_SHORT, "too short after the international prefix"),
    NumberParseException.TOO_SHORT_NSN: (NumberFault.TOO_SHORT, "too short"),
    NumberParseException.TOO_LONG: (NumberFault.TOO_LONG, "too long: a number has at most 15 digits"),
}


def parse(raw: str, default_region: str | None = None) -> E164 | NumberProblem:
    """`default_region` (ISO 3166-1 alpha-2, like DK) is the country of numbers written without + and country code."""
    text = raw.strip()
    if not text:
        return NumberProblem(NumberFault.EMPTY, "empty: give a telephone number")
    if len(text) > LONGEST_INPUT:
        return NumberProblem(NumberFault.TOO_LONG, "too long: a number has at most 15 digits")
    region = default_region.strip().upper() if default_region else None
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        message = "the default country is unknown: give an ISO 3166-1 code of two letters, like DK"
        return NumberProblem(NumberFault.REGION_UNKNOWN, message)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _parse_problem(error, text)
    return _problem(number) or _e164(number)


def _parse_problem(error: NumberParseException, text: str) -> NumberProblem:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        if text[0] in "+\uff0b":
            return NumberProblem(NumberFault.COUNTRY_UNKNOWN, "no country has this country code")
        message = "written without country code, and no default country is set: write it as +45..., or set the country"
        return NumberProblem(NumberFault.REGION_MISSING, message)
    return NumberProblem(*_PARSE_FAULTS[error.error_type])


def _problem(number: PhoneNumber) -> NumberProblem | None:
    if number.extension:
        message = "has an extension: a switchboard would answer, and debts are for one person's ears only"
        return NumberProblem(NumberFault.EXTENSION, message)
    length = phonenumbers.is_possible_number_with_reason(number)
    if length in _LENGTHS:
        return NumberProblem(*_LENGTHS[length])
    if not phonenumbers.is_valid_number(number):
        return NumberProblem(NumberFault.UNASSIGNED, "not in use: no number of its country begins like this")
    if phonenumbers.number_type(number) in _COSTLY:
        return NumberProblem(NumberFault.PREMIUM, "a premium-rate number: it is not dialed")
    return None


def _e164(number: PhoneNumber) -> E164:
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(number) or "001"
    return E164(text, region, _KINDS.get(phonenumbers.number_type(number), LineKind.OTHER))


def mask(number: str) -> str:
    """For people who need not see all of it: the first three and last two digits, +45 ••••••56 as +452•••••56."""
    sign, digits = ("+", number[1:]) if number.startswith("+") else ("", number)
    if len(digits) < 8:
        return sign + "•" * len(digits)
    return f"{sign}{digits[:3]}{'•' * (len(digits) - 5)}{digits[-2:]}"


def mask_address(address: str) -> str:
    """The same for a number or an e-mail address, d•••@example.org."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}" if at else mask(address)
