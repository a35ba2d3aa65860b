"""What a rulebook file may say: the shape that the loader checks and the JSON Schema publishes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from compliance.facts import Channel

Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")]
Switch = Literal["us_third_party_sms", "whatsapp_collection"]
SWITCHES: tuple[Switch, ...] = get_args(Switch)
Confidence = Literal["primary", "secondary", "memory"]
Text = Annotated[str, Meta(min_length=1)]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
WindowSpec = tuple[ClockTime, ClockTime] | Literal["closed", "unset"]
Count = Annotated[int, Meta(ge=1)]
Days = Annotated[int, Meta(ge=1, le=3660)]
# The gate is given 62 days of history: no rule may look back further than 60 dates.
HistoryDays = Annotated[int, Meta(ge=1, le=60)]
SomeChannels = Annotated[tuple[Channel, ...], Meta(min_length=1)]
Counts = Literal["calls_placed", "conversations", "contacts", "phone_communications", "e_messages"]


class Value(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every value carries: where it is written, how sure that is, and whether counsel must still look at it."""

    source: Text
    confidence: Confidence
    draft: bool = False


class HoursSpec(Value, kw_only=True):
    """Local windows by day (`mon`, `mon-fri`, `daily`, `holiday`); `review` windows need a person's decision.

    `points` `work`: a second window for numbers at work, which narrows the first.
    """

    windows: dict[str, WindowSpec]
    review: dict[str, tuple[ClockTime, ClockTime]] = {}
    channels: SomeChannels | None = None
    points: Literal["any", "work"] = "any"


class HolidaySpec(Value, kw_only=True):
    """Dates without contact: a calendar of the `holidays` library or named rules, plus `add`, minus `remove`."""

    library: str | None = None
    rules: tuple[str, ...] = ()
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


class CapSpec(Value, kw_only=True):
    """At most `max` of `counts` in the period that ends with the date of the contact, the contact included.

    `days` only with period `dates`. Busy signals, numbers not in service and incoming conversations do not count unless
    `also_counts` names them; calls under the person's consent (of `consent_days` dates, its receipt the first) do not
    where `lifted_by_consent`. Numbers that are not the person's never count (comment 14(b)(2)(i)-3).
    """

    id: Text
    reason: Literal["frequency.attempts", "frequency.conversation", "frequency.contacts"]
    counts: Counts
    max: Count
    per: Literal["debt", "person", "number", "creditor"]
    channels: SomeChannels
    period: Literal["dates", "calendar_day", "calendar_week", "calendar_month"] = "dates"
    days: HistoryDays = 1
    points: Literal["any", "work", "not_work"] = "any"
    lifted_by_consent: bool = False
    consent_days: HistoryDays = 7
    also_counts: tuple[Literal["busy", "not_in_service", "inbound"], ...] = ()


class CooloffSpec(Value, kw_only=True):
    """After `trigger` no contact for `days` local dates; `first_day` says whether its own date is day 1 or the next."""

    id: Text
    reason: Literal["frequency.attempts", "frequency.conversation", "frequency.contacts"]
    trigger: Literal["conversation", "contact", "call_placed", "message"]
    days: HistoryDays
    per: Literal["debt", "person", "creditor"]
    channels: SomeChannels
    first_day: Literal["trigger", "next"] = "trigger"
    lifted_by_consent: bool = False
    consent_days: HistoryDays = 7

    @property
    def dates(self) -> int:
        """How many dates are closed, the date of the trigger included."""
        return self.days + (self.first_day == "next")


class ConsentSpec(Value, kw_only=True):
    """`fresh_days`: greatest age of the consent; `use_counts`: a message from the address is consent by use."""

    fresh_days: Days | None = None
    use_counts: bool = False


class ChannelSpec(Value, kw_only=True):
    channel: Channel


class ThirdPartySpec(Value, kw_only=True):
    rule: Literal["location_once", "deny"]


class DirectContactSpec(Value, kw_only=True):
    max_contacts_per_date: Literal[1]
    one_channel_days: HistoryDays


class RedialSpec(Value, kw_only=True):
    """`hours` without a repeat call by machine to the same number after an outcome."""

    outcome: Literal["abandoned", "amd_machine"]
    hours: Annotated[int, Meta(ge=1, le=8784)]


