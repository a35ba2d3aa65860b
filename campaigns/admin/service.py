"""Campaigns as supervisors handle them: made, assigned, started, paused, ended; every change audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.admin.model import (
    MOVES,
    Policy,
    PolicyFacts,
    StartFacts,
    check_settings,
    check_start,
    pacing_changes,
    parse_settings,
)
from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from campaigns.problems import Problem, Refused, refuse
from campaigns.queue import service as queue
from campaigns.queue.fill import BATCH, Progress
from campaigns.queue.model import FillReport
from campaigns.templates.service import texts_of

c = t.campaign.c


NEW_TENANT = 0x74656E616E74
"""Key of the lock under which a tenant is made."""


@dataclass(frozen=True, slots=True)
class Campaign:
    id: int
    tenant_id: int
    creditor_id: int
    creditor: str
    name: str
    state: str
    settings: CampaignSettings
    version: int
    agents: tuple[int, ...]


async def create_tenant(
    conn: AsyncConnection, *, name: str, now: datetime, settings: Mapping[str, Any] | None = None
) -> int:
    """A tenant by name, made when it is not there; `settings` (business_name, business_phone) are merged in."""
    t_ = t.tenant.c
    by_name = select(t_.id, t_.settings).where(t_.name == name)
    found = (await conn.execute(by_name)).one_or_none()
    if found is None:
        # two programs that begin at once on an empty database
        await conn.execute(select(func.pg_advisory_xact_lock(NEW_TENANT)))
        found = (await conn.execute(by_name)).one_or_none()
    if found is None:
        row = {"name": name, "settings": dict(settings or {}), "created_at": now}
        return int((await conn.execute(insert(t.tenant).values(**row).returning(t_.id))).scalar_one())
    if settings:
        merged = {**found.settings, **settings}
        await conn.execute(update(t.tenant).where(t_.id == found.id).values(settings=merged))
    return int(found.id)


async def create_creditor(
    conn: AsyncConnection, *, tenant_id: int, name: str, now: datetime, phone_e164: str | None = None
) -> int:
    """A creditor by name, made when it is not there."""
    k = t.creditor.c
    query = select(k.id).where(k.tenant_id == tenant_id, k.name == name)
    there = (await conn.execute(query)).scalar_one_or_none()
    if there is not None:
        return int(there)
    row = {"tenant_id": tenant_id, "name": name, "phone_e164": phone_e164, "created_at": now}
    return int((await conn.execute(insert(t.creditor).values(**row).returning(k.id))).scalar_one())


async def create(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    creditor: str,
    name: str,
    settings: Mapping[str, Any],
    now: datetime,
    actor: str,
    agents: Sequence[int] = (),
) -> int:
    """A campaign in state draft for the creditor of this name; its id. Raises Refused with every problem."""
    parsed = parse_settings(settings)
    problems = check_settings(parsed)
    k = t.creditor.c
    named = await conn.execute(select(k.name, k.id).where(k.tenant_id == tenant_id))
    known = {row.name: int(row.id) for row in named}
    if creditor not in known:
        names = ", ".join(sorted(known)[:20]) or "none yet: import a file first"
        problems.append(Problem("creditor", f"there is no such creditor; known are {names}"))
    if not name.strip():
        problems.append(Problem("name", "the name is empty"))
    if (await conn.execute(select(c.id).where(c.tenant_id == tenant_id, c.name == name.strip()))).one_or_none():
        problems.append(Problem("name", "a campaign of this name is there already: choose another one"))
    problems += await _agent_problems(conn, tenant_id, agents)
    if problems:
        raise Refused(*problems)
    row = {
        "tenant_id": tenant_id, "creditor_id": known[creditor], "name": name.strip(),
        "settings": parsed.model_dump(mode="json"), "created_at": now,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.campaign).values(**row).returning(c.id))).scalar_one())
    await _assign(conn, made, agents)
    await _audit(conn, tenant_id, now, actor, "campaign.created", made, agents=list(agents))
    return made


async def get(conn: AsyncConnection, campaign_id: int, *, lock: bool = False) -> Campaign:
    """The campaign; raises Refused when there is none."""
    query = (
        select(c.id, c.tenant_id, c.creditor_id, t.creditor.c.name, c.name, c.state, c.settings, c.version)
        .join(t.creditor, t.creditor.c.id == c.creditor_id)
        .where(c.id == campaign_id)
    )
    row = (await conn.execute(query.with_for_update(of=t.campaign) if lock else query)).one_or_none()
    if row is None:
        raise refuse("campaign_id", f"there is no campaign {campaign_id}: `promiseline campaign status` lists them")
    found = await conn.execute(
        select(t.campaign_agent.c.user_id).where(t.campaign_agent.c.campaign_id == campaign_id).order_by("user_id")
    )
    settings = CampaignSettings.model_validate(row[6])
    return Campaign(*row[:6], settings=settings, version=row[7], agents=tuple(found.scalars()))


async def tenant_named(conn: AsyncConnection, name: str) -> int | None:
    """The tenant's number; None: there is none of this name."""
    found = await conn.execute(select(t.tenant.c.id).where(t.tenant.c.name == name))
    return found.scalar_one_or_none()


