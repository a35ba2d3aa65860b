"""What stands against a campaign's settings and its start, each with the way to mend it."""

from dataclasses import replace
from typing import Any

import pytest

from campaigns.admin.model import MOVES, StartFacts, check_settings, check_start, parse_settings
from campaigns.model import DISPOSITIONS, CampaignSettings, MessageStep
from campaigns.problems import Refused
from campaigns.templates.defaults import MISSED_CALL, MISSED_CALL_MAIL
from campaigns.templates.model import Text

SETTINGS = CampaignSettings(caller_id="+12125550100")
READY = StartFacts(
    state="draft",
    settings=SETTINGS,
    agents=2,
    callable_rows=10,
    debtors=12,
    texts={("missed_call", "sms"): {language: Text(body) for language, body in MISSED_CALL.items()}},
    tenant_settings={"business_name": "Northwind", "business_phone": "+12125550100"},
)


def test_a_campaign_with_everything_may_start() -> None:
    assert check_start(READY) == []
    assert check_start(replace(READY, state="paused")) == []


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"agents": 0}, "agents", "choose some (Agents at its card"),
        ({"callable_rows": 0}, "queue", "none of the creditor's 12 open debtors"),
        ({"callable_rows": 0, "debtors": 0}, "queue", "promiseline import FILE"),
        ({"state": "running"}, "state", "only a draft or paused one"),
        ({"state": "finished"}, "state", "only a draft or paused one"),
        ({"texts": {}}, "steps.1.template", "there is no template 'missed_call' for sms"),
        ({"texts": {("other", "sms"): {"en": Text("x")}}}, "steps.1.template", "known are other"),
        ({"texts": {("missed_call", "sms"): {"fr": Text("x")}}}, "steps.1.template", "no English text"),
        (
            {"texts": {("missed_call", "sms"): {"en": Text("{{nick}}")}}},
            "steps.1.template",
            "unknown variable {{nick}}",
        ),
        ({"texts": {("missed_call", "sms"): {"en": Text("{{amount}}")}}}, "steps.1.template", "tells of the debt"),
        ({"tenant_settings": {"business_name": "N"}}, "business_phone", "set business_phone"),
    ],
)
def test_what_is_missing_is_named_with_the_way_to_mend_it(change: dict[str, Any], field: str, words: str) -> None:
    (problem,) = check_start(replace(READY, **change))
    assert problem.field == field and words in problem.message


MAILING = SETTINGS.model_copy(
    update={"steps": (*SETTINGS.steps[:1], MessageStep(template="missed_call", channel="email"))}
)


def mailing(subject: str, body: str) -> StartFacts:
    return replace(READY, settings=MAILING, texts={("missed_call", "email"): {"en": Text(body, subject)}})


def test_a_campaign_with_the_default_emails_may_start() -> None:
    letters = {language: Text(body, subject) for language, (subject, body) in MISSED_CALL_MAIL.items()}
    assert check_start(replace(READY, settings=MAILING, texts={("missed_call", "email"): letters})) == []


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [
        ("You owe {{amount}}", "{{unsubscribe_url}}", "{{amount}} tells of the debt to whoever sees the screen"),
        ("", "{{unsubscribe_url}}", "an e-mail needs a subject"),
        ("Hello {{nick}}", "{{unsubscribe_url}}", "unknown variable {{nick}}"),
        ("Hello", "Call us", "must say how to stop them"),
    ],
)
def test_an_email_that_may_not_be_sent_stops_the_start(subject: str, body: str, words: str) -> None:
    (problem,) = check_start(mailing(subject, body))
    assert problem.field == "steps.1.template" and words in problem.message


def test_a_name_that_a_subject_uses_must_be_set() -> None:
    facts = replace(mailing("From {{ business_name }}", "{{unsubscribe_url}}"), tenant_settings={})
    (problem,) = check_start(facts)
    assert problem.field == "business_name"


def test_everything_missing_is_said_at_once() -> None:
    found = check_start(replace(READY, agents=0, callable_rows=0, texts={}))
    assert [problem.field for problem in found] == ["agents", "queue", "steps.1.template"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "caller_id", "needed"),
        ({"caller_id": "212 555"}, "caller_id", "with its country code, like +12125550100"),
        ({"caller_id": "+12125550100", "ring_timeout_s": 5}, "ring_timeout_s", "greater than or equal to 15"),
        (
            {"caller_id": "+12125550100", "abandonment": {"timezone": "Mars/Olympus"}},
            "abandonment.timezone",
            "write it like America/New_York",
        ),
        ({"caller_id": "+12125550100", "abandonment": {"limit_percent": 5}}, "abandonment.limit_percent", "equal to 3"),
        ({"caller_id": "+12125550100", "abandonment": {"binds": []}}, "abandonment.binds", "at least 1 item"),
        ({"caller_id": "+12125550100", "abandonment": {"zone": "UTC"}}, "abandonment.zone", "check its spelling"),
        ({"caller_id": "+12125550100", "speed": 3}, "speed", "no such setting; known are mode"),
        ({"caller_id": "+12125550100", "steps": [{"kind": "fax"}]}, "steps.0", "call"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_field(given: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_settings(given)
    assert refused.value.problems[0].field == field and words in refused.value.problems[0].message


def test_what_the_types_cannot_say_is_checked_too() -> None:
    silent = SETTINGS.model_copy(update={"steps": (MessageStep(template="x"),), "default_disposition": "whatever"})
    assert [problem.field for problem in check_settings(silent)] == ["steps", "default_disposition"]


@pytest.mark.parametrize("said", sorted(DISPOSITIONS))
def test_a_timer_says_nothing_for_the_person_and_makes_no_talk_less_than_one(said: str) -> None:
    """`machine`, `silence` would lift the hold after a talk, `wrong_person` uncount calls, `promise` wait for ever."""
    problems = check_settings(SETTINGS.model_copy(update={"default_disposition": said}))

    assert (problems == []) is (said in ("contact_no_result", "hung_up"))


def test_every_state_knows_what_may_follow_and_the_end_is_the_end() -> None:
    assert set(MOVES) == {"draft", "running", "paused", "finished"} and MOVES["finished"] == frozenset()
    assert all(after in MOVES for follow in MOVES.values() for after in follow)