class OptOutSpec(Value, kw_only=True):
    """How the person closes a channel: `instruction` is what each template must say, one of the words by language."""

    instruction: dict[Language, tuple[Text, ...]] = {}
    confirmations: Annotated[int, Meta(ge=0, le=1)] = 1
    honour_within_days: Annotated[int, Meta(ge=0, le=30)] = 0


class DisclosureSpec(Value, kw_only=True):
    """What must be said or shown, by language. `requires`: one of these phrases or variables must be in a template."""

    id: Text
    channels: SomeChannels
    when: Literal["opening", "first", "every", "voicemail", "tells_of_debt"]
    texts: dict[Language, Text] = {}
    requires: dict[Language, tuple[Text, ...]] = {}


class AnsweringSpec(Value, kw_only=True):
    """How long it must ring, and how soon an agent must be on the line."""

    ring_min_s: Annotated[int, Meta(ge=1, le=60)] | None = None
    connect_max_ms: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    measured_from: Literal["greeting", "answer"] = "greeting"


class AbandonmentSpec(Value, kw_only=True):
    """By which formula abandoned calls are counted; `limit_percent` absent: there is no safe level."""

    formula: Literal["us-ftc", "us-fcc", "gb-ofcom"]
    period: Literal["30_days", "24_hours"]
    limit_percent: Annotated[str, Meta(pattern=r"^\d{1,2}(\.\d{1,2})?$")] | None = None
    alarm_percent: Annotated[str, Meta(pattern=r"^\d{1,2}(\.\d{1,2})?$")] | None = None
    message_required: bool = True


class RecordingSpec(Value, kw_only=True):
    """Whose consent a recording needs; `announce`: it is told at the start of every call."""

    consent: Literal["one_party", "all_party", "notice"]
    announce: bool = True
    required: bool = False


class RetentionSpec(Value, kw_only=True):
    """How long something is kept: at least `min_days`, at most `max_days`."""

    what: Literal["records", "recordings"]
    counted_from: Literal["last_activity", "record", "call"] = "last_activity"
    min_days: Annotated[int, Meta(ge=1, le=36_600)] | None = None
    max_days: Annotated[int, Meta(ge=1, le=36_600)] | None = None


class EligibilitySpec(Value, kw_only=True):
    """A channel that is closed until the tenant turns its switch on; `because` is said to people."""

    switch: Switch
    because: Text


class AnnouncementSpec(Value, kw_only=True):
    """A call that plays a recording and has no agent is allowed. Where no rulebook says so it is not.

    `opt_out`: one of these phrases must be in its words, by language.
    """

    opt_out: dict[Language, tuple[Text, ...]] = {}


class ToneSpec(Value, kw_only=True):
    """How to speak with the person, told to the agent, by language."""

    texts: dict[Language, Text]


class VersionSpec(Struct, forbid_unknown_fields=True, kw_only=True):
    version: Text
    hours: tuple[HoursSpec, ...]
    effective_from: date | None = None
    effective_to: date | None = None
    draft: tuple[str, ...] = ()
    holidays: HolidaySpec | None = None
    caps: tuple[CapSpec, ...] = ()
    cooloffs: tuple[CooloffSpec, ...] = ()
    consent: dict[Channel, ConsentSpec] = {}
    channels_denied: tuple[ChannelSpec, ...] = ()
    third_party: ThirdPartySpec | None = None
    direct_contact: DirectContactSpec | None = None
    redial: tuple[RedialSpec, ...] = ()
    opt_out: dict[Channel, OptOutSpec] = {}
    disclosures: tuple[DisclosureSpec, ...] = ()
    answering: AnsweringSpec | None = None
    abandonment: AbandonmentSpec | None = None
    recording: RecordingSpec | None = None
    retention: tuple[RetentionSpec, ...] = ()
    eligibility: dict[Channel, EligibilitySpec] = {}
    tone: ToneSpec | None = None
    announcement: AnnouncementSpec | None = None


class BookSpec(Struct, forbid_unknown_fields=True, kw_only=True):
    """One file. `zones`: time zones of the jurisdiction, for pictures of its week; they decide nothing.

    `kind`: `jurisdiction` is chosen by addresses and numbers, `profile` by a person's state, `client` and `campaign` by
    whoever the work is done for.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9:_-]*$")]
    title: Text
    versions: Annotated[tuple[VersionSpec, ...], Meta(min_length=1)]
    zones: tuple[str, ...] = ()
    kind: Literal["jurisdiction", "profile", "client", "campaign"] = "jurisdiction"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rulebook file (dates are TOML local dates)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(BookSpec)}
