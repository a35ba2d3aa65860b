"""Trains the weights of compliance/optout_model.py from labelled sets; the same sets give the same weights.

Multinomial logistic regression with a quadratic penalty, by Nesterov's accelerated gradient on the whole set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compliance.optout_lexicon import LANGUAGES
from compliance.optout_model import OUTCOMES, SIZE, Weights, features
from compliance.optout_quality import Row, measure
from compliance.optout_text import tokens

_STEPS = 150
_PENALTY = 1e-5
_RATE, _BASE_RATE, _MOMENTUM = 40.0, 0.5, 0.95
Numbers = NDArray[np.float64]


def digest(rows: Sequence[Row]) -> str:
    """What the weights depend on: the labelled texts and the word lists, as one SHA-256 in hexadecimal."""
    told = hashlib.sha256()
    for row in sorted(f"{row.kind}\t{row.text}" for row in rows):
        told.update(row.encode() + b"\n")
    for name in (*LANGUAGES, "concepts"):
        told.update(resources.files("compliance").joinpath(f"optout_words/{name}.toml").read_bytes())
    return told.hexdigest()


def train(rows: Sequence[Row]) -> Weights:
    """Weights from labelled rows, stop and unclear against the rest."""
    rows = sorted(rows, key=lambda row: (row.kind, row.text))
    made = [features(tokens(row.text)) for row in rows]
    lengths = np.array([len(one) for one in made])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    found, share = np.concatenate(made), 1 / np.sqrt(lengths)
    of_text = np.repeat(np.arange(len(rows)), lengths)
    wanted = np.array([[float(row.kind == outcome) for outcome in OUTCOMES] for row in rows])
    table, base = np.zeros((SIZE, len(OUTCOMES))), np.zeros(len(OUTCOMES))
    pace, base_pace = np.zeros_like(table), np.zeros_like(base)
    for step in range(_STEPS):
        kept = min(_MOMENTUM, 1 - 3 / (step + 5))
        ahead, base_ahead = table + kept * pace, base + kept * base_pace
        score = np.add.reduceat(ahead[found], starts, axis=0) * share[:, None] + base_ahead
        wrong = (_softmax(score) - wanted) / len(rows)
        slope = _PENALTY * ahead + _gathered((wrong * share[:, None])[of_text], found)
        pace = kept * pace - _RATE * slope
        base_pace = kept * base_pace - _BASE_RATE * wrong.sum(axis=0)
        table, base = table + pace, base + base_pace
    return Weights(table.astype(np.float32), base.astype(np.float32), digest(rows))


def left_out(sets: Mapping[str, Sequence[Row]]) -> Iterator[dict[str, str | int | float | None]]:
    """How each set is read by weights trained from the others only: what to expect of unseen texts, or a bit worse.

    The word lists were mended with some of the sets, which are therefore read better than unseen ones.
    """
    for name, unseen in sets.items():
        weights = train([row for other, known in sets.items() if other != name for row in known])
        whole = measure(unseen, weights)[-1]
        yield {
            "set": name,
            "stops": whole.labelled("stop"),
            "stop_as_stop": whole.share("stop", "stop"),
            "stop_as_unclear": whole.share("stop", "unclear"),
            "others": whole.labelled("other"),
            "other_as_stop": whole.share("other", "stop"),
            "other_as_unclear": whole.share("other", "unclear"),
        }


def _gathered(parts: Numbers, found: NDArray[np.int64]) -> Numbers:
    """The sum of the parts of each feature."""
    return np.stack([np.bincount(found, column, minlength=SIZE) for column in parts.T], axis=1)


def _softmax(score: Numbers) -> Numbers:
    """Probabilities of the outcomes; the rest, whose score is 0, is left out."""
    top = np.maximum(score.max(axis=1, keepdims=True), 0)
    raised = np.exp(score - top)
    result: Numbers = raised / (raised.sum(axis=1, keepdims=True) + np.exp(-top))
    return result


def store(weights: Weights, path: Path) -> None:
    """Writes them in bytes: a 254th of the largest is the step. Raises OSError."""
    scale = np.abs(weights.table).max(axis=0) / 127
    table = np.rint(weights.table / scale).astype(np.int8)
    with path.open("wb") as file:
        np.savez_compressed(
            file, table=table, scale=scale.astype(np.float32), base=weights.base, digest=np.array(weights.digest)
        )
