"""Permits for tests of the adapters, which have no gate in front of them."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from telephony.exchange import Leg, Originate, RingPhone
from telephony.permit import Permit, PermitChannel, Seal, issue


def permit(address: str, channel: PermitChannel = "voice") -> Permit:
    """A good permit for one request to this address."""
    seal = Seal()
    seal.commit()
    return issue(seal, uuid4(), channel, address)


def permit_for(endpoint: str) -> Permit:
    """A good permit for one call to an endpoint like PJSIP/15551234567@trunk."""
    return permit("+" + "".join(letter for letter in endpoint.partition("@")[0] if letter.isdigit()))


def leg(
    channel_id: str,
    endpoint: str,
    caller_id: str = "+15550001111",
    ring_timeout_s: int = 20,
    variables: Mapping[str, str] | None = None,
    **values: Any,
) -> Leg:
    """The leg to a person where the endpoint goes by a trunk, else to an agent's phone."""
    given = {"variables": variables or {}} | values
    if "@" not in endpoint:
        return RingPhone(channel_id, endpoint, caller_id, ring_timeout_s, **given)
    return Originate(channel_id, endpoint, caller_id, ring_timeout_s, permit_for(endpoint), **given)
