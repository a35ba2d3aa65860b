"""What is said before the right party is known: names filled in, in the person's language, and nothing of a debt."""

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from compliance.disclosures import filled
from compliance.rulebooks.loader import load_rulebooks
from dialer.opening import opening_words
from tests.dialer.floor_rig import PERSON, Rig, floor_rig

BOOKS = load_rulebooks()
NAMES = {"agent": "Dana", "business_name": "Northwind", "business_phone": "+12125550100"}
OF_A_DEBT = re.compile(r"debt|deuda|dette|schuld|dług|collect|cobr|recouvr|pay\b|balance|\bowe", re.IGNORECASE)


def newest(book: str) -> str:
    return BOOKS.get(book).versions[-1].name


def test_the_words_are_filled_and_in_the_persons_language_or_english() -> None:
    in_force = (newest("us-federal"),)
    spanish = opening_words(BOOKS, in_force, "es", NAMES)
    assert [(one["when"], one["text"]) for one in spanish] == [
        ("opening", "Le habla Dana de Northwind."),
        ("voicemail", "Soy Dana de Northwind. Por favor, devuelva la llamada al +12125550100."),
    ]
    assert opening_words(BOOKS, in_force, "fr", NAMES)[0]["text"] == "This is Dana of Northwind."
    assert spanish[0]["source"].startswith("12 CFR 1006.14(g)")


def test_the_same_words_of_two_rulebooks_stand_once() -> None:
    both = (newest("ca-on"), newest("ca-ab"))
    assert [one["text"] for one in opening_words(BOOKS, both, "en", NAMES)] == ["Hello, this is Dana of Northwind."]


def test_no_rulebook_speaks_of_a_debt_before_the_right_party_is_known() -> None:
    every = tuple(version.name for book in BOOKS.books.values() for version in book.versions)
    for language in ("en", "es", "fr", "de", "pl"):
        for one in opening_words(BOOKS, every, language, NAMES):
            assert not OF_A_DEBT.search(one["text"]), one
            assert "{" not in one["text"] and "[" not in one["text"], one


def test_a_name_that_nobody_has_set_is_seen_as_missing() -> None:
    assert filled("{agent} of {business_name}", {"agent": "Dana", "business_name": ""}) == "Dana of [business name]"


def test_words_of_no_rulebook_are_none() -> None:
    assert opening_words(BOOKS, ("unknown@1",), "en", NAMES) == []
    assert opening_words(BOOKS, (), "en", NAMES) == []


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


@pytest.mark.postgres
async def test_the_agent_has_them_with_the_call_and_of_the_debt_nothing(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    async with rig.engine.begin() as conn:
        settings = '{"business_name": "Northwind", "business_phone": "+12125550100"}'
        await conn.execute(text("UPDATE tenant SET settings = settings || CAST(:new AS jsonb)"), {"new": settings})
        name = (await conn.execute(text("SELECT display_name FROM app_user"))).scalar_one()
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    console = rig.console()
    assert console["file"] is None and console["call"]["identity"] == "unchecked"
    said = {one["when"]: one["text"] for one in console["call"]["words"]}
    assert said == {
        "opening": f"This is {name} of Northwind.",
        "voicemail": f"This is {name} of Northwind. Please call back at +12125550100.",
    }
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    assert rig.console()["call"]["words"] == []
