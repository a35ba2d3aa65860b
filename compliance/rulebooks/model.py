"""A rulebook as the gate uses it: windows by weekday and channel, caps by channel, versions by date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct, structs

from compliance.facts import (
    BUSY,
    CALL,
    CHANNELS,
    CONTACT,
    CONVERSATION,
    E_MESSAGE,
    INBOUND,
    NOT_IN_SERVICE,
    PHONE_COMMUNICATION,
    Channel,
)
from compliance.nocontact_days import NoContactDays
from compliance.rulebooks.spec import (
    BookSpec,
    CapSpec,
    ConsentSpec,
    CooloffSpec,
    DirectContactSpec,
    EligibilitySpec,
    HoursSpec,
    ThirdPartySpec,
    Value,
    VersionSpec,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MASKS = {
    "calls_placed": CALL,
    "conversations": CONVERSATION,
    "contacts": CONTACT,
    "phone_communications": PHONE_COMMUNICATION,
    "e_messages": E_MESSAGE,
}
ALSO_COUNTS = {"busy": BUSY, "not_in_service": NOT_IN_SERVICE, "inbound": INBOUND}
TRIGGERS = {"conversation": CONVERSATION, "contact": CONTACT, "call_placed": CALL, "message": E_MESSAGE}
# Where a rule gives no numeric hours: the product's window until the client gives its own (draft).
UNSET_WINDOW = ("08:00", "21:00")


class Window(Struct, frozen=True):
    """Local seconds of the day, `[start, end)`."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


class Hours(Struct, frozen=True):
    """Windows by weekday (Monday 0) of one channel; None is a closed day. `holiday` None: such a date is closed."""

    days: tuple[Window | None, ...]
    review: tuple[Window | None, ...]
    holiday: Window | None
    source: str


class Version(Struct, frozen=True, eq=False):
    """The rules of one rulebook between two local dates, both included; None is open.

    `spec`: the file's words. `draft_rules`: ids of the gate's rules that rest on a draft value or one from memory.
    `at_work`: the same rules with the windows of numbers at work, where there are any. `ends`: when the hold that
    brought a person's profile is over.
    """

    book: str
    label: str
    first: date | None
    last: date | None
    draft: tuple[str, ...]
    hours: Mapping[Channel, Hours]
    no_contact_days: NoContactDays | None
    caps: Mapping[Channel, tuple[tuple[CapSpec, int], ...]]
    cooloffs: Mapping[Channel, tuple[CooloffSpec, ...]]
    consent: Mapping[Channel, ConsentSpec]
    channels_denied: Mapping[Channel, Value]
    third_party: ThirdPartySpec | None
    direct_contact: DirectContactSpec | None
    redial_hours: Mapping[str, tuple[int, str]]
    eligibility: Mapping[Channel, EligibilitySpec]
    name: str
    spec: VersionSpec
    at_work: Version | None = None
    ends: datetime | None = None
    draft_rules: frozenset[str] = frozenset()


class Book(Struct, frozen=True, eq=False):
    id: str
    title: str
    versions: tuple[Version, ...]
    zones: tuple[str, ...]
    kind: str = "jurisdiction"
    file: str = ""

    def at(self, day: date) -> Version | None:
        """The version in force on this local date; None before the first one starts."""
        for version in self.versions:
            if (version.first is None or version.first <= day) and (version.last is None or day <= version.last):
                return version
        return None


class Rulebooks(Struct, frozen=True):
    """All loaded rulebooks. `dial_stop_margin_s`: calls stop so many seconds before a window closes."""

    books: Mapping[str, Book]
    dial_stop_margin_s: int = 0

    def get(self, book_id: str) -> Book:
        try:
            return self.books[book_id]
        except KeyError:
            known = ", ".join(sorted(self.books))
            raise UnknownRulebook(f"rulebook {book_id!r} is not loaded; known: {known}") from None


class UnknownRulebook(ValueError):
    """An id that no loaded file defines."""


def build(spec: BookSpec, file: str = "") -> Book:
    """The rulebook of a checked file; its versions may stand in any order."""
    ordered = sorted(spec.versions, key=lambda version: version.effective_from or date.min)
    versions = tuple(_version(spec.id, version) for version in ordered)
    return Book(spec.id, spec.title, versions, spec.zones, spec.kind, file)


