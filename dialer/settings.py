"""Every setting of the server: typed, documented, with a safe default, checked at start.

Sources, the later one wins: `promiseline.toml` (or the file that PROMISELINE_CONFIG names), a secrets folder
(PROMISELINE_SECRETS_DIR, one file for each setting, as Docker and Kubernetes mount them), environment variables
PROMISELINE_<SETTING> with `__` between levels.
docs/configuration.md is made from this module.
"""

import os
import tomllib
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from campaigns.audit.checkpoints import private_key, public_key
from compliance.abandonment_ledger import HouseWindow, Policy
from dialer.email_settings import EmailSettings
from dialer.setting_names import names_of, unknown_files, unknown_name, unknown_variables
from telephony.ari.settings import AriSettings

Role = Literal["web", "dialer", "scheduler", "messenger"]
ALL_ROLES: tuple[Role, ...] = ("web", "dialer", "scheduler", "messenger")


class SettingsProblem(Exception):
    """A setting is missing or wrong. The text says which one, why, and where to set it."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeSettings(_Group):
    """One Asterisk node (or the sandbox exchange)."""

    name: str = Field(
        pattern=r"^[a-z0-9-]{1,32}$", description="name of the node; part of no channel id, shown on the board"
    )
    url: str = Field(description="base address of ARI, like http://127.0.0.1:8088/ari", pattern=r"^https?://")
    username: str = Field(default="promiseline", description="user in ari.conf")
    password: SecretStr = Field(description="password of that user")
    app: str = Field(default="promiseline", description="Stasis application name; one dialer a name")
    trunk: str = Field(default="PJSIP/{number}@trunk", description="dial string; {number} is E.164 without the plus")
    formats: str = Field(default="alaw", description="codec of the trunk, so that nothing is transcoded")
    originates_per_s: float = Field(
        default=50.0, gt=0, le=1000, description="admission limit of new calls, a token bucket"
    )
    pool_size: int = Field(default=32, ge=1, le=256, description="HTTP connections to the node")
    deadline_s: float = Field(default=2.0, gt=0, le=30, description="a request without a reply after this is 'unknown'")
    rest_over_ws: bool = Field(default=False, description="send requests over the event socket in place of HTTP")

    @model_validator(mode="after")
    def _trunk_has_a_number(self) -> Self:
        if "{number}" not in self.trunk:
            raise ValueError("trunk must hold {number}, like PJSIP/{number}@trunk")
        return self

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        password = self.password.get_secret_value()
        AriSettings(url=self.url, username=self.username, password=password, app=self.app, node=self.name)
        return self


class MessagingSettings(_Group):
    """The message carrier."""

    provider: Literal["none", "twilio", "sandbox"] = Field(default="none", description="who carries SMS and WhatsApp")
    account_sid: str = Field(default="", description="Twilio account SID")
    auth_token: SecretStr = Field(default=SecretStr(""), description="Twilio auth token; signs webhooks too")
    base_url: str = Field(default="https://api.twilio.com", description="address of the carrier's API")
    sms_sender: str = Field(default="", description="E.164 number or messaging service SID that texts come from")
    whatsapp_sender: str = Field(default="", description="E.164 number of the WhatsApp sender; empty: channel off")
    timeout_s: float = Field(default=10.0, gt=0, le=60, description="a send without a reply after this is 'unknown'")
    per_second: float = Field(default=10.0, gt=0, description="messages a second at most")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider != "none" and not (
            self.account_sid and self.auth_token.get_secret_value() and self.sms_sender
        ):
            raise ValueError(f"provider {self.provider} needs account_sid, auth_token and sms_sender")
        return self


class WebSettings(_Group):
    """The HTTP side: consoles, API, webhooks."""

    host: str = Field(default="127.0.0.1", description="address to listen on; behind a proxy keep it on loopback")
    port: int = Field(default=8080, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    public_base_url: str = Field(
        default="http://127.0.0.1:8080", pattern=r"^https?://", description="address that browsers and carriers use"
    )
    phone_ws_url: str = Field(
        default="auto",
        pattern=r"^(auto|wss?://[^/\s?#]+(/[^\s?#]*)?|)$",
        description="WebSocket of Asterisk for browser phones, like wss://dialer.example.com/ws; empty: SIP telephones"
        " only; auto: derived where the first node is on this machine, else empty",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses or networks of proxies whose X-Forwarded-For is believed; without it everybody behind a"
        " proxy shares one limit of failed logins",
    )
    session_hours: int = Field(default=12, ge=1, le=72, description="longest life of a login")
    idle_minutes: int = Field(default=60, ge=5, le=720, description="a login unused for this long ends")
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="bearer token of /metrics; empty: loopback only"
    )


class TrunkSettings(_Group):
    """A carrier's SIP trunk, for the generated configuration of Asterisk."""

    name: str = Field(default="trunk", description="name of the endpoint; the part after @ in a node's `trunk`")
    host: str = Field(description="address of the carrier's gateway")
    port: int = Field(default=5060, ge=1, le=65535, description="its port")
    username: str = Field(default="", description="user, where the carrier asks for one")
    password: SecretStr = Field(default=SecretStr(""), description="password of that user")
    codecs: tuple[str, ...] = Field(default=("alaw",), description="codecs in order of preference")


