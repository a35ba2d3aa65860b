"""Who has what a campaign needs, and how skills are written."""

from hypothesis import given, strategies as st

from campaigns.skills import MOST_SKILLS, Staffing, complaint, lacking, takes_calls, tidy

SKILLS = st.frozensets(st.sampled_from(["es", "fa", "hardship", "legal"]))


def test_odd_skills_are_named_and_how_to_write_them() -> None:
    for odd in ("ES", "", "a b", "é", "-x", "9", "a" * 33, "a\n"):
        words = complaint(["es", odd])
        assert words is not None and repr(odd)[:20] in words and "like es" in words
    assert complaint(["es", "hard-ship_2", "a" * 32]) is None


def test_there_are_not_more_than_anybody_could_keep_apart() -> None:
    assert complaint([f"s{n}" for n in range(MOST_SKILLS)]) is None
    assert "at most 32" in (complaint([f"s{n}" for n in range(MOST_SKILLS + 1)]) or "")


def test_equal_sets_are_equal_values() -> None:
    assert tidy(["fa", "es", "fa"]) == tidy(["es", "fa"]) == ("es", "fa")


@given(SKILLS, SKILLS, st.booleans(), st.sampled_from(["assigned", "skilled"]))
def test_nobody_takes_calls_without_every_skill_and_nobody_who_fits_is_left_out(
    required: frozenset[str], has: frozenset[str], assigned: bool, staffing: Staffing
) -> None:
    takes = takes_calls(staffing, required, assigned=assigned, has=has)
    assert takes == (required <= has and (assigned if staffing == "assigned" else bool(required)))
    assert set(lacking(required, has)) == required - has
