"""Turns a debtor's rows into the gate's facts: history, requests, consents, opt-outs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast, get_args

from compliance.facts import (
    CHANNELS,
    Address,
    Channel,
    Consent,
    ContactPoint,
    Debt,
    Debtor,
    Facts,
    FactsError,
    HistoryEvent,
    Hold,
    HoldKind,
    IntendedContact,
    OptOut,
    Origin,
    PointKind,
    RefusedTime,
    Request,
    RequestKind,
)
from dialer.contact_history import Attempt, event_of, utc
from dialer.listed import Listings

Row = Mapping[str, Any]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TAKES: Mapping[str, frozenset[str]] = {
    "voice": frozenset({"mobile", "landline", "work", "tollfree"}),
    "sms": frozenset({"mobile"}),
    "whatsapp": frozenset({"mobile"}),
    "email": frozenset({"email"}),
}
"""Which kinds of contact point each channel can use."""
_ORIGINS: Mapping[str, Origin] = {
    "dialer": "dialer",
    "announcement": "announcement",
    "message_step": "dialer",
    "agent": "agent",
    "callback": "callback",
    "reply": "reply",
}
_STATUS_HOLDS: Mapping[str, HoldKind] = {"deceased": "deceased", "bankrupt": "bankruptcy"}


@dataclass(slots=True)
class Known:
    """Everything read about one debtor. `events` grows while a batch admits several contacts with one person."""

    debtor: Row
    points: list[Row] = field(default_factory=list)
    addresses: list[Row] = field(default_factory=list)
    consents: dict[int, list[Row]] = field(default_factory=dict)
    opt_outs: dict[str, list[Row]] = field(default_factory=dict)
    listings: Listings | None = None
    requests: list[Row] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    inbound: list[Row] = field(default_factory=list)
    debts: list[Row] = field(default_factory=list)
    events: list[HistoryEvent] | None = None
    in_call: bool = False

    def candidates(self, channel: str, contact_point_id: int | None) -> list[Row]:
        """The points to ask the gate about, in order: the one named, or all usable ones by position."""
        kinds = TAKES[channel]
        if contact_point_id is not None:
            named = (point for point in self.points if point["id"] == contact_point_id)
            return [point for point in named if point["kind"] in kinds and point["status"] != "invalid"]
        usable = (point for point in self.points if point["kind"] in kinds and point["status"] == "good")
        return sorted(usable, key=lambda point: (point["position"], point["id"]))

    def open_debts(self) -> tuple[int, ...]:
        return tuple(sorted(debt["id"] for debt in self.debts if debt["status"] == "open"))


def facts_of(
    known: Known,
    point: Row,
    *,
    channel: Channel,
    origin: str,
    purpose: str,
    debt_ids: Sequence[int],
    rulebooks: tuple[str, ...] | None,
    now: datetime,
    campaign_id: int | None = None,
    also: Sequence[str] = (),
) -> Facts:
    """The whole question for one contact point; FactsError (or ValueError) where the rows contradict themselves.

    `also`: the campaign's own rulebooks, which bind beside the creditor's and those chosen.
    """
    if known.events is None:
        known.events = history(known)
    return Facts(
        debtor=_debtor(known),
        debts=tuple(
            Debt(str(debt["id"]), creditor=str(known.debtor["creditor_id"]))
            for debt in known.debts
            if debt["status"] in ("open", "disputed")
        ),
        contact=IntendedContact(
            at=now,
            channel=channel,
            contact_point=str(point["id"]),
            debts=tuple(str(debt) for debt in debt_ids),
            origin=_ORIGINS[origin],
            purpose="location" if purpose == "location" else "collection",
        ),
        history=tuple(known.events),
        rulebooks=rulebooks,
        also=(*(known.debtor["creditor_rulebooks"] or ()), *also),
        switches=tuple(known.debtor["switches"] or ()),
        dnc_listed=_listed(known, point, campaign_id),
        holds=_holds(known),
    )


def _listed(known: Known, point: Row, campaign_id: int | None) -> tuple[str, ...] | None:
    if known.listings is None:
        return None
    return known.listings.of(point["address"], creditor_id=known.debtor["creditor_id"], campaign_id=campaign_id)


def _debtor(known: Known) -> Debtor:
    wrong = [
        Request(at=known.debtor["created_at"], kind="wrong_number", contact_point=str(point["id"]))
        for point in known.points
        if point["status"] == "wrong_person"
    ]
    asked = [request_of(row) for row in known.requests if row["kind"] not in get_args(HoldKind) or _is_dispute(row)]
    return Debtor(
        points=tuple(_point(known, point) for point in known.points),
        addresses=tuple(
            Address(a["country"], a["region"], a["timezone"], a["city"], a["postal_code"]) for a in known.addresses
        ),
        requests=tuple(wrong + asked),
        own_zone=known.debtor["own_timezone"],
    )


def _point(known: Known, point: Row) -> ContactPoint:
    consents = tuple(
        Consent(row["channel"], utc(row["at"]), row["by"], utc(row["expires_at"]) if row["expires_at"] else None)
        for row in known.consents.get(point["id"], ())
    )
    closed = tuple(
        OptOut(channel, utc(row["at"]))
        for row in known.opt_outs.get(point["address"], ())
        for channel in (CHANNELS if row["channel"] == "all" else (cast(Channel, row["channel"]),))
    )
    return ContactPoint(
        id=str(point["id"]),
        kind=cast(PointKind, point["kind"]),
        address=point["address"],
        consents=consents,
        opt_outs=closed,
        party="third_party" if point["status"] == "third_party" else "consumer",
    )


def _is_dispute(row: Row) -> bool:
    """A dispute stated in some form is judged by the rules on disputes; one without a form is the house's hold."""
    return bool(row["kind"] == "dispute" and (row["details"] or {}).get("form"))


