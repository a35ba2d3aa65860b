"""How one Asterisk node is reached and how hard it may be driven; wrong values are told at once, all of them."""

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

DISALLOWED_EVENTS = ("ChannelVarset", "ChannelDialplan", "ChannelCallerId", "ChannelConnectedLine")
"""Half of a plain call's bytes and nothing a dialer needs. An `allowed` list would eat REST-over-WebSocket replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AriSettings:
    """One node. `url` like http://127.0.0.1:8088; `/ari` is added where it ends in no path. Raises ValueError."""

    url: str
    username: str
    password: str = field(repr=False)
    app: str = "promiseline"
    node: str = "asterisk-1"
    pool_size: int = 64
    deadline_s: float = 5.0
    originates_per_s: float = 50.0
    rest_over_ws: bool = False
    ws_command_sockets: int = 6  # Asterisk answers one request at a time on each
    heartbeat_s: float = 5.0
    probe_interval_s: float = 5.0
    probe_deadline_s: float = 2.0
    slow_ms: float = 200.0
    queue_size: int = 10_000
    backoff_min_s: float = 0.2
    backoff_max_s: float = 5.0
    amd_context: str = "promiseline-amd"
    disallowed_events: tuple[str, ...] = DISALLOWED_EVENTS

    def __post_init__(self) -> None:
        if problems := [*self._text_problems(), *self._number_problems()]:
            raise ValueError(f"ARI settings of node {self.node or '(no name)'}: " + "; ".join(problems))

    def _text_problems(self) -> list[str]:
        problems = []
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            problems.append("`url` must be like http://127.0.0.1:8088")
        elif parts.username or parts.password or parts.query:
            problems.append(
                "`url` must not hold a user name, password or query: use the settings `username` and `password`"
            )
        for name in ("username", "password", "app", "node", "amd_context"):
            if not getattr(self, name):
                problems.append(f"`{name}` must not be empty")
        if ":" in self.username:
            problems.append("`username` must not hold a colon")
        if set(self.app) & set(", /:&"):
            problems.append("`app` must be one word without space, comma, slash, colon or &")
        if "RESTResponse" in self.disallowed_events:
            problems.append("`disallowed_events` must not hold RESTResponse: replies over WebSocket would be eaten")
        return problems

    def _number_problems(self) -> list[str]:
        names = "pool_size deadline_s originates_per_s ws_command_sockets heartbeat_s probe_interval_s probe_deadline_s"
        names += " slow_ms queue_size backoff_min_s backoff_max_s"
        problems = [f"`{n}` must be above 0, not {getattr(self, n)}" for n in names.split() if not getattr(self, n) > 0]
        if self.backoff_max_s < self.backoff_min_s:
            problems.append(
                f"`backoff_max_s` ({self.backoff_max_s}) must not be below `backoff_min_s` ({self.backoff_min_s})"
            )
        return problems

    @property
    def base_url(self) -> str:
        """Where paths like /channels are appended."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/")
        return urlunsplit((parts.scheme, parts.netloc, path if path.endswith("/ari") else f"{path}/ari", "", ""))

    @property
    def headers(self) -> dict[str, str]:
        """Basic auth as a header: `api_key=` in the URL would land in logs."""
        token = b64encode(f"{self.username}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {token}"}
