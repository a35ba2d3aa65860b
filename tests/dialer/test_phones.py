"""Which phone an agent has, and where a browser finds its WebSocket."""

from typing import Any

import pytest
from pydantic import ValidationError

from dialer.asterisk_files import node_settings, phone_password
from dialer.phones import AgentPhones, agent_phones, phone_ws_url
from dialer.settings import AsteriskSettings, NodeSettings, Settings, TrunkSettings, WebSettings

KEY = "k" * 48
PHONES = AgentPhones("wss://dial.example.com/ws", KEY, "stun.example.com:3478")


def settings(public: str = "http://127.0.0.1:8080", node: str = "http://127.0.0.1:8088/ari", **values: Any) -> Settings:
    web = {"public_base_url": public} | values.pop("web", {})
    nodes = (NodeSettings(name="a", url=node, password="pw"),) if node else ()
    return Settings(secret_key=KEY, nodes=nodes, web=WebSettings(**web), **values)


@pytest.mark.parametrize(
    ("public", "node", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8088/ari", "ws://127.0.0.1:8088/ws"),
        ("http://localhost:8080", "http://127.0.0.1:18088/ari", "ws://localhost:18088/ws"),
        ("https://dial.example.com", "http://localhost:8088/ari", "wss://dial.example.com/ws"),
        ("https://[2001:db8::1]:8443", "http://[::1]:8088/ari", "wss://[2001:db8::1]:8443/ws"),
        ("https://dial.example.com", "http://asterisk:8088/ari", ""),
        ("https://dial.example.com", "", ""),
    ],
)
def test_the_address_is_derived_where_the_node_is_on_this_machine(public: str, node: str, url: str) -> None:
    assert phone_ws_url(settings(public, node)) == url


def test_an_asterisk_with_its_own_certificate_is_opened_at_its_own_tls_port() -> None:
    asterisk = AsteriskSettings(tls_cert="/c.pem", tls_key="/k.pem")
    assert phone_ws_url(settings("https://dial.example.com", asterisk=asterisk)) == "wss://dial.example.com:8089/ws"


@pytest.mark.parametrize("given", ["", "wss://pbx.example.com:8089/ws"])
def test_an_address_that_was_set_is_taken_as_it_is(given: str) -> None:
    assert phone_ws_url(settings(web={"phone_ws_url": given})) == given


@pytest.mark.parametrize("wrong", ["http://pbx.example.com/ws", "wss://", "wss://a b/ws", "wss://a/ws; script-src *"])
def test_an_address_that_is_no_websocket_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="phone_ws_url"):
        settings(web={"phone_ws_url": wrong})


def test_a_browser_phone_gets_what_it_registers_with() -> None:
    assert PHONES.access("PJSIP/agent-web-7") == {
        "kind": "browser",
        "ws_url": "wss://dial.example.com/ws",
        "sip_uri": "sip:agent-web-7@dial.example.com",
        "username": "agent-web-7",
        "password": phone_password(KEY, "agent-web-7"),
        "ice_servers": ["stun:stun.example.com:3478"],
    }
    assert PHONES.connect_sources == ("wss://dial.example.com",)


@pytest.mark.parametrize(
    ("phones", "endpoint", "kind"),
    [
        (PHONES, "PJSIP/agent-7", "telephone"),
        (PHONES, "PJSIP/agent-web-7@trunk", "telephone"),
        (PHONES, None, "none"),
        (AgentPhones("", KEY), "PJSIP/agent-web-7", "telephone"),
        (AgentPhones("wss://dial.example.com/ws", ""), "PJSIP/agent-web-7", "telephone"),
        (agent_phones(settings(), sandbox=True), "PJSIP/agent-web-7", "simulated"),
    ],
)
def test_any_other_phone_gets_no_password(phones: AgentPhones, endpoint: str | None, kind: str) -> None:
    assert phones.access(endpoint) == {"kind": kind}


def test_the_secret_key_is_in_no_description() -> None:
    assert KEY not in repr(PHONES)


def test_without_an_address_no_page_may_open_one() -> None:
    assert AgentPhones().connect_sources == ()


def test_asterisk_knows_each_browser_phone_by_the_password_that_the_browser_gets() -> None:
    given = AsteriskSettings(browser_phones=2, telephones=1, trunks=(TrunkSettings(host="sip.example.com"),))
    node = node_settings(settings(asterisk=given))
    assert [(phone.name, phone.webrtc) for phone in node.agents] == [
        ("agent-web-1", True),
        ("agent-web-2", True),
        ("agent-1", False),
    ]
    for phone in node.agents[:2]:
        assert PHONES.access(f"PJSIP/{phone.name}")["password"] == phone.password
