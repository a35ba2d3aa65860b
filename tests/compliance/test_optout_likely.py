"""What the trained weights add to the word lists, and that they are those of the labelled sets in the repository."""

import time
from pathlib import Path

import numpy as np
import pytest

from compliance.optout import classify
from compliance.optout_likely import SURE, loudest, settled
from compliance.optout_model import Likelihood, features, likelihood, stored_weights
from compliance.optout_quality import KINDS, Quality, Row, measure, rows
from compliance.optout_text import tokens
from compliance.optout_train import digest, left_out, store, train
from tests.compliance.cases import GOLDEN

NEVER_TRAINED = "optout_blind_d.tsv"
TRAINED = sorted(path for path in GOLDEN.glob("optout*.tsv") if path.name != NEVER_TRAINED)


def labelled(path: Path) -> list[Row]:
    return rows(path.read_text(encoding="utf-8").splitlines())


def shown(name: str, found: list[Quality]) -> None:
    print(f"\n{name}: labelled, and read as {', '.join(KINDS)}")
    for quality in found:
        for label in KINDS:
            if quality.labelled(label):
                print(f"  {quality.language:4}{label:8}", *(f"{quality.counts.get((label, r), 0):5}" for r in KINDS))


def test_the_stored_weights_are_those_of_the_labelled_sets_and_the_word_lists() -> None:
    assert len(TRAINED) == 13
    known = [row for path in TRAINED for row in labelled(path)]
    assert stored_weights().digest == digest(known), (
        "a labelled set or a word list has changed since the weights were trained: run promiseline compliance "
        "optout-train with all tests/compliance/golden/optout*.tsv but optout_blind_d.tsv"
    )


def test_of_the_set_that_nothing_was_mended_or_trained_with_stops_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    found = measure(labelled(GOLDEN / NEVER_TRAINED))
    with capsys.disabled():
        shown(NEVER_TRAINED, found)
    whole = found[-1]
    assert whole.labelled("stop") >= 250
    assert (whole.share("stop", "stop") or 0) >= 0.99
    assert (whole.share("other", "stop") or 0) <= 0.04


@pytest.mark.parametrize("path", [path for path in TRAINED if "blind" in path.name], ids=lambda path: path.stem)
def test_the_sets_that_were_trained_with_stay_read(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measure(labelled(path))
    with capsys.disabled():
        shown(path.name, found[-1:])
    assert (found[-1].share("stop", "stop") or 0) >= 0.95
    assert (found[-1].share("other", "stop") or 0) <= 0.06


def test_no_text_of_the_set_that_was_kept_apart_was_trained_with_under_another_label() -> None:
    apart = {tokens(row.text): row.kind for row in labelled(GOLDEN / NEVER_TRAINED)}
    known = {tokens(row.text): row.kind for path in TRAINED for row in labelled(path)}
    shared = apart.keys() & known.keys()
    assert len(shared) < len(apart) / 8  # short ones such as "thanks" are everybody's


def test_what_no_list_holds_is_a_stop_and_says_why() -> None:
    reading = classify("Me gustaría que me dejaran tranquila")
    assert reading.kind == "stop"
    assert reading.likelihood is None or reading.likelihood >= SURE
    found = classify("spare me the messages")
    assert (found.kind, found.media) == ("stop", frozenset())
    assert found.likelihood is not None and found.matched is not None
    assert set(found.matched.split()) <= set(tokens("spare me the messages"))


@pytest.mark.parametrize(
    "text",
    ["ok", "I paid yesterday", "stop by your office", "don't stop the plan", "I can't stop thinking about it", "merci",
     "ich zahle am freitag", "zapłacę jutro", "ممنون", "شكرا", "ਧੰਨਵਾਦ ਜੀ", "when does it stop?"],
)  # fmt: skip
def test_what_asks_for_no_stop_is_none(text: str) -> None:
    assert classify(text).kind != "stop"


def test_a_wish_about_a_time_is_never_made_a_stop() -> None:
    assert classify("please don't text after 9, call instead").kind == "unclear"
    assert settled("unclear", True, True, Likelihood(1.0, 0.0)) is None


@pytest.mark.parametrize(
    ("kind", "spoken", "stop", "becomes"),
    [
        ("stop", True, 0.0, None), ("other", False, 0.1, None), ("other", False, 0.25, "unclear"),
        ("other", False, 0.4, "stop"), ("other", True, 0.5, None), ("other", True, 0.7, "unclear"),
        ("other", True, 0.96, "stop"), ("unclear", True, 0.5, None), ("unclear", True, 0.7, "stop"),
        ("start", True, 0.5, None), ("start", True, 0.7, "stop"), ("help", True, 0.5, None),
    ],
)  # fmt: skip
def test_the_lists_word_weighs_against_the_likelihood(
    kind: str, spoken: bool, stop: float, becomes: str | None
) -> None:
    assert settled(kind, spoken, False, Likelihood(stop, 0.0)) == becomes


def test_a_sentence_of_a_long_message_is_read_by_itself() -> None:
    before = ["i", "was", "in", "hospital", "and", "could", "not", "answer", "your", "letter"] * 8
    found, said = loudest([before, ["spare", "me", "the", "messages"]])
    assert said == ["spare", "me", "the", "messages"]
    assert found.stop > SURE


def test_likelihoods_are_a_part_of_one_also_of_nothing() -> None:
    for words in ((), ("stop",), ("a",) * 200):
        found = likelihood(words)
        assert 0 <= found.stop <= 1 and 0 <= found.unclear <= 1 and found.stop + found.unclear <= 1 + 1e-6
    assert len(features(("stop", "stop"))) == len(set(features(("stop", "stop")).tolist()))


def test_training_twice_gives_the_same_weights_and_storing_keeps_them(tmp_path: Path) -> None:
    some = labelled(GOLDEN / "optout_second.tsv")
    first, second = train(some), train(some)
    assert np.array_equal(first.table, second.table) and first.digest == second.digest
    store(first, tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz") as stored:
        error = np.abs(stored["table"] * stored["scale"] - first.table).max()
        assert error <= float(stored["scale"].max()) / 2 + 1e-6
        assert str(stored["digest"]) == first.digest


def test_a_set_that_is_left_out_is_read_by_the_others() -> None:
    sets = {name: labelled(GOLDEN / name) for name in ("optout_blind_a.tsv", "optout_blind_c.tsv")}
    found = list(left_out(sets))
    assert [one["set"] for one in found] == list(sets)
    share = found[0]["stop_as_stop"]
    assert isinstance(share, float) and share >= 0.95


def test_a_short_text_takes_a_fraction_of_a_millisecond() -> None:
    texts = [row.text for row in labelled(GOLDEN / NEVER_TRAINED)]
    for text in texts:
        classify(text)  # the lists and weights are read and the words known once
    start = time.process_time()
    for text in texts:
        classify(text)
    assert (time.process_time() - start) / len(texts) < 0.001