class AsteriskSettings(_Group):
    """What `promiseline asterisk-config` writes; the node's address and user come from the first of `nodes`."""

    trunks: tuple[TrunkSettings, ...] = Field(default=(), description="carriers")
    browser_phones: int = Field(
        default=20, ge=0, le=5000, description="phones agent-web-1 to agent-web-N, which are the agents' browsers"
    )
    telephones: int = Field(
        default=0, ge=0, le=5000, description="SIP telephones agent-1 to agent-N; passwords come from secret_key"
    )
    http_host: str = Field(
        default="127.0.0.1", description="address of ARI and of the phones' ws://; never a public one"
    )
    external_address: str = Field(default="", description="public address of the node where it is behind NAT")
    stun: str = Field(default="", description="STUN server, host:port, where the node is behind NAT")
    tls_cert: str = Field(default="", description="certificate for wss://; empty: a proxy in front does TLS")
    tls_key: str = Field(default="", description="its key")


DIAL_STOP_MARGIN_S = 75  # the longest ringing that a campaign may set, and the first words


class HouseWindowSettings(_Group):
    """One window of the house's own abandonment limit."""

    hours: int = Field(ge=1, le=168, description="how far it reaches back from now")
    paces: bool = Field(default=True, description="pacing obeys it; else it only shows and alarms")


class AbandonmentSettings(_Group):
    """How abandonment is judged; the law's 3 % and 2 s are no settings, a campaign's own rules are its own."""

    confidence: float = Field(
        default=0.95, ge=0.5, lt=1, description="of the one-sided upper bound that pacing obeys; higher is stricter"
    )
    min_answers: int = Field(
        default=200, ge=1, le=1_000_000, description="a period with fewer answers is judged as if it had so many"
    )
    near_percent: Decimal = Field(default=Decimal(80), gt=0, le=100, description="of a limit: a higher rate alarms")
    release_percent: Decimal = Field(
        default=Decimal(90), gt=0, le=100, description="of a limit: a bound not above it ends what it had brought"
    )
    house_limit_percent: Decimal = Field(default=Decimal(3), gt=0, le=3, description="the house's own limit")
    house_windows: tuple[HouseWindowSettings, ...] = Field(
        default=(HouseWindowSettings(hours=1, paces=False), HouseWindowSettings(hours=24)),
        max_length=6,
        description="windows in which the house's own limit is watched",
    )
    evidence_days: int = Field(
        default=90, ge=1, le=366, description="a sample test of machine detection is good for so many days"
    )

    @field_validator("house_windows")
    @classmethod
    def _differ(cls, windows: tuple[HouseWindowSettings, ...]) -> tuple[HouseWindowSettings, ...]:
        if len(windows) != len({window.hours for window in windows}):
            raise ValueError("two windows have the same hours; keep one of them")
        return windows

    def policy(self) -> Policy:
        return Policy(
            confidence=self.confidence,
            min_answers=self.min_answers,
            near_share=Fraction(self.near_percent) / 100,
            release_share=Fraction(self.release_percent) / 100,
            limit=Fraction(self.house_limit_percent) / 100,
            windows=tuple(HouseWindow(window.hours, window.paces) for window in self.house_windows),
            evidence_days=self.evidence_days,
        )


