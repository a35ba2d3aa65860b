"""Looks at every part that the server needs, and says of each what is wrong and how to mend it."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import aiohttp
import tzdata  # type: ignore[import-untyped]
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campaigns.audit import reading, sealing
from campaigns.db import migrate
from campaigns.db.engine import make_engine
from dialer.doctor_books import look_at_books
from dialer.doctor_detection import look_at_detection
from dialer.doctor_gate import look_at_contacts
from dialer.doctor_lists import look_at_lists
from dialer.doctor_mail import look_at_mail
from dialer.doctor_tenant import look_at_tenant
from dialer.faults import why
from dialer.findings import Finding
from dialer.parts import make_provider
from dialer.phones import phone_ws_url
from dialer.settings import NodeSettings, Settings
from dialer.spool import REFUSED, SPOOL, WAITING
from telephony.ari.client import AriClient
from telephony.ari.errors import ExchangeError, WrongCredentials
from telephony.ari.settings import AriSettings
from telephony.clock import Clock, SystemClock
from telephony.messaging.port import LookupUnavailable

TZDATA_OLDEST_DAYS = 120
CLOCK_APART_S = 2.0
ASTERISK_OLDEST = 20
UNSEALED_OLDEST = timedelta(minutes=15)
CHECKPOINT_OLDEST = timedelta(hours=2)
NO_SUCH_MESSAGE = "SM" + "0" * 32
CHECK_WITHIN_S = 8.0

# no date is installed with the data: this is the date of the files inside the wheel that requirements.lock pins
TZDATA_WHEEL_BUILT = {"2026.6": date(2026, 10, 28)}


Check = Callable[[], Awaitable[list[Finding]]]


async def examine(settings: Settings, database_url: str, redis_url: str, clock: Clock | None = None) -> list[Finding]:
    """Every finding, in a fixed order; one part that hangs does not hold up the others."""
    now = (clock or SystemClock()).now
    checks: list[tuple[str, Check]] = [
        ("database", lambda: _database(database_url, now, settings.tenant)),
        ("lists", lambda: look_at_lists(settings, database_url, clock or SystemClock())),
        ("machine detection", lambda: look_at_detection(settings, database_url, clock or SystemClock())),
        ("redis", lambda: _redis(redis_url)),
        *((f"node {node.name}", _node_check(node)) for node in settings.nodes),
        ("phones", lambda: _phones(settings)),
        ("messages", lambda: _messages(settings)),
        ("mail", lambda: look_at_mail(settings)),
    ]
    groups = await asyncio.gather(*(_bounded(part, check) for part, check in checks))
    findings = [finding for group in groups for finding in group]
    findings += look_at_books(settings)
    findings.append(tz_database(now().date()))
    findings.append(kept_replies(settings.data_dir / SPOOL))
    findings.append(retention(settings.erase_by_retention))
    if not settings.nodes:
        findings.append(
            Finding("nodes", False, "no Asterisk node is set up", "Set PROMISELINE_NODES; see docs/configuration.md.")
        )
    return findings


def retention(on: bool) -> Finding:
    """Off is no fault: the maxima that rulebooks name are drafts, and what is erased never comes back."""
    if on:
        return Finding("retention", True, "who is past the maximum of the rulebooks that bind is erased each day")
    says = "off: nobody is erased by age; promiseline retention plan shows who is past the maximum"
    return Finding("retention", True, says + ", PROMISELINE_ERASE_BY_RETENTION=true erases them each day")


def kept_replies(folder: Path) -> Finding:
    """What the web role of this machine could not give to the database."""
    waiting, refused = (len(list(folder.glob(f"*{ending}"))) for ending in (WAITING, REFUSED))
    if refused:
        says = f"{refused} replies of persons were refused by the database"
        mend = f"Read the files {folder}/*{REFUSED}, do what the persons ask, then delete them."
        return Finding("replies", False, says, mend)
    if waiting:
        says = f"{waiting} replies of persons wait on disk"
        mend = "They are stored by themselves once the server runs and the database answers."
        return Finding("replies", False, says, mend)
    return Finding("replies", True, "none waits on disk")


async def _bounded(part: str, check: Check) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            return await check()
    except TimeoutError:
        return [
            Finding(
                part, False, f"no answer within {CHECK_WITHIN_S:g} s", "Is it overloaded, or is a firewall between?"
            )
        ]


async def _database(url: str, now: Callable[[], datetime], tenant: str) -> list[Finding]:
    engine = make_engine(url, pool_size=1)
    try:
        async with engine.connect() as conn:
            before = now()
            version, theirs = (await conn.execute(text("SELECT version(), clock_timestamp()"))).one()
            after = now()
        schema = await migrate.state(engine)
    except (SQLAlchemyError, OSError) as problem:
        mend = "Is PostgreSQL running? Is PROMISELINE_DATABASE_URL right?"
        return [Finding("database", False, f"cannot be reached ({why(problem)})", mend)]
    finally:
        await engine.dispose()
    # what the question itself took says nothing of the clocks
    apart = max(0.0, (before - theirs).total_seconds(), (theirs - after).total_seconds())
    found = [Finding("database", True, str(version).split(" on ")[0]), _schema(schema), _clock(apart)]
    if not schema.up_to_date:
        return found
    more = [await look_at_tenant(tenant, url), await look_at_contacts(url, after), await audit_trail(url, after)]
    return found + more


async def audit_trail(url: str, now: datetime) -> Finding:
    """How far sealing and signing are behind; of several tenants one that is behind is told."""
    engine = make_engine(url, pool_size=1)
    try:
        async with engine.connect() as conn:
            found = [await reading.backlog(conn, tenant) for tenant in (await sealing.mark(conn)).verdicts]
    except (SQLAlchemyError, OSError) as problem:
        return Finding("audit", False, f"cannot be read ({why(problem)})", "Run: promiseline migrate")
    finally:
        await engine.dispose()
    findings = [_trail(backlog, now) for backlog in found]
    bad = [finding for finding in findings if not finding.ok]
    return (bad or findings or [Finding("audit", True, "no row yet")])[0]


def _trail(backlog: reading.Backlog, now: datetime) -> Finding:
    runs = "Does a process with the role scheduler run, and what does it log (sealer.*)? "
    oldest = min((at for at in (backlog.oldest, backlog.oldest_verdict) if at), default=None)
    waits = f"{backlog.unsealed:,} rows and {backlog.unsealed_verdicts:,} verdicts wait to be sealed"
    if oldest is not None and now - oldest > UNSEALED_OLDEST:
        mend = (
            runs + "A transaction that never ends holds verdicts up: see pg_stat_activity. Or: promiseline audit seal"
        )
        return Finding("audit", False, f"{waits}, the oldest since {oldest:%Y-%m-%d %H:%M} UTC", mend)
    if not backlog.sealed:
        return Finding("audit", True, waits)
    if backlog.checkpoint_at is None or now - backlog.checkpoint_at > CHECKPOINT_OLDEST:
        last = (
            "there is none"
            if backlog.checkpoint_at is None
            else f"the last is of {backlog.checkpoint_at:%Y-%m-%d %H:%M} UTC"
        )
        return Finding(
            "audit", False, f"no signed checkpoint for two hours: {last}", runs + "Or: promiseline audit seal"
        )
    return Finding("audit", True, f"{backlog.sealed:,} rows sealed, {waits}, signed {backlog.checkpoint_at:%H:%M} UTC")


def _schema(schema: migrate.SchemaState) -> Finding:
    if schema.up_to_date:
        return Finding("schema", True, f"revision {schema.current}")
    if not schema.known:
        mend = "A newer Promiseline migrated it: run that version, or restore the backup made before."
        return Finding("schema", False, f"revision {schema.current} is unknown, newest is {schema.head}", mend)
    says = f"revision {schema.current or 'none'}, newest is {schema.head}"
    return Finding("schema", False, says, "Run: promiseline migrate")


def _clock(apart_s: float) -> Finding:
    if apart_s <= CLOCK_APART_S:
        return Finding("clock", True, f"{apart_s:.2f} s apart from the database's")
    mend = "Contact hours depend on the clock. Turn on NTP on both machines (timedatectl set-ntp true)."
    return Finding("clock", False, f"{apart_s:.1f} s apart from the database's clock", mend)


async def _redis(url: str) -> list[Finding]:
    redis: Redis = Redis.from_url(url)
    try:
        started = time.perf_counter()
        await redis.ping()
        took_ms = (time.perf_counter() - started) * 1000
        return [Finding("redis", True, f"answers in {took_ms:.1f} ms")]
    except (RedisError, OSError) as problem:
        mend = "One node goes on dialing without it, but web processes see nothing. Is PROMISELINE_REDIS_URL right?"
        return [Finding("redis", False, f"cannot be reached ({_redis_words(problem)})", mend)]
    finally:
        await redis.aclose()


def _redis_words(problem: RedisError | OSError) -> str:
    cause = problem.__cause__ or problem.__context__
    return (cause.strerror if isinstance(cause, OSError) else None) or type(problem).__name__


def _node_check(node: NodeSettings) -> Check:
    return lambda: _node(node)


async def _node(node: NodeSettings) -> list[Finding]:
    part = f"node {node.name}"
    settings = AriSettings(
        url=node.url, username=node.username, password=node.password.get_secret_value(), app=node.app, node=node.name
    )
    try:
        async with AriClient(settings) as ari:
            info = await ari.asterisk.get_info()
            endpoints = await ari.endpoints.list()
    except WrongCredentials as problem:
        mend = f"ari.conf of the node needs a section [{node.username}] with `password` as in PROMISELINE_NODES."
        return [Finding(part, False, str(problem), mend)]
    except ExchangeError as problem:
        mend = "Is Asterisk running there, with http.conf enabled and this user in ari.conf?"
        return [Finding(part, False, str(problem), mend)]
    version = info.system.version if info.system else "unknown"
    number = re.match(r"\d+", version)
    findings = [Finding(part, True, f"Asterisk {version}")]
    if number and int(number[0]) < ASTERISK_OLDEST:
        findings = [Finding(part, False, f"Asterisk {version}", f"Promiseline needs {ASTERISK_OLDEST} or newer.")]
    trunk = node.trunk.rsplit("@", 1)[-1]
    known = {endpoint.resource: endpoint.state for endpoint in endpoints}
    if trunk not in known:
        mend = f"Add the endpoint [{trunk}] to pjsip.conf, or set `trunk` of the node."
        findings.append(Finding(f"trunk {trunk}", False, f"node {node.name} does not know it", mend))
    elif known[trunk] == "offline":
        mend = "Is the carrier's address right in pjsip.conf, and does it answer OPTIONS (qualify_frequency)?"
        findings.append(Finding(f"trunk {trunk}", False, "offline", mend))
    else:
        findings.append(Finding(f"trunk {trunk}", True, known[trunk] or "state unknown"))
    return findings


async def _phones(settings: Settings) -> list[Finding]:
    """Whether a browser could open the phones' WebSocket, as far as this machine can tell."""
    url = phone_ws_url(settings)
    if not url or not settings.asterisk.browser_phones:
        return [Finding("phones", True, "SIP telephones only: no address for browser phones")]
    try:
        async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=("sip",)) as ws:
            if ws.protocol == "sip":
                return [Finding("phones", True, f"browsers can connect at {url}")]
            says = f"{url} is a WebSocket, but not one of SIP"
    except (aiohttp.ClientError, OSError) as problem:
        says = f"{url} cannot be opened ({_handshake_words(problem)})"
    mend = "The proxy must pass this path to Asterisk's /ws with Upgrade headers; or set web.phone_ws_url."
    return [Finding("phones", False, says, mend)]


