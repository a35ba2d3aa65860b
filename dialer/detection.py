"""Decides what a campaign believes of its machine detection, from recorded sample tests. Pure.

Two shares are easily taken for each other. A sample test tells how many of the calls that detection *cut* had a person
on the line. The abandonment rate, and so the pacer, asks how many of the *persons* were cut. With `ratio` calls cut for
each person passed on, a share q of the first is q * ratio / (1 + q * ratio) of the second. What detection does to a
person is the same in every campaign, what share of its cut calls had one is not: a test of the whole house is turned
into the second share by the house's own calls.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor
from typing import NamedTuple

from compliance.abandonment_ledger import Evidence, Policy
from compliance.abandonment_tally import Tally
from compliance.abandonment_words import RECORD
from compliance.binomial import upper_bound
from compliance.localtime import spoken

# Vendors say 15 to 25 % of the persons for AMD() as it comes and 3 to 5 % once tuned (vicipanel.com/glossary/amd,
# vicistack.com), or 80 to 95 % right in all (a-1networks.com/blog); no independent figure is published, and Ofcom takes
# no vendor's figure for the estimate that it asks for. So this is what is reckoned with, never what is dialed by.
ASSUMED_FALSE_POSITIVES = 0.2
ASSUMED_FALSE_NEGATIVES = 0.1
# a test is drawn toward that share as if five more calls had been listened to
PRIOR_CALLS, PRIOR_FOUND = 5, 1
PRIOR_MACHINES = 20
# two of three answers are machines, until a campaign's own answers say otherwise
PRIOR_RATIO, PRIOR_PERSONS = 2.0, 50
HALF_LIFE_DAYS = 45.0
COUNTED_BEFORE = timedelta(days=30)
STEPS = 1000  # shares are rounded up to a tenth of a percent: a pacer's figures change only when there is news
LEAVES = 0.975
"""The pacer aims at so much of its target (dialer.pacing.spending.AIM): what detection takes of it nobody may spend."""
MOST_CALLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Belief:
    """Shares 0 to 1 on the side of caution: `false_positives` of the persons, `false_negatives` of the machines.

    `ratio`: calls cut for each person passed on. `sample`, `found`: calls listened to in the tests that count, and
    those of them with a person; 0: nobody tested. `of_house`: they are tests of the whole house. `last_day`: the last
    on which one of them counts.
    """

    false_positives: float = ASSUMED_FALSE_POSITIVES
    false_negatives: float = ASSUMED_FALSE_NEGATIVES
    ratio: float = PRIOR_RATIO
    sample: int = 0
    found: int = 0
    of_house: bool = False
    last_day: date | None = None


class Hold(NamedTuple):
    """What keeps a campaign at 1:1, and what to do about it; clauses for people."""

    says: str
    mend: str


UNTESTED = Belief()


def valid(tests: Iterable[Evidence], policy: Policy, today: date) -> list[Evidence]:
    """Those that are neither too old nor of a day to come."""
    oldest = today - timedelta(days=policy.evidence_days)
    return [one for one in tests if oldest <= one.tested_on <= today]


def counted_from(tests: Sequence[Evidence], today: date) -> date:
    """From which date on the calls are counted that turn one share into the other: those that were there to test."""
    return max((one.tested_on for one in tests), default=today) - COUNTED_BEFORE


def believed(tests: Iterable[Evidence], campaign: int, own: Tally, house: Tally, policy: Policy, today: date) -> Belief:
    """What the campaign goes by. `own`, `house`: its calls and the house's, each from `counted_from` its tests on.

    The campaign's own tests come before the house's. Where they are too few to speak (their bound is worse, what they
    found is not) the house's stay in force, so that a small test never makes a campaign worse off.
    """
    good = valid(tests, policy, today)
    ours = [one for one in good if one.campaign == campaign]
    theirs = [one for one in good if one.campaign is None]
    found = [_of(group, calls, policy, today) for group, calls in ((ours, own), (theirs, house)) if group]
    if not found:
        return Belief(false_negatives=_false_negatives(own), ratio=ratio_of(own))
    chosen = found[0]
    if ours and theirs and chosen.false_positives > found[1].false_positives >= _plain(ours, own):
        chosen = found[1]
    return Belief(
        chosen.false_positives, _false_negatives(own), ratio_of(own), chosen.sample, chosen.found, chosen.of_house,
        chosen.last_day,
    )  # fmt: skip


def ratio_of(calls: Tally) -> float:
    """Calls cut for each person passed on; drawn toward what is usual while there are few."""
    return (calls.machines_cut + PRIOR_RATIO * PRIOR_PERSONS) / (calls.persons + PRIOR_PERSONS)


def of_persons(of_cut: float, ratio: float) -> float:
    """The share of persons who were cut, from the share of cut calls that had a person."""
    return of_cut * ratio / (1.0 + of_cut * ratio)


def calls_needed(belief: Belief, target: float, policy: Policy) -> int | None:
    """The fewest cut calls, none with a person, that would leave something of the target; None: no number would."""
    low, high = 0, 1
    while not _leaves(high, belief.ratio, target, policy):
        low, high = high, high * 2
        if high > MOST_CALLS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _leaves(middle, belief.ratio, target, policy) else (middle, high)
    return high


def hold_of(belief: Belief, target: float, policy: Policy) -> Hold | None:
    """Why detection alone keeps a campaign at one call for one free agent; None: it does not."""
    if belief.false_positives < LEAVES * target:
        return None
    if belief.sample:
        says = (
            f"up to {belief.false_positives:.1%} of the persons are cut ({_tested(belief)}), the target is {target:.1%}"
        )
        return Hold(says, f"tune detection or switch it off, or listen to more of the calls that it cut: {RECORD}")
    needed = calls_needed(belief, target, policy)
    calls = "calls" if needed is None else f"{needed:,} calls or more"
    return Hold(
        "no valid sample test says how many persons are cut; untuned it is said to be 15 to 25 %",
        f"listen to {calls} that it cut and record what you heard: {RECORD}",
    )


def held_because(belief: Belief, target: float, policy: Policy) -> str:
    """The same as one clause, for the board and a decision's reason; empty: it does not."""
    hold = hold_of(belief, target, policy)
    return "" if hold is None else f"machine detection: {hold.says}: {hold.mend}"


