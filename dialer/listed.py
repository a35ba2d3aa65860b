"""Says on which do-not-contact lists an address is, as of what was read in the gate's transaction. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from campaigns.lists.model import prefixes_of

Row = Mapping[str, Any]


class Hashed(Protocol):
    """compliance.number_list.NumberList, as far as it is asked here."""

    def __contains__(self, address: str, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class ListInForce:
    """`shut`: it is overdue and was made to deny then. `digest`: of a hashed list that has a version."""

    id: int
    name: str
    scope: str
    creditor_id: int | None
    campaign_id: int | None
    digest: str | None
    shut: bool


@dataclass(frozen=True, slots=True)
class Listings:
    """The lists of one tenant and what is on them of the addresses that were asked about.

    `exact` and `prefixes`: ids of lists by address and by prefix. `hashed`: lists that are open here, by digest.
    """

    lists: tuple[ListInForce, ...] = ()
    exact: Mapping[str, frozenset[int]] = field(default_factory=dict)
    prefixes: Mapping[str, frozenset[int]] = field(default_factory=dict)
    hashed: Mapping[str, Hashed] = field(default_factory=dict)

    @property
    def unread(self) -> tuple[str, ...]:
        """Lists that bind but cannot be asked, so that nobody of the tenant may be contacted."""
        return tuple(one.name for one in self.lists if one.shut or (one.digest and one.digest not in self.hashed))

    def of(self, address: str, *, creditor_id: int, campaign_id: int | None) -> tuple[str, ...] | None:
        """Names of the lists that hold this address back from this contact; None when one could not be asked.

        A campaign's list holds for contacts of that campaign only.
        """
        if self.unread:
            return None
        if not self.lists:
            return ()
        address = address.lower()  # an e-mail address; numbers have no letters
        on: set[int] = set(self.exact.get(address, ()))
        if self.prefixes:
            on.update(*(self.prefixes.get(prefix, ()) for prefix in prefixes_of(address)))
        return tuple(
            one.name
            for one in self.lists
            if _holds(one, creditor_id, campaign_id)
            and (one.id in on or (one.digest is not None and address in self.hashed[one.digest]))
        )


def _holds(one: ListInForce, creditor_id: int, campaign_id: int | None) -> bool:
    if one.scope == "creditor":
        return one.creditor_id == creditor_id
    return one.scope == "global" or (campaign_id is not None and one.campaign_id == campaign_id)


def keys_of(addresses: Iterable[str]) -> list[str]:
    """What to look for in the entries: the addresses and every prefix that would cover one."""
    keys: set[str] = set()
    for address in addresses:
        keys.add(address.lower())
        keys.update(prefixes_of(address))
    return sorted(keys)


def listings(lists: Iterable[Row], entries: Iterable[Row], hashed: Mapping[str, Hashed]) -> dict[int, Listings]:
    """By tenant, from the rows of dialer.contact_queries: lists, and entries (of kind `exact` or `prefix`)."""
    found: dict[tuple[int, str], dict[str, set[int]]] = {}
    for row in entries:
        found.setdefault((row["tenant_id"], row["kind"]), {}).setdefault(row["address"], set()).add(row["list_id"])
    theirs: dict[int, list[ListInForce]] = {}
    for row in lists:
        theirs.setdefault(row["tenant_id"], []).append(_list_of(row))
    return {
        tenant: Listings(
            tuple(sorted(of, key=_name)),
            _frozen(found.get((tenant, "exact"))),
            _frozen(found.get((tenant, "prefix"))),
            hashed,
        )
        for tenant, of in theirs.items()
    }


_name = attrgetter("name")  # people read them in this order, wherever the rows lie


def _list_of(row: Row) -> ListInForce:
    return ListInForce(
        row["list_id"], row["name"], row["scope"], row["creditor_id"], row["campaign_id"], row["digest"], row["shut"]
    )


def _frozen(found: dict[str, set[int]] | None) -> dict[str, frozenset[int]]:
    return {address: frozenset(ids) for address, ids in (found or {}).items()}
