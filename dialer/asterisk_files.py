"""Turns the settings into the configuration of one Asterisk node."""

import base64
import hashlib
import hmac
from pathlib import Path
from urllib.parse import urlsplit

from dialer.settings import Settings, SettingsProblem
from telephony.asterisk.config import render
from telephony.asterisk.settings import AgentPhone, AsteriskSettings, SettingsProblem as NodeProblem, Trunk
from telephony.asterisk.sounds import ABANDON


def phone_password(secret_key: str, phone: str) -> str:
    """The password of one agent phone: the same at every run, and known only to who knows the secret key."""
    digest = hmac.digest(secret_key.encode(), f"phone:{phone}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest)[:32].decode()


def node_settings(settings: Settings) -> AsteriskSettings:
    """Raises SettingsProblem where something needed is missing."""
    if not settings.nodes:
        raise SettingsProblem("No node is set up: PROMISELINE_NODES gives Asterisk its ARI user, password and port.")
    key = settings.secret_key.get_secret_value()
    given = settings.asterisk
    if (given.browser_phones or given.telephones) and not key:
        raise SettingsProblem(
            "The phones' passwords come from PROMISELINE_SECRET_KEY: set it, or set browser_phones and telephones to 0."
        )
    if not settings.asterisk.trunks:
        raise SettingsProblem("No carrier is set up: add [[asterisk.trunks]] with a host to promiseline.toml.")
    node = settings.nodes[0]
    browsers = [f"agent-web-{n}" for n in range(1, given.browser_phones + 1)]
    telephones = [f"agent-{n}" for n in range(1, given.telephones + 1)]
    try:
        return AsteriskSettings(
            ari_password=node.password.get_secret_value(),
            ari_user=node.username,
            app=node.app,
            http_host=given.http_host,
            http_port=urlsplit(node.url).port or 8088,
            trunks=tuple(
                Trunk(t.name, t.host, t.port, t.username, t.password.get_secret_value(), codecs=t.codecs)
                for t in given.trunks
            ),
            agents=(
                *(AgentPhone(name, phone_password(key, name)) for name in browsers),
                *(AgentPhone(name, phone_password(key, name), webrtc=False) for name in telephones),
            ),
            external_address=given.external_address,
            stun=given.stun,
            tls_cert=given.tls_cert,
            tls_key=given.tls_key,
        )
    except NodeProblem as problem:
        raise SettingsProblem(f"[asterisk] in the settings is not right: {problem}") from None


def write_files(settings: Settings, folder: Path) -> list[Path]:
    """Write every file of the node; the folder is made when missing. The files hold passwords: mode 0640."""
    files = {**render(node_settings(settings)), "promiseline-sounds.tsv": _sounds(settings)}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o640)
        path.write_text(text)
        written.append(path)
    return written


def _sounds(settings: Settings) -> str:
    """A line for each sound to be spoken: name, voice, text; deploy/asterisk/entrypoint.sh reads it."""
    phone = " ".join(settings.business_phone)
    lines = (
        f"abandon-{voice}\t{voice}\t{text.format(business=settings.business_name, phone=phone)}"
        for voice, text in ABANDON.items()
    )
    return "\n".join(lines) + "\n"