async def everything(conn: AsyncConnection, tenant_id: int) -> list[Campaign]:
    """The tenant's campaigns in order of their ids."""
    found = (await conn.execute(select(c.id).where(c.tenant_id == tenant_id).order_by(c.id))).scalars().all()
    return [await get(conn, campaign_id) for campaign_id in found]


async def change_settings(
    conn: AsyncConnection, campaign_id: int, changes: Mapping[str, Any], *, now: datetime, actor: str
) -> CampaignSettings:
    """Merge these settings in; they hold from the next tick. Raises Refused."""
    campaign = await get(conn, campaign_id, lock=True)
    merged = parse_settings({**campaign.settings.model_dump(mode="json"), **changes})
    problems = check_settings(merged)
    if campaign.state == "running" and merged.mode == "broadcast" != campaign.settings.mode:
        problems.append(Problem("mode", "pause the campaign first: whether it may broadcast is judged at its start"))
    if problems:
        raise Refused(*problems)
    await conn.execute(
        update(t.campaign).where(c.id == campaign_id)
        .values(settings=merged.model_dump(mode="json"), version=c.version + 1)
    )  # fmt: skip
    detail: dict[str, object] = {"fields": sorted(changes)}
    if pacing := pacing_changes(campaign.settings, merged):
        detail["pacing"] = pacing
    await _audit(conn, campaign.tenant_id, now, actor, "campaign.changed", campaign_id, **detail)
    return merged


async def assign_agents(
    conn: AsyncConnection, campaign_id: int, agents: Sequence[int], *, now: datetime, actor: str
) -> None:
    """These users and no others take the campaign's calls; another choice of them is another version."""
    campaign = await get(conn, campaign_id, lock=True)
    problems = await _agent_problems(conn, campaign.tenant_id, agents)
    if problems:
        raise Refused(*problems)
    await conn.execute(delete(t.campaign_agent).where(t.campaign_agent.c.campaign_id == campaign_id))
    await _assign(conn, campaign_id, agents)
    if set(agents) != set(campaign.agents):
        await conn.execute(update(t.campaign).where(c.id == campaign_id).values(version=c.version + 1))
    await _audit(conn, campaign.tenant_id, now, actor, "campaign.assigned", campaign_id, agents=list(agents))


