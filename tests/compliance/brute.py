"""A second gate, written from the text of the rules and sharing no code with the product: slow and plain.

It reads a case of the JSON-lines form and the reference values in golden/rulebooks.json, and answers by trying.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import phonenumbers
from phonenumbers import timezone as number_zones

Case = dict[str, Any]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
BOOKS: dict[str, Any] = {
    book["id"]: book for book in json.loads((Path(__file__).parent / "golden" / "rulebooks.json").read_text())
}
STRADDLING = {"423": ["America/New_York", "America/Chicago"], "850": ["America/New_York", "America/Chicago"]}
ANY = "any debt"
CALLS = {
    "no_answer",
    "answered_dropped",
    "voicemail_no_message",
    "limited_content_message",
    "voicemail_message",
    "ringless_voicemail",
    "conversation",
    "abandoned",
    "amd_machine",
}
_holidays: dict[tuple[str, int], set[date]] = {}


@lru_cache(maxsize=100_000)
def parse(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@lru_cache(maxsize=100_000)
def local_day(text: str, zone: str) -> date:
    return parse(text).astimezone(ZoneInfo(zone)).date()


class Brute:
    """One case. `reasons(at)` is the complete set at an instant, with what was known at the time of the contact."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.contact = case["contact"]
        self.known_at = parse(self.contact["at"])
        debtor = case["debtor"]
        self.points = {point["id"]: point for point in debtor["contact_points"]}
        self.point = self.points[self.contact["contact_point"]]
        self.requests = [r for r in debtor["requests"] if parse(r["at"]) <= self.known_at]
        self.third = self.point.get("party") == "third_party"
        self.wrong = {r["details"]["contact_point"] for r in self.requests if r["kind"] == "wrong_number"}
        self.history = [h for h in case["history"] if parse(h["at"]) <= self.known_at and self._same_person(h)]
        self.zones = self._zones()
        self.ids = case["rulebooks"]

    def _same_person(self, event: Case) -> bool:
        theirs = self.points[event["contact_point"]]
        if self.third:
            return bool(theirs.get("party") == "third_party" and theirs["person"] == self.point["person"])
        return bool(theirs.get("party") != "third_party") and event["contact_point"] not in self.wrong

    def _zones(self) -> set[str]:
        zones: set[str] = set()
        points = [self.point] if self.third else [p for p in self.points.values() if p.get("party") != "third_party"]
        if not self.third:
            zones |= {address["timezone"] for address in self.case["debtor"]["addresses"]}
            points = [p for p in points if p["id"] not in self.wrong]
        for point in points:
            if point["kind"] in ("email", "tollfree"):
                continue
            zones |= set(number_zones.time_zones_for_number(phonenumbers.parse(point["address"])))
            if point["address"].startswith("+1"):
                zones |= set(STRADDLING.get(point["address"][2:5], []))
        return zones - {"Etc/Unknown"}

    def decision(self, at: datetime) -> tuple[str, set[str]]:
        deny, review = self.reasons(at)
        return ("deny" if deny else "review" if review else "allow"), deny | review

    def first_allowed(self, step: timedelta, horizon: timedelta) -> datetime | None:
        if self._opted_out(self.known_at) or not self.zones:
            return None
        at = self.known_at
        while at <= self.known_at + horizon:
            if not self._surely_closed(at) and not any(self.reasons(at)):
                return at
            at += step
        return None

    def _surely_closed(self, at: datetime) -> bool:
        """The reasons that are quick to ask for: most instants need no others."""
        deny: set[str] = set()
        self._requests(deny, at)
        for zone in () if deny else self.zones:
            local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            for version in self._versions(local):
                self._hours(version, local, deny, deny)
                self._holiday(version, local, deny)
            if deny:
                break
        return bool(deny)

    def reasons(self, at: datetime) -> tuple[set[str], set[str]]:
        if not self.zones:
            return {"timezone_unknown"}, set()
        deny: set[str] = set()
        review: set[str] = set()
        for zone in self.zones:
            local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            for version in self._versions(local):
                self._hours(version, local, deny, review)
                self._holiday(version, local, deny)
                self._caps(version, local, zone, deny, at)
                self._cooloffs(version, local, zone, deny, at)
                self._consent(version, local, zone, deny, at)
                self._direct(version, local, zone, deny)
                self._others(version, deny, at)
            self._preference(local, zone, deny)
        self._requests(deny, at)
        if self._opted_out(at):
            deny = {*deny, "opt_out"} - {"consent", "consent_stale"}
        return deny, review

    def _versions(self, local: datetime) -> list[Case]:
        day = local.date().isoformat()
        versions = [version for book_id in self.ids for version in BOOKS[book_id]["versions"]]
        return [version for version in versions if (version["from"] or "0") <= day <= (version["to"] or "9")]

    # hours and holidays

    def _hours(self, version: Case, local: datetime, deny: set[str], review: set[str]) -> None:
        window = day_value(version["hours"], local)
        if window == "unset":
            window = ["08:00", "21:00"]
        if window is None:
            span = day_value(version.get("review", {}), local)
            if span and span[0] <= f"{local:%H:%M}" < span[1]:
                review.add("weekday")
            else:
                deny.add("weekday")
        elif not window[0] <= f"{local:%H:%M}" < window[1] and not is_holiday(version, local.date()):
            deny.add("hours")

    def _holiday(self, version: Case, local: datetime, deny: set[str]) -> None:
        if is_holiday(version, local.date()):
            deny.add("holiday")

    # frequency

    def _local_day(self, event: Case, zone: str) -> date:
        return local_day(event["at"], zone)

    def _same_debt(self, one: str, other: str) -> bool:
        details = self.case.get("debt_details") or {}
        accounts = [
            details[d]["account_at_placement"] if details.get(d, {}).get("type") == "student_loan" else d
            for d in (one, other)
        ]
        return one == other or bool(accounts[0] == accounts[1])

    def _about(self, debt: str, debts: list[str] | None) -> bool:
        return not debts or any(self._same_debt(debt, other) for other in debts)

    def _counts(self, event: Case, kind: str) -> bool:
        out, voice, outcome = event["direction"] == "out", event["channel"] == "voice", event["outcome"]
        if kind == "calls_placed":
            return bool(out and voice and outcome in CALLS)
        if kind == "conversations":
            return bool(voice and outcome == "conversation")
        if kind == "contacts":
            return bool(out) and outcome in ("conversation", "voicemail_message", "message_sent")
        if kind == "phone_communications":
            return bool(out) and (
                (voice and outcome in ("conversation", "voicemail_message"))
                or (event["channel"] == "sms" and outcome == "message_sent")
            )
        return bool(out and not voice) and outcome == "message_sent"

    def _caps(self, version: Case, local: datetime, zone: str, deny: set[str], at: datetime) -> None:
        consent_counts = version is BOOKS["us-federal"]["versions"][0]
        agreed = {"ca-on", "ca-ab"} & {b for b in self.ids if version in BOOKS[b]["versions"]}
        for cap in version["caps"]:
            if self.contact["channel"] not in cap["channels"]:
                continue
            if cap["points"] != "any" and (self.point["kind"] == "work") != (cap["points"] == "work"):
                continue
            debts: list[str] = self.contact["debts"] if cap["per"] == "debt" else [ANY]
            for debt in debts:
                if consent_counts and self._consented(debt, at, zone):
                    continue
                if (
                    agreed
                    and self.contact["channel"] == "voice"
                    and all(self._consented(d, at, zone) for d in self.contact["debts"])
                ):
                    continue
                n = 1
                for event in self.history:
                    days_ago = (local.date() - self._local_day(event, zone)).days
                    if not 0 <= days_ago < cap["days"] or not self._counts(event, cap["counts"]):
                        continue
                    kind = self.points[event["contact_point"]]["kind"]
                    if cap["points"] != "any" and (kind == "work") != (cap["points"] == "work"):
                        continue
                    debts_of = event["debts"]
                    if cap["counts"] == "calls_placed" and "call_counted_for" in event:
                        debts_of = event["call_counted_for"]
                    if debt != ANY and not self._about(debt, debts_of):
                        continue
                    if consent_counts and self._consented(debt, parse(event["at"]), zone):
                        continue
                    placed = self._counts(event, "calls_placed")
                    if agreed and placed and all(self._consented(d, parse(event["at"]), zone) for d in event["debts"]):
                        continue
                    n += 1
                if n > cap["max"]:
                    deny.add(cap["reason"])

    def _cooloffs(self, version: Case, local: datetime, zone: str, deny: set[str], at: datetime) -> None:
        for rule in version["cooloffs"]:
            if self.contact["channel"] not in rule["channels"]:
                continue
            for debt in self.contact["debts"]:
                if self._consented(debt, at, zone):
                    continue
                for event in self.history:
                    days = (local.date() - self._local_day(event, zone)).days
                    if (
                        self._counts(event, "conversations")
                        and self._about(debt, event["debts"])
                        and days < rule["days"]
                    ):
                        deny.add(rule["reason"])

    def _consented(self, debt: str, at: datetime, zone: str) -> bool:
        day = at.astimezone(ZoneInfo(zone)).date()
        for request in () if self.third else self.requests:
            details, received = request["details"], parse(request["at"])
            if request["kind"] != "callback_consent" or received > at or not self._about(debt, details["debts"]):
                continue
            if (day - received.astimezone(ZoneInfo(zone)).date()).days > 6:
                continue
            if details["on_date"] and details["on_date"] != day.isoformat():
                continue
            if details["expires"] and at >= parse(details["expires"]):
                continue
            revoked = any(
                r["kind"] == "callback_consent_revoked"
                and received < parse(r["at"]) <= at
                and self._about(debt, r["details"]["debts"])
                for r in self.requests
            )
            talked = any(
                self._counts(event, "conversations")
                and received < parse(event["at"]) < at
                and self._about(debt, event["debts"])
                for event in self.history
            )
            if not revoked and not talked:
                return True
        return False

    def _direct(self, version: Case, local: datetime, zone: str, deny: set[str]) -> None:
        if "direct_contact" not in version:
            return
        for event in self.history:
            if event["outcome"] == "conversation":
                days = (local.date() - self._local_day(event, zone)).days
                if days == 0:
                    deny.add("frequency.contacts")
                if days < 7 and event["channel"] != self.contact["channel"]:
                    deny.add("channel")

    # consent, opt-outs, requests

    def _consent(self, version: Case, local: datetime, zone: str, deny: set[str], at: datetime) -> None:
        channel = self.contact["channel"]
        if channel not in version["consent"]:
            return
        given = [
            parse(consent["at"])
            for consent in self.point["consent"]
            if consent["channel"] == channel
            and parse(consent["at"]) <= self.known_at
            and (consent["expires"] is None or at < parse(consent["expires"]))
        ]
        if version is BOOKS["us-federal"]["versions"][0]:
            given += [
                parse(event["at"])
                for event in self.history
                if event["direction"] == "in"
                and event["channel"] == channel
                and event["contact_point"] == self.point["id"]
            ]
        if not given:
            deny.add("consent")
            return
        limit = version["consent"][channel].get("fresh_days")
        checks = [
            parse(c["at"]) for c in self.point.get("number_checks", []) if min(given) <= parse(c["at"]) <= self.known_at
        ]
        newest = max(given + checks).astimezone(ZoneInfo(zone)).date()
        if limit and (local.date() - newest).days > limit:
            deny.add("consent_stale")

    def _others(self, version: Case, deny: set[str], at: datetime) -> None:
        if self.contact["channel"] in version["channels_denied"]:
            deny.add("channel")
        if self.third:
            location = self.contact.get("purpose") == "location"
            if version["third_party"] == "deny" or not location:
                deny.add("third_party")
            elif version["third_party"] == "location_once" and any(
                event["outcome"] in ("conversation", "voicemail_message", "message_sent") for event in self.history
            ):
                deny.add("third_party")
        if self.contact["origin"] == "dialer" and self.contact["channel"] == "voice":
            for event in self.history:
                hours = version.get("redial_hours", {}).get(event["outcome"])
                if (
                    hours
                    and event["contact_point"] == self.point["id"]
                    and at < parse(event["at"]) + timedelta(hours=hours)
                ):
                    deny.add("abandonment")

    def _refused(self, request: Case, local: datetime) -> bool:
        details = request["details"]
        if details["until"] and local.date().isoformat() > details["until"]:
            return False
        return any(
            DAYS[local.weekday()] in item["weekdays"]
            and item.get("from", "00:00") <= f"{local:%H:%M}" < item.get("to", "24:00")
            for item in details["deny"]
        )

    def _preference(self, local: datetime, zone: str, deny: set[str]) -> None:
        if self.third:
            return
        for request in self.requests:
            if request["kind"] == "inconvenient_time" and self._refused(request, local):
                message = self._message_to_answer()
                if (
                    message is None
                    or message <= parse(request["at"])
                    or not self._one_span(request, message, local, zone)
                ):
                    deny.add("preference")

    def _one_span(self, request: Case, message: datetime, local: datetime, zone: str) -> bool:
        """Every quarter of an hour from the message to now is refused."""
        moment = message.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if local - moment > timedelta(days=8):
            return False
        while moment <= local:
            if not self._refused(request, moment):
                return False
            moment += timedelta(minutes=15)
        return True

    def _message_to_answer(self) -> datetime | None:
        if self.contact["origin"] != "reply":
            return None
        last = None
        for event in self.history:
            if event["channel"] == self.contact["channel"] and event["contact_point"] == self.point["id"]:
                last = parse(event["at"]) if event["direction"] == "in" else None
        return last

    def _requests(self, deny: set[str], at: datetime) -> None:
        for request in self.requests:
            kind, details = request["kind"], request["details"]
            about = any(self._about(debt, details.get("debts")) for debt in self.contact["debts"])
            if kind in ("cease_all", "refuses_to_pay") and details["form"] != "oral" and about:
                deny.add("cease")
            if kind == "attorney" and about:
                deny.add("attorney")
            if kind == "dispute" and details["form"] != "oral" and details["within_validation_period"] and about:
                if details["verified_at"] is None or at < parse(details["verified_at"]):
                    deny.add("cease")
            if kind == "stop_calling" and self.contact["channel"] == "voice" and not self.third:
                deny.add("opt_out")
            if kind in ("wrong_number", "third_party_reported") and details["contact_point"] == self.point["id"]:
                deny.add("third_party")
            if kind == "inconvenient_place" and not self.third:
                closed = {"home": "landline", "work": "work"}[details["place"]]
                message = self._message_to_answer()
                if self.point["kind"] == closed and (message is None or message <= parse(request["at"])):
                    deny.add("place")

    def _opted_out(self, at: datetime) -> bool:
        voice = self.contact["channel"] == "voice"
        outs = [
            parse(out["at"])
            for out in self.point["opted_out"]
            if (out["channel"] == "voice") == voice and parse(out["at"]) <= self.known_at
        ]
        if not outs:
            return False
        renewed = any(
            c["channel"] == self.contact["channel"]
            and c["by"] != "used_with_collector"
            and max(outs) < parse(c["at"]) <= self.known_at
            and (c["expires"] is None or at < parse(c["expires"]))
            for c in self.point["consent"]
        )
        message = self._message_to_answer()
        return not renewed and (message is None or message <= max(outs))


