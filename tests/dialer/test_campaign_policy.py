"""A campaign that breaks a rulebook that binds its persons is refused at start, with what is missing."""

from datetime import date
from typing import Any

import pytest

from campaigns.admin.model import PolicyFacts
from campaigns.model import CallStep, CampaignSettings, MessageStep
from campaigns.templates.defaults import MAILS
from campaigns.templates.model import Text
from compliance.rulebooks.loader import load_rulebooks
from dialer.call_rules import call_rules
from dialer.campaign_policy import OPENING_WORDS_S, RulebookPolicy
from tests.policy import BOOKS, POLICY

TEXT = "{{business_name}} called. Please call {{business_phone}}. Reply STOP to end texts."
STEPS = (CallStep(), MessageStep(template="missed_call"))


def problems(policy: RulebookPolicy = POLICY, **changes: Any) -> dict[str, str]:
    settings = CampaignSettings(**{"caller_id": "+12125550100", "steps": STEPS} | changes.pop("settings", {}))
    facts: dict[str, Any] = {
        "settings": settings,
        "rulebooks": ("us-federal",),
        "own_rulebooks": (),
        "texts": {("missed_call", "sms"): {"en": Text(changes.pop("text", TEXT))}},
        "switches": ("us_third_party_sms",),
        "day": date(2026, 11, 22),
    }
    return {one.field: one.message for one in policy.problems(PolicyFacts(**(facts | changes)))}


def test_a_campaign_that_keeps_the_rules_may_start() -> None:
    assert problems() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{business_name}}: please call {{business_phone}}.", ['"STOP" or "opt out"', "12 CFR 1006.6(e)"]),
        ("Please call {{business_phone}}. STOP ends this.", ['"{{business_name}}"']),
        (TEXT + " You owe {{amount}}.", ['"debt collector" or "collect a debt"']),
    ],
)
def test_a_template_that_lacks_a_wording_is_refused_with_the_wording(text: str, words: list[str]) -> None:
    found = problems(text=text)
    assert set(found) == {"steps.1.template"}
    assert all(word in found["steps.1.template"] for word in words)


@pytest.mark.parametrize("book", sorted(BOOKS.books))
def test_the_default_emails_say_what_every_rulebook_asks_for(book: str) -> None:
    letters = {language: Text(body, subject) for language, (subject, body) in MAILS["missed_call"].items()}
    mailing = {"steps": (CallStep(), MessageStep(template="missed_call", channel="email"))}
    found = problems(settings=mailing, texts={("missed_call", "email"): letters}, rulebooks=(book,))
    assert "steps.1.template" not in found, found


def test_ringing_and_waiting_follow_the_strictest_rulebook() -> None:
    found = problems(settings={"answer_wait_ms": 2500})
    assert set(found) == {"answer_wait_ms"} and "2000 ms (us-federal: 16 CFR 310.4" in found["answer_wait_ms"]
    assert problems(settings={"answer_wait_ms": 2500}, rulebooks=("mx",)) == {}


def test_ringing_and_the_first_words_must_fit_into_the_dial_stop_margin() -> None:
    tight = RulebookPolicy(load_rulebooks(dial_stop_margin_s=30))
    found = problems(tight, settings={"ring_timeout_s": 20})
    assert "ring 15 s at most, or set PROMISELINE_DIAL_STOP_MARGIN_S=35" in found["ring_timeout_s"]
    assert problems(tight, settings={"ring_timeout_s": 30 - OPENING_WORDS_S}) == {}


def test_a_rulebook_that_is_not_loaded_is_named() -> None:
    assert "rulebook acme is not loaded; known are au, " in problems(own_rulebooks=("acme",))["rulebooks"]


def test_a_channel_that_is_off_for_everybody_stops_the_start_and_for_some_does_not() -> None:
    found = problems(switches=())
    assert "promiseline compliance switch us_third_party_sms on" in found["steps.1.channel"]
    assert problems(switches=(), rulebooks=("us-federal", "gb")) == {}


def test_the_floor_takes_the_strictest_of_the_rulebooks_that_allowed_the_call() -> None:
    settings = CampaignSettings(caller_id="+12125550100", ring_timeout_s=22, answer_wait_ms=4000)
    assert call_rules(settings, BOOKS, ("us-federal@2026-11-21",)).answer_wait_ms == 2000
    assert call_rules(settings, BOOKS, ("mx@2026-11-21",)).answer_wait_ms == 4000
    assert call_rules(settings, BOOKS, ("us-federal@2026-11-21",)).ring_timeout_s == 22
