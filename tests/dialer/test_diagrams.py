"""docs/states.md says what the tables say."""

from pathlib import Path

from dialer.diagrams import page

DOCS = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_printed_states_are_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "run: python -m dialer.diagrams"


def test_the_diagrams_show_both_lives() -> None:
    assert "waiting --> bridging: AgentFound" in page()
    assert "talking --> hold: CallHeld" in page()
