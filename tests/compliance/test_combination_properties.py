"""Rulebooks combine by intersection: what one member denies, the combination denies, and never earlier again."""

from hypothesis import given, settings, strategies as st
from msgspec import structs

from compliance.cases import facts_of_case
from compliance.gate import decide
from tests.compliance.brute import Case
from tests.compliance.cases import books
from tests.compliance.strategies import cases
from tests.compliance.test_gate_properties import checked

IDS = sorted(books().books)


@checked
@given(cases(), st.lists(st.sampled_from(IDS), min_size=2, max_size=4, unique=True))
def test_the_combination_never_allows_what_one_member_denies(case: Case, ids: list[str]) -> None:
    facts = facts_of_case({**case, "rulebooks": ids})
    together = decide(facts, books())
    alone = [decide(structs.replace(facts, rulebooks=(one,)), books()) for one in ids]
    if any(one.decision == "deny" for one in alone):
        assert together.decision == "deny"
    if any(one.decision == "review" for one in alone):
        assert together.decision != "allow"
    assert together.allowed == all(one.allowed for one in alone)
    assert set(together.codes) == {code for one in alone for code in one.codes}
    if together.retry_at is not None:
        assert all(one.allowed or (one.retry_at is not None and one.retry_at <= together.retry_at) for one in alone)


@settings(max_examples=50, deadline=None)
@given(cases(), st.sampled_from(IDS))
def test_a_book_that_binds_besides_can_only_be_stricter(case: Case, also: str) -> None:
    facts = facts_of_case(case)
    with_it = decide(structs.replace(facts, also=(also,)), books())
    assert not with_it.allowed or decide(facts, books()).allowed
