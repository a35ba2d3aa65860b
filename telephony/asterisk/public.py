"""Plays the public telephone network by a second Asterisk: the last two digits of a number decide who answers."""

from telephony.asterisk import modules, pjsip
from telephony.asterisk.config import render
from telephony.asterisk.ini import Section, render_file
from telephony.asterisk.settings import AgentPhone, AsteriskSettings

PERSON = "00"
BUSY = "01"
NO_ANSWER = "02"
INVALID = "03"
UNAVAILABLE = "04"
MACHINE = "05"
IMPATIENT = "06"
"""Answers and hangs up after 3 seconds."""
REJECTS = "07"
TEMPORARILY_UNAVAILABLE = "08"
CHANGED = "09"
BAD_FORMAT = "10"
FAULT = "11"
EARLY_MEDIA = "12"
"""183, sound, then an answer."""
EARLY_MEDIA_INVALID = "13"
"""183, sound, then 404: the announcement of a number that is not in use."""
INSTANT = "14"
"""A person who answers without ringing."""
PRESSES = "15"
"""A person who presses 4 and 2 after a second."""
SLOW_PERSON = "16"
"""A person who answers after 5 seconds."""
SAYS_HELLO = "17"
"""A person who says one short word, then listens: what AMD() shall call HUMAN."""
OPTS_OUT = "18"
"""A person who presses 9 after two seconds."""

_RING = "Ringing()", "Wait(0.5)"
_FAREWELL = ("Hangup(16)",)
_STAY = ("MusicOnHold(default)",)
_SILENCE = ("Playback(promiseline/test-silence)",)

BEHAVIOUR: dict[str, tuple[str, ...]] = {
    PERSON: (*_RING, "Answer()", *_STAY),
    BUSY: ("Hangup(17)",),
    NO_ANSWER: ("Ringing()", "Wait(120)", "Hangup(19)"),
    INVALID: ("Hangup(1)",),
    UNAVAILABLE: ("Hangup(34)",),
    MACHINE: (*_RING, "Answer()", "Playback(promiseline/test-machine)", *_SILENCE),
    IMPATIENT: (*_RING, "Answer()", "StartMusicOnHold(default)", "Wait(3)", *_FAREWELL),
    REJECTS: ("Hangup(21)",),
    TEMPORARILY_UNAVAILABLE: ("Ringing()", "Wait(0.5)", "Hangup(19)"),
    CHANGED: ("Hangup(22)",),
    BAD_FORMAT: ("Hangup(28)",),
    FAULT: ("Hangup(38)",),
    EARLY_MEDIA: ("Progress()", "Playback(promiseline/test-hello,noanswer)", "Answer()", *_STAY),
    EARLY_MEDIA_INVALID: ("Progress()", "Playback(promiseline/test-hello,noanswer)", "Hangup(1)"),
    INSTANT: ("Answer()", *_STAY),
    PRESSES: (*_RING, "Answer()", "StartMusicOnHold(default)", "Wait(1)", "SendDTMF(42)", "Wait(60)", *_FAREWELL),
    OPTS_OUT: (*_RING, "Answer()", "StartMusicOnHold(default)", "Wait(2)", "SendDTMF(9)", "Wait(60)", *_FAREWELL),
    SLOW_PERSON: ("Ringing()", "Wait(5)", "Answer()", *_STAY),
    SAYS_HELLO: (*_RING, "Answer()", "Wait(0.3)", "Playback(promiseline/test-hello)", *_SILENCE),
}

SOUNDS = {
    "test-hello": "Hello?",
    "test-machine": (
        "Hello. You have reached the voice mail of nobody in particular. I cannot take your call right now, because I"
        " do not exist. Please leave your name and your number after the tone, and I will call you back."
    ),
}

_EXTRA_MODULES = (
    "app_playback app_senddtmf app_echo app_verbose func_logic func_strings res_pjsip_endpoint_identifier_anonymous"
)


def render_public(
    settings: AsteriskSettings, *, registered: tuple[AgentPhone, ...] = (), registrar_port: int = 5060
) -> dict[str, str]:
    """The files of a public network. Everybody on this machine may call in; numbers by their digits, and a name such as
    agent-1 answers like INSTANT. `registered` phones register at the node on `registrar_port`.
    """
    files = render(settings)
    files["extensions.conf"] = _extensions()
    anonymous: list[tuple[str, object]] = [
        ("type", "endpoint"),
        ("transport", "transport-udp"),
        ("context", "public"),
        ("disallow", "all"),
        ("allow", "alaw,ulaw"),
        ("direct_media", "no"),
        ("rtp_symmetric", "yes"),
    ]
    base = pjsip.sections(settings)
    base = [
        Section("global", [*section.lines[:2], ("endpoint_identifier_order", "anonymous")])
        if section.name == "global"
        else section
        for section in base
    ]
    phones = [section for phone in registered for section in _registration(phone, registrar_port)]
    files["pjsip.conf"] = render_file([*base, Section("anonymous", anonymous), *phones])
    loads = [*modules.names(), *_EXTRA_MODULES.split()]
    lines: list[tuple[str, object]] = [("autoload", "no"), *(("load", f"{name}.so") for name in loads)]
    files["modules.conf"] = render_file([Section("modules", lines)])
    return files


def _registration(phone: AgentPhone, port: int) -> list[Section]:
    lines: list[tuple[str, object]] = [
        ("type", "registration"),
        ("transport", "transport-udp"),
        ("server_uri", f"sip:127.0.0.1:{port}"),
        ("client_uri", f"sip:{phone.name}@127.0.0.1:{port}"),
        ("contact_user", phone.name),
        ("outbound_auth", f"{phone.name}-auth"),
        ("retry_interval", 1),
        ("expiration", 60),
        ("max_random_initial_delay", 0),
    ]
    auth = [("type", "auth"), ("auth_type", "userpass"), ("username", phone.name), ("password", phone.password)]
    return [Section(f"{phone.name}-registration", lines), Section(f"{phone.name}-auth", auth)]


def _extensions() -> str:
    parts = [
        "[general]\nstatic=yes\nwriteprotect=yes\n\n[public]\n",
        "exten => _X.,1,Goto(person-${EXTEN:-2},s,1)\n",
        f"exten => _[a-z].,1,Goto(person-{INSTANT},s,1)\n",
    ]
    for digits, steps in BEHAVIOUR.items():
        parts.append(f"\n[person-{digits}]\n")
        parts.append(f"exten => s,1,{steps[0]}\n")
        parts += [f" same => n,{step}\n" for step in steps[1:]]
    return "".join(parts)
