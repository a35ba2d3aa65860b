"""Judges a run by the exchange's and the carrier's logs against the rules, with none of the code that made the calls.

Deliberately plain: its own tables of hours, its own counting, local times by zoneinfo. When it and the gate disagree,
one of them is wrong, and a person must look.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from telephony.sandbox.log import LogEntry

Window = tuple[time, time] | None


def _hours(open_at: str, close_at: str) -> Window:
    return time.fromisoformat(open_at), time.fromisoformat(close_at)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """Hours by weekday (Monday 0) and holidays, as the published rulebook states them."""

    week: tuple[Window, ...]
    holidays: tuple[str, ...] = ()  # country, or country and subdivision
    calls_in_7_dates: int | None = None
    hold_dates_after_talk: int = 0
    contacts_in_7_dates: int | None = None


_DAILY_8_21 = (_hours("08:00", "21:00"),) * 7

RULES: dict[str, HouseRules] = {
    "US": HouseRules(_DAILY_8_21, calls_in_7_dates=7, hold_dates_after_talk=7),  # 12 CFR 1006.6(b), 1006.14(b)
    "CA-ON": HouseRules(
        (_hours("07:00", "21:00"),) * 6 + (_hours("13:00", "17:00"),), ("CA", "ON"), contacts_in_7_dates=3
    ),
    "CA-QC": HouseRules((_hours("08:00", "20:00"),) * 6 + (None,), ()),
    "CA-AB": HouseRules(
        (_hours("07:00", "22:00"),) * 6 + (_hours("13:00", "17:00"),), ("CA", "AB"), contacts_in_7_dates=3
    ),
    "GB": HouseRules(
        (_hours("08:00", "21:00"),) * 5 + (_hours("08:00", "20:00"), _hours("09:00", "19:00")), ("GB", "ENG")
    ),
    "PL": HouseRules((_hours("06:00", "22:00"),) * 5 + (None, None)),
    "MX": HouseRules((_hours("07:00", "22:00"),) * 7),
    "IN": HouseRules((_hours("08:00", "19:00"),) * 7),
    "AU": HouseRules((_hours("07:30", "21:00"),) * 5 + (_hours("09:00", "21:00"),) * 2, ("AU",), contacts_in_7_dates=3),
    "IT": HouseRules((_hours("08:30", "21:00"),) * 5 + (_hours("08:30", "15:00"), None), ("IT",)),
    "CO": HouseRules((_hours("07:00", "19:00"),) * 5 + (_hours("08:00", "15:00"), None), ("CO",)),
    "SA": HouseRules((_hours("08:00", "17:00"),) * 4 + (None, None, _hours("08:00", "17:00")), ("SA",)),
    "default": HouseRules(_DAILY_8_21),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody may be. `rules` are keys of RULES; `numbers` are E.164."""

    debtor_id: int
    numbers: tuple[str, ...]
    zones: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentText:
    at: datetime
    to: str


@dataclass(frozen=True, slots=True)
class StopReply:
    at: datetime
    sender: str


@dataclass(slots=True)
class Findings:
    """What the inspection found; each list holds one line a finding, without personal data."""

    violations: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    duplicate_dials: list[str] = field(default_factory=list)
    person_answered: int = 0
    abandoned: int = 0
    longest_silence_s: float = 0.0
    """From a person's answer to an agent, a message or the end, in the log's time."""
    allowed_silence_s: float = 0.0


@dataclass(slots=True)
class _Call:
    channel: str
    number: str
    started: datetime
    ended: datetime | None = None
    answered: datetime | None = None
    answered_by: str | None = None
    connected: datetime | None = None
    played: datetime | None = None
    sip: int | None = None
    wrong_party: bool = False