async def start(
    conn: AsyncConnection,
    campaign_id: int,
    *,
    policy: Policy,
    now: datetime,
    actor: str,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> FillReport:
    """Fill the queue and let the campaign run. Raises Refused with everything that stands against it.

    The caller rolls back on Refused: nothing of the fill stays.
    """
    campaign = await get(conn, campaign_id, lock=True)
    report = await queue.fill(conn, campaign_id, now, progress=progress, batch=batch)
    problems = await start_problems(conn, campaign, policy, now)
    if problems:
        raise Refused(*problems)
    await _move(conn, campaign, "running", now, actor, "campaign.started")
    return report


async def resume(conn: AsyncConnection, campaign_id: int, *, policy: Policy, now: datetime, actor: str) -> None:
    """Let a paused campaign run on with the queue that it has. Raises Refused with all that stands against it."""
    campaign = await get(conn, campaign_id, lock=True)
    if campaign.state == "draft":
        raise refuse(
            "state", "the campaign has no queue yet: press Start at its card, or promiseline campaign start NAME"
        )
    problems = await start_problems(conn, campaign, policy, now)
    if problems:
        raise Refused(*problems)
    await _move(conn, campaign, "running", now, actor, "campaign.started")


async def start_problems(conn: AsyncConnection, campaign: Campaign, policy: Policy, now: datetime) -> list[Problem]:
    """What stands against starting, by the database as it is and by the rules of contact."""
    counts = await queue.counts(conn, campaign.id)
    fitting, unskilled = await staff(conn, campaign)
    debtors = select(func.count()).where(
        t.debtor.c.creditor_id == campaign.creditor_id, t.debtor.c.status == "open"
    )  # fmt: skip
    tenant = select(t.tenant.c.settings).where(t.tenant.c.id == campaign.tenant_id)
    facts = StartFacts(
        state=campaign.state,
        settings=campaign.settings,
        agents=fitting,
        unskilled=unskilled,
        callable_rows=counts.ready + counts.waiting + counts.leased,
        debtors=int((await conn.execute(debtors)).scalar_one()),
        texts=await texts_of(conn, campaign.tenant_id),
        tenant_settings=(await conn.execute(tenant)).scalar_one(),
    )
    bound = (
        select(t.window_group.c.rulebooks).distinct()
        .join(t.debtor, t.debtor.c.window_group_id == t.window_group.c.id)
        .where(t.debtor.c.creditor_id == campaign.creditor_id, t.debtor.c.status == "open")
    )  # fmt: skip
    groups = (await conn.execute(bound)).scalars().all()
    own = (
        await conn.execute(select(t.creditor.c.rulebooks).where(t.creditor.c.id == campaign.creditor_id))
    ).scalar_one()
    rules = PolicyFacts(
        settings=campaign.settings,
        rulebooks=tuple(sorted({name for names in groups for name in names})),
        own_rulebooks=(*own, *(campaign.settings.rulebooks or ())),
        texts=facts.texts,
        switches=tuple(facts.tenant_settings.get("switches") or ()),
        day=now.date(),
    )
    return check_start(facts) + policy.problems(rules)


async def staff(conn: AsyncConnection, campaign: Campaign) -> tuple[int, int]:
    """Active agents who would take the campaign's calls, and active ones assigned to it who lack a skill for that."""
    u, skills = t.app_user.c, list(campaign.settings.skills)
    has_all = u.skills.contains(skills)
    if campaign.settings.staffing == "skilled":
        query = select(func.count(), literal(0)).where(
            u.tenant_id == campaign.tenant_id, u.role == "agent", u.active, has_all
        )
    else:
        query = (
            select(func.count().filter(has_all), func.count().filter(~has_all)).select_from(t.campaign_agent)
            .join(t.app_user, u.id == t.campaign_agent.c.user_id)
            .where(t.campaign_agent.c.campaign_id == campaign.id, u.active)
        )  # fmt: skip
    fitting, unskilled = (await conn.execute(query)).one()
    return int(fitting), int(unskilled)


async def creditors(conn: AsyncConnection, tenant_id: int) -> list[str]:
    """The tenant's creditors by name, in the order of the alphabet."""
    k = t.creditor.c
    found = await conn.execute(select(k.name).where(k.tenant_id == tenant_id).order_by(k.name))
    return list(found.scalars())


async def set_creditor_rulebooks(
    conn: AsyncConnection, *, tenant_id: int, creditor: str, rulebooks: Sequence[str], now: datetime, actor: str
) -> None:
    """The creditor's own rulebooks, which bind beside those of the law. Raises Refused for an unknown creditor."""
    k = t.creditor.c
    found = await conn.execute(
        update(t.creditor).where(k.tenant_id == tenant_id, k.name == creditor)
        .values(rulebooks=list(dict.fromkeys(rulebooks))).returning(k.id)
    )  # fmt: skip
    creditor_id = found.scalar_one_or_none()
    if creditor_id is None:
        raise refuse("creditor", f"there is no creditor {creditor!r}: import a file for it first")
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="creditor.rulebooks", subject=f"creditor:{creditor_id}",
        detail={"rulebooks": list(rulebooks)},
    )  # fmt: skip


