"""What the server and the consoles say to each other, as types: the mirror of agent_ui/web/src/protocol.ts.

Instants are ISO 8601 UTC text; money is integer minor units with its ISO 4217 currency; phones are E.164. A test
compares the names of all fields with the original's, so that neither changes alone.
"""

from typing import Any, Literal, NotRequired, TypedDict

# the shapes of a person's file are made, and so named, where the file is loaded
from campaigns.casefile.model import (
    Check as Check,
    DebtView as DebtView,
    FileView as FileView,
    MayContact as MayContact,
    Money as Money,
    PromiseLimits as PromiseLimits,
    PromiseView as PromiseView,
    SayView as SayView,
    ScorePart as ScorePart,
    ScoreView as ScoreView,
    TimelineItem as TimelineItem,
    WishView as WishView,
    WordsView as WordsView,
)

Role = Literal["agent", "supervisor", "admin"]
AgentState = Literal["offline", "ready", "preview", "reserved", "talking", "hold", "wrap_up", "paused"]


class User(TypedDict):
    id: int
    login: str
    name: str
    role: Role
    language: str


class Me(TypedDict):
    user: User
    csrf: str
    sandbox: bool
    version: str


class Snapshot(TypedDict):
    epoch: str
    seq: int
    now: str
    state: Any


class Op(TypedDict):
    """Without `value` the path is deleted; an empty path replaces all."""

    path: list[str]
    value: NotRequired[Any]


class Delta(TypedDict):
    epoch: str
    seq: int
    now: str
    ops: list[Op]


class FloorLink(TypedDict):
    up: bool
    since: str
    why: Literal["", "dialer", "redis"]


class ResumeRequest(TypedDict):
    epoch: str | None
    seq: int


class Command(TypedDict):
    cmd_id: str
    name: str
    args: dict[str, Any]


class PlanView(TypedDict):
    id: int
    kind: Literal["pause", "logout"]
    at: str
    minutes: int | None
    reason: str | None


class AgentPhone(TypedDict):
    endpoint: str
    online: bool
    connected: bool


class AgentView(TypedDict):
    state: AgentState
    since: str
    reason: str | None
    wish: Literal["pause", "logout"] | None
    wish_reason: str | None
    deadline: str | None
    phone: AgentPhone
    planned: list[PlanView]
    back_at: str | None


class CallView(TypedDict):
    attempt_id: str
    phase: Literal["preview", "dialing", "talking", "hold", "ended"]
    campaign_id: int
    campaign: str
    mode: Literal["preview", "progressive", "power", "predictive", "broadcast"]
    since: str
    answered_at: str | None
    bridged_at: str | None
    ended_at: str | None
    ended_because: str | None
    phone: str
    phone_masked: str
    language: str
    ask_for: str
    checks: list[Check]
    identity: Literal["unchecked", "right_party", "wrong_person", "refused"]
    disposition: str | None
    default_disposition: NotRequired[str]
    words: list[WordsView]
    skips_left: NotRequired[int | None]
    dials_at_end: NotRequired[bool]


class Today(TypedDict):
    calls: int
    contacts: int
    right_party: int
    promises: int
    promised: list[Money]
    talk_s: float
    ready_s: float
    wrap_up_s: float
    pause_s: float


class NodeView(TypedDict):
    node: str
    health: Literal["up", "slow", "down"]
    why: str


class Notice(TypedDict):
    id: str
    at: str
    level: Literal["info", "warning", "error"]
    text: str


class AgentCampaign(TypedDict):
    id: int
    name: str
    mode: str
    state: str


class DispositionChoice(TypedDict):
    code: str
    label: str


class AgentConsole(TypedDict):
    agent: AgentView
    call: CallView | None
    file: FileView | None
    today: Today
    nodes: dict[str, NodeView]
    campaigns: list[AgentCampaign]
    dispositions: list[DispositionChoice]
    pause_reasons: list[str]
    notices: list[Notice]


class QueueCounts(TypedDict):
    ready: int
    waiting: int
    suspended: int
    done: int


class PacingBudget(TypedDict):
    remaining: int | None
    holds: bool
    because: str
    gauge: str | None
    rate: float | None
    bound: float | None
    limit: float | None


class PacingForecast(TypedDict):
    expected: float
    came: float
    within_s: float


class Calibration(TypedDict):
    forecasts: int
    q10: float | None
    q50: float | None
    q90: float | None
    surprised: bool
    since: str | None


class LinePhases(TypedDict):
    dialing: int
    ringing: int
    detecting: int
    waiting: int


class SeatCounts(TypedDict):
    idle: int
    talk: int
    wrap: int
    pause: int


class PacingView(TypedDict):
    lines: int
    phases: LinePhases
    free_agents: int
    seats: SeatCounts
    launched: int
    predicted_answers: float | None
    predicted_free: float | None
    ahead_s: float | None
    forecast: PacingForecast | None
    budget: PacingBudget
    calibration: Calibration | None
    saved_at: str | None


class CampaignView(TypedDict):
    id: int
    name: str
    creditor: str
    mode: str
    state: Literal["draft", "running", "paused", "finished"]
    agents: int
    queue: QueueCounts
    in_flight: int
    dialed: int
    answered: int
    machines: int
    bridged: int
    abandoned: int
    abandon_rate: float
    promises: int
    promised: list[Money]
    messages_sent: int
    messages_delivered: int
    denied: dict[str, int]
    dial_rate_per_minute: float
    because: str
    lines_per_agent: NotRequired[float]
    priority: NotRequired[int]
    skills: NotRequired[list[str]]
    staffing: NotRequired[Literal["assigned", "skilled"]]
    pacing: NotRequired[PacingView | None]


class LackView(TypedDict):
    campaign: str
    skills: list[str]


class FloorAgent(TypedDict):
    id: int
    name: str
    state: AgentState
    since: str
    reason: str | None
    campaign: str | None
    calls: int
    promises: int
    talk_s: float
    occupancy: float
    phone_online: bool
    simulated: bool
    skills: list[str]
    lacks: list[LackView]
    planned: list[PlanView]
    back_at: str | None


class FloorCall(TypedDict):
    attempt_id: str
    campaign_id: int
    state: str
    since: str
    agent_id: int | None
    phone_masked: str


class Minute(TypedDict):
    at: str
    dialed: int
    answered: int
    bridged: int
    abandoned: int
    promises: int
    messages: int


class Totals(TypedDict):
    dialed: int
    answered: int
    bridged: int
    abandoned: int
    abandon_rate: float
    promises: int
    promised: list[Money]
    occupancy: float
    in_flight: int


class SupervisorBoard(TypedDict):
    campaigns: dict[str, CampaignView]
    agents: dict[str, FloorAgent]
    calls: dict[str, FloorCall]
    nodes: dict[str, NodeView]
    totals: Totals
    minutes: list[Minute]
    alarms: list[Notice]


class Bye(TypedDict):
    """Ours alone: the original names it only in docs/console-protocol.md."""

    because: Literal["logged_out", "expired", "deactivated", "role_changed"]