def day_index(key: str) -> tuple[int, ...]:
    """Weekday numbers of `mon`, `mon-fri`, `sun-thu` or `daily`; ValueError for any other key."""
    if key == "daily":
        return tuple(range(7))
    first, dash, last = key.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
    if dash and start == end:
        raise ValueError(f"{key!r} names one day twice")
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def seconds_of(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def next_date(day: date) -> date:
    return day + timedelta(days=1)


def _version(book: str, spec: VersionSpec) -> Version:
    draft = spec.draft
    version = Version(
        book=book,
        label=spec.version,
        first=spec.effective_from,
        last=spec.effective_to,
        draft=draft,
        hours=_hours(hours for hours in spec.hours if hours.points == "any"),
        no_contact_days=NoContactDays.of(spec.holidays) if spec.holidays else None,
        caps={
            channel: tuple((cap, _mask(cap)) for cap in spec.caps if channel in cap.channels) for channel in CHANNELS
        },
        cooloffs={
            channel: tuple(cooloff for cooloff in spec.cooloffs if channel in cooloff.channels) for channel in CHANNELS
        },
        consent=spec.consent,
        channels_denied={denied.channel: denied for denied in spec.channels_denied},
        third_party=spec.third_party,
        direct_contact=spec.direct_contact,
        redial_hours={redial.outcome: (redial.hours, redial.source) for redial in spec.redial},
        eligibility=spec.eligibility,
        name=f"{book}@{spec.version}",
        spec=spec,
        draft_rules=frozenset(_draft_rules(book, spec)),
    )
    work = _hours(hours for hours in spec.hours if hours.points == "work")
    if not work:
        return version
    narrowed = {
        channel: _both(hours, work[channel]) if channel in work else hours for channel, hours in version.hours.items()
    }
    return structs.replace(version, at_work=structs.replace(version, hours=narrowed))


def _draft_rules(book: str, spec: VersionSpec) -> Iterator[str]:
    rules: list[tuple[Value | None, tuple[str, ...]]] = [(hours, ("hours", "weekday")) for hours in spec.hours]
    rules += [(spec.holidays, ("holiday",)), (spec.third_party, ("third-party",))]
    rules += [(spec.direct_contact, ("one-a-date", "one-channel"))]
    rules += [(spec.announcement, ("announcement",))]
    rules += [(redial, (f"redial-{redial.outcome}",)) for redial in spec.redial]
    rules += [(rule, ("consent", "fresh")) for rule in spec.consent.values()]
    rules += [(denied, ("channel",)) for denied in spec.channels_denied]
    rules += [(rule, ("eligibility",)) for rule in spec.eligibility.values()]
    for value, names in rules:
        if is_draft(value):
            yield from (f"{book}.{name}" for name in names)
    yield from (cap.id for cap in spec.caps if is_draft(cap))
    yield from (cooloff.id for cooloff in spec.cooloffs if is_draft(cooloff))


def is_draft(value: Value | None) -> bool:
    """Whether counsel must look at it: it says so itself, or it is from memory."""
    return value is not None and (value.draft or value.confidence == "memory")


def _mask(cap: CapSpec) -> int:
    mask = MASKS[cap.counts]
    for also in cap.also_counts:
        mask |= ALSO_COUNTS[also]
    return mask


def _both(one: Hours, other: Hours) -> Hours:
    """The intersection of two weeks of windows."""
    return Hours(
        days=tuple(_common(a, b) for a, b in zip(one.days, other.days, strict=True)),
        review=tuple(_common(a, b) for a, b in zip(one.review, other.review, strict=True)),
        holiday=_common(one.holiday, other.holiday),
        source=f"{one.source}; {other.source}",
    )


def _common(one: Window | None, other: Window | None) -> Window | None:
    if one is None or other is None:
        return None
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start, end) if start < end else None


def _hours(specs: Iterable[HoursSpec]) -> dict[Channel, Hours]:
    result: dict[Channel, Hours] = {}
    for spec in specs:
        days: list[Window | None] = [None] * 7
        for key, value in spec.windows.items():
            if key != "holiday":
                for index in day_index(key):
                    days[index] = _window(value)
        review: list[Window | None] = [None] * 7
        for key, span in spec.review.items():
            for index in day_index(key):
                review[index] = _window(span)
        holiday = _window(spec.windows.get("holiday", "closed"))
        for channel in spec.channels or CHANNELS:
            result[channel] = Hours(tuple(days), tuple(review), holiday, spec.source)
    return result


def _window(value: tuple[str, str] | str) -> Window | None:
    if value == "closed":
        return None
    start, end = UNSET_WINDOW if isinstance(value, str) else value
    return Window(seconds_of(start), seconds_of(end))
