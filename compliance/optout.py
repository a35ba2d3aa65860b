"""Whether an inbound text asks to stop, to start or for help, and what it closes; eight languages, in any mixture.

Unclear means: suspend and let a person decide. Nothing here depends on a language being known; the hint only orders.
"""

from __future__ import annotations

from collections.abc import Sequence, Set as AbstractSet
from typing import Literal

from msgspec import Struct
from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from compliance.optout_lexicon import LANGUAGES, Kind, Pattern, exact_groups, groups_of, lexicon
from compliance.optout_likely import loudest, settled, telling
from compliance.optout_model import Weights
from compliance.optout_text import is_reaction, sentences, stop_signs_only, tokens

__all__ = ["LANGUAGES", "Kind", "Medium", "Reading", "classify", "tokens"]

Medium = Literal["voice", "text", "email"]
_NEAR_TEXT = 84.0  # a whole short message against an exact word
_GLUED = 40  # letters of a word that may be several
_ENOUGH = 200  # stop phrases in a sentence: more say nothing new
_SHORT = 4  # words in a message in which one strong word decides
_FORGIVEN = 300  # words of a message in which slips of the finger are looked for; a longer one is read as written
_MEDIUM_OF: dict[str, Medium] = {"call": "voice", "text": "text", "mail": "email"}
Groups = frozenset[int]
Span = tuple[int, int]


class Reading(Struct, frozen=True):
    """What the text asks. `matched`: the entry of the word list that decided; `language`: the list it stands in.

    Of a stop: `keyword` is one word and its courtesies; `media` are the media that the sentence names (none: all);
    `this_number` that it speaks of this number or the list it stands on; `limited` that it also names a time or place.
    `likelihood`, 0 to 1: no entry decided but the trained weights did, and `matched` are the words that weighed most.
    """

    kind: Kind
    language: str | None = None
    matched: str | None = None
    keyword: bool = False
    media: frozenset[Medium] = frozenset()
    this_number: bool = False
    limited: bool = False
    likelihood: float | None = None


class _Sentence(Struct):
    """`ends`: for each word the place past its piece between commas."""

    words: list[str]
    groups: list[Groups]
    ends: list[int]
    pieces: list[tuple[str, ...]]


def classify(text: str, language: str | None = None, weights: Weights | None = None) -> Reading:
    """Reads one message. `language` (of the debtor's record) is asked first and never alone.

    `weights` in place of the stored ones: for measuring those trained without the texts that are read.
    """
    words = tokens(text)
    if is_reaction(text):
        return Reading("other", matched="reaction")
    if not words:
        return Reading("stop", matched="stop sign", keyword=True) if stop_signs_only(text) else Reading("other")
    if whole := _whole(words):
        return whole
    read = _read(text, words, language) or Reading("other")
    return read if read.kind == "stop" else _weighed(read, text, weights)


def _weighed(read: Reading, text: str, weights: Weights | None) -> Reading:
    """The lists' reading, unless the weights speak strongly enough against it."""
    found, said = loudest([[word for piece in pieces for word in piece] for pieces in sentences(text)], weights)
    kind = settled(read.kind, read.matched is not None, read.limited, found)
    if kind is None:
        return read
    return Reading(kind, matched=telling(said, weights), likelihood=found.stop)


def _read(text: str, words: tuple[str, ...], language: str | None) -> Reading | None:
    parts = _sentences(text, words)
    limited: Reading | None = None
    denied: list[Pattern] = []
    place = False
    for sentence in parts:
        denied += _take_out(sentence, "not")
        wishes = _take_out(sentence, "limit")
        if _for_good(sentence):
            place = place or bool(_matches(sentence, "place"))
        else:
            wishes += _take_out(sentence, "place")
        for pattern in wishes:
            limited = limited or Reading("unclear", pattern.language, pattern.entry, limited=True)
    return (
        _phrase(parts, language, place or limited is not None)
        or _keyword(parts, place or limited is not None)
        or _pattern(parts, "start", language)
        or limited
        or _pattern(parts, "unclear", language)
        or _ending(parts)
        or _pattern(parts, "help", language)
        or (Reading("other", denied[0].language, denied[0].entry) if denied else None)
    )