class TickSettings(_Group):
    """What the pacers saw and decided, kept in files for `promiseline replay`; it holds no personal data."""

    record: bool = Field(default=True, description="keep every tick in the folder `ticks` of data_dir")
    file_mb: int = Field(default=16, ge=1, le=1024, description="a file is closed at this size and the next one begun")
    most_mb: int = Field(default=256, ge=2, le=1_000_000, description="of all files; the oldest make room for the next")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.most_mb < 2 * self.file_mb:
            raise ValueError("most_mb must hold two files at least: set it to twice file_mb or more")
        return self


class Settings(BaseSettings):
    """All settings of `promiseline serve`."""

    model_config = SettingsConfigDict(
        env_prefix="PROMISELINE_", env_nested_delimiter="__", frozen=True, extra="forbid", validate_default=True
    )

    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="postgresql+asyncpg://user:password@host/name; empty: the embedded PostgreSQL",
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""), description="redis://host:6379/0; empty: the embedded Valkey; may be lost at any time"
    )
    data_dir: Path = Field(
        default=Path(".promiseline"),
        description="where the embedded engines keep their files, and replies wait while the database is away; never"
        " the demonstration's folder",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="32 bytes or more; signs callback addresses; needed outside the demo"
    )
    audit_key: SecretStr = Field(
        default=SecretStr(""),
        description="signs the audit trail's checkpoints: 32 bytes in base64, as `openssl rand -base64 32` makes;"
        " empty: audit.key in data_dir, made at first start",
    )
    audit_trusted_keys: tuple[str, ...] = Field(
        default=(), description="public keys that signed checkpoints before, as `promiseline audit key` prints them"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )
    tenant: str = Field(default="main", description="name of the tenant that this installation serves")
    business_name: str = Field(default="Promiseline", description="the name that limited-content messages give")
    business_phone: str = Field(default="", description="E.164 number that debtors may call back")
    rulebooks_dir: Path | None = Field(
        default=None, description="folder with rulebooks of clients and campaigns, beside those of the product"
    )
    dial_stop_margin_s: int = Field(
        default=DIAL_STOP_MARGIN_S,
        ge=0,
        le=600,
        description="calls stop so many seconds before a window closes, so that ringing and the first words fit",
    )
    roles: tuple[Role, ...] = Field(default=ALL_ROLES, min_length=1, description="what this process does")
    nodes: tuple[NodeSettings, ...] = Field(default=(), description="Asterisk nodes that this process dials through")
    messaging: MessagingSettings = MessagingSettings()
    email: EmailSettings = EmailSettings()
    web: WebSettings = WebSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    abandonment: AbandonmentSettings = AbandonmentSettings()
    ticks: TickSettings = TickSettings()
    erase_by_retention: bool = Field(
        default=False,
        description="the scheduler erases each day who is past the maximum of the rulebooks that bind; off until"
        " somebody has looked at `promiseline retention plan`, since nothing erased comes back",
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        return _url(
            url, ("postgresql+asyncpg", "postgresql", "postgres"), "postgresql+asyncpg://user:password@host/name"
        )

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: SecretStr) -> SecretStr:
        return _url(url, ("redis", "rediss", "unix"), "redis://host:6379/0")

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < 32:
            raise ValueError("shorter than 32 characters; make one with: openssl rand -base64 48")
        return key

    @field_validator("audit_key")
    @classmethod
    def _signs(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value():
            private_key(key.get_secret_value())
        return key

    @field_validator("audit_trusted_keys")
    @classmethod
    def _are_public_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for key in keys:
            public_key(key)
        return keys

    @field_validator("nodes")
    @classmethod
    def _have_names(cls, nodes: tuple[NodeSettings, ...]) -> tuple[NodeSettings, ...]:
        if len(nodes) != len({node.name for node in nodes}):
            raise ValueError("two nodes have the same name; give each its own")
        return nodes

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        secrets_dir = os.environ.get("PROMISELINE_SECRETS_DIR")
        if secrets_dir:
            if not Path(secrets_dir).is_dir():
                raise SettingsProblem(f"PROMISELINE_SECRETS_DIR names {secrets_dir}, and there is no such folder.")
            sources.append(SecretsSettingsSource(settings_cls, secrets_dir))
        config = Path(os.environ.get("PROMISELINE_CONFIG", "promiseline.toml"))
        if config.exists():
            sources.append(TomlConfigSettingsSource(settings_cls, config))
        elif "PROMISELINE_CONFIG" in os.environ:
            raise SettingsProblem(f"PROMISELINE_CONFIG names {config}, and there is no such file.")
        return tuple(sources)


class GivenSettings(Settings):
    """What the program itself gives, and defaults; nothing of the machine's settings reaches the demonstration."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load_settings(**overrides: Any) -> Settings:
    """The settings from file, secrets and environment; raises SettingsProblem with one line for each problem."""
    file = os.environ.get("PROMISELINE_CONFIG", "promiseline.toml")
    lines: list[str] = []
    try:
        lines += _unknown()
        settings = Settings(**overrides)
    except SettingsError as problem:
        # only the name: the cause's text would repeat a value, and values are secrets
        name = str(problem).split('"')[1] if '"' in str(problem) else "a list or group"
        raise SettingsProblem(
            f"The settings are not right:\n  {name}: this is no JSON (set PROMISELINE_{name.upper()} to one JSON value,"
            ' like [{"name": "a", "url": "http://127.0.0.1:8088/ari", "password": "..."}])'
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise SettingsProblem(f"{file} is no TOML: {problem}") from None
    except UnicodeDecodeError as problem:
        raise SettingsProblem(f"{file} is no UTF-8 from byte {problem.start} on: save it as UTF-8") from None
    except OSError as problem:
        raise SettingsProblem(f"the settings cannot be read: {problem.filename}: {problem.strerror}") from None
    except ValidationError as problem:
        lines += [_line(error["loc"], error["type"], error["msg"]) for error in problem.errors(include_input=False)]
    if lines:
        raise SettingsProblem("The settings are not right:\n" + "\n".join(lines))
    return settings


def _unknown() -> list[str]:
    """A line for each variable and each secret that no setting reads."""
    known, folder = list(names_of(Settings)), os.environ.get("PROMISELINE_SECRETS_DIR", "")
    files = os.listdir(folder) if folder and Path(folder).is_dir() else []
    return unknown_variables(os.environ, known) + unknown_files(files, known)


def _line(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(part) for part in place) or "settings"
    if kind == "extra_forbidden":
        return f"  {name}: {unknown_name(place, list(names_of(Settings)))}"
    # a list has one variable, which holds all of it as JSON
    levels = [str(part).upper() for part in takewhile(lambda part: isinstance(part, str), place)]
    said = message.removeprefix("Value error, ")
    return f"  {name}: {said} (set PROMISELINE_{'__'.join(levels)} or `{name}` in promiseline.toml)"


def _url(url: SecretStr, schemes: tuple[str, ...], example: str) -> SecretStr:
    value = url.get_secret_value()
    if value:
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"this is no address like {example}")
    return url
