"""Lives a year with debtors of five countries: whatever the gate allows, a second gate written from the law must allow.

python -m tests.bench year

Each person gets consents, asks for things (refused times, an end of calls, a dispute), writes, answers, is busy. A
contact is tried at random times, and on purpose in the last second before and at the very second that the gate named as
the first one allowed. What it allows joins the history. tests/compliance/brute.py judges each allowed contact, knowing
no code of the product. Clock changes of all five countries lie in the year.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance.cases import facts_of_case
from compliance.gate import decide
from compliance.rulebooks.loader import load_rulebooks
from tests.bench.figures import Figure, Result
from tests.compliance.brute import Brute, parse
from tests.compliance.strategies import PLACES, iso

CONTACTS, SMOKE = 1_000_000, 2_000
COUNTRIES = ("US", "GB", "PL", "AU", "IT")
BEGIN, DAYS = datetime(2026, 1, 5, tzinfo=UTC), 365
LOOKS_BACK = timedelta(days=75)
"""Longer than any rule; what a person wrote is kept for the whole year, because it may be a consent."""
OUTCOMES = ("no_answer",) * 9 + (
    "busy", "invalid_number", "voicemail_no_message", "voicemail_message", "limited_content_message", "abandoned",
    "amd_machine", "answered_dropped", "conversation", "conversation",
)  # fmt: skip
BATCH = 20  # persons in one piece of work


@dataclass(slots=True)
class Tally:
    asked: int = 0
    allowed: int = 0
    agreed_denials: int = 0
    checked_denials: int = 0
    by_country: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    violations: list[dict[str, Any]] = field(default_factory=list)
    too_strict: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.asked += other.asked
        self.allowed += other.allowed
        self.checked_denials += other.checked_denials
        self.agreed_denials += other.agreed_denials
        self.by_country.update(other.by_country)
        self.reasons.update(other.reasons)
        self.violations += other.violations
        self.too_strict += other.too_strict


class Life:
    """One person's year."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)  # noqa: S311
        country = COUNTRIES[seed % len(COUNTRIES)]
        self.books, self.country, region, zone, numbers = rng.choice([place for place in PLACES if place[1] == country])
        self.zone = ZoneInfo(zone)
        self.points: list[dict[str, Any]] = [
            {"id": "m1", "kind": "mobile", "address": numbers[0], "consent": [], "opted_out": []},
            {"id": "l1", "kind": "landline", "address": numbers[1], "consent": [], "opted_out": []},
            {"id": "w1", "kind": "work", "address": numbers[2], "consent": [], "opted_out": []},
            {"id": "e1", "kind": "email", "address": "kim@example.com", "consent": [], "opted_out": []},
        ]
        for point in self.points:
            for channel in ("email",) if point["kind"] == "email" else ("sms", "whatsapp"):
                if rng.random() < 0.7:
                    point["consent"].append({"channel": channel, "at": iso(BEGIN), "by": "written", "expires": None})
        self.addresses = [{"country": country, "region": region, "timezone": zone}]
        self.requests: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []

    def live(self, tally: Tally, wanted: int) -> None:
        """Tries about `wanted` contacts, evenly over the year."""
        at, step = BEGIN, timedelta(days=DAYS) / wanted
        for _ in range(wanted):
            at += step * self.rng.uniform(0.2, 1.8)
            if self.rng.random() < 0.02:
                self._says(at)
            at = self._try(self._when(at), tally)

    def _when(self, at: datetime) -> datetime:
        """Mostly by day, often at the edge of a window."""
        day = at.astimezone(self.zone)
        hour = self.rng.choice((3, 7, 8, 8, 9, 10, 12, 15, 17, 18, 19, 20, 20, 21, 22))
        minute, second = self.rng.choice(((0, 0), (59, 59), (30, 0), (self.rng.randrange(60), self.rng.randrange(60))))
        there = day.replace(hour=hour, minute=minute, second=second, microsecond=0).astimezone(UTC)
        return max(there, at.replace(microsecond=0) + timedelta(seconds=1))

    def _try(self, at: datetime, tally: Tally) -> datetime:
        rng = self.rng
        point = rng.choice(("m1", "m1", "m1", "l1", "w1", "e1"))
        channel = "email" if point == "e1" else rng.choice(("voice", "voice", "sms", "whatsapp"))
        contact = {
            "at": iso(at), "channel": channel, "contact_point": point,
            "debts": rng.choice((["card"], ["card", "loan"])),
            "origin": rng.choice(("dialer", "dialer", "agent", "callback", "reply")),
        }  # fmt: skip
        retry_at = self._ask(contact, tally)
        # the last second that is refused and the first that is allowed
        if retry_at is not None and retry_at - at < timedelta(days=8):
            for then in (retry_at - timedelta(seconds=1), retry_at):
                at = max(at, then)
                self._ask(contact | {"at": iso(then)}, tally)
        return at

    def _ask(self, contact: dict[str, Any], tally: Tally) -> datetime | None:
        case = self._case(contact)
        verdict = decide(facts_of_case(case), BOOKS)
        tally.asked += 1
        if verdict.allowed:
            tally.allowed += 1
            tally.by_country[self.country] += 1
            decision, why = Brute(case).decision(parse(contact["at"]))
            if decision != "allow":
                tally.violations.append({"case": case, "brute": sorted(why)})
            self._happened(contact)
            return None
        tally.reasons.update(verdict.codes)
        if self.rng.random() < 0.05:
            tally.checked_denials += 1
            decision, why = Brute(case).decision(parse(contact["at"]))
            if decision == verdict.decision and why == set(verdict.codes):
                tally.agreed_denials += 1
            else:
                tally.too_strict.append({"case": case, "gate": verdict.codes, "brute": [decision, *sorted(why)]})
        return verdict.retry_at

    def _case(self, contact: dict[str, Any]) -> dict[str, Any]:
        since = iso(parse(contact["at"]) - LOOKS_BACK)
        history = [event for event in self.history if event["at"] >= since or event["direction"] == "in"]
        debtor = {"contact_points": self.points, "addresses": self.addresses, "requests": self.requests}
        return {
            "id": "year", "rulebooks": self.books, "debtor": debtor, "debts": ["card", "loan"], "debt_details": {},
            "history": history, "contact": contact,
        }  # fmt: skip

    def _happened(self, contact: dict[str, Any]) -> None:
        voice = contact["channel"] == "voice"
        event = {key: contact[key] for key in ("at", "channel", "contact_point", "debts")}
        self.history.append(
            event | {"direction": "out", "outcome": self.rng.choice(OUTCOMES) if voice else "message_sent"}
        )
        if not voice and self.rng.random() < 0.05:
            answer = event | {"at": iso(parse(event["at"]) + timedelta(seconds=30)), "direction": "in"}
            self.history.append(answer | {"outcome": "message_received"})

    def _says(self, at: datetime) -> None:
        rng, debts = self.rng, self.rng.choice((["card"], ["loan"], ["card", "loan"]))
        later = (at + timedelta(days=rng.randrange(1, 40))).replace(microsecond=0)
        mornings = {"weekdays": ["mon", "wed"], "from": "09:00", "to": "12:30"}
        dispute = {"form": "written", "within_validation_period": True, "debts": debts, "verified_at": iso(later)}
        kinds: list[tuple[str, dict[str, Any]]] = [
            ("inconvenient_time", {"deny": [mornings], "until": None}),
            ("inconvenient_time", {"deny": [{"weekdays": ["sat", "sun"]}], "until": later.date().isoformat()}),
            ("inconvenient_place", {"place": "work"}),
            ("callback_consent", {"debts": debts, "on_date": None, "expires": None}),
            ("callback_consent_revoked", {"debts": debts}),
            ("dispute", dispute),
        ]
        if rng.random() < 0.08:  # these end most of what could follow
            kinds = [
                ("stop_calling", {}),
                ("wrong_number", {"contact_point": "l1"}),
                ("attorney", {"debts": ["loan"], "name": "R. Doe"}),
                ("cease_all", {"form": "written", "debts": ["loan"]}),
            ]
        kind, details = rng.choice(kinds)
        self.requests.append({"at": iso(at.replace(microsecond=0)), "kind": kind, "details": details})
        if rng.random() < 0.05:
            self.points[0]["opted_out"].append({"channel": "sms", "at": iso(at.replace(microsecond=0))})


