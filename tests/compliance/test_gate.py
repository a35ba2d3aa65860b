"""The gate, rule by rule: who said what, what counts, and from when on the same contact passes. Noon is New York's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compliance.cases import facts_of_case
from compliance.facts import Debtor, Facts, FactsError, Hold, IntendedContact
from compliance.gate import decide, judge
from compliance.rulebooks.loader import load_rulebooks
from compliance.timezones import TZDB_VERSION
from tests.compliance.cases import Case, ask, books, event, flags, make, request

NOON = "2026-06-10T16:00:00Z"
BOTH: Case = {"debts": ["card", "loan"]}
US_SMS = {"channel": "sms", "at": "2026-06-01T16:00:00Z", "by": "written", "expires": None}


def day(number: int, time: str = "16:00") -> str:
    return f"2026-06-{number:02d}T{time}:00Z"


def calls(*days: int, outcome: str = "no_answer", **more: Any) -> list[Case]:
    return [event(day(number), outcome, **more) for number in days]


def seven() -> list[Case]:
    return [event(day(4 + n // 2, f"{14 + n % 2}:00")) for n in range(7)]


# consent to further calls


def consent(at: str, **details: Any) -> Case:
    return request(at, "callback_consent", **({"debts": ["card"], "on_date": None, "expires": None} | details))


def test_consent_covers_seven_dates_with_the_receipt_as_the_first() -> None:
    given = [consent(day(3, "16:05"))]
    talk = calls(3, outcome="conversation")
    assert ask(make(history=talk, requests=given, at=day(9)))[0] == "allow"
    assert (
        ask(make(history=calls(4, outcome="conversation"), requests=[consent(day(4, "15:00"))], at=day(5)))[0] == "deny"
    )


def test_after_seven_dates_consent_no_longer_lifts_the_cap() -> None:
    history = [event(day(10, f"1{2 + n // 3}:{n % 3}5")) for n in range(7)]
    assert ask(make(history=history, requests=[consent(day(4, "15:00"))], at=day(10)))[0] == "allow"
    assert ask(make(history=history, requests=[consent(day(3, "15:00"))], at=day(10)))[1] == {"frequency.attempts"}


def test_consented_calls_do_not_count_later() -> None:
    history = [event(day(4, f"{13 + n}:00")) for n in range(7)]
    assert ask(make(history=history, at=day(5)))[1] == {"frequency.attempts"}
    allowed = ask(make(history=history, requests=[consent(day(4, "12:30"), on_date="2026-06-04")], at=day(5)))
    assert allowed[0] == "allow"


def test_a_named_day_covers_that_date_only_and_may_be_the_retry() -> None:
    talk = calls(8, outcome="conversation")
    on_friday = [consent(day(8, "16:10"), on_date="2026-06-12")]
    assert ask(make(history=talk, requests=on_friday)) == ("deny", {"frequency.conversation"}, "2026-06-12T12:00:00Z")
    assert ask(make(history=talk, requests=on_friday, at=day(12)))[0] == "allow"
    assert ask(make(history=talk, requests=on_friday, at=day(13)))[2] == "2026-06-15T12:00:00Z"


def test_a_revocation_and_a_later_conversation_end_consent() -> None:
    talk = calls(8, outcome="conversation")
    given = [consent(day(8, "16:10"))]
    assert ask(make(history=talk, requests=given))[0] == "allow"
    revoked = request(day(9), "callback_consent_revoked", debts=["card"])
    assert ask(make(history=talk, requests=[*given, revoked]))[1] == {"frequency.conversation"}
    assert ask(make(history=talk + calls(9, outcome="conversation"), requests=given))[2] == "2026-06-16T12:00:00Z"


def test_consent_lifts_neither_hours_nor_stop_calling() -> None:
    given = consent(day(9))
    assert ask(make(requests=[given], at=day(10, "02:30")))[1] == {"hours"}
    assert ask(make(requests=[given, request(day(9, "17:00"), "stop_calling")]))[1] == {"opt_out"}


def test_consent_expires_at_its_own_end() -> None:
    talk = calls(8, outcome="conversation")
    given = [consent(day(8, "16:10"), expires=day(10, "15:59"))]
    assert ask(make(history=talk, requests=given, at=day(10, "15:58")))[0] == "allow"
    assert ask(make(history=talk, requests=given))[1] == {"frequency.conversation"}


# what counts


@pytest.mark.parametrize("outcome", ["busy", "invalid_number"])
def test_calls_that_did_not_connect_do_not_count(outcome: str) -> None:
    assert ask(make(history=[*seven()[:6], event(day(9), outcome)]))[0] == "allow"


@pytest.mark.parametrize(
    "outcome",
    [
        "answered_dropped",
        "abandoned",
        "ringless_voicemail",
        "voicemail_message",
        "amd_machine",
        "limited_content_message",
    ],
)
def test_every_connected_call_counts(outcome: str) -> None:
    assert ask(make(history=[*seven()[:6], event(day(9), outcome)]))[1] == {"frequency.attempts"}


def test_an_inbound_conversation_cools_off_and_is_no_attempt() -> None:
    inbound = event(day(9), "conversation", direction="in")
    assert ask(make(history=[inbound])) == ("deny", {"frequency.conversation"}, "2026-06-16T12:00:00Z")


def test_a_conversation_counts_for_every_debt_named_and_the_call_for_the_one_chosen() -> None:
    talk = event(day(9), "conversation", debts=["card", "loan"], call_counted_for=["card"])
    assert ask(make(history=[talk], debts=["loan"]) | BOTH)[1] == {"frequency.conversation"}
    history = [*seven()[:6], event(day(3), "conversation", debts=["card"], call_counted_for=["loan"])]
    history.sort(key=lambda e: e["at"])
    assert ask(make(history=history))[0] == "allow"


def test_student_loans_of_one_account_are_one_debt() -> None:
    loans = {name: {"type": "student_loan", "account_at_placement": "S-1"} for name in ("a", "b")}
    talk = event(day(9), "conversation", debts=["a"])
    assert ask(make(history=[talk], debts=["b"], debt_details=loans))[1] == {"frequency.conversation"}
    other = {**loans, "b": {"type": "student_loan", "account_at_placement": "S-2"}}
    assert ask(make(history=[talk], debts=["b"], debt_details=other))[0] == "allow"


def test_calls_to_a_number_found_to_be_wrong_are_uncounted_and_it_is_closed() -> None:
    wrong = request(day(9, "20:00"), "wrong_number", contact_point="l1")
    history = [e | {"contact_point": "l1"} for e in seven()]
    assert ask(make(history=history))[1] == {"frequency.attempts"}
    assert ask(make(history=history, requests=[wrong]))[0] == "allow"
    assert ask(make(requests=[wrong], contact_point="l1")) == ("deny", {"third_party"}, None)


def test_a_wrong_number_tells_a_place_only_where_nothing_else_does() -> None:
    wrong = request(day(9, "20:00"), "wrong_number", contact_point="m1")
    only = make(requests=[wrong], at=day(10, "12:30"))  # 08:30 in New York
    only["debtor"]["contact_points"] = [only["debtor"]["contact_points"][0] | {"address": "+13105550142"}]
    assert ask(only)[1] == {"third_party"}
    only["debtor"]["addresses"] = []
    assert ask(only)[1] == {"third_party", "hours"}


def test_dates_are_those_of_every_candidate_zone() -> None:
    """A call on 3 June 21:30 in Los Angeles is on 4 June in New York: it leaves the window there a date later."""
    history = [event("2026-06-04T04:30:00Z"), *[event(day(9, f"{13 + n}:00")) for n in range(6)]]
    west = [{"country": "US", "region": "CA", "timezone": "America/Los_Angeles"}]
    assert ask(make(history=history, addresses=west)) == ("deny", {"frequency.attempts"}, "2026-06-11T15:00:00Z")


# times and places


def refuses(*deny: Case, until: str | None = None, at: str = "2026-06-01T15:00:00Z") -> Case:
    return request(at, "inconvenient_time", deny=list(deny), until=until)


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def test_a_refused_time_ends_at_its_end_or_with_its_last_date() -> None:
    lunch = refuses({"weekdays": WORKDAYS, "from": "11:30", "to": "13:00"})
    assert ask(make(requests=[lunch])) == ("deny", {"preference"}, "2026-06-10T17:00:00Z")
    away = refuses({"weekdays": [*WORKDAYS, "sat", "sun"]}, until="2026-07-31")
    assert ask(make(requests=[away])) == ("deny", {"preference"}, "2026-08-01T12:00:00Z")
    assert ask(make(requests=[away], at="2026-08-01T16:00:00Z"))[0] == "allow"


def test_a_refusal_of_all_times_without_end_has_no_retry() -> None:
    never = refuses({"weekdays": [*WORKDAYS, "sat", "sun"]})
    assert ask(make(requests=[never])) == ("deny", {"preference"}, None)
    evenings_only = refuses({"weekdays": [*WORKDAYS, "sat", "sun"], "from": "06:00", "to": "22:00"})
    assert ask(make(requests=[evenings_only])) == ("deny", {"preference"}, None)


def test_a_refused_time_may_run_past_midnight() -> None:
    nights = refuses({"weekdays": ["tue"], "from": "20:00", "to": "12:30"})
    assert ask(make(requests=[nights])) == ("deny", {"preference"}, "2026-06-10T16:30:00Z")


def reply(history: list[Case], at: str = NOON, **more: Any) -> Case:
    email = {"id": "e1", "consent": [{"channel": "email", "at": day(1), "by": "written", "expires": None}]}
    noon = refuses({"weekdays": WORKDAYS, "from": "11:00", "to": "13:00"})
    contact = {"channel": "email", "contact_point": "e1", "origin": "reply", "at": at} | more
    return make(history=history, requests=[noon], points=[email], **contact)


def inbound(at: str, channel: str = "email", point: str = "e1") -> Case:
    return event(at, "message_received", direction="in", channel=channel, contact_point=point)


def test_one_answer_inside_the_refused_time_same_medium() -> None:
    message = inbound(day(10, "15:30"))
    assert ask(reply([message]))[0] == "allow"
    answered = event(day(10, "15:40"), "message_sent", channel="email", contact_point="e1")
    assert ask(reply([message, answered])) == ("deny", {"preference"}, "2026-06-10T17:00:00Z")
    assert ask(reply([message, answered, inbound(day(10, "15:50"))]))[0] == "allow"
    assert ask(reply([message], origin="agent"))[1] == {"preference"}
    assert ask(reply([message], channel="voice", contact_point="m1"))[1] == {"preference"}


def test_a_message_from_before_the_refused_time_does_not_open_it() -> None:
    assert ask(reply([inbound(day(10, "14:30"))]))[1] == {"preference"}
    assert ask(reply([inbound(day(9, "15:30"))]))[1] == {"preference"}


def test_refused_times_that_overlap_are_one_for_the_answer() -> None:
    deny = [{"weekdays": ["wed"], "from": "10:00", "to": "20:00"}, {"weekdays": ["tue", "wed"]}]
    refuses = request(day(1), "inconvenient_time", deny=deny, until=None)
    points = [{"id": "e1", "consent": [{"channel": "email", "at": day(1), "by": "written", "expires": None}]}]

    def answered(wrote: str) -> str:
        message = inbound(wrote, "email", "e1")
        email: Case = {"channel": "email", "contact_point": "e1", "origin": "reply"}
        return ask(make(points=points, requests=[refuses], history=[message], **email))[0]

    assert answered(day(9, "15:00")) == "allow"
    assert answered(day(8, "15:00")) == "deny"


def test_a_wrong_number_does_not_close_its_owners_point_for_a_location_call() -> None:
    wrong = request(day(5), "wrong_number", contact_point="m1")
    owner = {"id": "t1", "kind": "mobile", "address": "+12125550142", "party": "third_party", "person": "owner"}
    call = make(points=[owner], requests=[wrong], contact_point="t1", purpose="location", origin="agent")
    assert ask(call)[0] == "allow"


def test_an_answer_keeps_the_hours() -> None:
    assert ask(reply([inbound(day(10, "02:00"))], at=day(10, "02:30")))[1] == {"hours"}


@pytest.mark.parametrize(
    ("place", "point", "denied"), [("home", "l1", True), ("home", "m1", False), ("work", "w1", True)]
)
def test_a_refused_place_closes_the_number_tied_to_it(place: str, point: str, denied: bool) -> None:
    case = make(requests=[request(day(1), "inconvenient_place", place=place)], contact_point=point)
    assert ask(case) == (("deny", {"place"}, None) if denied else ("allow", set(), None))


# media, consent, freshness


def sms(consents: list[Case], history: list[Case] | None = None, **point: Any) -> Case:
    return make(history=history, points=[{"id": "m1", "consent": consents, **point}], channel="sms")


def test_texts_need_consent_or_a_text_from_the_number_and_a_call_is_not_enough() -> None:
    assert ask(sms([])) == ("deny", {"consent"}, None)
    assert ask(sms([US_SMS]))[0] == "allow"
    assert ask(sms([], [inbound(day(5), "sms", "m1")]))[0] == "allow"
    assert ask(sms([], [event(day(5), "conversation", direction="in")]))[1] == {"consent"}


@pytest.mark.parametrize(("given", "reasons"), [("2026-04-11", set()), ("2026-04-10", {"consent_stale"})])
def test_consent_to_texts_is_fresh_for_sixty_days(given: str, reasons: set[str]) -> None:
    assert ask(sms([US_SMS | {"at": f"{given}T16:00:00Z"}]))[1] == reasons


def test_a_number_check_after_the_consent_renews_it_and_one_before_does_not() -> None:
    old = US_SMS | {"at": "2026-03-01T16:00:00Z"}
    check = {"kind": "reassigned_db", "result": "not_reassigned"}
    assert ask(sms([old], number_checks=[check | {"at": day(1)}]))[0] == "allow"
    assert ask(sms([old], number_checks=[check | {"at": "2026-02-01T16:00:00Z"}]))[1] == {"consent_stale"}
    assert ask(sms([old], number_checks=[check | {"at": day(1), "result": "reassigned"}]))[1] >= {"third_party"}


def test_expired_and_future_consent_is_none() -> None:
    assert ask(sms([US_SMS | {"expires": NOON}]))[1] == {"consent"}
    assert ask(sms([US_SMS | {"at": "2026-06-10T16:00:01Z"}]))[1] == {"consent"}


def test_an_opt_out_closes_electronic_messages_at_the_address_and_not_calls() -> None:
    out = [{"channel": "sms", "at": day(5), "debts": ["other"]}]
    points = [{"id": "m1", "consent": [US_SMS], "opted_out": out}]
    assert ask(make(points=points, channel="sms")) == ("deny", {"opt_out"}, None)
    assert ask(make(points=points, channel="whatsapp"))[1] == {"opt_out"}
    assert ask(make(points=points))[0] == "allow"


def test_an_opt_out_is_reported_without_consent_and_lifted_by_new_direct_consent() -> None:
    out = [{"channel": "sms", "at": day(5)}]
    assert ask(sms([], opted_out=out))[1] == {"opt_out"}
    assert ask(sms([US_SMS | {"at": day(6)}], opted_out=out))[0] == "allow"
    assert ask(sms([US_SMS | {"at": day(6), "by": "used_with_collector"}], opted_out=out))[1] == {"opt_out"}


def test_an_opt_out_stands_again_when_the_new_consent_is_over() -> None:
    def text(at: str, until: str) -> Case:
        consents = [US_SMS | {"at": day(6), "expires": day(10, until)}]
        points = [{"id": "m1", "consent": consents, "opted_out": [{"channel": "sms", "at": day(5)}]}]
        return make(points=points, channel="sms", at=day(10, at))

    assert ask(text("15:59", until="16:00")) == ("allow", set(), None)
    assert ask(text("16:00", until="16:00")) == ("deny", {"opt_out"}, None)
    assert ask(text("11:00", until="16:00")) == ("deny", {"hours"}, "2026-06-10T12:00:00Z")
    assert ask(text("11:00", until="12:00")) == ("deny", {"hours"}, None)


def test_a_message_after_the_opt_out_may_be_answered_once() -> None:
    points = [{"id": "m1", "consent": [US_SMS], "opted_out": [{"channel": "sms", "at": day(5)}]}]
    wrote = [inbound(day(9), "sms", "m1")]
    assert ask(make(points=points, channel="sms", origin="reply", history=wrote))[0] == "allow"
    assert ask(make(points=points, channel="sms", origin="dialer", history=wrote))[1] == {"opt_out"}


def test_a_voice_opt_out_of_one_number_leaves_the_others_open() -> None:
    points = [{"id": "m1", "opted_out": [{"channel": "voice", "at": day(5)}]}]
    assert ask(make(points=points))[1] == {"opt_out"}
    assert ask(make(points=points, contact_point="l1"))[0] == "allow"


# cease, attorney, dispute, third parties


@pytest.mark.parametrize("kind", ["cease_all", "refuses_to_pay"])
@pytest.mark.parametrize(("form", "reasons"), [("written", {"cease"}), ("electronic", {"cease"}), ("oral", set())])
def test_a_written_refusal_binds_and_an_oral_one_is_a_flag(kind: str, form: str, reasons: set[str]) -> None:
    case = make(requests=[request(day(5), kind, form=form, debts=["card"])])
    assert ask(case)[1] == reasons
    assert "prior_request" in flags(case)
    assert ask(make(requests=[request(day(5), kind, form=form, debts=["loan"])]))[0] == "allow"


def test_a_request_received_after_the_contact_is_not_known() -> None:
    assert ask(make(requests=[request(day(11), "cease_all", form="written", debts=["card"])]))[0] == "allow"


def dispute(**details: Any) -> Case:
    base = {"form": "written", "within_validation_period": True, "verified_at": None, "debts": ["card"]}
    return make(requests=[request(day(5), "dispute", **(base | details))])


def test_a_written_dispute_in_time_stops_until_verification() -> None:
    assert ask(dispute()) == ("deny", {"cease"}, None)
    assert ask(dispute(verified_at=day(9)))[0] == "allow"
    assert ask(dispute(verified_at=day(11, "02:00"))) == ("deny", {"cease"}, "2026-06-11T12:00:00Z")
    assert ask(dispute(form="oral"))[0] == "allow"
    assert ask(dispute(within_validation_period=False))[0] == "allow"
    assert "prior_request" in flags(dispute(form="oral"))


AUNT = {"id": "t1", "kind": "landline", "address": "+13105550199", "party": "third_party", "person": "aunt"}


def aunt(history: list[Case], **contact: Any) -> Case:
    base = {"contact_point": "t1", "purpose": "location", "origin": "agent"}
    return make(points=[AUNT, AUNT | {"id": "t2"}], history=history, **(base | contact))


def test_one_location_communication_a_third_party_in_her_own_bucket_and_zone() -> None:
    assert ask(aunt(seven()))[0] == "allow"
    assert ask(aunt([], at=day(10, "14:00")))[2] == "2026-06-10T15:00:00Z"
    talked = event("2026-05-20T18:00:00Z", "conversation", contact_point="t2")
    assert ask(aunt([talked])) == ("deny", {"third_party"}, None)
    assert ask(aunt([], purpose="collection")) == ("deny", {"third_party"}, None)
    assert ask(make(points=[AUNT], history=[e | {"contact_point": "t1"} for e in seven()]))[0] == "allow"
    called = [e | {"contact_point": "t1"} for e in seven()]
    assert ask(aunt(called))[1] == {"frequency.attempts"}


def test_the_consumers_consent_to_calls_lifts_nothing_for_a_third_party() -> None:
    called = [e | {"contact_point": "t1"} for e in seven()]
    consent = request(day(10, "13:00"), "callback_consent", debts=["card"], on_date=None, expires=None)
    denied = aunt(called)
    denied["debtor"]["requests"] = [consent]
    assert ask(denied)[:2] == ("deny", {"frequency.attempts"})
    assert ask(make(history=seven(), requests=[consent]))[0] == "allow"


def test_an_address_read_by_somebody_else_is_closed() -> None:
    reported = request(day(5), "third_party_reported", contact_point="m1", reported_by="consumer")
    assert ask(make(requests=[reported]))[1] == {"third_party"}
    assert ask(make(requests=[reported], contact_point="l1"))[0] == "allow"
    same = [{"id": "w1", "kind": "work", "address": "+12125550142"}]
    assert ask(make(requests=[reported], contact_point="w1", points=same))[1] == {"third_party"}


# flags


def test_a_call_within_five_minutes_after_an_unanswered_one_is_rapid() -> None:
    assert "rapid" in flags(make(history=[event(day(10, "15:55"))]))
    assert "rapid" not in flags(make(history=[event(day(10, "15:54"))]))
    assert "rapid" not in flags(make(history=[event(day(10, "15:58"))], contact_point="l1"))


# other rulebooks


def test_the_work_cap_counts_and_denies_work_points_only() -> None:
    wa: Case = {"rulebooks": ["us-wa"]}
    talk = [event("2026-06-08T18:00:00Z", "voicemail_message", contact_point="w1")]
    assert ask(make(history=talk, contact_point="w1", **wa))[1] == {"frequency.contacts"}
    assert ask(make(history=talk, **wa))[0] == "allow"


def test_massachusetts_counts_communications_by_phone_per_debt_and_kind_of_number() -> None:
    ma: Case = {"rulebooks": ["us-ma"]}
    home = calls(8, 9, outcome="voicemail_message")
    assert ask(make(history=home, **ma)) == ("deny", {"frequency.contacts"}, "2026-06-15T12:00:00Z")
    assert ask(make(history=home, contact_point="w1", **ma))[0] == "allow"
    assert ask(make(history=calls(8, 9), **ma))[0] == "allow"
    assert ask(make(history=home, debts=["loan"], **ma) | BOTH)[0] == "allow"
    work = [event(f"2026-05-{d}T16:00:00Z", "voicemail_message", contact_point="w1") for d in (14, 20)]
    assert ask(make(history=work, contact_point="w1", **ma)) == ("deny", {"frequency.contacts"}, "2026-06-13T12:00:00Z")


def test_new_york_city_changes_its_rule_with_the_year() -> None:
    nyc: Case = {"rulebooks": ["us-nyc"]}
    history = [event(f"2026-12-{d}T17:00:00Z", "voicemail_message") for d in (29, 30)]
    assert ask(make(history=history, at="2026-12-31T17:00:00Z", **nyc)) == (
        "deny",
        {"frequency.contacts"},
        "2027-01-01T13:00:00Z",
    )
    assert ask(make(at="2027-01-04T17:00:00Z", channel="sms", **nyc))[1] == {"consent"}
    assert ask(make(at="2026-12-30T17:00:00Z", channel="sms", **nyc))[0] == "allow"


def colombia(history: list[Case], **contact: Any) -> Case:
    all_channels = [
        {"channel": channel, "at": "2026-01-15T14:00:00Z", "by": "written", "expires": None}
        for channel in ("voice", "sms", "whatsapp")
    ]
    bogota = [{"country": "CO", "region": "DC", "timezone": "America/Bogota"}]
    points: list[Case] = [
        {"id": "m1", "address": "+573001234567", "consent": all_channels},
        {"id": "l1", "address": "+576012345678"},
        {"id": "w1", "address": "+576012345679"},
    ]
    return make(rulebooks=["co"], history=history, addresses=bogota, points=points, **contact)


def test_colombia_one_direct_contact_a_date_and_one_channel_a_week() -> None:
    talk = calls(9, outcome="conversation")
    assert ask(colombia(talk))[0] == "allow"
    assert ask(colombia(talk, at=day(9, "19:00"))) == ("deny", {"frequency.contacts"}, "2026-06-10T12:00:00Z")
    assert ask(colombia(talk, channel="sms")) == ("deny", {"channel"}, "2026-06-16T12:00:00Z")
    assert ask(colombia(talk, channel="sms", at=day(9, "19:00")))[1] == {"channel", "frequency.contacts"}
    assert ask(colombia([], contact_point="l1"))[1] == {"consent"}


def test_poland_weekends_are_for_a_person_to_decide() -> None:
    warsaw = [{"country": "PL", "region": "MZ", "timezone": "Europe/Warsaw"}]
    numbers: list[Case] = [
        {"id": name, "address": f"+4822123456{n}"} for n, name in enumerate(("m1", "l1", "w1"), start=7)
    ]
    pl: Case = {"rulebooks": ["pl-zpf"], "addresses": warsaw, "points": numbers}
    monday = "2026-06-15T04:00:00Z"
    assert ask(make(at="2026-06-13T10:00:00Z", **pl)) == ("review", {"weekday"}, monday)
    assert ask(make(at="2026-06-13T19:00:00Z", **pl)) == ("deny", {"weekday"}, monday)
    refused = [request("2026-06-01T10:00:00Z", "stop_calling")]
    assert ask(make(at="2026-06-13T10:00:00Z", requests=refused, **pl)) == ("deny", {"weekday", "opt_out"}, None)


def test_redial_after_a_machine_waits_real_hours_for_machines_only() -> None:
    london = [{"country": "GB", "region": "ENG", "timezone": "Europe/London"}]
    numbers: list[Case] = [{"id": name, "address": f"+44207946095{n}"} for n, name in enumerate(("m1", "l1", "w1"))]
    gb: Case = {"rulebooks": ["gb"], "addresses": london, "points": numbers, "at": "2026-10-07T10:00:00Z"}
    cut = [event("2026-10-06T11:20:00Z", "amd_machine")]
    assert ask(make(history=cut, **gb)) == ("deny", {"abandonment"}, "2026-10-07T11:20:00Z")
    assert ask(make(history=cut, origin="agent", **gb))[0] == "allow"
    assert ask(make(history=cut, contact_point="l1", **gb))[0] == "allow"


def test_whatsapp_is_no_channel_in_saudi_arabia_and_the_weekend_is_friday_and_saturday() -> None:
    riyadh = [{"country": "SA", "region": "01", "timezone": "Asia/Riyadh"}]
    numbers: list[Case] = [{"id": name, "address": f"+96611234567{n}"} for n, name in enumerate(("m1", "l1", "w1"))]
    sa: Case = {"rulebooks": ["sa"], "addresses": riyadh, "points": numbers}
    assert ask(make(at="2026-06-10T09:00:00Z", channel="whatsapp", **sa)) == ("deny", {"channel"}, None)
    assert ask(make(at="2026-06-12T09:00:00Z", **sa))[1] == {"weekday"}
    assert ask(make(at="2026-06-14T09:00:00Z", **sa))[0] == "allow"


def test_ontario_consent_lifts_the_cap_because_agreed_contacts_are_excluded() -> None:
    history = calls(7, 8, 9, outcome="voicemail_message")
    assert ask(make(history=history, rulebooks=["ca-on"]))[1] == {"frequency.contacts"}
    assert ask(make(history=history, rulebooks=["ca-on"], requests=[consent(day(9, "17:00"))]))[0] == "allow"


# facts and settings


def facts(**changes: Any) -> Facts:
    base = facts_of_case(make())
    names = ("debtor", "debts", "contact", "history", "rulebooks", "dnc_listed", "holds")
    return Facts(**({name: getattr(base, name) for name in names} | changes))


@pytest.mark.parametrize(
    ("missing", "code"), [("history", "frequency.contacts"), ("dnc_listed", "opt_out"), ("holds", "cease")]
)
def test_a_fact_that_was_not_looked_up_denies(missing: str, code: str) -> None:
    assert decide(facts(), books()).allowed
    verdict = decide(facts(**{missing: None}), books())
    assert (verdict.decision, verdict.codes, verdict.retry_at) == ("deny", (code,), None)
    assert "not looked up" in verdict.because


def test_do_not_contact_lists_and_holds_deny() -> None:
    now = facts().contact.at
    assert "global, creditor" in decide(facts(dnc_listed=("global", "creditor")), books()).because
    hold = Hold("breathing_space", now - timedelta(days=3), now + timedelta(hours=20))
    verdict = decide(facts(holds=(hold,)), books())
    assert (verdict.codes, verdict.retry_at) == (("cease",), now + timedelta(hours=20))
    assert decide(facts(holds=(Hold("dispute", now, None, ("loan",)),)), books()).allowed


def test_an_unknown_own_word_denies_and_a_known_one_replaces_every_hint() -> None:
    points = facts().debtor.points
    assert decide(facts(debtor=Debtor(points, own_zone="Mars/Olympus")), books()).codes == ("timezone_unknown",)
    verdict = decide(facts(debtor=Debtor(points, own_zone="Asia/Tokyo")), books())
    assert (verdict.zones, verdict.codes) == (("Asia/Tokyo",), ("hours",))


def test_a_contact_about_no_named_debt_counts_everything() -> None:
    contact = IntendedContact(facts().contact.at, "voice", "m1", ())
    history = facts_of_case(make(history=seven())).history
    assert decide(facts(contact=contact, debts=(), history=history), books()).codes == ("frequency.attempts",)


def test_a_naive_contact_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(FactsError, match="aware UTC"):
        facts(contact=IntendedContact(datetime(2026, 6, 10, 16), "voice", "m1", ("card",)))  # noqa: DTZ001


def test_a_call_still_in_progress_counts_as_the_worst_that_it_may_become() -> None:
    from compliance.facts import HistoryEvent

    running = HistoryEvent(datetime(2026, 6, 10, 15, 50, tzinfo=UTC), "out", "voice", "l1", "in_progress", ("card",))
    assert decide(facts(history=(running,)), books()).codes == ("frequency.conversation",)


def test_the_dial_stop_margin_closes_calls_before_the_window_does() -> None:
    late = facts_of_case(make(at="2026-06-11T00:58:00Z"))
    assert decide(late, books()).allowed
    careful = load_rulebooks(dial_stop_margin_s=120)
    assert decide(late, careful).retry_at == datetime(2026, 6, 11, 12, 0, tzinfo=UTC)
    text = facts_of_case(make(at="2026-06-11T00:58:00Z", channel="whatsapp"))
    assert decide(text, careful).allowed


def test_the_verdict_names_rulebooks_zones_numbers_and_the_tz_database() -> None:
    verdict = decide(facts_of_case(make(history=seven())), books())
    assert verdict.tzdb == TZDB_VERSION == "2026f"
    assert verdict.rulebooks == ("us-federal@2026-11-21",)
    assert verdict.zones == ("America/New_York",)
    assert (verdict.reasons[0].rule, verdict.reasons[0].source) == ("us-federal.7-in-7", "12 CFR 1006.14(b)(2)(i)(A)")
    assert verdict.because.startswith("Not allowed: 8th call about card since 4 Jun, limit 7")
    allowed = decide(facts_of_case(make(history=seven()[1:])), books())
    assert allowed.because == (
        "Allowed by us-federal@2026-11-21: it is 12:00 Wed 10 Jun in America/New_York; "
        "us-federal.7-in-7 7 of 7 since 4 Jun."
    )


def test_judge_says_the_same_without_looking_for_the_retry() -> None:
    case = facts_of_case(make(history=seven()))
    assert (judge(case, books()).reasons, judge(case, books()).retry_at) == (decide(case, books()).reasons, None)
