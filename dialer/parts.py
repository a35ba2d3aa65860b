"""Makes the parts that talk to the outside from the settings: exchanges, the message carrier, the mail server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dialer.settings import NodeSettings, Settings
from telephony.ari.exchange import AriExchange
from telephony.ari.settings import AriSettings
from telephony.clock import Clock
from telephony.messaging.letter import Sender
from telephony.messaging.port import Provider

if TYPE_CHECKING:
    from telephony.messaging.smtp import SmtpProvider


def make_exchange(node: NodeSettings, clock: Clock, **extra: Any) -> AriExchange:
    return AriExchange(ari_settings(node, **extra), clock=clock)


def ari_settings(node: NodeSettings, **extra: Any) -> AriSettings:
    return AriSettings(
        url=node.url,
        username=node.username,
        password=node.password.get_secret_value(),
        app=node.app,
        node=node.name,
        pool_size=node.pool_size,
        deadline_s=node.deadline_s,
        originates_per_s=node.originates_per_s,
        rest_over_ws=node.rest_over_ws,
        **extra,
    )


def make_provider(settings: Settings) -> Provider:
    """The carrier; raises ValueError where none is set up."""
    from telephony.messaging.twilio import TwilioAccount, TwilioProvider

    carrier = settings.messaging
    if carrier.provider == "none":
        raise ValueError("no message carrier is set up: set PROMISELINE_MESSAGING__PROVIDER")
    account = TwilioAccount(
        account_sid=carrier.account_sid,
        auth_token=carrier.auth_token.get_secret_value(),
        sms_sender=carrier.sms_sender,
        public_base_url=settings.web.public_base_url,
        whatsapp_sender=carrier.whatsapp_sender,
        base_url=carrier.base_url,
        timeout_s=carrier.timeout_s,
    )
    return TwilioProvider(account)


def make_mail(settings: Settings, clock: Clock) -> SmtpProvider:
    """The mail server; raises ValueError where none is set up."""
    from telephony.messaging.smtp import SmtpAccount, SmtpProvider

    given = settings.email
    if not given.host:
        raise ValueError("no mail server is set up: set PROMISELINE_EMAIL__HOST")
    account = SmtpAccount(
        host=given.host,
        port=given.port,
        sender=Sender(given.from_address, given.from_name or settings.business_name, given.reply_to),
        security=given.security,
        username=given.username,
        password=given.password.get_secret_value(),
        timeout_s=given.timeout_s,
        ca_file=given.ca_file,
    )
    return SmtpProvider(account, clock)


def make_providers(settings: Settings, clock: Clock) -> list[Provider]:
    """Every carrier that is set up, of texts and of e-mails."""
    made: list[Provider] = []
    if settings.messaging.provider != "none":
        made.append(make_provider(settings))
    if settings.email.host:
        made.append(make_mail(settings, clock))
    return made
