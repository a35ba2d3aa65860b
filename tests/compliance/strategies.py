"""Hypothesis strategies for contact cases of all jurisdictions; every instant lies on a quarter of an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

Case = dict[str, Any]
Q = timedelta(minutes=15)

# rulebooks, country, region, zone, three numbers (mobile, landline, work)
PLACES: list[tuple[list[str], str, str | None, str, tuple[str, str, str]]] = [
    (["us-federal"], "US", "NY", "America/New_York", ("+12125550142", "+12125550143", "+12125550144")),
    (["us-federal"], "US", "CA", "America/Los_Angeles", ("+12125550142", "+13105550143", "+13105550144")),
    (["us-federal"], "US", "TN", "America/New_York", ("+14235550142", "+14235550143", "+14235550144")),
    (["us-federal"], "US", "AZ", "America/Phoenix", ("+16025550142", "+16025550143", "+16025550144")),
    (["us-federal", "us-ma"], "US", "MA", "America/New_York", ("+16175550142", "+16175550143", "+16175550144")),
    (["us-federal", "us-dc"], "US", "DC", "America/New_York", ("+12025550142", "+12025550143", "+12025550144")),
    (["us-federal", "us-wa"], "US", "WA", "America/Los_Angeles", ("+12065550142", "+12065550143", "+12065550144")),
    (["us-federal", "us-nyc"], "US", "NY", "America/New_York", ("+17185550142", "+17185550143", "+17185550144")),
    (["ca-qc"], "CA", "QC", "America/Toronto", ("+15145550142", "+15145550143", "+15145550144")),
    (["ca-on"], "CA", "ON", "America/Toronto", ("+14165550142", "+14165550143", "+14165550144")),
    (["ca-ab"], "CA", "AB", "America/Edmonton", ("+14035550142", "+14035550143", "+14035550144")),
    (["au"], "AU", "NSW", "Australia/Sydney", ("+61412345678", "+61255500123", "+61255500124")),
    (["au"], "AU", "NSW", "Australia/Lord_Howe", ("+61255500122", "+61255500123", "+61255500124")),
    (["co"], "CO", "DC", "America/Bogota", ("+573001234567", "+576012345678", "+576012345679")),
    (["in"], "IN", "MH", "Asia/Kolkata", ("+919812345678", "+912212345678", "+912212345679")),
    (["mx"], "MX", "BCN", "America/Tijuana", ("+525512345678", "+525512345679", "+525512345670")),
    (["it-unirec"], "IT", "MI", "Europe/Rome", ("+393331234567", "+390212345678", "+390212345679")),
    (["pl-zpf"], "PL", "MZ", "Europe/Warsaw", ("+48512345678", "+48221234567", "+48221234568")),
    (["gb"], "GB", "ENG", "Europe/London", ("+447911123456", "+442079460958", "+442079460959")),
    (["sa"], "SA", "01", "Asia/Riyadh", ("+966512345678", "+966112345678", "+966112345679")),
    (["default"], "CA", "BC", "America/Vancouver", ("+16045550142", "+16045550143", "+16045550144")),
    (["default"], "EG", "C", "Africa/Cairo", ("+201001234567", "+20223456789", "+20223456788")),
    (["default"], "CL", "RM", "America/Santiago", ("+56912345678", "+56221234567", "+56221234568")),
]
# clock changes, year's end, Easter and movable holidays lie near these days
ANCHORS = [
    date(2026, 3, 8),
    date(2026, 4, 5),
    date(2026, 6, 24),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2027, 3, 28),
    date(2029, 7, 1),
]
VOICE = [
    "no_answer",
    "no_answer",
    "busy",
    "invalid_number",
    "answered_dropped",
    "voicemail_no_message",
    "limited_content_message",
    "voicemail_message",
    "ringless_voicemail",
    "conversation",
    "abandoned",
    "amd_machine",
]
KINDS = [
    "inconvenient_time",
    "inconvenient_time",
    "inconvenient_place",
    "stop_calling",
    "cease_all",
    "refuses_to_pay",
    "attorney",
    "dispute",
    "callback_consent",
    "callback_consent",
    "callback_consent_revoked",
    "wrong_number",
    "third_party_reported",
]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DEBTS = ["card", "loan_a", "loan_b"]


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def debt_lists() -> st.SearchStrategy[list[str]]:
    return st.just(["card"]) | st.lists(st.sampled_from(DEBTS), min_size=1, max_size=2, unique=True)


@st.composite
def before(draw: st.DrawFn, at: datetime, days: int) -> datetime:
    """A quarter of an hour up to so many days earlier, near ones more often."""
    reach = draw(st.sampled_from([4, 96, 96 * 8, 96 * days]))
    return at - Q * draw(st.integers(1, min(reach, 96 * days)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rulebooks, country, region, zone, numbers = draw(st.sampled_from(PLACES))
    anchor = draw(st.sampled_from(ANCHORS))
    start = datetime(anchor.year, anchor.month, anchor.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    quarter = draw(st.one_of(st.integers(36, 70), st.integers(36, 70), st.integers(0, 95)))
    at = start + timedelta(days=draw(st.integers(-12, 12))) + Q * quarter
    points = draw(_points(at, numbers))
    history = draw(st.lists(_events(at), max_size=14)) + draw(_burst(at))
    history.sort(key=lambda event: event["at"])
    point = draw(st.sampled_from(["m1", "m1", "l1", "w1", "e1", "t1"]))
    channel = "email" if point == "e1" else draw(st.sampled_from(["voice", "voice", "sms", "whatsapp"]))
    contact = {
        "at": iso(at),
        "channel": channel,
        "contact_point": point,
        "debts": draw(debt_lists()),
        "origin": draw(st.sampled_from(["dialer", "dialer", "agent", "callback", "reply"])),
    }
    if point == "t1" and draw(st.booleans()):
        contact["purpose"] = "location"
    return {
        "id": "H",
        "rulebooks": rulebooks,
        "debtor": {
            "contact_points": points,
            "addresses": [{"country": country, "region": region, "timezone": zone}],
            "requests": sorted(
                draw(st.lists(_requests(at), max_size=draw(st.sampled_from([0, 1, 2, 4])))),
                key=lambda request: request["at"],
            ),
        },
        "debts": DEBTS,
        "debt_details": draw(st.sampled_from([{}, _LOANS])),
        "history": history,
        "contact": contact,
    }


_LOANS = {name: {"type": "student_loan", "account_at_placement": "S-1"} for name in ("loan_a", "loan_b")}


@st.composite
def _points(draw: st.DrawFn, at: datetime, numbers: tuple[str, str, str]) -> list[Case]:
    kinds = {"m1": "mobile", "l1": "landline", "w1": "work"}
    points: list[Case] = [
        {"id": name, "kind": kinds[name], "address": number} for name, number in zip(kinds, numbers, strict=True)
    ]
    points.append({"id": "e1", "kind": "email", "address": "kim@example.com"})
    points.append(
        {"id": "t1", "kind": "landline", "address": numbers[1][:-1] + "1", "party": "third_party", "person": "aunt"}
    )
    for point in points:
        channels = ["email"] if point["kind"] == "email" else ["voice", "sms", "whatsapp"]
        point["consent"] = [
            {
                "channel": channel,
                "at": iso(draw(before(at, 80))),
                "by": draw(st.sampled_from(["written", "oral", "used_with_collector"])),
                "expires": draw(st.sampled_from([None, None, None, iso(at - Q * 8), iso(at + Q * 50)])),
            }
            for channel in channels
            if draw(st.integers(0, 3))
        ]
        point["opted_out"] = [
            {"channel": channel, "at": iso(draw(before(at, 60)))}
            for channel in channels
            if not draw(st.integers(0, 19))
        ]
        if not draw(st.integers(0, 3)):
            point["number_checks"] = [
                {"kind": "reassigned_db", "at": iso(draw(before(at, 60))), "result": "not_reassigned"}
            ]
    return points


@st.composite
def _events(draw: st.DrawFn, at: datetime) -> Case:
    point = draw(st.sampled_from(["m1", "m1", "l1", "w1", "e1", "t1"]))
    channel = "email" if point == "e1" else draw(st.sampled_from(["voice", "voice", "sms", "whatsapp"]))
    direction = draw(st.sampled_from(["out", "out", "out", "in"]))
    if channel == "voice":
        outcome = draw(st.sampled_from([*VOICE, "abandoned", "conversation"])) if direction == "out" else "conversation"
    else:
        outcome = "message_sent" if direction == "out" else "message_received"
    event = {
        "at": iso(draw(before(at, 33))),
        "direction": direction,
        "channel": channel,
        "contact_point": point,
        "outcome": outcome,
        "debts": draw(debt_lists()),
    }
    if outcome == "conversation" and not draw(st.integers(0, 3)):
        event["call_counted_for"] = [draw(st.sampled_from(DEBTS))]
    return event


@st.composite
def _burst(draw: st.DrawFn, at: datetime) -> list[Case]:
    """Many like events of the last days, so that caps are reached."""
    channel, outcome = draw(
        st.sampled_from(
            [("voice", "no_answer"), ("voice", "no_answer"), ("voice", "voicemail_message"), ("sms", "message_sent")]
        )
    )
    days = draw(st.sampled_from([1, 8, 8, 31]))
    return [
        {
            "at": iso(at - Q * draw(st.integers(1, 96 * days))),
            "direction": "out",
            "channel": channel,
            "contact_point": "m1",
            "outcome": outcome,
            "debts": ["card"],
        }
        for _ in range(draw(st.sampled_from([0, 0, 3, 5, 7, 12])))
    ]


@st.composite
def _requests(draw: st.DrawFn, at: datetime) -> Case:
    kind = draw(st.sampled_from(KINDS) | st.sampled_from(["inconvenient_time", "callback_consent"]))
    received = draw(before(at, 10)) if draw(st.integers(0, 9)) else at + Q
    form = draw(st.sampled_from(["written", "electronic", "oral", "oral"]))
    details: Case = {}
    if kind == "inconvenient_time":
        until = (at + timedelta(days=draw(st.integers(-1, 12)))).date().isoformat()
        details = {"deny": draw(st.lists(_refused(), min_size=1, max_size=2))}
        details["until"] = draw(st.sampled_from([None, until]))
    elif kind == "inconvenient_place":
        details = {"place": draw(st.sampled_from(["home", "work"]))}
    elif kind in ("cease_all", "refuses_to_pay"):
        details = {"form": form, "debts": draw(debt_lists())}
    elif kind == "attorney":
        details = {"debts": draw(debt_lists()), "name": "R. Doe"}
    elif kind == "dispute":
        verified = draw(st.sampled_from([None, iso(at - Q), iso(at + Q * 70)]))
        details = {"form": form, "within_validation_period": draw(st.booleans()), "debts": draw(debt_lists())}
        details["verified_at"] = verified
    elif kind == "callback_consent":
        day = (at + timedelta(days=draw(st.integers(-2, 8)))).date().isoformat()
        details = {"debts": draw(debt_lists()), "on_date": draw(st.sampled_from([None, None, day]))}
        details["expires"] = draw(st.sampled_from([None, None, iso(at + Q * 30)]))
    elif kind == "callback_consent_revoked":
        details = {"debts": draw(debt_lists())}
    elif kind in ("wrong_number", "third_party_reported"):
        details = {"contact_point": draw(st.sampled_from(["m1", "l1", "w1"]))}
        if kind == "third_party_reported":
            details["reported_by"] = "consumer"
    return {"at": iso(received), "kind": kind, "details": details}


@st.composite
def _refused(draw: st.DrawFn) -> Case:
    row: Case = {"weekdays": draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=6, unique=True))}
    if draw(st.integers(0, 3)):
        first = draw(st.integers(0, 94))
        last = draw(st.integers(first + 1, 95))
        row |= {"from": f"{first // 4:02d}:{first % 4 * 15:02d}", "to": f"{last // 4:02d}:{last % 4 * 15:02d}"}
    return row
