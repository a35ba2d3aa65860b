"""Draws the debtors and writes them as the CSV file that `promiseline import` reads: one row for each debt."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from campaigns.synthetic.names import Namer
from campaigns.synthetic.places import (
    CALLING_CODE,
    CURRENCY,
    FICTIONAL_HINT,
    LANGUAGES,
    MEDIAN_BALANCE,
    NATIONAL_LENGTH,
    PLACES,
    Place,
)

COLUMNS = (
    "debtor_reference",
    "given_name",
    "family_name",
    "language",
    "date_of_birth",
    "country",
    "region",
    "city",
    "postal_code",
    "timezone",
    "phone_1",
    "phone_2",
    "email",
    "sms_consent_at",
    "debt_reference",
    "product",
    "principal",
    "balance",
    "currency",
    "due_date",
    "last_payment_date",
)
PRODUCTS = ("Credit card", "Personal loan", "Mobile contract", "Utilities", "Retail instalment", "Overdraft")
FICTION = frozenset(FICTIONAL_HINT)
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(slots=True)
class Portfolio:
    """`rows()` yields dictionaries of COLUMNS; the same for the same seed, count and day."""

    count: int
    seed: int
    today: date
    second_phone: float = 0.35
    _free: dict[Place, list[str]] = field(default_factory=dict)
    _drawn: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[dict[str, str]]:
        random = Random(f"portfolio|{self.seed}")  # noqa: S311 - not a secret
        namer = Namer(random)
        weights = [place.weight for place in PLACES]
        for index in range(self.count):
            place = random.choices(PLACES, weights)[0]
            person = self._person(random, namer, place, index)
            for number in range(2 if random.random() < 0.12 else 1):
                yield person | self._debt(random, place, index, number)

    def _person(self, random: Random, namer: Namer, place: Place, index: int) -> dict[str, str]:
        tongues = LANGUAGES[place.country]
        language, locale, _ = random.choices(tongues, [share for _, _, share in tongues])[0]
        given, family = namer.draw(locale)
        born = date(self.today.year - random.randint(19, 78), random.randint(1, 12), random.randint(1, 28))
        consent = self.today - timedelta(days=random.randint(2, 50)) if random.random() < 0.6 else None
        return {
            "debtor_reference": f"D{index + 1:07d}",
            "given_name": given,
            "family_name": family,
            "language": language,
            "date_of_birth": born.isoformat(),
            "country": place.country,
            "region": place.region,
            "city": place.city,
            "postal_code": _pattern(random, place.postal),
            "timezone": place.timezone,
            "phone_1": self._number(random, place),
            "phone_2": self._number(random, place) if random.random() < self.second_phone else "",
            "email": f"debtor{index + 1}@example.com" if random.random() < 0.7 else "",
            "sms_consent_at": consent.isoformat() if consent else "",
        }

    def _number(self, random: Random, place: Place) -> str:
        free = self._free.get(place)
        if free is None:
            free = self._free[place] = self._fictitious(random, place)
        if free:
            return free.pop()
        # past a few thousand debtors the ranges for fiction are used up: valid in form, drawn by chance
        left = 1 + len(CALLING_CODE[place.country]) + NATIONAL_LENGTH[place.country]
        while True:
            prefix = _beyond_fiction(random, place)
            number = prefix + "".join(random.choices("0123456789", k=left - len(prefix)))
            if number not in self._drawn:
                self._drawn.add(number)
                return number

    def _fictitious(self, random: Random, place: Place) -> list[str]:
        if place.country not in FICTION:
            return []
        length = 1 + len(CALLING_CODE[place.country]) + NATIONAL_LENGTH[place.country]
        numbers = [
            f"{prefix}{rest:0{length - len(prefix)}d}"
            for prefix in place.prefixes
            for rest in range(10 ** (length - len(prefix)))
        ]
        random.shuffle(numbers)
        return numbers

    def _debt(self, random: Random, place: Place, index: int, number: int) -> dict[str, str]:
        principal = max(5_000, int(random.lognormvariate(math.log(MEDIAN_BALANCE[place.country]), 0.9)))
        paid = random.random() < 0.4
        balance = int(principal * random.uniform(0.3, 0.95)) if paid else principal
        due = self.today - timedelta(days=int(random.lognormvariate(math.log(140), 0.8)) + 5)
        last = due + timedelta(days=random.randint(1, max(2, (self.today - due).days - 1))) if paid else None
        return {
            "debt_reference": f"L{index + 1:07d}-{number + 1}",
            "product": random.choice(PRODUCTS),
            "principal": _major(principal),
            "balance": _major(balance),
            "currency": CURRENCY[place.country],
            "due_date": due.isoformat(),
            "last_payment_date": last.isoformat() if last and last < self.today else "",
        }


def _beyond_fiction(random: Random, place: Place) -> str:
    prefix = random.choice(place.prefixes)
    if place.country == "US":
        return prefix[:5] + random.choice("23456789")
    if place.country == "GB":
        return "+447400"
    return "+61412" if place.country == "AU" else prefix


def _major(minor: int) -> str:
    """All five currencies have two decimals."""
    return f"{minor // 100}.{minor % 100:02d}"


def _pattern(random: Random, pattern: str) -> str:
    drawn = {"#": lambda: random.choice("0123456789"), "@": lambda: random.choice(LETTERS)}
    return "".join(drawn[char]() if char in drawn else char for char in pattern)


def write_csv(path: Path, portfolio: Portfolio) -> int:
    """Write the file (UTF-8, comma, header); the number of rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        written = 0
        for row in portfolio.rows():
            writer.writerow(row)
            written += 1
    return written