BOOKS = load_rulebooks()


def some_lives(first: int, wanted: int) -> Tally:
    tally = Tally()
    for seed in range(first, first + BATCH):
        Life(seed).live(tally, wanted)
    return tally


def measure(contacts: int, *, tries: int = 90) -> Tally:
    """Persons are added until so many contacts were allowed; each tries about `tries` times in the year."""
    total, first, began = Tally(), 0, time.monotonic()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        while total.allowed < contacts:
            starts = range(first, first + BATCH * workers * 4, BATCH)
            first = starts.stop
            for tally in pool.map(some_lives, starts, [tries] * len(starts)):
                total.add(tally)
            if contacts > SMOKE:
                rate = total.allowed / (time.monotonic() - began)
                print(f"    {total.allowed:,} of {contacts:,} contacts, {rate:,.0f}/s", flush=True)
    return total


def bench(smoke: bool) -> Result:
    tally = measure(SMOKE if smoke else CONTACTS)
    figures = [
        Figure("contacts asked for", tally.asked),
        Figure("contacts allowed", tally.allowed, "", f">= {CONTACTS:,}", smoke or tally.allowed >= CONTACTS),
        Figure("countries", len(tally.by_country), "", ">= 5", len(tally.by_country) >= 5),
        Figure("allowed, and the second gate refuses", len(tally.violations), "", "0", not tally.violations),
        Figure("refusals that the second gate was asked about", tally.checked_denials),
        Figure("of them refused otherwise", len(tally.too_strict), "", "0", not tally.too_strict),
    ]
    return Result(
        "year", figures,
        {"by_country": dict(tally.by_country), "reasons": dict(tally.reasons), "violations": tally.violations[:20],
         "too_strict": tally.too_strict[:20]},
    )  # fmt: skip
