"""Carries SMS and WhatsApp through Twilio's Messages API, by the twilio library; drives the sandbox carrier as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from multidict import MultiDict

from telephony.messaging.codes import rule_for
from telephony.messaging.port import (
    STATUS_RANK,
    Accepted,
    Capabilities,
    Channel,
    DeliveryEvent,
    Envelope,
    Form,
    InboundMessage,
    LookupUnavailable,
    Rejected,
    Sent,
    Unknown,
    not_permitted,
)

if TYPE_CHECKING:
    from telephony.messaging.twilio_http import DeadlinedClient

WHATSAPP = "whatsapp:"
SIGNATURE = "X-Twilio-Signature"
SIGNATURE_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
FIND_LIMIT = 200


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """`signing_secrets`: every secret that webhooks may be signed with now (auth token first); two while rotating."""

    account_sid: str
    auth_token: str
    sms_sender: str  # an E.164 number, or the SID of a messaging service (MG...)
    public_base_url: str  # the address that Twilio calls; signatures are over exactly this
    whatsapp_sender: str = ""
    base_url: str = "https://api.twilio.com"
    timeout_s: float = 10.0
    signing_secrets: tuple[str, ...] = ()


class TwilioProvider:
    """One Twilio account. `name` is also the word in the webhooks' path."""

    def __init__(self, account: TwilioAccount, name: str = "twilio") -> None:
        self.name = name
        self._account = account
        channels: set[Channel] = {"sms"}
        if account.whatsapp_sender:
            channels.add("whatsapp")
        # Twilio answers STOP with its own confirmation: ours would be the second (47 CFR 64.1200(a)(12))
        self.capabilities = Capabilities(
            channels=frozenset(channels), confirms_opt_out=True, shortest_validity_s=6, longest_validity_s=36000
        )
        self._http: DeadlinedClient | None = None
        self._messages: Any = None
        self._validators: tuple[Any, ...] = ()

    def _api(self) -> Any:
        """The library's message list; made inside the running loop at first use."""
        if self._messages is None:
            from twilio.rest import Client  # type: ignore[import-untyped]

            from telephony.messaging.twilio_http import DeadlinedClient

            self._http = DeadlinedClient(self._account.base_url, self._account.timeout_s)
            client = Client(
                self._account.account_sid,
                self._account.auth_token,
                http_client=self._http,
                environment={"TWILIO_EDGE": ""},  # not the machine's environment: it can turn the region
            )
            self._messages = client.messages
        return self._messages

    async def send(self, envelope: Envelope) -> Sent:
        refused = not_permitted(envelope)
        if refused is not None:
            return refused
        messages = self._api()
        from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]

        from telephony.messaging.twilio_http import MaybeSent, NotSent

        try:
            made = await messages.create_async(**self._fields(envelope))
        except NotSent as problem:
            return Rejected(problem.code, "not_accepted", problem.retry_after_s)
        except MaybeSent as problem:
            return Unknown(str(problem))
        except TwilioRestException as problem:
            code = str(problem.code or problem.status)
            rule = rule_for("20003" if problem.status in (401, 403) and problem.code is None else code)
            return Rejected(code, rule.kind, rule.retry_after_s)
        except (TwilioException, ValueError, KeyError, TypeError) as problem:
            return Unknown(f"reply not understood: {type(problem).__name__}")
        if not made.sid:
            return Unknown("reply without a sid")
        return Accepted(made.sid, str(made.status or "queued"), max(1, int(made.num_segments or 1)))

    def _fields(self, envelope: Envelope) -> dict[str, Any]:
        fields: dict[str, Any] = {"body": envelope.body, "status_callback": envelope.status_callback}
        if envelope.validity_s is not None:
            fields["validity_period"] = envelope.validity_s
        if envelope.channel == "whatsapp":
            return fields | {"to": WHATSAPP + envelope.to, "from_": WHATSAPP + self._account.whatsapp_sender}
        sender = self._account.sms_sender
        return fields | {"to": envelope.to, "messaging_service_sid" if sender.startswith("MG") else "from_": sender}

    async def lookup(self, provider_id: str) -> DeliveryEvent | None:
        messages = self._api()
        from twilio.base.exceptions import TwilioException, TwilioRestException

        from telephony.messaging.twilio_http import MaybeSent, NotSent

        try:
            return _event(await messages(provider_id).fetch_async())
        except TwilioRestException as problem:
            if problem.status == 404:
                return None
            raise LookupUnavailable(f"http {problem.status}") from problem
        except (TwilioException, NotSent, MaybeSent) as problem:
            raise LookupUnavailable(type(problem).__name__) from problem

    async def find(
        self, channel: Channel, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[DeliveryEvent]:
        messages = self._api()
        from twilio.base.exceptions import TwilioException

        from telephony.messaging.twilio_http import MaybeSent, NotSent

        address = WHATSAPP + to if channel == "whatsapp" else to
        try:
            listed = await messages.list_async(to=address, date_sent_after=since, limit=FIND_LIMIT)
        except (TwilioException, NotSent, MaybeSent) as problem:
            raise LookupUnavailable(type(problem).__name__) from problem
        made = [(one.date_created or one.date_sent, one) for one in listed if one.body == body]
        inside = [(at, one) for at, one in made if at is not None and since <= at.astimezone(UTC) <= until]
        return [_event(one) for _, one in sorted(inside, key=lambda pair: pair[0])]

    def verify(self, path_and_query: str, form: Form, headers: Mapping[str, str]) -> bool:
        if not self._validators:
            from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

            secrets = self._account.signing_secrets or (self._account.auth_token,)
            self._validators = tuple(RequestValidator(secret) for secret in secrets)
        from twilio.request_validator import get_signature_algorithm

        signature = headers.get(SIGNATURE, "")
        algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS))
        address = self._account.public_base_url.rstrip("/") + path_and_query
        fields = MultiDict(form)
        return any(v.validate(address, fields, signature, algorithm) for v in self._validators)

    def parse_status(self, form: Form) -> DeliveryEvent | None:
        fields = dict(form)
        provider_id = fields.get("MessageSid") or fields.get("SmsSid") or ""
        status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
        if not provider_id or status not in STATUS_RANK:
            return None
        return DeliveryEvent(provider_id, status, _code(fields.get("ErrorCode")))

    def parse_inbound(self, form: Form) -> InboundMessage | None:
        fields = dict(form)
        provider_id = fields.get("MessageSid") or fields.get("SmsMessageSid") or ""
        sender, to = fields.get("From", ""), fields.get("To", "")
        if not provider_id or not sender:
            return None
        channel: Channel = "whatsapp" if sender.startswith(WHATSAPP) else "sms"
        return InboundMessage(
            provider=self.name,
            provider_id=provider_id,
            channel=channel,
            from_address=sender.removeprefix(WHATSAPP),
            to_address=to.removeprefix(WHATSAPP),
            body=fields.get("Body", ""),
        )

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = self._messages = None


def _event(made: Any) -> DeliveryEvent:
    return DeliveryEvent(made.sid, str(made.status or "queued"), _code(made.error_code))


def _code(value: object) -> str:
    return "" if value in (None, "", "0", 0, "null") else str(value)
