"""Every field of a rulebook file does what its docstring says: shown with small rulebooks of our own."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from compliance.answering import strictest
from compliance.cases import facts_of_case
from compliance.disclosures import spoken_disclosures, template_lacks
from compliance.facts import Debt, Facts, Hold
from compliance.gate import decide
from compliance.rulebooks.listing import drafts, listed
from compliance.rulebooks.loader import parse_rulebook
from compliance.rulebooks.model import Rulebooks, Version
from tests.compliance.cases import Case, ask, books, event, flags, make, request

HOURS = """id = "x"
title = "X"
[[versions]]
version = "1"
[[versions.hours]]
windows = { daily = ["00:00", "24:00"] }
source = "s"
confidence = "primary"
"""
CAP = """[[versions.caps]]
id = "x.cap"
reason = "frequency.attempts"
counts = "calls_placed"
max = 1
per = "person"
channels = ["voice"]
source = "s"
confidence = "primary"
"""


def loaded(text: str) -> Rulebooks:
    """The shipped rulebooks and one of our own."""
    return Rulebooks({**books().books, "x": parse_rulebook(text, "x.toml")})


def verdict(text: str, case: Case, **changes: Any) -> tuple[tuple[str, ...], datetime | None]:
    facts = structs.replace(facts_of_case({**case, "rulebooks": ["x"]}), **changes)
    found = decide(facts, loaded(text))
    return found.codes, found.retry_at


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("also", "outcome", "more", "denied"),
    [
        ("", "busy", {}, False),
        ("", "invalid_number", {}, False),
        ("", "conversation", {"direction": "in"}, False),
        ("busy", "busy", {}, True),
        ("busy", "invalid_number", {}, False),
        ("not_in_service", "invalid_number", {}, True),
        ("inbound", "conversation", {"direction": "in"}, True),
        ("", "no_answer", {}, True),
    ],
)
def test_what_counts_besides_is_data(also: str, outcome: str, more: Case, denied: bool) -> None:
    text = HOURS + CAP + (f'also_counts = ["{also}"]\n' if also else "")
    codes, _ = verdict(text, make(history=[event("2026-06-10T14:00:00Z", outcome, **more)]))
    assert codes == (("frequency.attempts",) if denied else ())


@pytest.mark.parametrize(
    ("period", "free"),
    [
        ('period = "calendar_day"', "2026-06-11T04:00"),
        ('period = "calendar_week"', "2026-06-15T04:00"),
        ('period = "calendar_month"', "2026-07-01T04:00"),
        ("days = 3", "2026-06-13T04:00"),
    ],
)
def test_periods_of_caps(period: str, free: str) -> None:
    case = make(history=[event("2026-06-10T14:00:00Z")])
    assert verdict(f"{HOURS}{CAP}{period}\n", case) == (("frequency.attempts",), utc(free))


def test_a_cap_per_creditor_counts_the_debts_of_one_creditor_together() -> None:
    text = HOURS + CAP.replace('per = "person"', 'per = "creditor"')
    case = make(history=[event("2026-06-10T14:00:00Z", debts=["loan"])])
    same = (Debt("card", creditor="bank"), Debt("loan", creditor="bank"))
    other = (Debt("card", creditor="bank"), Debt("loan", creditor="shop"))
    assert verdict(text, case, debts=same)[0] == ("frequency.attempts",)
    assert verdict(text, case, debts=other)[0] == ()
    assert verdict(text, case, debts=(Debt("card"), Debt("loan")))[0] == ("frequency.attempts",)  # unknown denies
    paid = (Debt("card", creditor="bank"),)  # the loan is no longer known, and may have been the bank's
    assert verdict(text, case, debts=paid)[0] == ("frequency.attempts",)


def test_a_cap_per_number_counts_one_number() -> None:
    text = HOURS + CAP.replace('per = "person"', 'per = "number"')
    history = [event("2026-06-10T14:00:00Z")]
    assert verdict(text, make(history=history))[0] == ("frequency.attempts",)
    assert verdict(text, make(history=history, contact_point="l1"))[0] == ()


@pytest.mark.parametrize(("first_day", "free"), [("trigger", "2026-06-16T04:00"), ("next", "2026-06-17T04:00")])
def test_the_first_day_of_a_cooloff_is_data(first_day: str, free: str) -> None:
    text = HOURS + CAP.replace("caps", "cooloffs").replace('counts = "calls_placed"\nmax = 1\n', "")
    text += f'trigger = "contact"\ndays = 7\nfirst_day = "{first_day}"\n'
    case = make(history=[event("2026-06-09T14:00:00Z", "voicemail_message")])
    assert verdict(text, case) == (("frequency.attempts",), utc(free))
    unanswered = make(history=[event("2026-06-09T14:00:00Z")])
    assert verdict(text, unanswered)[0] == ()


def test_the_expiry_of_consent_to_calls_is_data() -> None:
    text = f"{HOURS}{CAP}days = 7\nlifted_by_consent = true\n"
    history = [event("2026-06-10T14:00:00Z")]
    given = [request("2026-06-08T15:00:00Z", "callback_consent", debts=["card"], on_date=None, expires=None)]
    case = make(history=history, requests=given)
    assert verdict(text, case)[0] == ()
    assert verdict(f"{text}consent_days = 2\n", case)[0] == ("frequency.attempts",)


def test_numbers_at_work_may_have_narrower_hours() -> None:
    text = HOURS + HOURS.partition("version = ")[2].replace('"1"\n', "", 1).replace(
        '"00:00", "24:00"', '"09:00", "17:00"'
    )
    text = text.replace("windows", 'points = "work"\nwindows').replace('points = "work"\nwindows', "windows", 1)
    evening = make(at="2026-06-10T22:00:00Z")
    assert verdict(text, evening)[0] == ()
    assert verdict(text, make(at="2026-06-10T22:00:00Z", contact_point="w1")) == (
        ("hours",),
        utc("2026-06-11T13:00"),
    )


# differences that a reading of rulebooks.md against the gate found


def test_consent_to_calls_lifts_no_cap_on_messages() -> None:
    history = [event(f"2026-06-0{day}T16:00:00Z", "voicemail_message") for day in (7, 8, 9)]
    given = [request("2026-06-09T17:00:00Z", "callback_consent", debts=["card"], on_date=None, expires=None)]
    assert ask(make(history=history, requests=given, rulebooks=["ca-on"]))[0] == "allow"
    text = make(history=history, requests=given, rulebooks=["ca-on"], channel="sms")
    assert ask(text)[1] == {"frequency.contacts"}


def test_an_opt_out_elsewhere_is_a_prior_request() -> None:
    closed = [{"id": "e1", "opted_out": [{"channel": "email", "at": "2026-06-01T10:00:00Z"}]}]
    assert flags(make(points=closed)) == {"prior_request"}
    late = [{"id": "e1", "opted_out": [{"channel": "email", "at": "2026-06-30T10:00:00Z"}]}]
    assert flags(make(points=late)) == set()


# drafts, switches, profiles


def test_a_rule_that_rests_on_memory_says_so_in_the_verdict() -> None:
    london = [{"country": "GB", "region": "ENG", "timezone": "Europe/London"}]
    numbers: list[Case] = [{"id": name, "address": f"+44207946095{n}"} for n, name in enumerate(("m1", "l1", "w1"))]
    case = make(rulebooks=["gb"], addresses=london, points=numbers, at="2026-06-10T22:00:00Z")
    assert "[draft, needs counsel]" in decide(facts_of_case(case), books()).because
    case = make(at="2026-06-10T02:00:00Z")
    assert "draft" not in decide(facts_of_case(case), books()).because


def test_the_listing_tells_versions_confidence_drafts_and_sources() -> None:
    old, new = listed(books().get("us-nyc"), datetime(2027, 1, 1, tzinfo=UTC).date())["versions"]
    assert (old["in_force"], new["in_force"]) == (False, True)
    assert new["mark"] == "draft, needs counsel" and "caps.us-nyc.3-in-7" in new["drafts"]
    assert all(value["source"] for version in (old, new) for value in version["values"])
    assert json.dumps(new)


@pytest.mark.parametrize("book", sorted(books().books))
def test_every_value_of_a_shipped_rulebook_has_a_source_and_what_is_from_memory_is_a_draft(book: str) -> None:
    for version in books().get(book).versions:
        values = listed(books().get(book), datetime(2026, 11, 22, tzinfo=UTC).date())["versions"][0]["values"]
        assert values and all(value["draft"] for value in values if value["confidence"] == "memory")
        assert {value["where"] for value in values if value["draft"]} or book.startswith("us-")
        assert set(version.draft) <= set(drafts(version))


def sms_case(**contact: Any) -> Case:
    given = [
        {"id": "m1", "consent": [{"channel": "sms", "at": "2026-06-01T16:00:00Z", "by": "written", "expires": None}]}
    ]
    return make(points=given, channel="sms", **contact)


@pytest.mark.parametrize(
    ("switches", "codes"), [(None, ("channel",)), ((), ("channel",)), (("us_third_party_sms",), ())]
)
def test_a_channel_that_carriers_may_bar_is_off_until_it_is_turned_on(switches: Any, codes: tuple[str, ...]) -> None:
    facts = structs.replace(facts_of_case(sms_case()), switches=switches)
    found = decide(facts, books())
    assert found.codes == codes
    assert ("US carriers refuse the texts" in found.because) is bool(codes)


def hardship(case: Case, **hold: Any) -> Facts:
    since = utc("2026-06-01T10:00")
    return structs.replace(facts_of_case(case), holds=(Hold("hardship", **({"since": since} | hold)),))


def test_hardship_tightens_hours_caps_and_channels_by_itself() -> None:
    assert decide(hardship(make()), books()).allowed
    early = decide(hardship(make(at="2026-06-10T13:00:00Z")), books())
    assert (early.codes, early.retry_at) == (("hours",), utc("2026-06-10T14:00"))
    assert decide(hardship(make(at="2026-06-13T16:00:00Z")), books()).codes == ("weekday",)
    assert decide(hardship(sms_case()), books()).codes == ("channel",)
    talk = [event("2026-06-09T16:00:00Z", "voicemail_message")]
    assert decide(hardship(make(history=talk)), books()).codes == ("frequency.contacts",)
    assert "hardship@2026-11-22" in decide(hardship(make()), books()).rulebooks


def test_hardship_ends_at_its_instant_and_binds_only_its_debts() -> None:
    end = utc("2026-06-10T13:20")
    found = decide(hardship(make(at="2026-06-10T13:00:00Z"), until=end), books())
    assert (found.codes, found.retry_at) == (("hours",), end)
    assert decide(hardship(make(at="2026-06-10T13:20:00Z"), until=end), books()).allowed
    assert decide(hardship(make(at="2026-06-10T13:00:00Z"), debts=("loan",)), books()).allowed
    assert decide(hardship(make(at="2026-06-10T13:00:00Z"), since=utc("2026-06-11T00:00")), books()).allowed


# disclosures and answering


def versions(*ids: str) -> list[Version]:
    return [books().get(one).versions[0] for one in ids]


GOOD_TEXT = "{{business_name}} called. Please call {{business_phone}}. Reply STOP to end texts."


@pytest.mark.parametrize(
    ("body", "tells", "missing"),
    [
        (GOOD_TEXT, False, set()),
        ("{{business_name}} called. Please call {{business_phone}}.", False, {"us-federal.opt-out"}),
        ("Please call {{ business_phone }}. STOP ends this.", False, {"us-federal.who-writes"}),
        (GOOD_TEXT, True, {"us-federal.mini-miranda-written"}),
        (GOOD_TEXT + " This is an attempt to collect a debt.", True, set()),
    ],
)
def test_a_template_lacks_what_its_rulebooks_require(body: str, tells: bool, missing: set[str]) -> None:
    lacks = template_lacks(versions("us-federal"), "sms", "en", body, tells_of_debt=tells)
    assert {one.rule for one in lacks} == missing
    assert all(one.source in str(one) for one in lacks)


def test_spanish_words_are_asked_of_a_spanish_template() -> None:
    body = "{{business_name}}: llame al {{business_phone}}. Responda STOP. cobrar una deuda"
    assert template_lacks(versions("us-federal"), "sms", "es", body, tells_of_debt=True) == []
    assert template_lacks(versions("us-federal"), "sms", "en", body, tells_of_debt=True)


@pytest.mark.parametrize(("book", "language"), [("us-federal", "es"), ("ca-qc", "fr"), ("pl-zpf", "pl"), ("gb", "en")])
def test_what_must_be_said_is_there_in_the_persons_language(book: str, language: str) -> None:
    said = spoken_disclosures(versions(book), language)
    assert said and all(rule.texts[language] == text for rule, text in said if language in rule.texts)
    assert any(language in rule.texts for rule, _ in said)


def test_the_strictest_ring_and_wait_of_all_rulebooks_bind() -> None:
    text = HOURS + '[versions.answering]\nring_min_s = 25\nconnect_max_ms = 3000\nsource = "s"\nconfidence = "memory"\n'
    found = strictest([*versions("us-federal", "default"), *loaded(text).get("x").versions])
    assert (found.ring_min_s, found.connect_max_ms) == (25, 2000)
    assert found.ring_source.startswith("x: ") and found.connect_source.startswith("us-federal: ")
    assert strictest(versions("default")).ring_min_s is None


def test_a_hold_that_stops_still_stops() -> None:
    facts = facts_of_case(make())
    held = structs.replace(facts, holds=(Hold("bankruptcy", facts.contact.at - timedelta(days=1)),))
    assert decide(held, books()).codes == ("cease",)
