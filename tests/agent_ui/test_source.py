"""Which address a request counts for."""

from ipaddress import ip_address

import pytest

from agent_ui.source import client_address, login_hash, source_hash

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's word is not believed
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # what the client itself put in front is not believed
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:ffff::1", "2001:db8:1::5", "2001:db8:1::5"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(peer: str, forwarded: str, expected: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == ip_address(expected)


def test_a_peer_without_an_address_has_none() -> None:
    assert client_address("", "198.51.100.1", PROXIES) is None


def test_an_ipv6_household_is_one_source() -> None:
    first, second, other = (ip_address(each) for each in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"))
    assert source_hash(first) == source_hash(second) != source_hash(other)


def test_logins_of_two_tenants_are_two_logins() -> None:
    assert login_hash(1, "Agent ") == login_hash(1, "agent") != login_hash(2, "agent")
