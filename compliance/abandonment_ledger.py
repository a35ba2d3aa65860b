"""Decides what each regime's abandonment gauge shows for a campaign, and whether pacing must wait for no answers. Pure.

Three regimes side by side (REPORT.md 1c: compute all, obey the lowest): `us` (TSR and FCC, successive 30-date blocks),
`gb-ofcom` (with evidenced false positives, any 24 h) and `house` (the house's own windows and limit). Why a bound and
not the rate, and how a campaign begins its day with it: docs/adr/0008-abandonment-bound.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from compliance.abandonment import CAP, PERIOD_DAYS, OfcomCounts, ofcom, ratio
from compliance.abandonment_law import BookLimit
from compliance.abandonment_tally import SLOT, Tally, slot_of
from compliance.binomial import may_exceed, upper_bound
from compliance.localtime import start_of_date, wall

LedgerRegime = Literal["us", "gb-ofcom", "house"]
REGIMES: tuple[LedgerRegime, ...] = get_args(LedgerRegime)
State = Literal["ok", "near", "over", "review"]
OFCOM_HOURS = 24
LEAST_HEARD = 100  # agents' own words about machines are an estimate from so many calls on


class Evidence(Struct, frozen=True):
    """A sample test of machine detection: of `sample` calls that it cut, `false_positives` had a person on the line."""

    tested_on: date
    sample: Annotated[int, Meta(ge=1)]
    false_positives: Annotated[int, Meta(ge=0)]
    by: str
    campaign: int | None = None  # none: for every campaign of the house

    def __post_init__(self) -> None:
        if self.false_positives > self.sample:
            raise ValueError("false_positives is more than sample, of which they are a part")


class HouseWindow(Struct, frozen=True):
    """`paces` False: it is shown and alarms, and pacing does not obey it."""

    hours: Annotated[int, Meta(ge=1, le=24 * 7)]
    paces: bool = True


class Policy(Struct, frozen=True):
    """What the house decides. `limit` is the house's own; the law's three percent is no setting."""

    confidence: float = 0.95
    min_answers: int = 200
    near_share: Fraction = Fraction(8, 10)
    release_share: Fraction = Fraction(9, 10)
    next_answers: int = 100
    limit: Fraction = CAP
    windows: tuple[HouseWindow, ...] = (HouseWindow(1, paces=False), HouseWindow(24))
    evidence_days: int = 90


class Subject(Struct, frozen=True):
    """A campaign as its gauges see it. `limit`: its own, where it is stricter than the house's.

    `laws`: what the rulebooks of its persons bring. Their regimes bind it besides those that it chose.
    """

    campaign: int
    name: str
    zone: str = "UTC"
    binds: tuple[LedgerRegime, ...] = REGIMES
    limit: Fraction | None = None
    amd: bool = False
    laws: tuple[BookLimit, ...] = ()

    def obeys(self, regime: LedgerRegime) -> bool:
        return regime in self.binds or any(law.regime == regime for law in self.laws)

    def limit_of(self, regime: LedgerRegime) -> Fraction:
        """The regime's own three percent, or a stricter limit of a rulebook that binds."""
        return min([CAP, *(law.limit for law in self.laws if law.regime == regime and law.limit is not None)])


class Window(Struct, frozen=True):
    """A period of one gauge: `[since, until)` in whole slots; `first` and `last` are its dates, where it has dates."""

    key: str
    regime: LedgerRegime
    since: datetime
    until: datetime
    first: date | None = None
    last: date | None = None
    paces: bool = True


class Gauge(Struct, frozen=True):
    """One regime's figures of one campaign now. `rate` and `limit` are exact, `bound` is the upper one of the rate.

    `binds`: the campaign obeys this regime, so it alarms. `uncertain`: the bound has passed the limit and is not well
    below it again; `holds`: so pacing dials one call for one free agent. `headroom`: so many of the next
    `next_answers` that persons answer may be abandoned with the bound still within the limit; `remaining`: so many of
    those in the air now. `clean_needed`: so many answers without an abandoned one end the uncertainty. `estimate`:
    what was added (false positives) or taken off (machines); it is already in `lost`.
    """

    campaign: int
    name: str
    key: str
    regime: LedgerRegime
    since: datetime
    until: datetime
    first: date | None
    last: date | None
    lost: int
    answers: int
    rate: Fraction | None
    bound: float
    limit: Fraction
    confidence: float
    few: bool
    min_answers: int
    binds: bool
    paces: bool
    uncertain: bool
    holds: bool
    state: State
    headroom: int
    remaining: int
    next_answers: int
    clean_needed: int | None
    estimate: Fraction | None = None
    evidence: Evidence | None = None