def _for_good(sentence: _Sentence) -> bool:
    """ "Never call me at work again" ends calls; "do not call me at work" is a wish about a place."""
    named = frozenset(lexicon().named["more"].values())
    return any(groups & named for groups in sentence.groups)


def _sentences(text: str, words: tuple[str, ...]) -> list[_Sentence]:
    parts = sentences(text)
    short = len(words) <= _SHORT
    if short and all(len(piece) == 1 for pieces in parts for piece in pieces):
        parts = [[words]]  # "Don't. Text. Me."
    left, found = _FORGIVEN, []
    for pieces in parts:
        made = _Sentence([], [], [], pieces)
        for piece in pieces:
            apart = [part for word in piece for part in (_unglued(word) if short else (word,))]
            made.words += apart
            made.groups += [groups_of(word) if left > at else exact_groups(word) for at, word in enumerate(apart)]
            made.ends += [len(made.words)] * len(apart)
            left -= len(apart)
        found.append(made)
    return found


def _unglued(word: str) -> tuple[str, ...]:
    """A word of several words of one language's lists that nobody parted: pleasestop, dontcallme."""
    if not 8 <= len(word) <= _GLUED or exact_groups(word):
        return (word,)
    return _split(word) or (word,)


def _split(word: str) -> tuple[str, ...] | None:
    """The longest known beginning first; pieces of one letter do not count, and one piece must be a long one."""
    ways: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    vocabulary = lexicon().vocabulary
    for end in range(2, len(word) + 1):
        for start in range(0, end - 1):
            before = ways[start]
            if (
                before is not None
                and word[start:end] in vocabulary
                and (ways[end] is None or len(before) < len(ways[end] or ()) - 1)
            ):
                ways[end] = (*before, word[start:end])
    found = ways[-1]
    return found if found and len(found) <= 4 and max(map(len, found)) >= 4 else None


def _whole(words: tuple[str, ...]) -> Reading | None:
    said, known = " ".join(words), lexicon()
    said = known.letters_together.get(said, said)
    if said in known.exact:
        language, kind = known.exact[said]
        return _stopped(language, said, words) if kind == "stop" else Reading(kind, language, said)
    if len(words) <= 3 and 3 <= len(said) <= 24 and not any(exact_groups(word) for word in words if len(words) > 1):
        for entry in known.stops_by_letter.get(said[0], ()):
            if _near(said, entry):
                return _stopped(known.exact[entry][0], entry, words)
    return None


def _near(said: str, entry: str) -> bool:
    if abs(len(said) - len(entry)) > 2:
        return False
    swapped = sorted(said) == sorted(entry) and DamerauLevenshtein.distance(said, entry) == 1
    return swapped or fuzz.ratio(said, entry) >= _NEAR_TEXT


def _phrase(parts: Sequence[_Sentence], language: str | None, limited: bool) -> Reading | None:
    """A stop pattern outside what was taken out; all of them together say what is to be closed."""
    found: list[Pattern] = []
    said: set[int] = set()
    for sentence in parts:
        for pattern, start, end in _matches(sentence, "stop"):
            found.append(pattern)
            said.update(*sentence.groups[start : _with_joined(sentence, end)])
    if not found:
        return None
    found.sort(key=lambda pattern: pattern.language != language)
    media, here = _closes(said, {pattern.language for pattern in found})
    return Reading("stop", found[0].language, found[0].entry, media=media, this_number=here, limited=limited)


def _closes(said: set[int], languages: set[str]) -> tuple[frozenset[Medium], bool]:
    """The media that the words name, none when they speak of contact as such; and whether they name this number."""
    named = {name for name, ids in lexicon().named.items() if any(ids.get(language) in said for language in languages)}
    if named & {"contact", "bother"}:
        return frozenset(), "here" in named
    return frozenset(medium for name, medium in _MEDIUM_OF.items() if name in named), "here" in named