def _handshake_words(problem: aiohttp.ClientError | OSError) -> str:
    return f"HTTP {problem.status}" if isinstance(problem, aiohttp.WSServerHandshakeError) else why(problem)


async def _messages(settings: Settings) -> list[Finding]:
    if settings.messaging.provider == "none" and settings.email.host:
        return [Finding("messages", True, "no carrier for texts is set up: e-mails alone")]
    if settings.messaging.provider == "none":
        mend = "Campaigns with message steps need one: set PROMISELINE_MESSAGING__PROVIDER."
        return [Finding("messages", False, "no carrier is set up", mend)]
    provider = make_provider(settings)
    try:
        await provider.lookup(NO_SUCH_MESSAGE)
    except LookupUnavailable as problem:
        if str(problem) in ("http 401", "http 403"):
            says = f"{settings.messaging.provider} refuses the account or its token ({str(problem).upper()})"
            return [Finding("messages", False, says, "Check account_sid and auth_token of [messaging].")]
        says = f"{settings.messaging.provider} cannot be asked ({problem})"
        return [Finding("messages", False, says, "Check base_url of [messaging], and whether this machine may go out.")]
    finally:
        await provider.close()
    return [Finding("messages", True, f"{settings.messaging.provider} answers")]


def tz_database(today: date) -> Finding:
    """How old the time zones' rules are."""
    version = tzdata.IANA_VERSION
    built = TZDATA_WHEEL_BUILT.get(tzdata.__version__)
    if built is None:
        mend = "Install the version that requirements.lock pins."
        return Finding("tz database", False, f"{version} is not the pinned one, its age is unknown", mend)
    age = (today - built).days
    if age > TZDATA_OLDEST_DAYS:
        mend = "Governments change clocks at short notice: pip install --upgrade tzdata, then restart."
        return Finding("tz database", False, f"{version} is {age} days old", mend)
    return Finding("tz database", True, f"{version}, {age} days old")
