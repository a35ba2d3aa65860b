"""How likely a text asks to stop: a linear model over its words, pieces of words, and what the words speak of.

It sees what no list holds: an unknown inflection, a slip of the pen, two ideas side by side that no pattern names.
compliance/optout_train.py makes its weights from the labelled sets; compliance/optout.py asks it after the lists.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from compliance.optout_lexicon import class_names, groups_of
from compliance.optout_text import tokens

OUTCOMES = ("stop", "unclear")  # each against any other text
SIZE = 1 << 16
WEIGHTS = "optout_weights.npz"
LONGEST = 40  # words of a text that are looked at
_IN_WORD = (3, 4)
_ACROSS = 5  # letters of a piece that may reach over the end of a word
_NEAR = 4  # words within which the order of two ideas counts
_SAME = {"not": "no", "neg": "no", "no_imp": "no", "no_be": "no", "no_want": "no", "stopper": "end", "end_n": "end"}
_SAME |= {"remove": "out", "let_go": "let", "here": "number"}


class Likelihood(Struct, frozen=True):
    """The model's probabilities, 0 to 1; what is left of the whole is any other text."""

    stop: float
    unclear: float


class Weights(Struct, frozen=True):
    """`table`: a row a feature, a column an outcome; `base`: of every text; `digest`: what they were trained from."""

    table: NDArray[np.float32]
    base: NDArray[np.float32]
    digest: str


def likelihood(words: Sequence[str], weights: Weights | None = None) -> Likelihood:
    """Of one sentence or short message, given as compliance/optout_text.py leaves it; `weights`: the stored ones."""
    known = weights or stored_weights()
    found = features(words)
    score = known.table[found].sum(axis=0) / np.sqrt(max(len(found), 1)) + known.base
    raised = np.exp(score - max(float(score.max()), 0.0))
    whole = float(raised.sum()) + float(np.exp(-max(float(score.max()), 0.0)))
    return Likelihood(float(raised[0]) / whole, float(raised[1]) / whole)


def features(words: Sequence[str]) -> NDArray[np.int64]:
    """The numbers of a text's features, each once, in ascending order, below SIZE."""
    words = words[:LONGEST]
    said = [f"n:{min(len(words), 8)}", *words]
    said += [f"{first} {second}" for first, second in pairwise(words)]
    for word in words:
        said += _pieces(f"<{word}>", _IN_WORD)
    said += _pieces(f"<{' '.join(words)}>", (_ACROSS,))
    if words:
        said += ["^" + words[0], words[-1] + "$"]
    said += _ideas_in(words)
    return np.array(sorted({crc32(part.encode()) % SIZE for part in said}), dtype=np.int64)


def _pieces(text: str, sizes: Iterable[int]) -> list[str]:
    return [text[at : at + size] for size in sizes for at in range(len(text) - size + 1)]


def _ideas_in(words: Sequence[str]) -> list[str]:
    """What the words speak of: alone, in order, beside a word, and together anywhere."""
    ideas = [_ideas(word) for word in words]
    said = []
    for at, named in enumerate(ideas):
        said += ["@" + name for name in named]
        said += [f"@{name} @{other}" for later in ideas[at + 1 : at + 1 + _NEAR] for name in named for other in later]
        if at + 1 < len(words):
            said += [f"@{name} {words[at + 1]}" for name in named]
            said += [f"{words[at]} @{name}" for name in ideas[at + 1]]
    together = sorted({name for named in ideas for name in named})
    return said + [f"&{name}&{other}" for at, name in enumerate(together) for other in together[at + 1 :]]


@lru_cache(maxsize=65536)
def _ideas(word: str) -> tuple[str, ...]:
    names = {_SAME.get(name, name) for group in groups_of(word) for name in class_names().get(group, ())}
    begins = (_concepts().get(word[:end] + "*", ()) for end in range(2, len(word) + 1))
    return tuple(sorted(names.union(_concepts().get(word, ()), *begins)))


@lru_cache(maxsize=1)
def _concepts() -> dict[str, set[str]]:
    """The concepts of each word and of each beginning of words (written with a star)."""
    text = resources.files("compliance").joinpath("optout_words/concepts.toml").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for name, words in tomllib.loads(text).items():
        for word in words.split():
            found.setdefault("".join(tokens(word)) + "*" * word.endswith("*"), set()).add(name)
    return found


@lru_cache(maxsize=1)
def stored_weights() -> Weights:
    """Read once. Raises what numpy raises on a damaged file."""
    with resources.files("compliance").joinpath(WEIGHTS).open("rb") as file, np.load(file) as stored:
        table = stored["table"].astype(np.float32) * stored["scale"]
        return Weights(table.astype(np.float32), stored["base"].astype(np.float32), str(stored["digest"]))
