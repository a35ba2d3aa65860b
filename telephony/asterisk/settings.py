"""Describes one Asterisk node of ours in types; wrong values are told in words before anything is written."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
_HOST = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.:-]{0,253}$")
_CODECS = frozenset({"alaw", "ulaw", "g722", "opus", "gsm", "slin"})
_RESERVED = frozenset({"general", "global", "system", "transport-udp", "transport-ws"})


class SettingsProblem(ValueError):
    """A setting that Asterisk must not be given: the text says which, why and how to mend it."""


def check_name(what: str, value: str) -> None:
    if not _NAME.match(value) or value in _RESERVED:
        raise SettingsProblem(
            f"{what} {value!r} cannot be used: take 1 to 64 letters, digits, '_', '.' or '-',"
            f" the first a letter or digit (and none of {', '.join(sorted(_RESERVED))})"
        )


def check_host(what: str, value: str) -> None:
    if not _HOST.match(value):
        raise SettingsProblem(f"{what} {value!r} is no host name or IP address")


def check_secret(what: str, value: str) -> None:
    """A secret stands in a line of a configuration file: it may hold no line break, and must not be empty."""
    if not value or any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise SettingsProblem(f"{what} must not be empty or hold control characters such as line breaks")
    if value != value.strip():
        raise SettingsProblem(f"{what} must not begin or end with a space: Asterisk would cut it off")


def check_port(what: str, value: int) -> None:
    if not 1 <= value <= 65535:
        raise SettingsProblem(f"{what} must be between 1 and 65535, not {value}")


def check_codecs(what: str, codecs: tuple[str, ...]) -> None:
    unknown = [codec for codec in codecs if codec not in _CODECS]
    if unknown or not codecs:
        raise SettingsProblem(f"{what}: unknown codec {', '.join(unknown) or '(none given)'}; known: {sorted(_CODECS)}")


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier: calls go out by PJSIP/<number>@<name>.

    `identify`: know the carrier's own requests (OPTIONS, INVITE) by its address; they reach an empty context.
    """

    name: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = field(default="", repr=False)
    from_domain: str = ""
    codecs: tuple[str, ...] = ("alaw",)
    rtp_timeout_s: int = 120
    identify: bool = True

    def __post_init__(self) -> None:
        check_name("the trunk's name", self.name)
        check_host(f"trunk {self.name}: host", self.host)
        check_port(f"trunk {self.name}: port", self.port)
        check_codecs(f"trunk {self.name}", self.codecs)
        if self.username:
            check_secret(f"trunk {self.name}: user name", self.username)
            check_secret(f"trunk {self.name}: password", self.password)
        if self.from_domain:
            check_host(f"trunk {self.name}: from_domain", self.from_domain)


@dataclass(frozen=True, slots=True)
class AgentPhone:
    """An agent's phone: a browser (`webrtc`) or a SIP telephone, registered by name and password.

    `contact` is the fixed address of a telephone that does not register. `rtp_timeout_s` ends a leg whose
    audio stopped (a killed browser): 0 would leave debtors talking to nobody, and is for laboratories only.
    """

    name: str
    password: str = field(repr=False)
    webrtc: bool = True
    contact: str = ""
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    rtp_timeout_s: int = 8

    def __post_init__(self) -> None:
        check_name("the agent phone's name", self.name)
        check_secret(f"agent phone {self.name}: password", self.password)
        check_codecs(f"agent phone {self.name}", self.codecs)
        if self.contact and not re.match(r"^sips?:[A-Za-z0-9_.+-]+@[A-Za-z0-9.:\[\]-]+$", self.contact):
            raise SettingsProblem(f"agent phone {self.name}: contact must be like sip:name@host:port")


@dataclass(frozen=True, slots=True)
class Directories:
    """Where Asterisk finds and puts things, as the Asterisk process sees them. `modules` "" is its own place."""

    etc: str = "/etc/asterisk"
    modules: str = ""
    data: str = "/usr/share/asterisk"
    lib: str = "/var/lib/asterisk"
    spool: str = "/var/spool/asterisk"
    run: str = "/var/run/asterisk"
    log: str = "/var/log/asterisk"
    cache: str = "/var/cache/asterisk"


@dataclass(frozen=True, slots=True)
class Amd:
    """Answering machine detection, in milliseconds. Raised over Asterisk's defaults: a greeting that says a name passes
    2 words and 1.5 s at once, and a live person taken for a machine is an abandoned call."""

    initial_silence_ms: int = 2500
    greeting_ms: int = 2200
    after_greeting_silence_ms: int = 800
    total_ms: int = 5000
    min_word_ms: int = 100
    between_words_ms: int = 50
    max_words: int = 5
    silence_threshold: int = 256


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """One node. Passwords come from the caller; nothing here has a default secret."""

    ari_password: str = field(repr=False)
    ari_user: str = "promiseline"
    app: str = "promiseline"
    http_host: str = "127.0.0.1"
    http_port: int = 8088
    tls_cert: str = ""
    tls_key: str = ""
    tls_host: str = "0.0.0.0"  # noqa: S104 - phones of agents come from everywhere
    tls_port: int = 8089
    sip_host: str = "0.0.0.0"  # noqa: S104 - carriers come from everywhere
    sip_port: int = 5060
    rtp_start: int = 10000
    rtp_end: int = 19999
    external_address: str = ""
    local_nets: tuple[str, ...] = ()
    stun: str = ""
    trunks: tuple[Trunk, ...] = ()
    agents: tuple[AgentPhone, ...] = ()
    amd: Amd = field(default_factory=Amd)
    directories: Directories = field(default_factory=Directories)
    session_limit: int = 2000
    max_calls: int = 2000
    sip_t1_ms: int = 250

    def __post_init__(self) -> None:
        check_name("ari_user", self.ari_user)
        check_name("app", self.app)
        check_secret("ari_password", self.ari_password)
        for what, host in (("http_host", self.http_host), ("sip_host", self.sip_host), ("tls_host", self.tls_host)):
            try:
                ip_address(host)
            except ValueError:
                raise SettingsProblem(f"{what} must be an IP address of this machine, not {host!r}") from None
        for what, port in (("http_port", self.http_port), ("sip_port", self.sip_port), ("tls_port", self.tls_port)):
            check_port(what, port)
        if self.rtp_end - self.rtp_start < 3:
            raise SettingsProblem("rtp_end must be at least 3 above rtp_start; count 4 ports for each call")
        names = [*(trunk.name for trunk in self.trunks), *(phone.name for phone in self.agents)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SettingsProblem(f"names of trunks and phones must differ; used twice: {', '.join(twice)}")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise SettingsProblem("tls_cert and tls_key belong together: give both or neither")
        for what, path in (("tls_cert", self.tls_cert), ("tls_key", self.tls_key)):
            if path:
                check_secret(what, path)
        for what, host in (("external_address", self.external_address), ("stun", self.stun)):
            if host:
                check_host(what, host)
        for net in self.local_nets:
            if not re.match(r"^[0-9A-Fa-f.:]+/\d{1,3}$", net):
                raise SettingsProblem(f"local_nets: {net!r} is no network like 10.0.0.0/8")
