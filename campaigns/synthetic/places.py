"""Where the synthetic debtors live: cities, their zones, and number ranges that were set aside for fiction.

Fictitious ranges: NPA-555-01XX in the United States (NANPA), Ofcom's numbers for drama use in Britain, ACMA's
numbers for use in creative works in Australia. Mexico and India have none, and a portfolio of more than a few thousand
debtors outgrows the others: such numbers are valid in form and drawn by chance. The sandbox exchange, which dials
nobody, is therefore the only exchange that this portfolio may be used with.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A city. `prefixes` are E.164 beginnings; the rest of `length` digits is drawn. `weight` is its share."""

    country: str
    region: str
    city: str
    postal: str  # '#' is a digit, '@' a letter
    timezone: str
    prefixes: tuple[str, ...]
    kind: str = "mobile"
    weight: int = 1


def _us(region: str, city: str, postal: str, timezone: str, codes: str) -> Place:
    return Place("US", region, city, postal, timezone, tuple(f"+1{code}55501" for code in codes.split()), "mobile", 2)


def _gb(region: str, city: str, postal: str, prefix: str) -> Place:
    return Place("GB", region, city, postal, "Europe/London", (f"+44{prefix}",), "landline", 2)


def _au(region: str, city: str, postal: str, timezone: str, area: str) -> Place:
    return Place("AU", region, city, postal, timezone, (f"+61{area}5550", f"+61{area}7010"), "landline", 2)


_EAST, _CENTRAL = "America/New_York", "America/Chicago"
_MOUNTAIN, _PACIFIC = "America/Denver", "America/Los_Angeles"

PLACES: tuple[Place, ...] = (
    _us("NY", "New York", "100##", _EAST, "212 646 718 917 347 332 516 914"),
    _us("FL", "Miami", "331##", _EAST, "305 786 754 954 561"),
    _us("GA", "Atlanta", "303##", _EAST, "404 678 770 470"),
    _us("OH", "Columbus", "432##", _EAST, "614 380 216 513"),
    _us("PA", "Philadelphia", "191##", _EAST, "215 267 412 610"),
    _us("VA", "Richmond", "232##", _EAST, "804 703 757"),
    _us("IL", "Chicago", "606##", _CENTRAL, "312 773 872 630 708 847"),
    _us("TX", "Houston", "770##", _CENTRAL, "713 281 832 346"),
    _us("TX", "Dallas", "752##", _CENTRAL, "214 469 972 817 682"),
    _us("MO", "Saint Louis", "631##", _CENTRAL, "314 636"),
    _us("MN", "Minneapolis", "554##", _CENTRAL, "612 651 763 952"),
    _us("CO", "Denver", "802##", _MOUNTAIN, "303 720 719"),
    _us("UT", "Salt Lake City", "841##", _MOUNTAIN, "801 385"),
    _us("AZ", "Phoenix", "850##", "America/Phoenix", "480 602 623 520"),
    _us("CA", "Los Angeles", "900##", _PACIFIC, "213 310 323 424 562 626 818"),
    _us("CA", "San Diego", "921##", _PACIFIC, "619 858 760"),
    _us("CA", "Sacramento", "958##", _PACIFIC, "916 530"),
    _us("WA", "Seattle", "981##", _PACIFIC, "206 253 425"),
    _us("OR", "Portland", "972##", _PACIFIC, "503 971"),
    _us("HI", "Honolulu", "968##", "Pacific/Honolulu", "808"),
    _gb("ENG", "London", "E# #@@", "2079460"),
    _gb("ENG", "Manchester", "M# #@@", "1614960"),
    _gb("ENG", "Leeds", "LS# #@@", "1134960"),
    _gb("ENG", "Birmingham", "B# #@@", "1214960"),
    _gb("SCT", "Glasgow", "G# #@@", "1414960"),
    _gb("WLS", "Cardiff", "CF# #@@", "2920180"),
    _gb("NIR", "Belfast", "BT# #@@", "2896496"),
    _au("NSW", "Sydney", "20##", "Australia/Sydney", "2"),
    _au("VIC", "Melbourne", "30##", "Australia/Melbourne", "3"),
    _au("QLD", "Brisbane", "40##", "Australia/Brisbane", "7"),
    _au("WA", "Perth", "60##", "Australia/Perth", "8"),
    Place("MX", "CMX", "Ciudad de México", "06###", "America/Mexico_City", ("+5255",), "mobile", 6),
    Place("MX", "JAL", "Guadalajara", "44###", "America/Mexico_City", ("+5233",), "mobile", 4),
    Place("MX", "BCN", "Tijuana", "22###", "America/Tijuana", ("+52664",), "mobile", 2),
    Place("IN", "PB", "Amritsar", "143###", "Asia/Kolkata", ("+919814", "+919872"), "mobile", 6),
    Place("IN", "PB", "Ludhiana", "141###", "Asia/Kolkata", ("+919815", "+919876"), "mobile", 6),
    Place("IN", "DL", "New Delhi", "110###", "Asia/Kolkata", ("+919810", "+919811"), "mobile", 8),
)

NATIONAL_LENGTH = {"US": 10, "GB": 10, "AU": 9, "MX": 10, "IN": 10}
CALLING_CODE = {"US": "1", "GB": "44", "AU": "61", "MX": "52", "IN": "91"}
CURRENCY = {"US": "USD", "GB": "GBP", "AU": "AUD", "MX": "MXN", "IN": "INR"}

# the product's languages as they are spoken there: (language, faker locale, share)
LANGUAGES: dict[str, tuple[tuple[str, str, float], ...]] = {
    "US": (("en", "en_US", 0.74), ("es", "es_MX", 0.2), ("fr", "fr_FR", 0.02), ("fa", "fa", 0.02), ("ar", "ar", 0.02)),
    "GB": (("en", "en_GB", 0.78), ("pl", "pl_PL", 0.1), ("pa", "pa", 0.06), ("ar", "ar", 0.03), ("de", "de_DE", 0.03)),
    "AU": (("en", "en_AU", 0.9), ("fa", "fa", 0.05), ("de", "de_DE", 0.05)),
    "MX": (("es", "es_MX", 1.0),),
    "IN": (("en", "en_IN", 0.4), ("pa", "pa", 0.6)),
}

# typical balance of one debt in minor units, the middle of a lognormal draw
MEDIAN_BALANCE = {"US": 84_000, "GB": 61_000, "AU": 95_000, "MX": 900_000, "IN": 2_400_000}

# what a number of the ranges for fiction holds, by country
FICTIONAL_HINT = {
    "US": ("55501",),
    "GB": ("4960", "79460", "180", "96496"),
    "AU": ("5550", "7010"),
}
