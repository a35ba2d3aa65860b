"""Which rulebooks bind a person when nobody names them: the table of addresses and numbers."""

import pytest

from compliance.facts import Address
from compliance.rulebooks.choice import choose_rulebooks, country_of_number


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        (Address("US", "CA"), ("us-federal",)),
        (Address("US", "MA"), ("us-federal", "us-ma")),
        (Address("US", "DC"), ("us-federal", "us-dc")),
        (Address("US", "WA"), ("us-federal", "us-wa")),
        (Address("US", "NY", None, "New York"), ("us-federal", "us-nyc")),
        (Address("US", "NY", None, "Albany"), ("us-federal",)),
        (Address("CA", "QC"), ("ca-qc",)),
        (Address("CA", "ON"), ("ca-on",)),
        (Address("CA", "AB"), ("ca-ab",)),
        (Address("CA", "BC"), ("default",)),
        (Address("AU"), ("au",)),
        (Address("CO"), ("co",)),
        (Address("IN"), ("in",)),
        (Address("MX"), ("mx",)),
        (Address("IT"), ("it-unirec",)),
        (Address("PL"), ("pl-zpf",)),
        (Address("GB"), ("gb",)),
        (Address("SA"), ("sa",)),
        (Address("ES"), ("default",)),
    ],
)
def test_an_address_chooses_by_country_region_and_city(address: Address, ids: tuple[str, ...]) -> None:
    assert choose_rulebooks((address,), ()) == ids


@pytest.mark.parametrize(
    ("number", "ids"),
    [
        ("+16175550142", ("us-federal",)),
        ("+15145550142", ("default",)),
        ("+34612345678", ("default",)),
        ("+61412345678", ("au",)),
        ("+18005550142", ()),
        ("+870773112345", ()),
        ("+80012345678", ()),
    ],
)
def test_a_number_alone_chooses_by_country_without_state(number: str, ids: tuple[str, ...]) -> None:
    assert choose_rulebooks((), (number,)) == ids


def test_a_number_adds_the_default_only_where_the_address_gave_nothing() -> None:
    assert choose_rulebooks((Address("CA", "QC"),), ("+15145550142",)) == ("ca-qc",)
    assert choose_rulebooks((Address("CA", "QC"),), ("+12125550142",)) == ("ca-qc", "us-federal")
    assert choose_rulebooks((Address("US", "MA"),), ("+16175550142",)) == ("us-federal", "us-ma")


def test_a_number_that_no_country_has_gives_none() -> None:
    assert country_of_number("+99912345") is None
