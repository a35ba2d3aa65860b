"""People ask to be left alone in any words; the labelled set prints its confusion matrix."""

from collections import Counter

import pytest

from compliance.optout import LANGUAGES, classify, tokens
from tests.compliance.cases import GOLDEN

ROWS = [line.split("\t") for line in (GOLDEN / "optout.tsv").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("language", "kind", "text"), ROWS)
def test_the_labelled_text_is_read_as_labelled(language: str, kind: str, text: str) -> None:
    assert classify(text).kind == kind
    assert classify(text, language).kind == kind


def test_recall_of_stop_requests_is_at_least_99_percent(capsys: pytest.CaptureFixture[str]) -> None:
    matrix = Counter((language, kind, classify(text, language).kind) for language, kind, text in ROWS)
    with capsys.disabled():
        for language in LANGUAGES:
            print(language, {f"{want}->{got}": n for (lang, want, got), n in matrix.items() if lang == language})
    stops = sum(n for (_, want, _), n in matrix.items() if want == "stop")
    assert stops >= 200
    assert sum(n for (_, want, got), n in matrix.items() if want == got == "stop") >= 0.99 * stops


@pytest.mark.parametrize("text", ["s t o p", "S.T.O.P.", "st0p", "Stooooop!!", "ＳＴＯＰ", "\u200bstop", "stpo"])
def test_disguised_and_slipped_spellings_are_read(text: str) -> None:
    assert classify(text).kind == "stop"


@pytest.mark.parametrize("text", ["", "   ", "👍", "12345", "...", "stop by the office", "bus stop", "spot", "shop"])
def test_what_asks_nothing_is_other(text: str) -> None:
    assert classify(text).kind == "other"


def test_a_long_message_with_a_bare_stop_word_is_for_a_person_to_decide() -> None:
    assert classify("I told my brother that we should cancel everything with you people next year").kind == "unclear"


def test_a_stop_sentence_decides_for_the_message() -> None:
    assert classify("Stop. I will pay when I can and not before").kind == "stop"


def test_the_entry_that_decided_is_told() -> None:
    reading = classify("désabonnez-moi", "fr")
    assert (reading.language, reading.matched) == ("fr", "desabonn*|desinscri*")


def test_arabic_and_persian_spellings_of_one_word_are_one() -> None:
    assert tokens("إلغاءُ الاشتراك") == tokens("الغاء الاشتراك")
    assert tokens("نمی‌خواهم") == ("نمی", "خواهم")