def inspect(
    log: Sequence[LogEntry],
    people: Iterable[Person],
    texts: Sequence[SentText] = (),
    stops: Sequence[StopReply] = (),
    *,
    wrong_parties: Collection[str] = (),
    no_more_calls: Mapping[str, datetime] | None = None,
    answer_wait_s: float = 2.0,
    grace_s: float = 1.0,
) -> Findings:
    """Judge a whole run.

    `wrong_parties`: channels on which the agents found somebody else than the debtor; `no_more_calls`: channels on
    which the person forbade calls, and since when the server knows it. `grace_s` is what the machine's
    own slowness may add to a wait, in the log's time.
    """
    findings = Findings()
    by_number = {number: person for person in people for number in person.numbers}
    calls = _calls(log, findings)
    for call in calls:
        call.wrong_party = call.channel in wrong_parties
    _check_overlaps(calls, by_number, findings)
    _check_times(calls, texts, by_number, findings)
    _check_counts(calls, by_number, findings)
    _check_silence(calls, findings, answer_wait_s, grace_s)
    _check_stops(texts, stops, findings)
    _check_forbidden(calls, no_more_calls or {}, by_number, findings)
    return findings


def _calls(log: Sequence[LogEntry], findings: Findings) -> list[_Call]:
    calls: dict[str, _Call] = {}
    for entry in log:
        if entry.channel is None:
            continue
        if entry.kind == "originate" and entry.number is not None:
            if entry.channel in calls:
                findings.duplicate_dials.append(f"channel {entry.channel} was dialed twice (entry {entry.n})")
                continue
            calls[entry.channel] = _Call(entry.channel, f"+{entry.number.lstrip('+')}", entry.at)
        call = calls.get(entry.channel)
        if call is None:
            continue
        if entry.kind == "answer":
            call.answered, call.answered_by = entry.at, entry.by
        elif entry.kind == "connected" and call.connected is None:
            call.connected = entry.at
        elif entry.kind == "play_start" and call.played is None:
            call.played = entry.at
        elif entry.kind == "refused":
            call.sip = entry.sip
        elif entry.kind == "destroyed":
            call.ended = entry.at
            call.sip = entry.sip if call.sip is None else call.sip
    findings.orphans += [f"channel {call.channel} never ended" for call in calls.values() if call.ended is None]
    return list(calls.values())


def _check_overlaps(calls: list[_Call], by_number: dict[str, Person], findings: Findings) -> None:
    last: dict[int, _Call] = {}
    for call in sorted(calls, key=lambda call: call.started):
        person = by_number.get(call.number)
        if person is None:
            findings.violations.append(f"channel {call.channel}: a number that belongs to nobody was dialed")
            continue
        before = last.get(person.debtor_id)
        if before is not None and (before.ended is None or before.ended > call.started):
            findings.duplicate_dials.append(f"debtor {person.debtor_id}: {call.channel} began during {before.channel}")
        last[person.debtor_id] = call


def _check_times(
    calls: list[_Call], texts: Sequence[SentText], by_number: dict[str, Person], findings: Findings
) -> None:
    contacts = [(call.started, call.number, "call") for call in calls] + [(text.at, text.to, "text") for text in texts]
    for at, number, what in contacts:
        person = by_number.get(number)
        if person is None:
            continue
        if not person.zones:
            findings.violations.append(f"debtor {person.debtor_id}: {what} at {at:%F %T}Z with no zone known")
        for zone in person.zones:
            local = at.astimezone(ZoneInfo(zone))
            findings.violations += [
                f"debtor {person.debtor_id}: {what} at {local:%F %T} {zone} is outside the hours of {rule}"
                for rule in person.rules
                if not _open(RULES[rule], local)
            ]


def _open(rules: HouseRules, local: datetime) -> bool:
    if rules.holidays and local.date() in _holidays(rules.holidays, local.year):
        return False
    window = rules.week[local.weekday()]
    return window is not None and window[0] <= local.time() < window[1]


_HOLIDAYS: dict[tuple[tuple[str, ...], int], holidays.HolidayBase] = {}


def _holidays(where: tuple[str, ...], year: int) -> holidays.HolidayBase:
    if (where, year) not in _HOLIDAYS:
        subdivision = where[1] if len(where) > 1 else None
        _HOLIDAYS[where, year] = holidays.country_holidays(where[0], subdiv=subdivision, years=year)
    return _HOLIDAYS[where, year]


