"""What the likelihood of a stop changes in what the word lists read: which doubts go to a person, and which are settled.

A stop that only the likelihood found binds at once like any other, and is read by somebody as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from compliance.optout_model import Likelihood, Weights, features, likelihood, stored_weights

SURE = 0.5  # from here on the lists' silence is taken for their ignorance
DOUBT = 0.3  # from here on somebody reads it
DISTRUST = 0.1  # below, a pattern is thought to have met words that only look like a stop
_ALONE = 12  # words of a message that is read as a whole only
_PIECE = 30  # words of a long message that are read together
_PIECES = 200  # of a long message; more are spread over it
_TELLING = 3


def loudest(sentences: Sequence[Sequence[str]], weights: Weights | None = None) -> tuple[Likelihood, Sequence[str]]:
    """The likelihood of the sentence that most likely asks to stop, or of the whole message; and its words."""
    whole = [word for sentence in sentences for word in sentence]
    pieces: list[Sequence[str]] = [whole] if len(whole) <= _PIECE else []
    if len(whole) > _ALONE:
        pieces += [
            sentence[at : at + _PIECE] for sentence in sentences for at in range(0, len(sentence), _PIECE) if sentence
        ]
    if len(pieces) > _PIECES:
        pieces = [pieces[len(pieces) * number // _PIECES] for number in range(_PIECES)]
    found = [(likelihood(piece, weights), piece) for piece in pieces]
    return max(found, key=lambda one: one[0].stop)


def settled(kind: str, wish: bool, found: Likelihood) -> Literal["stop", "unclear"] | None:
    """What becomes of a reading by the lists; None: it stays. `wish`: about a time or place, never made a stop."""
    if kind == "stop":
        return "unclear" if found.stop < DISTRUST else None
    if wish:
        return None
    if found.stop >= SURE:
        return "stop"
    if kind != "unclear" and (found.stop >= DOUBT or found.unclear >= SURE):
        return "unclear"
    return None


def telling(words: Sequence[str], weights: Weights | None = None) -> str:
    """The words that weigh most for a stop, in the order of the text: what a person is shown as the reason."""
    table = (weights or stored_weights()).table[:, 0]
    heavy = sorted(set(words), key=lambda word: -float(np.sum(table[features((word,))])))[:_TELLING]
    return " ".join(word for word in dict.fromkeys(words) if word in heavy)
