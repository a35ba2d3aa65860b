"""The configuration reference says what the settings say."""

from pathlib import Path

from dialer.configuration_doc import render


def test_the_reference_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"

    assert page.read_text() == render(), "run: python -m dialer.configuration_doc > docs/configuration.md"
