"""What the person asked for: refused times and places, closed media, cease, attorney, dispute; under every rulebook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from compliance.facts import ELECTRONIC, Request
from compliance.localtime import Wall, next_instant, start_of_date, wall
from compliance.rulebooks.model import clock, next_date
from compliance.situation import Finding, Situation, day_of, house_reason
from compliance.verdict import ReasonCode

OPT_OUT = "house.opt-out"
_DAY = 86400


def request_findings(s: Situation, at: datetime) -> Iterator[Finding]:
    """Requests that bind whatever the local time is."""
    for request in s.requests:
        if request.ends is not None and request.ends <= at:
            continue
        for finding in _of_request(s, request, at):
            yield finding if finding.until is not None else finding._replace(until=request.ends)


def _of_request(s: Situation, request: Request, at: datetime) -> Iterator[Finding]:
    if request.kind in ("cease_all", "refuses_to_pay"):
        if request.form != "oral" and s.about(request.debts):
            yield _never("cease", "cease", "12 CFR 1006.6(c)(1)", f"written cease or refusal of {day_of(request.at)}")
    elif request.kind == "attorney":
        if s.about(request.debts):
            text = f"represented by an attorney, known since {day_of(request.at)}"
            yield _never("attorney", "attorney", "12 CFR 1006.6(b)(2)", text)
    elif request.kind == "dispute":
        yield from _dispute(s, request, at)
    elif request.kind == "stop_calling":
        if s.contact.channel == "voice" and not s.third_party:
            text = f'"stop calling" of {day_of(request.at)} closes calls on every number'
            yield _never("opt_out", "stop-calling", "12 CFR 1006.14(h)(1); comment 14(h)(1)-3", text)
    elif request.kind == "inconvenient_place":
        yield from _place(s, request)
    elif request.contact_point is not None and _same_address(s, request.contact_point):
        yield from _not_theirs(request)


def opt_out_findings(s: Situation, at: datetime) -> Iterator[Finding]:
    """An opt-out at this address: electronic messages there for any debt, or calls to this number (14(h)-2).

    A later direct consent opens the address again for its channel, as long as that consent lasts.
    """
    channel = s.contact.channel
    closed = ELECTRONIC if channel in ELECTRONIC else frozenset({"voice"})
    points = s.facts.debtor.points
    if not any([point.opt_outs for point in points]):  # noqa: C419 - a list is twice as fast here
        return
    same = [point for point in points if point.address == s.point.address]
    outs = [out for point in same for out in point.opt_outs if out.channel in closed and out.at <= s.contact.at]
    if not outs:
        return
    last = max(out.at for out in outs)
    renewed = any(
        consent.channel == channel
        and consent.by != "used_with_collector"
        and last < consent.at <= s.contact.at
        and (consent.expires is None or at < consent.expires)
        for point in same
        for consent in point.consents
    )
    # "the debt collector may respond once to that person-initiated communication": 12 CFR 1006.14(h)(2)(ii)
    if not renewed and not _answers_after(s, last):
        text = f"the person closed this address for {channel} on {day_of(last)}"
        yield _never("opt_out", "opt-out", "12 CFR 1006.6(e), 1006.14(h)", text)


def preference_findings(s: Situation, here: Wall) -> list[Finding]:
    """Times that the consumer refused: comment 6(b)(1)-1; one answer inside them to a message of theirs is allowed."""
    if s.third_party:
        return []
    found = []
    active = [one for one in s.requested("inconvenient_time") if one.ends is None or here.at < one.ends]
    for request in active:
        refused = _refused(request, here)
        if refused is None:
            continue
        start, end = refused
        if _answers_inside(s, request, here, start):
            continue
        until = _free_again(active, here)
        if request.ends is not None and (until is None or request.ends < until):
            until = request.ends
        span = "the whole day" if (start, end) == (0, _DAY) else f"{clock(start)}-{clock(end)}"
        text = f"it is {here} in {here.zone}, and the person refused {span} on {day_of(request.at)}"
        found.append(
            Finding(house_reason("preference", "inconvenient-time", "12 CFR 1006.6(b)(1); comment -1", text), until)
        )
    return found


def _dispute(s: Situation, request: Request, at: datetime) -> Iterator[Finding]:
    """Collection stops until verification: 12 CFR 1006.38(d)(2)."""
    stops = request.form != "oral" and request.within_validation_period is not False and s.about(request.debts)
    if stops and (request.verified_at is None or at < request.verified_at):
        text = f"written dispute of {day_of(request.at)} is not verified"
        reason = house_reason("cease", "dispute", "12 CFR 1006.38(d)(2)", text)
        yield Finding(reason, request.verified_at)


def _place(s: Situation, request: Request) -> Iterator[Finding]:
    """A landline is tied to the home, a work number to the workplace; mobile and email to none (6(b)(1)(ii)-1)."""
    kind = "landline" if request.place == "home" else "work"
    if s.point.kind == kind and not s.third_party and not _answers_after(s, request.at):
        text = f"the person refused contact at {request.place} on {day_of(request.at)}"
        yield _never("place", "inconvenient-place", "12 CFR 1006.6(b)(1)(ii), (b)(3)", text)


def _not_theirs(request: Request) -> Iterator[Finding]:
    if request.kind == "wrong_number":
        text = f"since {day_of(request.at)} this is known not to be the person's"
        yield _never("third_party", "wrong-number", "12 CFR 1006.6(d)(1); comment 14(b)(2)(i)-3", text)
    elif request.kind == "third_party_reported":
        text = f"messages to this address reach somebody else, reported {day_of(request.at)}"
        yield _never("third_party", "third-party-reads", "12 CFR 1006.6(d)(3)(ii)", text)


def _same_address(s: Situation, point_id: str) -> bool:
    """Whether this is the point of the contact, or another id under which the consumer's address is kept."""
    if point_id == s.point.id or s.third_party:
        return point_id == s.point.id
    return any(point.id == point_id and point.address == s.point.address for point in s.facts.debtor.points)


