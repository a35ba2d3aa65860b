"""Renders Asterisk's configuration files from settings: only what the dialer needs, nothing else reachable."""

import os
from collections.abc import Sequence
from pathlib import Path

from telephony.asterisk import modules, pjsip
from telephony.asterisk.ini import Section, render_file
from telephony.asterisk.settings import AsteriskSettings

AMD_CONTEXT = "promiseline-amd"


def render(settings: AsteriskSettings) -> dict[str, str]:
    """All files by name, as text. Some hold secrets."""
    files: dict[str, Sequence[Section]] = {
        "asterisk.conf": _asterisk(settings),
        "http.conf": _http(settings),
        "ari.conf": _ari(settings),
        "pjsip.conf": pjsip.sections(settings),
        "rtp.conf": _rtp(settings),
        "amd.conf": _amd(settings),
        "stasis.conf": [Section("taskpool", [("minimum_size", "5"), ("max_size", "50")])],
        # no call detail records: they cost most of the answer latency under load, and the dialer keeps its own
        "cdr.conf": [Section("general", [("enable", "no")])],
        "cel.conf": [Section("general", [("enable", "no")])],
        "manager.conf": [Section("general", [("enabled", "no")])],
        "ccss.conf": [Section("general", [])],
        "websocket_client.conf": [],
        "features.conf": [Section("general", []), Section("featuremap", [])],
        "udptl.conf": [Section("general", [])],
        "acl.conf": [],
        "codecs.conf": [],
        "indications.conf": [Section("general", [("country", "us")]), _tones()],
        "dnsmgr.conf": [Section("general", [("enable", "no")])],
        "sorcery.conf": [],
        "pjproject.conf": [Section("startup", [("log_level", "1")])],
        "musiconhold.conf": [Section("default", [("mode", "files"), ("directory", "moh")])],
        "modules.conf": modules.sections(),
        "logger.conf": _logger(),
    }
    texts = {name: render_file(sections) for name, sections in files.items()}
    texts["extensions.conf"] = _extensions(settings)
    return texts


def write(settings: AsteriskSettings, directory: Path, *, mode: int = 0o600) -> list[Path]:
    """Write all files into `directory` (made if missing), readable by `mode`: they hold passwords."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in render(settings).items():
        path = directory / name
        temporary = directory / f".{name}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
        written.append(path)
    return written


def _asterisk(settings: AsteriskSettings) -> list[Section]:
    d = settings.directories
    directories = [
        ("astetcdir", d.etc),
        ("astvarlibdir", d.lib),
        ("astdbdir", d.lib),
        ("astkeydir", d.lib),
        ("astdatadir", d.data),
        ("astagidir", f"{d.data}/agi-bin"),
        ("astspooldir", d.spool),
        ("astrundir", d.run),
        ("astlogdir", d.log),
        ("astsbindir", "/usr/sbin"),
        ("astcachedir", d.cache),
    ]
    if d.modules:
        directories.append(("astmoddir", d.modules))
    options = [
        ("verbose", "0"),
        ("debug", "0"),
        ("maxcalls", settings.max_calls),
        ("maxfiles", 65536),
        ("live_dangerously", "no"),
        ("execincludes", "no"),
        ("highpriority", "no"),
        ("defaultlanguage", "en"),
    ]
    return [Section("directories", directories), Section("options", options)]


def _http(settings: AsteriskSettings) -> list[Section]:
    lines: list[tuple[str, object]] = [
        ("enabled", "yes"),
        ("servername", "Promiseline"),
        ("bindaddr", settings.http_host),
        ("bindport", settings.http_port),
        # counts every HTTP and WebSocket session, each browser phone included; the default of 100 is soon full
        ("sessionlimit", settings.session_limit),
        ("session_inactivity", 30000),
        # above the client's pool keep-alive, or the pool gets resets
        ("session_keep_alive", 60000),
        ("enable_static", "no"),
        ("enable_status", "no"),
    ]
    if settings.tls_cert:
        lines += [
            ("tlsenable", "yes"),
            ("tlsbindaddr", f"{settings.tls_host}:{settings.tls_port}"),
            ("tlscertfile", settings.tls_cert),
            ("tlsprivatekey", settings.tls_key),
        ]
    return [Section("general", lines)]


def _ari(settings: AsteriskSettings) -> list[Section]:
    user = [("type", "user"), ("read_only", "no"), ("password_format", "plain"), ("password", settings.ari_password)]
    return [
        # the default of 100 ms closes the event socket at the first hiccup of the reader
        Section("general", [("enabled", "yes"), ("pretty", "no"), ("websocket_write_timeout", 5000)]),
        Section(settings.ari_user, user),
    ]


def _rtp(settings: AsteriskSettings) -> list[Section]:
    lines: list[tuple[str, object]] = [
        ("rtpstart", settings.rtp_start),
        ("rtpend", settings.rtp_end),
        ("strictrtp", "yes"),
        ("icesupport", "yes"),
    ]
    if settings.stun:
        lines.append(("stunaddr", settings.stun))
    return [Section("general", lines)]


def _amd(settings: AsteriskSettings) -> list[Section]:
    amd = settings.amd
    lines = [
        ("total_analysis_time", amd.total_ms),
        ("silence_threshold", amd.silence_threshold),
        ("initial_silence", amd.initial_silence_ms),
        ("after_greeting_silence", amd.after_greeting_silence_ms),
        ("greeting", amd.greeting_ms),
        ("min_word_length", amd.min_word_ms),
        ("maximum_word_length", 5000),
        ("between_words_silence", amd.between_words_ms),
        ("maximum_number_of_words", amd.max_words),
    ]
    return [Section("general", lines)]


def _tones() -> Section:
    tones = [
        ("description", "North America"),
        ("ringcadence", "2000,4000"),
        ("dial", "350+440"),
        ("busy", "480+620/500,0/500"),
        ("ring", "440+480/2000,0/4000"),
        ("congestion", "480+620/250,0/250"),
    ]
    return Section("us", tones)


def _logger() -> list[Section]:
    # no verbose, debug or dtmf level: they would write numbers and pressed digits
    return [
        Section("general", [("dateformat", "%F %T.%3q")]),
        Section("logfiles", [("console", "warning,error"), ("messages", "notice,warning,error")], arrow=True),
    ]


def _extensions(settings: AsteriskSettings) -> str:
    # every endpoint's context is empty: neither a carrier's redirect (302) nor a stolen phone can dial anything
    return f"""\
[general]
static=yes
writeprotect=yes
clearglobalvars=no

[{pjsip.NOWHERE}]

[{AMD_CONTEXT}]
exten => s,1,AMD()
 same => n,Stasis({settings.app},amd,${{AMDSTATUS}},${{AMDCAUSE}})
 same => n,Hangup()
"""
