"""Where a request comes from: the peer's address, or what a trusted proxy says of it."""

import hashlib
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

Address = IPv4Address | IPv6Address


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def requester(request: web.Request, trusted: Sequence[str]) -> Address | None:
    """Whoever sent the request, as far as the proxies that we trust tell it."""
    return client_address(request.remote or "", request.headers.get("X-Forwarded-For", ""), trusted)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[str]) -> Address | None:
    """The nearest address that is not a trusted proxy's, reading X-Forwarded-For from its right end."""
    networks = [ip_network(each, strict=False) for each in trusted]

    def is_trusted(address: Address) -> bool:
        return any(address in network for network in networks if network.version == address.version)

    found = _address(peer)
    for hop in reversed(forwarded_for.split(",")):
        if found is None or not is_trusted(found):
            return found
        further = _address(hop)
        if further is None:
            return found
        found = further
    return found


def source_hash(address: Address | None) -> bytes:
    """Names a source without keeping its address. An IPv6 household counts as one: its /64."""
    if isinstance(address, IPv6Address):
        name = str(IPv6Network((address, 64), strict=False))
    else:
        name = str(address)
    return hashlib.sha256(f"source:{name}".encode()).digest()


def login_hash(tenant_id: int, login: str) -> bytes:
    return hashlib.sha256(f"login:{tenant_id}:{login.strip().casefold()}".encode()).digest()
