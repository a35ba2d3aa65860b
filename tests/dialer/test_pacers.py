"""What a campaign's pacer is told of machine detection, and what a new sample test changes of what it has learnt."""

import pytest

from compliance.abandonment_ledger import Policy
from dialer.detection import LEAVES, UNTESTED, Belief
from dialer.pacers import believe, start_of, take_up
from dialer.pacing.aiming import Aim, aimed
from dialer.pacing.interface import OutcomeSeen, PacingSnapshot, Seat
from dialer.pacing.memory import ANSWERED, DRIFT
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.spending import risk_limit
from dialer.state import LiveCampaign
from tests.dialer.floor_rig import quick

POLICY = Policy()
TESTED = Belief(false_positives=0.008, false_negatives=0.05, sample=2000, found=10)
ERRS = Belief(false_positives=0.04, sample=400, found=10)


def a_campaign(detection: Belief | None = None, **settings: object) -> LiveCampaign:
    made = quick(**{"mode": "predictive", "amd": True} | settings)
    campaign = LiveCampaign(7, 1, "Spring", "Bank", "running", 1, made, agents=frozenset(range(20)))
    take_up(campaign, None, {}, POLICY, 20)
    believe(campaign, detection, POLICY)
    return campaign


def answered(campaign: LiveCampaign, persons: int) -> None:
    """So many persons are connected, a hundred a look."""
    for look in range(persons // 100):
        outcomes = tuple(OutcomeSeen(30.0 * look, "connected", 11.0, 2.0) for _ in range(100))
        campaign.pacer, _ = campaign.pacer.decide(PacingSnapshot(30.0 * look, (Seat("talk", 1.0),), outcomes=outcomes))


def the_pacer(campaign: LiveCampaign) -> PredictivePacer:
    assert isinstance(campaign.pacer, PredictivePacer)
    return campaign.pacer


def limit_of(campaign: LiveCampaign) -> float:
    pacer = the_pacer(campaign)
    return float(risk_limit(pacer.memory.marks, pacer.rules, pacer.spending))


@pytest.mark.parametrize(("detection", "held"), [(None, False), (UNTESTED, True), (ERRS, True), (TESTED, False)])
def test_only_what_leaves_nothing_holds_and_nothing_is_said_before_it_is_read(
    detection: Belief | None, held: bool
) -> None:
    campaign = a_campaign(detection)
    assert bool(campaign.held_by_detection) == campaign.allowance().because.count("machine detection") == held
    told = campaign.start.amd
    assert told is not None and told.est_fp == (0.008 if detection is TESTED else LEAVES * 0.03)
    assert not a_campaign(detection, mode="power").held_by_detection
    assert a_campaign(detection, amd=False).start.amd is None
    whole = start_of(7, campaign.settings, 20, POLICY, UNTESTED).amd
    assert whole is not None and whole.est_fp == UNTESTED.false_positives, "what-if reckons with all of it"


def test_the_gauges_reason_and_detections_stand_side_by_side() -> None:
    because = a_campaign(UNTESTED).allowance().because
    assert because.startswith("abandonment: the campaign's figures are not read yet; machine detection: ")


def test_a_stricter_target_of_the_campaign_is_what_detection_is_held_against() -> None:
    middling = Belief(false_positives=0.012, sample=1000, found=5)
    assert not a_campaign(middling).held_by_detection
    strict = a_campaign(middling, abandonment={"limit_percent": "1"})
    assert "target is 1.0%" in strict.held_by_detection


def test_a_long_time_without_a_test_leaves_no_debt_behind_once_there_is_one() -> None:
    late, early = a_campaign(UNTESTED), a_campaign(TESTED)
    for campaign in (late, early):
        answered(campaign, 4000)
    before = float(the_pacer(late).memory.marks[ANSWERED])
    assert believe(late, TESTED, POLICY) and not believe(late, TESTED, POLICY)
    assert the_pacer(late).memory.marks[ANSWERED] == before, "what was learnt stays"
    assert the_pacer(late).memory.marks[DRIFT] > -0.75
    spare = LEAVES * 0.03 - TESTED.false_positives
    assert late.start == early.start and limit_of(early) > limit_of(late) > spare


@pytest.mark.parametrize(("limit", "spends"), [("1.0", 0.01), ("2.5", 0.02), (None, 0.02)])
def test_a_changed_campaign_keeps_its_gauges_aim_until_they_are_read_again(limit: str | None, spends: float) -> None:
    """A stricter limit holds at once, for the day and for its half hours."""
    known = a_campaign(amd=False)
    known.pacer, known.start = aimed(known.pacer, 1.0, known.start, Aim(0.02, 900, 3))
    settings = quick(mode="predictive", amd=False, abandonment={} if limit is None else {"limit_percent": limit})
    campaign = LiveCampaign(7, 1, "Spring", "Bank", "running", 2, settings, agents=frozenset(range(20)))
    take_up(campaign, known, {}, POLICY, 20)
    rules = the_pacer(campaign).rules
    assert (rules.target, rules.half_hour_target) == (spends, 0.03 if limit is None else float(limit) / 100)