def _stopped(language: str, entry: str, words: Sequence[str], limited: bool = False, alone: bool = True) -> Reading:
    """A stop by an exact entry: a keyword when nothing but courtesies stand beside one word."""
    media, here = _closes(set().union(*map(groups_of, words)), {language})
    keyword = alone and len(_without_courtesy(tuple(words))) <= 1
    return Reading("stop", language, entry, keyword, frozenset() if keyword else media, here, limited)


def _with_joined(sentence: _Sentence, end: int) -> int:
    """ "stop calling and texting me": what is joined to the phrase belongs to it."""
    return min(end + 3, len(sentence.words))


def _keyword(parts: Sequence[_Sentence], limited: bool) -> Reading | None:
    """A sentence, or a part between commas, that is a stop by itself; or one strong word, first, last or among few."""
    known = lexicon().exact
    for piece in (piece for sentence in parts for piece in sentence.pieces):
        for said in (" ".join(piece), " ".join(_without_courtesy(piece))):
            if said in known and known[said][1] == "stop":
                return _stopped(known[said][0], said, piece, limited, alone=len(parts) == 1)
    for sentence in parts:
        for at, groups in enumerate(sentence.groups):
            if len(sentence.words) <= _SHORT or at in (0, len(sentence.words) - 1):
                for group in groups & lexicon().strong.keys():
                    language, word = lexicon().strong[group]
                    return Reading("stop", language, word, keyword=len(sentence.words) <= 2, limited=limited)
    return None


def _without_courtesy(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in lexicon().courtesy)


def _ending(parts: Sequence[_Sentence]) -> Reading | None:
    """A word that ends contact when it stands alone, in a sentence that was not understood."""
    known = lexicon().exact
    for sentence in parts:
        for word in sentence.words:
            if len(word) >= 4 and word in known and known[word][1] == "stop":
                return Reading("unclear", known[word][0], word)
    return None


def _pattern(parts: Sequence[_Sentence], kind: Kind, language: str | None) -> Reading | None:
    found = [pattern for sentence in parts for pattern, _, _ in _matches(sentence, kind)]
    if not found:
        return None
    first = min(found, key=lambda pattern: pattern.language != language)
    return Reading(kind, first.language, first.entry)


def _take_out(sentence: _Sentence, kind: str) -> list[Pattern]:
    """Blanks what the patterns cover, so that no other pattern reads it; the patterns that were found."""
    taken = _matches(sentence, kind)
    for _, start, end in taken:
        for at in range(start, end):
            sentence.words[at], sentence.groups[at] = "", frozenset()
    return [pattern for pattern, _, _ in taken]


def _matches(sentence: _Sentence, kind: str) -> list[tuple[Pattern, int, int]]:
    """Each pattern of the kind that is found: where it starts and the first place past it."""
    starts = lexicon().starts.get(kind, {})
    present = frozenset().union(*sentence.groups)
    possible = {
        group: [pattern for pattern in starts[group] if all(step in present for step, _ in pattern.steps)]
        for group in present & starts.keys()
    }
    spoken_of = lexicon().spoken_of if kind == "not" else {}
    found: list[tuple[Pattern, int, int]] = []
    for at, groups in enumerate(sentence.groups):
        for group in groups & possible.keys():
            for pattern in possible[group]:
                until = sentence.ends[at] if kind == "not" else len(sentence.groups)
                end = _follow(sentence.groups, pattern, 1, at + 1, until, spoken_of.get(pattern.language))
                if end is not None:
                    found.append((pattern, at, end))
        if kind == "stop" and len(found) >= _ENOUGH:
            break
    return found


def _follow(
    said: Sequence[Groups], pattern: Pattern, index: int, at: int, until: int, closed: AbstractSet[int] | None
) -> int | None:
    """The place past the pattern, from its group `index` on; not beyond `until`, and no gap holds a `closed` word."""
    if index == len(pattern.steps):
        return at
    group, gap = pattern.steps[index]
    for place in range(at, min(at + gap + 1, until)):
        if group in said[place]:
            end = _follow(said, pattern, index + 1, place + 1, until, closed)
            if end is not None:
                return end
        if closed and not closed.isdisjoint(said[place]):
            return None
    return None
