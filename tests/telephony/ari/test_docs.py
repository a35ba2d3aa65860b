"""The table of failure modes names tests that exist, and every test of a failure mode stands in it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[2] / "docs" / "ari-failure-modes.md"


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\btest_\w+(?!\w|\.py)", text))


def defined_in(*paths: Path) -> set[str]:
    return {name for path in paths for name in re.findall(r"def (test_\w+)", path.read_text())}


def test_every_named_test_exists() -> None:
    named = {name for name in names_in(TABLE.read_text()) if not (HERE / f"{name}.py").exists()}
    contract = HERE.parents[1] / "contracts" / "exchange" / "test_node.py"
    existing = defined_in(*HERE.glob("test_*.py"), HERE.parent / "test_cause.py", contract)
    assert named - existing - {"test_cause", "test_node"} == set()


def test_every_failure_mode_test_is_in_the_table() -> None:
    tests = defined_in(HERE / "test_failure_modes.py") - {"test_the_events_that_are_filtered_away_are_of_known_types"}
    assert tests - names_in(TABLE.read_text()) == set()
