"""What a rulebook file may say: the shape that the loader checks and the JSON Schema publishes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from compliance.facts import Channel

Confidence = Literal["primary", "secondary", "memory"]
Text = Annotated[str, Meta(min_length=1)]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
WindowSpec = tuple[ClockTime, ClockTime] | Literal["closed", "unset"]
Count = Annotated[int, Meta(ge=1)]
Days = Annotated[int, Meta(ge=1, le=3660)]
Counts = Literal["calls_placed", "conversations", "contacts", "phone_communications", "e_messages"]


class Value(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every value carries: where it is written, how sure that is, and whether counsel must still look at it."""

    source: Text
    confidence: Confidence
    draft: bool = False


class HoursSpec(Value, kw_only=True):
    """Local windows by day (`mon`, `mon-fri`, `daily`, `holiday`); `review` windows need a person's decision."""

    windows: dict[str, WindowSpec]
    review: dict[str, tuple[ClockTime, ClockTime]] = {}
    channels: tuple[Channel, ...] | None = None


class HolidaySpec(Value, kw_only=True):
    """Dates without contact: a calendar of the `holidays` library or named rules, plus `add`, minus `remove`."""

    library: str | None = None
    rules: tuple[str, ...] = ()
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


class CapSpec(Value, kw_only=True):
    """At most `max` of `counts` in the period that ends with the date of the contact, the contact included."""

    id: Text
    reason: Literal["frequency.attempts", "frequency.conversation", "frequency.contacts"]
    counts: Counts
    max: Count
    per: Literal["debt", "person", "number"]
    channels: tuple[Channel, ...]
    period: Literal["dates", "calendar_week", "calendar_month"] = "dates"
    days: Days = 1
    points: Literal["any", "work", "not_work"] = "any"
    lifted_by_consent: bool = False


class CooloffSpec(Value, kw_only=True):
    """After `trigger` no contact for `days` local dates, the date of the trigger being day 1."""

    id: Text
    reason: Literal["frequency.conversation"]
    trigger: Literal["conversation"]
    days: Days
    per: Literal["debt", "person"]
    channels: tuple[Channel, ...]
    lifted_by_consent: bool = False


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
    one_channel_days: Days


class RedialSpec(Value, kw_only=True):
    """`hours` without a repeat call by machine to the same number after an outcome."""

    outcome: Literal["abandoned", "amd_machine"]
    hours: Annotated[int, Meta(ge=1, le=8784)]


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


class BookSpec(Struct, forbid_unknown_fields=True, kw_only=True):
    """One file. `zones`: time zones of the jurisdiction, for pictures of its week; they decide nothing."""

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9:_-]*$")]
    title: Text
    versions: Annotated[tuple[VersionSpec, ...], Meta(min_length=1)]
    zones: tuple[str, ...] = ()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rulebook file (dates are TOML local dates)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(BookSpec)}
