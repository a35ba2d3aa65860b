"""What the gate is told of an address is what asking every list by hand would come to."""

from dataclasses import dataclass

from hypothesis import given, strategies as st

from dialer.listed import ListInForce, Listings, keys_of, listings

NUMBERS = st.sampled_from(["+12125550142", "+12125550143", "+4520123456"])
PREFIXES = st.sampled_from(["+1", "+1212", "+1212555014", "+45", "+49"])


@dataclass(frozen=True)
class Made:
    """A list as a person thinks of it."""

    scope: str
    owner: int
    exact: frozenset[str]
    prefixes: frozenset[str]
    hashed: frozenset[str] | None
    shut: bool


LISTS = st.lists(
    st.builds(
        Made,
        scope=st.sampled_from(["global", "creditor", "campaign"]),
        owner=st.integers(1, 2),
        exact=st.frozensets(NUMBERS, max_size=2),
        prefixes=st.frozensets(PREFIXES, max_size=2),
        hashed=st.none() | st.frozensets(NUMBERS, max_size=2),
        shut=st.sampled_from([False] * 9 + [True]),
    ),
    max_size=4,
)


Rows = list[dict[str, object]]


def read(made: list[Made], number: str) -> tuple[Rows, Rows]:
    """Lists and entries as the database gives them for this number."""
    lists: Rows = []
    entries: Rows = []
    for at, one in enumerate(made):
        told: dict[str, object] = {"tenant_id": 1, "list_id": at}
        scope: dict[str, object] = {"scope": one.scope, "creditor_id": None, "campaign_id": None}
        owner: dict[str, object] = {f"{one.scope}_id": one.owner} if one.scope != "global" else {}
        digest = None if one.hashed is None else f"d{at}"
        lists.append(told | {"name": f"L{at}", "shut": one.shut, "digest": digest} | scope | owner)
        for kind, addresses in (("exact", one.exact), ("prefix", one.prefixes)):
            entries += [told | {"kind": kind, "address": found} for found in addresses & set(keys_of([number]))]
    return lists, entries


@given(
    made=LISTS, number=NUMBERS, creditor=st.integers(1, 2), campaign=st.none() | st.integers(1, 2), gone=st.booleans()
)
def test_it_is_the_naive_union_within_scope(
    made: list[Made], number: str, creditor: int, campaign: int | None, gone: bool
) -> None:
    hashed = {f"d{at}": one.hashed for at, one in enumerate(made) if one.hashed is not None}
    if gone and hashed:
        hashed.popitem()
    found = listings(*read(made, number), hashed).get(1, Listings())
    answer = found.of(number, creditor_id=creditor, campaign_id=campaign)
    missing = gone and any(one.hashed is not None for one in made)
    if missing or any(one.shut for one in made):
        assert answer is None
        return
    assert answer == tuple(
        f"L{at}"
        for at, one in enumerate(made)
        if (one.scope == "global" or one.owner == (creditor if one.scope == "creditor" else campaign))
        and (
            number in one.exact
            or any(number.startswith(prefix) for prefix in one.prefixes)
            or (one.hashed is not None and number in one.hashed)
        )
    )


def test_without_any_list_nobody_is_on_one() -> None:
    assert Listings().of("+12125550142", creditor_id=1, campaign_id=None) == ()
    assert Listings((ListInForce(1, "A", "global", None, None, "d", False),)).unread == ("A",)