def sentence(belief: Belief, target: float, policy: Policy) -> str:
    """For the command line: whether detection lets the campaign dial above one call for one free agent, and why."""
    held = held_because(belief, target, policy)
    if held:
        return f"It stays at one call for each free agent. {held[0].upper()}{held[1:]}"
    until = "" if belief.last_day is None else f"; the newest test counts until {spoken(belief.last_day)}"
    return (
        f"Machine detection is reckoned to cut at most {belief.false_positives:.1%} of the persons"
        f" ({_tested(belief)}{until}), of a target of {target:.1%}."
    )


def _of(tests: Sequence[Evidence], calls: Tally, policy: Policy, today: date) -> Belief:
    """By the tests of one kind alone: an older one weighs less, its bound is the larger for it."""
    weights = [0.5 ** ((today - one.tested_on).days / HALF_LIFE_DAYS) for one in tests]
    listened = PRIOR_CALLS + floor(sum(weight * one.sample for weight, one in zip(weights, tests, strict=True)))
    found = PRIOR_FOUND + sum(weight * one.false_positives for weight, one in zip(weights, tests, strict=True))
    bound = upper_bound(min(ceil(found), listened), listened, policy.confidence)
    return Belief(
        false_positives=_rounded(of_persons(bound, ratio_of(calls))),
        sample=sum(one.sample for one in tests),
        found=sum(one.false_positives for one in tests),
        of_house=tests[0].campaign is None,
        last_day=max(one.tested_on for one in tests) + timedelta(days=policy.evidence_days),
    )


def _plain(tests: Sequence[Evidence], calls: Tally) -> float:
    """What these tests found, without any caution."""
    share = sum(one.false_positives for one in tests) / sum(one.sample for one in tests)
    return of_persons(share, ratio_of(calls))


def _leaves(listened: int, ratio: float, target: float, policy: Policy) -> bool:
    bound = upper_bound(PRIOR_FOUND, PRIOR_CALLS + listened, policy.confidence)
    return _rounded(of_persons(bound, ratio)) < LEAVES * target


def _false_negatives(calls: Tally) -> float:
    machines = calls.machines_cut + calls.machines_heard
    passed = calls.machines_heard + ASSUMED_FALSE_NEGATIVES * PRIOR_MACHINES
    return _rounded(passed / (machines + PRIOR_MACHINES))


def _rounded(share: float) -> float:
    return min(ceil(share * STEPS) / STEPS, 1.0)


def _tested(belief: Belief) -> str:
    whose = "tests of the whole house" if belief.of_house else "its own tests"
    return f"{whose}: {belief.found} of {belief.sample} cut calls had a person"