def _holds(known: Known) -> tuple[Hold, ...]:
    since = utc(known.debtor["created_at"])
    holds = [Hold(kind, since) for status, kind in _STATUS_HOLDS.items() if known.debtor["status"] == status]
    holds += [Hold("dispute", since, debts=(str(d["id"]),)) for d in known.debts if d["status"] == "disputed"]
    for row in known.requests:
        if row["kind"] in get_args(HoldKind) and not _is_dispute(row):
            details = row["details"] or {}
            until = utc(row["ends_at"]) if row.get("ends_at") else _instant(details.get("until"))
            holds.append(Hold(cast(HoldKind, row["kind"]), utc(row["at"]), until, _debts(details)))
    return tuple(holds)


def request_of(row: Row) -> Request:
    """A person_request row; a kind or a detail that nobody knows is an error, which refuses the contact."""
    kind, details = row["kind"], row["details"] or {}
    if kind not in get_args(RequestKind):
        raise FactsError(f"person_request {row['id']} has the unknown kind {kind!r}")
    try:
        return Request(
            at=utc(row["at"]),
            kind=kind,
            debts=_debts(details),
            deny=tuple(_refused_time(item) for item in details.get("deny") or ()),
            until=_date(details.get("until")),
            place=_one_of(details.get("place"), ("home", "work")),
            form=_one_of(details.get("form"), ("written", "electronic", "oral")),
            within_validation_period=details.get("within_validation_period"),
            verified_at=_instant(details.get("verified_at")),
            on_date=_date(details.get("on_date")),
            expires=_expiry(details.get("expires")),
            contact_point=None if details.get("contact_point") is None else str(details["contact_point"]),
            name=details.get("name"),
            ends=utc(row["ends_at"]) if row.get("ends_at") else None,
        )
    except (TypeError, ValueError, LookupError, AttributeError) as problem:
        raise FactsError(f"person_request {row['id']} ({kind}) cannot be read: {problem}") from problem


def _refused_time(item: Row) -> RefusedTime:
    days = frozenset(day if isinstance(day, int) else WEEKDAYS.index(day) for day in item["weekdays"])
    start, end = _seconds(item.get("from"), 0), _seconds(item.get("to"), 86400)
    return RefusedTime(days, start, end if end > start else end + 86400)  # up to a time after midnight


def _seconds(clock: str | None, default: int) -> int:
    if clock is None:
        return default
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _one_of(value: Any, words: tuple[str, ...]) -> Any:
    if value is not None and value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(words)}")
    return value


def _debts(details: Row) -> tuple[str, ...]:
    return tuple(str(debt) for debt in details.get("debts") or ())


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value[:10])


def _instant(value: str | None) -> datetime | None:
    return None if value is None else utc(datetime.fromisoformat(value))


def _expiry(value: str | None) -> datetime | date | None:
    return None if value is None else (_instant(value) if "T" in value else date.fromisoformat(value))


def history(known: Known) -> list[HistoryEvent]:
    """Attempts and messages received, in order of time; what never reached a line is left out."""
    by_address = {point["address"]: str(point["id"]) for point in known.points}
    all_debts = tuple(str(debt["id"]) for debt in known.debts)
    events = [event for row in known.attempts if (event := event_of(row)) is not None]
    for row in known.inbound:
        point = by_address.get(row["from_address"])
        if point is not None:
            events.append(HistoryEvent(utc(row["at"]), "in", row["channel"], point, "message_received", all_debts))
    return sorted(events, key=lambda event: event.at)