NEVER_CONNECTED = frozenset({404, 410, 484, 486, 488, 500, 502, 503, 504, 600, 604})


def _check_counts(calls: list[_Call], by_number: dict[str, Person], findings: Findings) -> None:
    by_person: dict[int, list[_Call]] = defaultdict(list)
    people = {person.debtor_id: person for person in by_number.values()}
    for call in sorted(calls, key=lambda call: call.started):
        person = by_number.get(call.number)
        if person is not None:
            by_person[person.debtor_id].append(call)
    for debtor_id, history in by_person.items():
        for rule in people[debtor_id].rules:
            for zone in people[debtor_id].zones:
                _count(debtor_id, history, RULES[rule], ZoneInfo(zone), findings)


def _count(debtor_id: int, history: list[_Call], rules: HouseRules, zone: ZoneInfo, findings: Findings) -> None:
    for index, call in enumerate(history):
        today = call.started.astimezone(zone).date()
        recent = [c for c in history[:index] if c.started.astimezone(zone).date() > today - timedelta(days=7)]
        # 12 CFR 1006 Supplement I, 14(b)(2)(i)-3: calls to a number that is found not to be the person's do not count
        recent = [c for c in recent if not c.wrong_party]
        placed = sum(1 for c in recent if c.sip not in NEVER_CONNECTED)
        if rules.calls_in_7_dates is not None and placed >= rules.calls_in_7_dates:
            findings.violations.append(f"debtor {debtor_id}: call {placed + 1} in 7 dates at {call.started:%F %T}Z")
        talked = [c for c in recent if c.connected is not None and c.answered_by == "person"]
        if rules.hold_dates_after_talk and talked:
            findings.violations.append(f"debtor {debtor_id}: called at {call.started:%F %T}Z within 7 dates of a talk")
        if rules.contacts_in_7_dates is not None and len(talked) >= rules.contacts_in_7_dates:
            findings.violations.append(f"debtor {debtor_id}: contact {len(talked) + 1} in 7 dates")


def _check_silence(calls: list[_Call], findings: Findings, answer_wait_s: float, grace_s: float) -> None:
    findings.allowed_silence_s = answer_wait_s + grace_s
    for call in calls:
        if call.answered is None or call.answered_by != "person":
            continue
        findings.person_answered += 1
        wait = timedelta(seconds=answer_wait_s)
        if call.connected is None or call.connected - call.answered > wait:
            findings.abandoned += 1
        heard = min((at for at in (call.connected, call.played, call.ended) if at is not None), default=None)
        silence_s = math.inf if heard is None else (heard - call.answered).total_seconds()
        findings.longest_silence_s = max(findings.longest_silence_s, silence_s)
        if silence_s > findings.allowed_silence_s:
            waited = "for ever" if heard is None else f"for {silence_s:.1f} s"
            findings.violations.append(f"channel {call.channel}: a person was left in silence {waited}")


def _check_forbidden(
    calls: list[_Call], no_more_calls: Mapping[str, datetime], by_number: dict[str, Person], findings: Findings
) -> None:
    forbidden: dict[int, datetime] = {}
    for call in calls:
        person = by_number.get(call.number)
        if person is not None and call.channel in no_more_calls:
            forbidden[person.debtor_id] = no_more_calls[call.channel]
    for call in calls:
        person = by_number.get(call.number)
        since = forbidden.get(person.debtor_id) if person is not None else None
        if person is not None and since is not None and call.started > since:
            findings.violations.append(
                f"debtor {person.debtor_id}: called at {call.started:%F %T}Z, calls were forbidden at {since:%F %T}Z"
            )


def _check_stops(texts: Sequence[SentText], stops: Sequence[StopReply], findings: Findings) -> None:
    stopped: dict[str, datetime] = {}
    for stop in sorted(stops, key=lambda stop: stop.at):
        stopped.setdefault(stop.sender, stop.at)
    for text in texts:
        since = stopped.get(text.to)
        if since is not None and text.at > since:
            findings.violations.append(f"a text was sent at {text.at:%F %T}Z after a STOP of {since:%F %T}Z")
