"""Which rules were asked about an allowed contact and had nothing against it, with sources and numbers. Pure.

It decides nothing, the gate does: of a contact that the gate does not allow there is nothing to tell here.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from compliance.caps import BY_MACHINE, cap_noun, frequency_findings, ordinal
from compliance.consent import authorisations
from compliance.facts import ELECTRONIC, Facts
from compliance.gate import judge, places_of
from compliance.localtime import Wall, spoken
from compliance.rulebooks.model import Rulebooks, Version, Window, is_draft
from compliance.rulebooks.spec import CapSpec, Value
from compliance.situation import HOUSE, HOUSE_VERSION, Situation, day_of, situation
from compliance.verdict import Tally

_PER = {
    "debt": "about one debt",
    "person": "with the person",
    "number": "to this number",
    "creditor": "for one creditor",
}
_SURE = ("primary", "secondary", "memory")


class Ground(Struct, frozen=True):
    """One rule that let the contact pass. `text` is a clause for a person, with the numbers that decided.

    `confidence`: how sure the source is (primary, secondary, memory; "" for rules of the house); `draft`: counsel must
    still look at the value.
    """

    rule: str
    rulebook: str
    version: str
    source: str
    text: str
    confidence: str = ""
    draft: bool = False


def grounds(facts: Facts, books: Rulebooks) -> tuple[Ground, ...]:
    """In the order in which the gate asks; none where it does not allow the contact. Raises what the gate raises."""
    if not judge(facts, books).allowed:
        return ()
    s = situation(facts, books)
    found = list(_of_house(s))
    for here, versions in places_of(s, s.contact.at, books):
        for version in versions:
            found += _of_version(s, version, here)
    return tuple(dict.fromkeys(found))


def _of_house(s: Situation) -> Iterator[Ground]:
    facts, point = s.facts, s.point
    yield _house("timezone", "12 CFR 1006.6(b)(1)(i)-2", f"the person may be in {', '.join(s.zones)}")
    closed = [
        out.at
        for same in facts.debtor.points
        if same.address == point.address
        for out in same.opt_outs
        if out.at <= s.contact.at and (out.channel in ELECTRONIC) == (s.contact.channel in ELECTRONIC)
    ]
    text = f"nothing closes this address for {s.contact.channel}"
    if closed:
        text = f"closed on {day_of(max(closed))}, and opened again by consent, or this answers the person's own message"
    yield _house("opt-out", "12 CFR 1006.6(e), 1006.14(h)", text)
    yield _house("do-not-contact", "house rule", "on none of the do-not-contact lists")
    kinds = ", ".join(sorted({hold.kind for hold in facts.holds or ()})) or "none is known"
    yield _house("holds", "house rule", f"no hold stops it ({kinds})")
    kinds = ", ".join(sorted({request.kind for request in s.requests})) or "none is known"
    yield _house("requests", "12 CFR 1006.6(b), 1006.14(h)", f"no request of the person stops it ({kinds})")
    if s.third_party:
        yield _house("third-party", "12 CFR 1006.10", "somebody else's number, for location information only")


def _of_version(s: Situation, version: Version, here: Wall) -> Iterator[Ground]:
    yield from _clock(s, version, here)
    yield from _counts(s, version, here)
    yield from _spacing(s, version)
    yield from _consent(s, version, here)
    rule = version.eligibility.get(s.contact.channel)
    if rule is not None:
        text = f"the tenant turned the switch {rule.switch} on"
        yield _ground(version, f"{version.book}.eligibility", rule, text)
    said = version.spec.announcement
    if s.contact.origin == "announcement" and said is not None:
        yield _ground(version, f"{version.book}.announcement", said, "an announcement without an agent is allowed")
    if s.third_party and version.third_party is not None:
        text = "no earlier communication with this third party"
        yield _ground(version, f"{version.book}.third-party", version.third_party, text)


def _clock(s: Situation, version: Version, here: Wall) -> Iterator[Ground]:
    hours, days = version.hours[s.contact.channel], version.no_contact_days
    window: Window | None = hours.days[here.weekday]
    if days is not None:
        if here.day in days:
            window = hours.holiday
        elif version.spec.holidays is not None:
            text = f"{here.day} is no date without contact"
            yield _ground(version, f"{version.book}.holiday", version.spec.holidays, text)
    if window is not None:
        at_work = s.point.kind == "work"
        of = [
            one
            for one in version.spec.hours
            if (one.channels is None or s.contact.channel in one.channels) and (at_work or one.points == "any")
        ]
        weakest = max(of, key=lambda one: _SURE.index(one.confidence))
        text = f"it is {here} in {here.zone}, inside {window}"
        yield Ground(
            f"{version.book}.hours", version.book, version.label, hours.source, text, weakest.confidence,
            any(is_draft(one) for one in of),
        )  # fmt: skip


def _counts(s: Situation, version: Version, here: Wall) -> Iterator[Ground]:
    tallies: list[Tally] = []
    frequency_findings(s, version, here, tallies)
    for cap, _ in version.caps[s.contact.channel]:
        if cap.points != "any" and (s.point.kind == "work") != (cap.points == "work"):
            continue
        counted = [tally for tally in tallies if tally.rule == cap.id]
        for tally in counted:
            yield _ground(version, cap.id, cap, f"{_nth(cap, tally)}, limit {cap.max} ({here.zone})")
        if not counted:
            yield _ground(version, cap.id, cap, "not counted under the person's consent to calls")


def _nth(cap: CapSpec, tally: Tally) -> str:
    return f"{ordinal(tally.nth)} {cap_noun(cap)} {_PER[cap.per]} since {spoken(tally.since)}"


def _spacing(s: Situation, version: Version) -> Iterator[Ground]:
    for rule in version.cooloffs[s.contact.channel]:
        what = rule.trigger.replace("_", " ")
        text = f"no {what} {_PER[rule.per]} in the {rule.dates} dates that end today, or the person consented to calls"
        yield _ground(version, rule.id, rule, text)
    direct = version.direct_contact
    if direct is not None:
        yield _ground(version, f"{version.book}.one-a-date", direct, "no direct contact on this date yet")
        text = f"no direct contact by another channel in {direct.one_channel_days} dates"
        yield _ground(version, f"{version.book}.one-channel", direct, text)
    if s.contact.channel == "voice" and s.contact.origin in BY_MACHINE:
        for redial in version.spec.redial:
            text = f"no call to this number was {redial.outcome} in the last {redial.hours} hours"
            yield _ground(version, f"{version.book}.redial-{redial.outcome}", redial, text)


def _consent(s: Situation, version: Version, here: Wall) -> Iterator[Ground]:
    rule = version.consent.get(s.contact.channel)
    given = authorisations(s, rule, here.at) if rule is not None else []
    if rule is None or not given:
        return
    text = f"consent to {s.contact.channel} at this address, the latest of {day_of(max(given))}"
    yield _ground(version, f"{version.book}.consent", rule, text)
    if rule.fresh_days is not None:
        text = f"consent, message or number check not older than {rule.fresh_days} days"
        yield _ground(version, f"{version.book}.fresh", rule, text)


def _ground(version: Version, rule: str, value: Value, text: str) -> Ground:
    return Ground(rule, version.book, version.label, value.source, text, value.confidence, is_draft(value))


def _house(rule: str, source: str, text: str) -> Ground:
    return Ground(f"{HOUSE}.{rule}", HOUSE, HOUSE_VERSION, source, text)
