"""Holds the agents' phones: endpoints PJSIP/agent-N that answer at once and can go offline or die."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from telephony.sandbox.state import Json


@dataclass(slots=True)
class Phone:
    resource: str
    online: bool = True
    answer_s: float = 0.22
    """ICE, DTLS and the automatic answer of a browser phone, measured on one machine."""
    silent: bool = False
    """Answers and sends no audio: rtp_timeout ends its legs."""


class Phones:
    """Endpoints that look like an agent's phone by their name; `changed` is told when one comes or goes."""

    def __init__(self, changed: Callable[[Phone], None], *, prefix: str = "agent", online: bool = True) -> None:
        self._changed = changed
        self._prefix = prefix
        self._online = online
        self._phones: dict[str, Phone] = {}

    def is_phone(self, resource: str) -> bool:
        return resource.startswith(self._prefix)

    def get(self, resource: str) -> Phone:
        phone = self._phones.get(resource)
        if phone is None:
            phone = self._phones[resource] = Phone(resource, online=self._online)
        return phone

    def known(self) -> Iterable[Phone]:
        return self._phones.values()

    def set_online(self, resource: str, online: bool) -> Phone:
        phone = self.get(resource)
        if phone.online != online:
            phone.online = online
            self._changed(phone)
        return phone


def endpoint_json(resource: str, online: bool, channel_ids: list[str]) -> Json:
    return {
        "technology": "PJSIP",
        "resource": resource,
        "state": "online" if online else "offline",
        "channel_ids": channel_ids,
    }