def block_of(first: date, day: date) -> tuple[date, date]:
    """The one of the successive 30-date periods from `first` on that holds `day`; both its dates are included."""
    start = first + timedelta(days=max(0, (day - first).days) // PERIOD_DAYS * PERIOD_DAYS)
    return start, start + timedelta(days=PERIOD_DAYS - 1)


def block_windows(first: date, zone: str, now: datetime) -> Iterator[Window]:
    """All periods of a campaign up to now, oldest first."""
    start, today = first, wall(zone, now).day
    while start <= max(today, first):
        _, last = block_of(first, start)
        after = last + timedelta(days=1)
        yield Window("us", "us", start_of_date(zone, start), start_of_date(zone, after), start, last)
        start = after


def windows(first_answer: datetime | None, zone: str, policy: Policy, now: datetime) -> tuple[Window, ...]:
    """The period of each gauge. `first_answer`: when a person first answered; none yet: the block begins today.

    Windows of hours reach back to a whole slot, so they are up to a quarter of an hour longer: never shorter.
    """
    today = wall(zone, now).day
    first, last = block_of(wall(zone, first_answer).day if first_answer else today, today)
    until = slot_of(now) + SLOT
    block = Window("us", "us", start_of_date(zone, first), start_of_date(zone, last + timedelta(days=1)), first, last)
    own = (
        Window(f"house-{one.hours}h", "house", slot_of(now - timedelta(hours=one.hours)), until, paces=one.paces)
        for one in policy.windows
    )
    return block, Window("gb-ofcom", "gb-ofcom", slot_of(now - timedelta(hours=OFCOM_HOURS)), until), *own


def evidence_for(found: Iterable[Evidence], subject: Subject, policy: Policy, today: date) -> Evidence | None:
    """The newest sample test that is still good: the campaign's own before the house's."""
    oldest = today - timedelta(days=policy.evidence_days)
    good = [one for one in found if one.campaign in (None, subject.campaign) and oldest <= one.tested_on <= today]
    return max(good, key=lambda one: (one.campaign is not None, one.tested_on), default=None)


class _Judged(Struct, frozen=True):
    """A regime's two numbers, and what its own formula says."""

    lost: int
    answers: int
    rate: Fraction | None
    limit: Fraction
    verdict: Literal["ok", "alarm", "review"] | None = "ok"
    estimate: Fraction | None = None
    evidence: Evidence | None = None


def judge(
    subject: Subject,
    window: Window,
    tally: Tally,
    policy: Policy,
    *,
    evidence: Evidence | None = None,
    was_uncertain: bool = False,
    was: State = "ok",
) -> Gauge:
    """The gauge of one window. `was_uncertain`, `was`: what the same gauge said last, so that it does not flutter."""
    found = _figures(subject, window, tally, policy, evidence)
    lost, answers, limit = found.lost, found.answers, found.limit
    # few answers prove nothing: they are judged as if the period had its least number of them already
    judged = max(answers, policy.min_answers)
    passes = may_exceed(lost, judged, float(limit), policy.confidence)
    release = limit * policy.release_share
    binds = subject.obeys(window.regime)
    uncertain = passes or (was_uncertain and may_exceed(lost, judged, float(release), policy.confidence))
    return Gauge(
        campaign=subject.campaign,
        name=subject.name,
        key=window.key,
        regime=window.regime,
        since=window.since,
        until=window.until,
        first=window.first,
        last=window.last,
        lost=lost,
        answers=answers,
        rate=found.rate,
        bound=upper_bound(lost, answers, policy.confidence),
        limit=limit,
        confidence=policy.confidence,
        few=answers < policy.min_answers,
        min_answers=policy.min_answers,
        binds=binds,
        paces=window.paces,
        uncertain=uncertain,
        holds=uncertain and binds and window.paces,
        state=_state(found, ratio(lost, judged), uncertain, was, policy),
        headroom=_room(lost, answers, limit, policy, policy.next_answers),
        remaining=_room(lost, answers, limit, policy, None),
        next_answers=policy.next_answers,
        clean_needed=_clean(lost, judged, release, policy) - answers if uncertain else None,
        estimate=found.estimate,
        evidence=found.evidence,
    )


def _figures(subject: Subject, window: Window, tally: Tally, policy: Policy, evidence: Evidence | None) -> _Judged:
    if window.regime == "us":
        return _Judged(tally.abandoned, tally.persons, ratio(tally.abandoned, tally.persons), subject.limit_of("us"))
    if window.regime == "house":
        limit = min(policy.limit, subject.limit or policy.limit)
        return _Judged(tally.missed, tally.persons, ratio(tally.missed, tally.persons), limit)
    return _ofcom(subject, tally, evidence)


def _ofcom(subject: Subject, tally: Tally, evidence: Evidence | None) -> _Judged:
    live, limit = tally.persons - tally.abandoned, subject.limit_of("gb-ofcom")
    if subject.amd or tally.machines_cut:
        cut, share = tally.machines_cut, None
        if evidence is not None:
            share = Fraction(cut * evidence.false_positives, evidence.sample)
        wrongly = None if share is None else ceil(share)
        rate, verdict = ofcom(OfcomCounts(True, live, tally.abandoned, wrongly, cut))
        lost = tally.abandoned + (wrongly or 0)
        return _Judged(lost, lost + live, rate, limit, verdict, share, evidence)
    share_text = _machine_share(tally.machines_heard, live)
    rate, verdict = ofcom(OfcomCounts(False, live, drops=tally.abandoned, machine_share=share_text))
    off = tally.abandoned * Fraction(Decimal(share_text))
    lost = ceil(tally.abandoned - off)
    return _Judged(lost, lost + live, rate, limit, verdict, off)


def _machine_share(heard: int, live: int) -> str:
    """What agents found to be machines, of all they were given; nothing is taken off on the word of a few calls."""
    if heard + live < LEAST_HEARD:
        return "0"
    return str((Decimal(heard) / (heard + live)).quantize(Decimal("0.0001"), ROUND_DOWN))


def _state(found: _Judged, rate: Fraction, uncertain: bool, was: State, policy: Policy) -> State:
    if rate > found.limit:
        return "over"
    if found.verdict == "review":
        return "review"
    near = found.limit * policy.near_share * (1 if was == "ok" else policy.release_share)
    return "near" if uncertain or rate > near else "ok"


def _room(lost: int, answers: int, limit: Fraction, policy: Policy, more: int | None) -> int:
    """The most further abandoned calls with which the bound stays within the limit.

    `more`: so many further answers come in all; none: only the abandoned ones themselves.
    """

    def fits(number: int) -> bool:
        whole = answers + (number if more is None else max(more, number))
        judged = max(whole, policy.min_answers)
        return lost + number <= judged and not may_exceed(lost + number, judged, float(limit), policy.confidence)

    most = max(answers, policy.min_answers) + (more or 0)
    return _last(fits, most)


def _clean(lost: int, judged: int, limit: Fraction, policy: Policy) -> int:
    """The least number of answers, `judged` or more, of which `lost` are certainly within the limit."""

    def passes(number: int) -> bool:
        return may_exceed(lost, judged + number, float(limit), policy.confidence)

    far = 1
    while passes(far):
        far *= 2
    return judged + (_last(passes, far) + 1 if passes(0) else 0)


def _last(true: Callable[[int], bool], most: int) -> int:
    """The last of 1..`most` for which it is true, which it is up to some number and never after it; 0: for none."""
    if most < 1 or not true(1):
        return 0
    low, high = 1, 2
    while high <= most and true(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if true(middle) else (low, middle)
    return low
