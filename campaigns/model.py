"""What a campaign is made of: its settings and the steps of its strategy. Pure; validated on every way in."""

from decimal import Decimal
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from campaigns.skills import Staffing, complaint, tidy

Mode = Literal["preview", "progressive", "power", "predictive", "broadcast"]
MODES: tuple[Mode, ...] = get_args(Mode)
Channel = Literal["voice", "sms", "whatsapp", "email"]
Outcome = Literal[
    "no_answer",
    "busy",
    "invalid_number",
    "failed",
    "answered_dropped",
    "voicemail_no_message",
    "amd_machine",
    "abandoned",
    "conversation",
    "announced",
    "cancelled",
    "unknown",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScoreWeights(_Frozen):
    """Weights of the score's parts; each part is 0..1 before weighting, the total is scaled to 0..100."""

    amount: float = Field(default=30, ge=0)
    age_of_debt: float = Field(default=25, ge=0)
    payment_history: float = Field(default=15, ge=0)
    promise_history: float = Field(default=15, ge=0)
    contact_history: float = Field(default=15, ge=0)


class CallStep(_Frozen):
    """Call the debtor's numbers in order; try again after `retry_after_s` until `tries` are used up, then go on."""

    kind: Literal["call"] = "call"
    tries: int = Field(default=3, ge=1, le=20)
    retry_after_s: int = Field(default=4 * 3600, ge=60)


class MessageStep(_Frozen):
    """Send one message by template when the last call ended with one of `on`."""

    kind: Literal["message"] = "message"
    channel: Literal["sms", "whatsapp", "email"] = "sms"
    template: str = Field(min_length=1)
    on: tuple[Outcome, ...] = ("no_answer", "busy", "amd_machine", "voicemail_no_message", "abandoned")


class WaitStep(_Frozen):
    kind: Literal["wait"] = "wait"
    seconds: int = Field(ge=60)


Step = Annotated[CallStep | MessageStep | WaitStep, Field(discriminator="kind")]


class AbandonmentRules(_Frozen):
    """Which abandonment regimes the campaign obeys, and by whose dates. `limit_percent`: its own, if stricter."""

    binds: tuple[Literal["us", "gb-ofcom", "house"], ...] = Field(default=("us", "gb-ofcom", "house"), min_length=1)
    timezone: str = Field(default="UTC", description="zone whose dates the 30-date periods have")
    limit_percent: Decimal | None = Field(default=None, gt=0, le=3)

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name}; write it like America/New_York") from None
        return name


OPT_OUT_KEY = "9"
"""Who presses it during an announcement is called no more at this number."""


class CampaignSettings(_Frozen):
    """Everything a supervisor can set on a campaign. Stored as JSON in `campaign.settings`."""

    mode: Mode = "progressive"
    lines_per_agent: float = Field(
        default=1.0, ge=1.0, le=10.0, description="power mode: calls in flight per free agent"
    )
    caller_id: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    ring_timeout_s: int = Field(default=22, ge=15, le=60, description="legal minimum 15 s (16 CFR 310.4(b)(4)(ii))")
    answer_wait_ms: int = Field(default=2000, ge=500, le=5000, description="a person who waits longer is abandoned")
    abandon_message: str = Field(
        default="sound:promiseline/abandon-en", description="says who called and a number to call"
    )
    announcement: str = Field(default="", description="mode broadcast: the recording that is played, like sound:name")
    announcement_words: str = Field(
        default="", max_length=4000, description="what the recording says; the opt-out key and words are in it"
    )
    announcement_to_machines: bool = Field(default=False, description="machines hear it too, where they are detected")
    amd: bool = False
    agent_connect: Literal["nailed", "per_call"] = "nailed"
    preview_s: int = Field(default=30, ge=5, le=600)
    preview_end: Literal["skip", "dial"] = Field(default="skip", description="what the end of a preview's time does")
    preview_skips: int = Field(default=3, ge=0, le=20, description="how often a person may be skipped before a call")
    wrap_up_s: int = Field(default=20, ge=0, le=600)
    wrap_up_cut_for_waiting: bool = Field(
        default=False, description="a person who waits and whom no free agent takes ends the longest wrap-up"
    )
    cancel_ringing: bool = Field(
        default=True, description="calls that ring for agents who have left meanwhile are given up, the youngest first"
    )
    priority: int = Field(default=0, ge=0, le=9, description="agents of several campaigns dial for the highest first")
    skills: tuple[str, ...] = Field(default=(), description="an agent must have all of them to take its calls")
    staffing: Staffing = Field(
        default="assigned", description="its agents: those assigned to it, or every agent who has its skills"
    )
    default_disposition: str = "contact_no_result"
    max_lines: int = Field(default=500, ge=1)
    calls_per_second: float = Field(default=20.0, gt=0)
    promise_max_days: int = Field(default=30, ge=1, le=365)
    promise_min_minor_units: int = Field(default=100, ge=1)
    weights: ScoreWeights = ScoreWeights()
    steps: tuple[Step, ...] = (CallStep(), MessageStep(template="missed_call"), WaitStep(seconds=24 * 3600))
    rulebooks: tuple[str, ...] | None = None  # bind beside those that the gate chooses by address and number
    abandonment: AbandonmentRules = AbandonmentRules()

    @field_validator("skills")
    @classmethod
    def _are_skills(cls, skills: tuple[str, ...]) -> tuple[str, ...]:
        problem = complaint(skills)
        if problem is not None:
            raise ValueError(problem)
        return tidy(skills)


SAFE_DEFAULTS = ("contact_no_result", "hung_up")
"""What a wrap-up timer may record: nothing that the person did not say, nothing that makes a talk less than one."""

DISPOSITIONS: dict[str, str] = {
    "promise": "Promise to pay",
    "contact_no_result": "Spoke, no result",
    "callback": "Call back agreed",
    "refuses": "Refuses to pay",
    "dispute": "Disputes the debt",
    "already_paid": "Says it is paid",
    "wrong_person": "Wrong person",
    "third_party": "Third party answered",
    "hardship": "Cannot pay (hardship)",
    "no_more_calls": "Asked not to be called",
    "machine": "Answering machine",
    "silence": "Nobody spoke",
    "hung_up": "Hung up",
    "language": "Language barrier",
    "deceased": "Deceased",
}
