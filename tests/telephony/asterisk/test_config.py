"""What Asterisk is told, and what it must never be told."""

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from telephony.asterisk.config import AMD_CONTEXT, render, write
from telephony.asterisk.ini import Section, escape, render_file
from telephony.asterisk.settings import AgentPhone, AsteriskSettings, SettingsProblem, Trunk

SETTINGS = AsteriskSettings(
    ari_password="ari;secret",
    app="collector",
    trunks=(Trunk("carrier", "sip.example.net", 5070, "user", "trunk-secret", codecs=("alaw", "ulaw")),),
    agents=(
        AgentPhone("agent-1", "web-secret"),
        AgentPhone("agent-2", "sip-secret", webrtc=False),
        AgentPhone("agent-3", "fixed-secret", webrtc=False, contact="sip:agent-3@10.0.0.5:5062"),
    ),
)


def _parse(text: str) -> dict[str, list[dict[str, str]]]:
    """Sections by name; a name may come more than once."""
    sections: dict[str, list[dict[str, str]]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if not line or line.startswith(";"):
            continue
        if line.startswith("["):
            current = {}
            sections.setdefault(line[1:-1], []).append(current)
        else:
            name, _, value = line.partition("=")
            current[name.strip()] = value.lstrip(">").strip()
    return sections


def _endpoint(name: str) -> dict[str, str]:
    sections = _parse(render(SETTINGS)["pjsip.conf"])[name]
    return next(section for section in sections if section["type"] == "endpoint")


@pytest.mark.parametrize("name", ["carrier", "agent-1", "agent-2", "agent-3"])
def test_no_endpoint_can_dial_anything(name: str) -> None:
    endpoint = _endpoint(name)
    assert endpoint["context"] == "promiseline-nowhere"
    assert endpoint["allow_transfer"] == "no"
    dialplan = render(SETTINGS)["extensions.conf"]
    contexts = dialplan.split("[promiseline-nowhere]")[1].split("[")
    assert contexts[0].strip() == ""


def test_the_dialplan_holds_detection_and_nothing_else() -> None:
    dialplan = render(SETTINGS)["extensions.conf"]
    assert [line for line in dialplan.splitlines() if line.startswith("[")] == [
        "[general]",
        "[promiseline-nowhere]",
        f"[{AMD_CONTEXT}]",
    ]
    assert "Stasis(collector,amd,${AMDSTATUS},${AMDCAUSE})" in dialplan
    assert "Dial(" not in dialplan


def test_a_browser_phone_uses_the_websocket_and_loses_a_leg_without_audio() -> None:
    endpoint = _endpoint("agent-1")
    assert (endpoint["webrtc"], endpoint["transport"], endpoint["rtp_timeout"]) == ("yes", "transport-ws", "8")
    aor = next(section for section in _parse(render(SETTINGS)["pjsip.conf"])["agent-1"] if section["type"] == "aor")
    assert (aor["max_contacts"], aor["remove_existing"]) == ("1", "yes")


def test_a_fixed_phone_needs_no_registration() -> None:
    aors = [section for section in _parse(render(SETTINGS)["pjsip.conf"])["agent-3"] if section["type"] == "aor"]
    assert aors == [{"type": "aor", "contact": "sip:agent-3@10.0.0.5:5062"}]


def test_the_limits_that_a_dialer_needs_are_set() -> None:
    files = {name: _parse(text) for name, text in render(SETTINGS).items()}
    http = files["http.conf"]["general"][0]
    assert int(http["sessionlimit"]) >= 1000
    assert int(http["session_keep_alive"]) >= 60000
    assert files["ari.conf"]["general"][0]["websocket_write_timeout"] == "5000"
    assert files["cdr.conf"]["general"][0]["enable"] == "no"
    assert files["manager.conf"]["general"][0]["enabled"] == "no"


def test_nothing_is_logged_that_names_people() -> None:
    logger = render(SETTINGS)["logger.conf"]
    assert not [word for word in ("verbose", "dtmf", "debug") if word in logger]


def test_the_transfer_module_is_not_loaded() -> None:
    modules = render(SETTINGS)["modules.conf"]
    assert "autoload=no" in modules
    assert "res_pjsip_refer.so" not in modules
    assert "res_ari_device_states.so" not in modules
    assert modules.count("load=app_amd.so") == 1


def test_a_semicolon_in_a_secret_is_no_comment() -> None:
    assert "password=ari\\;secret" in render(SETTINGS)["ari.conf"]


@given(st.text(max_size=40))
def test_no_value_breaks_out_of_its_line(value: str) -> None:
    try:
        text = render_file([Section("general", [("name", value)])])
    except ValueError:
        assert any(char in value for char in "\r\n\0")
        return
    assert text.count("\n") == 4
    assert text.endswith(f"name={escape(value)}\n")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"ari_password": ""}, "ari_password must not be empty"),
    ({"ari_password": "x\n[admin]"}, "control characters"),
    ({"ari_password": " x"}, "begin or end with a space"),
    ({"app": "two words"}, "app 'two words' cannot be used"),
    ({"app": "x),System(rm"}, "cannot be used"),
    ({"http_host": "everywhere"}, "http_host must be an IP address"),
    ({"sip_port": 0}, "sip_port must be between 1 and 65535"),
    ({"rtp_start": 10000, "rtp_end": 10001}, "rtp_end must be at least 3 above"),
    ({"tls_cert": "/cert.pem"}, "give both or neither"),
    ({"local_nets": ("10.0.0.0",)}, "no network like"),
    ({"agents": (AgentPhone("carrier", "x"),)}, "used twice: carrier"),
]


@pytest.mark.parametrize(("changes", "text"), BAD)
def test_a_bad_setting_is_told_in_words(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsProblem, match=text):
        replace(SETTINGS, **changes)


def test_a_bad_trunk_or_phone_is_told_in_words() -> None:
    with pytest.raises(SettingsProblem, match="no host name"):
        Trunk("carrier", "sip.example.net\nqualify=yes")
    with pytest.raises(SettingsProblem, match="unknown codec mp3"):
        Trunk("carrier", "sip.example.net", codecs=("mp3",))
    with pytest.raises(SettingsProblem, match="password must not be empty"):
        Trunk("carrier", "sip.example.net", username="user")
    with pytest.raises(SettingsProblem, match="cannot be used"):
        AgentPhone("agent 1", "x")
    with pytest.raises(SettingsProblem, match="contact must be like"):
        AgentPhone("agent-1", "x", contact="agent@host")


def test_secrets_stand_in_no_repr() -> None:
    text = repr(SETTINGS)
    assert not [secret for secret in ("ari;secret", "trunk-secret", "web-secret", "sip-secret") if secret in text]


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    written = write(SETTINGS, tmp_path / "etc")
    assert {path.name for path in written} >= {"asterisk.conf", "pjsip.conf", "extensions.conf", "modules.conf"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == sorted(path.name for path in written)