def _never(code: ReasonCode, rule: str, source: str, text: str) -> Finding:
    return Finding(house_reason(code, rule, source, text), None)


def _refused(request: Request, here: Wall) -> tuple[int, int] | None:
    """The refused span of this date, in seconds of the day, that the wall is in."""
    for start, end in _spans(request, here.day):
        if start <= here.seconds < end:
            return start, end
    return None


def _spans(request: Request, day: date) -> list[tuple[int, int]]:
    """Refused spans of a local date; one that runs past midnight belongs to the date on which it starts."""
    spans = []
    before = day - timedelta(days=1)
    for item in request.deny:
        if day.weekday() in item.weekdays and (request.until is None or day <= request.until):
            spans.append((item.start, min(item.end, _DAY)))
        if item.end > _DAY and before.weekday() in item.weekdays and (request.until is None or before <= request.until):
            spans.append((0, item.end - _DAY))
    return spans if len(spans) < 2 else _merged(spans)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or touch are one refused time."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _free_again(active: list[Request], here: Wall) -> datetime | None:
    """The first instant not refused by any request, looking over one week; later only at the end of a request."""
    day, seconds = here.day, here.seconds
    for _ in range(9):
        moved = True
        while moved and seconds < _DAY:
            ends = [end for request in active for start, end in _spans(request, day) if start <= seconds < end]
            moved = bool(ends)
            seconds = max([seconds, *ends])
        if seconds < _DAY:
            if seconds == 0:
                return start_of_date(here.zone, day)
            return next_instant(here.zone, day, seconds, here.at)
        day, seconds = next_date(day), 0
    ends_on = [request.until for request in active if request.until is not None and request.until >= here.day]
    return start_of_date(here.zone, next_date(min(ends_on))) if ends_on else None


def _answers_inside(s: Situation, request: Request, here: Wall, start: int) -> bool:
    """One answer, same medium, to a message sent inside the same refused time: comment 6(b)(1)-2."""
    message = _unanswered_message(s)
    if message is None or message <= request.at:
        return False
    began, day = start, here.day
    while began == 0:
        before = day - timedelta(days=1)
        reaching = [first for first, end in _spans(request, before) if end >= _DAY]
        if not reaching or (here.day - before).days > 8:
            break
        began, day = min(reaching), before
    there = wall(here.zone, message)
    return (there.day, there.seconds) >= (day, began)


def _answers_after(s: Situation, closed_at: datetime) -> bool:
    message = _unanswered_message(s)
    return message is not None and message > closed_at


def _unanswered_message(s: Situation) -> datetime | None:
    """When the latest inbound message on this channel and point came, if this contact is the first answer to it."""
    if s.contact.origin != "reply":
        return None
    for event in reversed(s.events):
        if event.channel == s.contact.channel and event.contact_point == s.point.id:
            return event.at if event.direction == "in" else None
    return None


def prior_request(s: Situation) -> bool:
    """The person said earlier not to be contacted, refused to pay or denied the debt (14(b)(2)(i)-2)."""
    if any([point.opt_outs for point in s.facts.debtor.points]) and _closed_something(s):  # noqa: C419
        return True
    kinds = ("cease_all", "refuses_to_pay", "dispute", "stop_calling")
    return any(request.kind in kinds and s.about(request.debts) for request in s.requests)


def _closed_something(s: Situation) -> bool:
    outs = (out for point in s.facts.debtor.points if point.party == "consumer" for out in point.opt_outs)
    return any(out.at <= s.contact.at for out in outs)
