"""Whether the channel is authorised at this address and the authorisation fresh; and who may be reached at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from compliance.facts import COMMUNICATION, ELECTRONIC
from compliance.localtime import Wall, local_date
from compliance.rulebooks.model import Version
from compliance.rulebooks.spec import ConsentSpec
from compliance.situation import Finding, Situation, book_reason, day_of, house_reason, person_of


def consent_findings(s: Situation, version: Version, here: Wall) -> Iterator[Finding]:
    """A live consent entry (or, where use counts, a message from the address), not older than the rulebook allows."""
    rule = version.consent.get(s.contact.channel)
    if rule is None:
        return
    given = authorisations(s, rule, here.at)
    if not given:
        text = f"no live consent to {s.contact.channel} at this address ({version.book})"
        yield Finding(book_reason(version, "consent", f"{version.book}.consent", rule.source, text), None)
        return
    if rule.fresh_days is not None:
        latest = max([*given, *_checks(s, min(given))])
        age = (here.day - local_date(here.zone, latest)).days
        if age > rule.fresh_days:
            text = (
                f"the latest consent, message or number check is of {day_of(latest)}, {age} days ago, "
                f"limit {rule.fresh_days} ({version.book})"
            )
            yield Finding(book_reason(version, "consent_stale", f"{version.book}.fresh", rule.source, text), None)


def channel_findings(s: Situation, version: Version) -> Iterator[Finding]:
    denied = version.channels_denied.get(s.contact.channel)
    if denied is not None:
        text = f"{version.book} does not permit {s.contact.channel}"
        yield Finding(book_reason(version, "channel", f"{version.book}.channel", denied.source, text), None)


def third_party_findings(s: Situation, version: Version) -> Iterator[Finding]:
    """Only location calls to somebody else, one communication per person: 12 CFR 1006.10(c)."""
    rule = version.third_party
    if rule is None or not s.third_party:
        return
    if rule.rule == "deny":
        text = f"{version.book} permits contact with the debtor only"
    elif s.contact.purpose != "location":
        return  # refused by the house under every rulebook
    else:
        earlier = next((event for event in s.events if event.mask & COMMUNICATION), None)
        if earlier is None:
            return
        text = f"2nd communication with {person_of(s.point)} after {day_of(earlier.at)}, limit 1 ({version.book})"
    yield Finding(book_reason(version, "third_party", f"{version.book}.third-party", rule.source, text), None)


def collection_to_third_party(s: Situation) -> Iterator[Finding]:
    if s.third_party and s.contact.purpose != "location":
        text = "this contact point is somebody else's, and the contact is about a debt"
        yield Finding(house_reason("third_party", "third-party", "12 CFR 1006.6(d)(1)", text), None)


def reassigned_findings(s: Situation) -> Iterator[Finding]:
    """A reassigned-number check that says the number has a new owner."""
    checks = [check for check in s.point.number_checks if check.at <= s.contact.at]
    if checks and (last := max(checks, key=lambda check: check.at)).result == "reassigned":
        text = f"the check of {day_of(last.at)} says that the number was reassigned"
        yield Finding(house_reason("third_party", "reassigned", "12 CFR 1006.6(d)(5)", text), None)


def authorisations(s: Situation, rule: ConsentSpec, at: datetime) -> list[datetime]:
    """When the person authorised the channel at this address, as far as it still holds at `at`."""
    channel, known = s.contact.channel, s.contact.at
    given = [
        consent.at
        for consent in s.point.consents
        if consent.channel == channel and consent.at <= known and (consent.expires is None or at < consent.expires)
    ]
    if rule.use_counts and channel in ELECTRONIC:
        given += [
            event.at
            for event in s.events
            if event.direction == "in" and event.channel == channel and event.contact_point == s.point.id
        ]
    return given


def _checks(s: Situation, after: datetime) -> list[datetime]:
    """Reassigned-number checks made after the text or consent that they confirm."""
    checks = s.point.number_checks
    return [check.at for check in checks if check.result == "not_reassigned" and after <= check.at <= s.contact.at]
