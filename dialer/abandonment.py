"""Gathers the facts of the abandonment gauges and asks the ledger: for floor, board, page and command."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.abandonment import service
from campaigns.abandonment.service import Figures, GaugeState, Period
from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from compliance.abandonment_law import BookLimit, limits_of
from compliance.abandonment_ledger import (
    Evidence,
    Gauge,
    Policy,
    State,
    Subject,
    Window,
    block_windows,
    evidence_for,
    judge,
    windows,
)
from compliance.abandonment_tally import Tally
from compliance.localtime import wall
from compliance.rulebooks.model import Rulebooks
from dialer.campaign_policy import in_force


@dataclass(frozen=True, slots=True)
class Sheet:
    """One campaign's gauges side by side; `before`: what each said last, by its key."""

    subject: Subject
    gauges: tuple[Gauge, ...]
    before: dict[str, GaugeState]


@dataclass(frozen=True, slots=True)
class Account:
    """One campaign for page, command and auditors: the gauges, and every 30-date period with its figures."""

    sheet: Sheet
    state: str
    mode: str
    blocks: list[tuple[Window, Tally]]


def subject_of(campaign_id: int, name: str, settings: CampaignSettings, laws: tuple[BookLimit, ...] = ()) -> Subject:
    rules = settings.abandonment
    own = None if rules.limit_percent is None else Fraction(rules.limit_percent) / 100
    return Subject(campaign_id, name, rules.timezone, rules.binds, own, settings.amd, laws)


async def tests_of(conn: AsyncConnection, tenant_id: int) -> list[Evidence]:
    """The tenant's sample tests of machine detection, of any age, the newest first."""
    return [
        Evidence(one.tested_on, one.sample, one.false_positives, one.tested_by, one.campaign_id)
        for one in await service.sample_tests(conn, tenant_id)
    ]


async def laws_of(
    conn: AsyncConnection, campaign_ids: Sequence[int], books: Rulebooks, now: datetime
) -> dict[int, tuple[BookLimit, ...]]:
    """What the rulebooks in force bring to each campaign, by the persons that it may call."""
    found = await service.bound_rulebooks(conn, campaign_ids)
    return {campaign_id: limits_of(in_force(books, ids, now.date())) for campaign_id, ids in found.items()}


async def sheets(
    conn: AsyncConnection, tenant_id: int, subjects: Sequence[Subject], policy: Policy, now: datetime
) -> list[Sheet]:
    """The gauges of these campaigns of one tenant, in their order: four queries, however many they are."""
    ids = [subject.campaign for subject in subjects]
    first = await service.first_answers(conn, ids)
    wanted = [
        (subject, window)
        for subject in subjects
        for window in windows(first[subject.campaign], subject.zone, policy, now)
    ]
    tallies = await _tallies(conn, wanted)
    before = await service.states(conn, ids)
    tests = await tests_of(conn, tenant_id)
    made: dict[int, list[Gauge]] = {campaign_id: [] for campaign_id in ids}
    for (subject, window), tally in zip(wanted, tallies, strict=True):
        last = before.get((subject.campaign, window.key))
        evidence = evidence_for(tests, subject, policy, wall(subject.zone, now).day)
        gauge = judge(
            subject, window, tally, policy, evidence=evidence, was_uncertain=last is not None and last.uncertain,
            was=cast(State, last.state) if last is not None else "ok",
        )  # fmt: skip
        made[subject.campaign].append(gauge)
        # a bound of many answers takes milliseconds: a call that is answered meanwhile must not wait for all of them
        await asyncio.sleep(0)
    return [
        Sheet(
            subject,
            tuple(made[subject.campaign]),
            {gauge: state for (campaign_id, gauge), state in before.items() if campaign_id == subject.campaign},
        )
        for subject in subjects
    ]


async def ledger(
    conn: AsyncConnection, tenant_id: int, policy: Policy, books: Rulebooks, now: datetime, only: int | None = None
) -> list[Account]:
    """All campaigns of the tenant that were ever started, or the one; in order of their ids."""
    c = t.campaign.c
    query = select(c.id, c.name, c.state, c.settings).where(c.tenant_id == tenant_id).order_by(c.id)
    query = query.where(c.state != "draft") if only is None else query.where(c.id == only)
    rows = (await conn.execute(query)).all()
    settings = [CampaignSettings.model_validate(row.settings) for row in rows]
    laws = await laws_of(conn, [row.id for row in rows], books, now)
    subjects = [
        subject_of(row.id, row.name, found, laws.get(row.id, ())) for row, found in zip(rows, settings, strict=True)
    ]
    found = await sheets(conn, tenant_id, subjects, policy, now)
    return [
        Account(sheet, row.state, its.mode, await blocks(conn, sheet.subject, now))
        for sheet, row, its in zip(found, rows, settings, strict=True)
    ]


async def blocks(conn: AsyncConnection, subject: Subject, now: datetime) -> list[tuple[Window, Tally]]:
    """All successive 30-date periods of a campaign up to now, oldest first; none before its first answer."""
    first = (await service.first_answers(conn, [subject.campaign]))[subject.campaign]
    if first is None:
        return []
    found = list(block_windows(wall(subject.zone, first).day, subject.zone, now))
    sums = await _tallies(conn, [(subject, window) for window in found])
    return list(zip(found, sums, strict=True))


async def _tallies(conn: AsyncConnection, wanted: Sequence[tuple[Subject, Window]]) -> list[Tally]:
    periods = [Period(subject.campaign, window.since, window.until) for subject, window in wanted]
    return [_tally(found) for found in await service.figures(conn, periods)]


def _tally(found: Figures) -> Tally:
    return Tally(**asdict(found))