def day_value(table: Case, local: datetime) -> Any:
    for key, value in table.items():
        first, _, last = key.partition("-")
        if key == "daily":
            return value
        start, end = DAYS.index(first), DAYS.index(last or first)
        if (local.weekday() - start) % 7 <= (end - start) % 7:
            return value
    return None


def is_holiday(version: Case, day: date) -> bool:
    rule = version["holidays"]
    if rule is None:
        return False
    name = rule.get("library") or "list"
    key = (name, day.year)
    if key not in _holidays:
        if name == "list":
            _holidays[key] = quebec(day.year)
        else:
            country, _, subdivision = name.partition("-")
            _holidays[key] = set(holidays.country_holidays(country, subdiv=subdivision or None, years=day.year))
    return day in _holidays[key]


def quebec(year: int) -> set[date]:
    """The closed list of the Office de la protection du consommateur, with Easter from the library's national days."""
    easter = next(d for d, name in holidays.country_holidays("CA", subdiv="QC", years=year).items() if "Friday" in name)
    mondays = [
        date(year, 1, 1) + timedelta(days=n)
        for n in range(366)
        if (date(year, 1, 1) + timedelta(days=n)).weekday() == 0
    ]
    canada = date(year, 7, 1)
    return {
        date(year, 1, 1),
        easter,
        easter + timedelta(days=3),
        max(d for d in mondays if d < date(year, 5, 25)),
        date(year, 6, 24),
        date(year, 7, 2) if canada.weekday() == 6 else canada,
        min(d for d in mondays if d >= date(year, 9, 1)),
        sorted(d for d in mondays if d >= date(year, 10, 1))[1],
        date(year, 12, 25),
    }
