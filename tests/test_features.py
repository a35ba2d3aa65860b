"""docs/features-issue-2.md names no proof that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "features-issue-2.md").read_text(encoding="utf-8")
PROOFS = sorted(set(re.findall(r"`((?:tests|agent_ui|dialer|telephony)/[\w./-]+)(?:::(\w+))?`", PAGE)))
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and not line.startswith("|---")
]


@pytest.mark.parametrize(("path", "test"), PROOFS)
def test_every_named_proof_is_there(path: str, test: str) -> None:
    file = ROOT / path
    assert file.exists()
    assert not test or f"def {test}(" in file.read_text(encoding="utf-8")


def test_every_item_has_a_state_and_what_works_has_a_proof() -> None:
    items = [row for row in ROWS if row[1] != "state"]

    assert len(items) > 100
    assert {len(row) for row in items} == {3}
    assert all(row[1].startswith(("works", "partly", "reached", "not yet")) for row in items)
    assert all(row[2] for row in items if not row[1].startswith("not yet"))
