"""What the web role is given: its settings and the parts that it talks to. Built by the composition root."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.ports import ReadinessCheck, Webhook
from campaigns.users.passwords import Passwords
from compliance.abandonment_ledger import Policy
from compliance.rulebooks.loader import load_rulebooks
from dialer.commands import FloorPort
from dialer.contact import GateContext
from dialer.phones import AgentPhones
from telephony.clock import Clock

LOOPBACK = ("127.0.0.1", "localhost")
STATIC_DIR = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`public_base_url` is the address that browsers and providers use, like https://dial.example.com."""

    public_base_url: str
    tenant_id: int = 1
    session_lifetime: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(hours=1)
    cookie_secure: bool | None = None  # None: as public_base_url is https or not
    allowed_origins: tuple[str, ...] = ()  # beside that of public_base_url
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded-For is believed
    connect_sources: tuple[str, ...] = ()  # more addresses that the pages may open, like the phones' wss://
    static_dir: Path = STATIC_DIR
    sandbox: bool = False
    version: str = "0"
    metrics_token: str = field(default="", repr=False)  # empty: /metrics answers loopback only
    redis_url: str = field(default="", repr=False)  # empty: one web process
    body_limit_bytes: int = 64 * 1024
    upload_limit_bytes: int = 160 * 1024 * 1024  # a file for a do-not-contact list: ten million numbers are 130 MB
    upload_silence_s: float = 30.0  # an upload that brings nothing for so long is given up
    max_sockets_per_user: int = 20
    queue_limit_packets: int = 500
    command_deadline_s: float = 10.0

    @property
    def https(self) -> bool:
        return urlsplit(self.public_base_url).scheme == "https"

    @property
    def secure_cookie(self) -> bool:
        return self.https if self.cookie_secure is None else self.cookie_secure

    @property
    def origins(self) -> frozenset[str]:
        """Origins, like https://dial.example.com, whose pages may log in and open sockets."""
        parts = urlsplit(self.public_base_url)
        hosts = [parts.netloc]
        if parts.hostname in LOOPBACK:
            # whoever tries it on the own machine writes either
            port = f":{parts.port}" if parts.port else ""
            hosts = [name + port for name in LOOPBACK]
        own = (f"{parts.scheme}://{host}" for host in hosts)
        return frozenset(origin.rstrip("/") for origin in (*own, *self.allowed_origins))


@dataclass(frozen=True, slots=True)
class WebDeps:
    engine: AsyncEngine
    floor: FloorPort
    clock: Clock
    settings: WebSettings
    passwords: Passwords
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)  # by provider: the {provider} of /hooks/
    readiness: Sequence[ReadinessCheck] = ()
    phones: AgentPhones = field(default_factory=AgentPhones)
    abandonment: Policy = field(default_factory=Policy)
    gate: GateContext = field(default_factory=lambda: GateContext(load_rulebooks()))
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
