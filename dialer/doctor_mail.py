"""Looks at the mail server: whether it can be reached, encrypts with a certificate to trust, and lets us in."""

from urllib.parse import urlsplit

from dialer.findings import Finding
from dialer.parts import make_mail
from dialer.settings import Settings
from telephony.clock import SystemClock
from telephony.messaging.codes import CODES
from telephony.messaging.smtp_replies import ServerFault

PART = "mail"


def mends(settings: Settings) -> dict[str, str]:
    """By what was wrong: how to mend it."""
    given = settings.email
    return {
        "smtp_connect": f"Is host ({given.host}) and port ({given.port}) of [email] right, and may this machine go out"
        " there? security must fit the port: starttls for 587, tls for 465.",
        "smtp_busy": "It asks us to wait: try again in some minutes, or ask whoever runs it.",
        "smtp_refuses_us": "Ask whoever runs it to let this machine's address in.",
        "smtp_tls": "Its certificate must be valid and name host of [email]; set ca_file for an authority of your own."
        " A server without STARTTLS needs security = tls and port 465.",
        "smtp_login": "Check username and password of [email] (PROMISELINE_EMAIL__PASSWORD).",
    }


async def look_at_mail(settings: Settings) -> list[Finding]:
    """Nothing where no server is set up: e-mail is a channel that not everybody has. Sends nothing."""
    if not settings.email.host:
        return [Finding(PART, True, "no mail server is set up: no e-mails (PROMISELINE_EMAIL__HOST)")]
    try:
        encrypted = await make_mail(settings, SystemClock()).check()
    except ServerFault as fault:
        return [Finding(PART, False, CODES[fault.code].meaning, mends(settings).get(fault.code, "Ask its operator."))]
    except OSError as problem:
        says = f"ca_file of [email] cannot be read ({type(problem).__name__})"
        return [Finding(PART, False, says, "It must be a PEM file with the certificate of the authority.")]
    login = f"lets {'us' if settings.email.username else 'anybody'} in"
    return [Finding(PART, True, f"{settings.email.host} {login}, {encrypted}"), *_way_out(settings)]


def _way_out(settings: Settings) -> list[Finding]:
    """RFC 8058 asks for https; and an address that only this machine knows ends no e-mails."""
    address = urlsplit(settings.web.public_base_url)
    if settings.email.security == "none" or address.scheme == "https":
        return []
    says = f"the address that ends e-mails begins with {address.scheme}://{address.netloc}"
    return [Finding("unsubscribe", False, says, "Set PROMISELINE_WEB__PUBLIC_BASE_URL to the https:// address.")]
