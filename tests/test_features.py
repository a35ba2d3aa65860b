"""docs/features-issue-N.md name no proof that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("features-issue-*.md"))}
PROOFS = sorted(
    set(re.findall(r"`((?:tests|agent_ui|dialer|telephony)/[\w./-]+)(?:::(\w+))?`", "\n".join(PAGES.values())))
)
LEAST = {"features-issue-2": 100, "features-issue-4": 60}


@pytest.mark.parametrize(("path", "test"), PROOFS)
def test_every_named_proof_is_there(path: str, test: str) -> None:
    file = ROOT / path
    assert file.exists()
    assert not test or f"def {test}(" in file.read_text(encoding="utf-8")


def test_each_page_is_known() -> None:
    assert set(PAGES) == set(LEAST)


@pytest.mark.parametrize("page", PAGES)
def test_every_item_has_a_state_and_what_works_has_a_proof(page: str) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGES[page].splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    items = [row for row in rows if row[1] != "state"]

    assert len(items) > LEAST[page]
    assert {len(row) for row in items} == {3}
    assert all(row[1].startswith(("works", "partly", "reached", "not yet")) for row in items)
    assert all(row[2] for row in items if not row[1].startswith("not yet"))
