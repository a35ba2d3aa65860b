"""Fills an empty database for the demonstration: portfolio, people, one campaign; does nothing where it is filled."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.imports.model import ImportOptions
from campaigns.imports.service import import_file
from campaigns.queue import service as queue
from campaigns.synthetic.portfolio import Portfolio, write_csv
from campaigns.templates import service as templates
from campaigns.users import service as users
from campaigns.users.model import check_password
from campaigns.users.passwords import Passwords
from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.spec import SWITCHES
from dialer.campaign_policy import RulebookPolicy
from dialer.import_parts import import_parts
from dialer.settings import DIAL_STOP_MARGIN_S

CREDITOR = "Northwind Credit"
CAMPAIGN = "Autumn arrears"
# the sandbox carrier bars nothing: the channels that a real one may refuse are turned on
BUSINESS = {
    "business_name": "Northwind Recovery",
    "business_phone": "+12125550100",
    "switches": list(SWITCHES),
}
STEPS = (
    {"kind": "call", "tries": 1},
    {"kind": "message", "template": "missed_call"},
    {"kind": "wait", "seconds": 4 * 3600},
    {"kind": "call", "tries": 2, "retry_after_s": 6 * 3600},
)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demonstration consists of."""

    debtors: int = 10_000
    agents: int = 12
    seed: int = 1
    settings: tuple[tuple[str, object], ...] = (
        ("mode", "predictive"),
        ("caller_id", "+12125550100"),
        ("wrap_up_s", 25),
        ("steps", STEPS),
    )


@dataclass(frozen=True, slots=True)
class Login:
    login: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What was set up: `agents` are (user id, login) of the simulated ones."""

    tenant_id: int
    campaign_id: int
    agents: tuple[int, ...]
    logins: tuple[Login, ...]


async def set_up(engine: AsyncEngine, data_dir: Path, plan: Plan, now: datetime, say: Progress) -> Stage:
    """The stage, built when the database has none."""
    async with engine.begin() as conn:
        tenant_id = await admin.create_tenant(conn, name="main", now=now, settings=BUSINESS)
        await templates.install_defaults(conn, tenant_id)
        there = await conn.execute(select(t.campaign.c.id).where(t.campaign.c.name == CAMPAIGN))
        campaign_id = there.scalar_one_or_none()
    if campaign_id is None:
        campaign_id = await _build(engine, data_dir, plan, tenant_id, now, say)
    async with engine.connect() as conn:
        agents = [user for user in await users.everyone(conn, tenant_id) if user.simulated]
    return Stage(tenant_id, campaign_id, tuple(a.id for a in agents), read_logins(data_dir))


async def _build(engine: AsyncEngine, data_dir: Path, plan: Plan, tenant_id: int, now: datetime, say: Progress) -> int:
    say(f"Making {plan.debtors:,} synthetic debtors in five countries")
    file = data_dir / "portfolio.csv"
    write_csv(file, Portfolio(plan.debtors, plan.seed, now.date()))
    say("Importing them")
    await import_file(engine, file, CREDITOR, ImportOptions(tenant_id=tenant_id), import_parts(), now=now)
    say("Adding people and a campaign")
    # the campaign's name is the sign that all is there: what a stop in the middle leaves is made anew
    async with engine.begin() as conn:
        people = await _people(conn, data_dir, plan, tenant_id, now)
        campaign_id = await admin.create(
            conn,
            tenant_id=tenant_id,
            creditor=CREDITOR,
            name=CAMPAIGN,
            settings=dict(plan.settings),
            now=now,
            actor="demo",
            agents=people,
        )
        policy = RulebookPolicy(load_rulebooks(dial_stop_margin_s=DIAL_STOP_MARGIN_S))
        await admin.start(conn, campaign_id, policy=policy, now=now, actor="demo")
        await queue.promote_due(conn, now, limit=1_000_000)
    return campaign_id


async def _people(conn: AsyncConnection, data_dir: Path, plan: Plan, tenant_id: int, now: datetime) -> list[int]:
    """The simulated agents and the human one; their ids."""
    passwords = Passwords()
    logins = (
        Login("anna", password_for("anna"), "agent"),
        Login("sam", password_for("sam"), "supervisor"),
        Login("ada", password_for("ada"), "admin"),
    )
    made = []
    for number in range(1, plan.agents + 1):
        made.append(
            await users.create(
                conn, passwords, tenant_id=tenant_id, login=f"sim{number:02d}",
                display_name=f"Simulated agent {number}", role="agent", password=None, now=now, actor="demo",
                phone_endpoint=f"PJSIP/agent-{number}", simulated=True,
            )
        )  # fmt: skip
    for number, login in enumerate(logins, plan.agents + 1):
        phone = f"PJSIP/agent-{number}" if login.role == "agent" else None
        user_id = await users.create(
            conn, passwords, tenant_id=tenant_id, login=login.login, display_name=login.login.title(),
            role=login.role, password=login.password, now=now, actor="demo", phone_endpoint=phone,
        )  # fmt: skip
        if login.role == "agent":
            made.append(user_id)
    _write_logins(data_dir, logins)
    return made


def password_for(login: str) -> str:
    """By chance; drawn again where the letters of a short login came up in it."""
    while check_password(drawn := secrets.token_urlsafe(9), login):
        pass
    return drawn


def _logins_file(data_dir: Path) -> Path:
    return data_dir / "logins.json"


def _write_logins(data_dir: Path, logins: tuple[Login, ...]) -> None:
    path = _logins_file(data_dir)
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps([(one.login, one.password, one.role) for one in logins]))


def read_logins(data_dir: Path) -> tuple[Login, ...]:
    """The demonstration's own passwords, drawn by chance when it was set up."""
    path = _logins_file(data_dir)
    return tuple(Login(*one) for one in orjson.loads(path.read_bytes())) if path.exists() else ()
