"""What the likelihood of a stop changes in what the word lists read.

A stop that only the likelihood found binds at once like any other, and is read by somebody as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from compliance.optout_model import Likelihood, Weights, features, likelihood, stored_weights

SURE = 0.3  # from here on the lists' silence is taken for their ignorance
OVERRULED = 0.6  # the same where the lists said unclear or start
DENIED = 0.95  # the same where the lists met words that look like a request and are none
DOUBT = 0.2  # from here on somebody reads it
LIKELIER_THAN_NOT = 0.5
_PIECE = 30  # words of a long message that are read together
_PIECES = 200  # of a long message; more are spread over it
_TELLING = 3


def loudest(sentences: Sequence[Sequence[str]], weights: Weights | None = None) -> tuple[Likelihood, Sequence[str]]:
    """The likelihood of the sentence that most likely asks to stop, or of the whole message; and its words."""
    whole = [word for sentence in sentences for word in sentence]
    pieces: list[Sequence[str]] = [whole] if len(whole) <= _PIECE else []
    if len(sentences) > 1 or len(whole) > _PIECE:
        pieces += [
            sentence[at : at + _PIECE] for sentence in sentences for at in range(0, len(sentence), _PIECE) if sentence
        ]
    if len(pieces) > _PIECES:
        pieces = [pieces[len(pieces) * number // _PIECES] for number in range(_PIECES)]
    found = [(likelihood(piece, weights), piece) for piece in pieces]
    return max(found, key=lambda one: one[0].stop)


def settled(kind: str, spoken: bool, wish: bool, found: Likelihood) -> Literal["stop", "unclear"] | None:
    """What becomes of a reading by the lists; None: it stays, as every stop does.

    `spoken`: an entry of the lists was met; `wish`: one about a time or place, which is never made a stop.
    """
    if kind == "stop" or wish:
        return None
    denied = spoken and kind == "other"
    if found.stop >= (DENIED if denied else OVERRULED if spoken else SURE):
        return "stop"
    if kind == "unclear":
        return None
    perhaps = found.stop >= (OVERRULED if denied else DOUBT) or (not spoken and found.unclear >= LIKELIER_THAN_NOT)
    return "unclear" if perhaps and kind == "other" else None


def telling(words: Sequence[str], weights: Weights | None = None) -> str:
    """The words that weigh most for a stop, in the order of the text: what a person is shown as the reason."""
    table = (weights or stored_weights()).table[:, 0]
    heavy = sorted(set(words), key=lambda word: -float(np.sum(table[features((word,))])))[:_TELLING]
    return " ".join(word for word in dict.fromkeys(words) if word in heavy)