async def turn_switch(
    conn: AsyncConnection, *, tenant_id: int, switch: str, on: bool, because: str, now: datetime, actor: str
) -> tuple[str, ...]:
    """Turn a channel that a carrier or platform may bar on or off for this tenant; the switches that are on."""
    if not because.strip():
        raise refuse("because", "say why: an auditor will ask")
    s = t.tenant.c
    settings = (await conn.execute(select(s.settings).where(s.id == tenant_id).with_for_update())).scalar_one()
    others = [name for name in settings.get("switches") or () if name != switch]
    switches = sorted({*others, switch} if on else others)
    await conn.execute(update(t.tenant).where(s.id == tenant_id).values(settings={**settings, "switches": switches}))
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action=f"switch.{'on' if on else 'off'}",
        subject=f"tenant:{tenant_id}", detail={"switch": switch, "because": because.strip()},
    )  # fmt: skip
    return tuple(switches)


async def pause(conn: AsyncConnection, campaign_id: int, *, now: datetime, actor: str) -> None:
    """No new calls; those that are up go on. Raises Refused when it does not run."""
    await _move(conn, await get(conn, campaign_id, lock=True), "paused", now, actor, "campaign.paused")


async def finish(conn: AsyncConnection, campaign_id: int, *, now: datetime, actor: str) -> None:
    """End it for good."""
    await _move(conn, await get(conn, campaign_id, lock=True), "finished", now, actor, "campaign.finished")


async def _move(conn: AsyncConnection, campaign: Campaign, state: str, now: datetime, actor: str, action: str) -> None:
    if state not in MOVES[campaign.state]:
        follow = ", ".join(sorted(MOVES[campaign.state])) or "nothing"
        raise refuse("state", f"the campaign is {campaign.state} and cannot become {state}; it can become {follow}")
    await conn.execute(update(t.campaign).where(c.id == campaign.id).values(state=state, version=c.version + 1))
    await _audit(conn, campaign.tenant_id, now, actor, action, campaign.id)


async def _agent_problems(conn: AsyncConnection, tenant_id: int, agents: Sequence[int]) -> list[Problem]:
    u = t.app_user.c
    found = await conn.execute(select(u.id).where(u.tenant_id == tenant_id, u.active, u.id.in_(list(agents))))
    missing = sorted(set(agents) - set(found.scalars()))
    return [Problem("agents", f"user {user} is unknown or locked out: choose an active user") for user in missing]


async def _assign(conn: AsyncConnection, campaign_id: int, agents: Sequence[int]) -> None:
    rows = [{"campaign_id": campaign_id, "user_id": user} for user in sorted(set(agents))]
    if rows:
        await conn.execute(insert(t.campaign_agent), rows)


async def _audit(
    conn: AsyncConnection, tenant_id: int, now: datetime, actor: str, action: str, campaign_id: int, **detail: object
) -> None:
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action=action, subject=f"campaign:{campaign_id}", detail=detail
    )
