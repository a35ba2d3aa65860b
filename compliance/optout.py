"""Whether an inbound text asks to stop, to start or for help: exact words, phrases and near misses, eight languages.

Unclear means: suspend and let a person decide. Nothing here depends on a language being known; the hint only orders.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Literal

from msgspec import Struct, convert, field
from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

Kind = Literal["stop", "start", "help", "other", "unclear"]
LANGUAGES = ("en", "es", "fr", "de", "pl", "fa", "ar", "pa")
_NEAR_TEXT = 84.0  # a whole short message against an exact word
_NEAR_WORD = 5  # letters from which on one slip of the finger is forgiven
_SHORT = 4  # words in a message in which one exact word decides
_ARABIC = str.maketrans("يىكةأإآٱؤئۀ", "ییکهااااویه")
_POLISH = str.maketrans("ł", "l")
_CONTRACTED = {"do": "dont", "can": "cant", "will": "wont"}
_LEET = str.maketrans("013457", "oieast")


class Words(Struct, forbid_unknown_fields=True):
    exact: tuple[str, ...]
    exact_start: tuple[str, ...]
    exact_help: tuple[str, ...]
    taken_out: tuple[str, ...] = field(name="not")
    unclear: tuple[str, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    help: tuple[str, ...]


class Group(Struct, frozen=True):
    """Alternatives for one word, and how many words may stand before it. `forgiving`: one slip of the finger fits."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    gap: int
    forgiving: bool

    def fits(self, word: str) -> bool:
        if word in self.words or word.startswith(self.prefixes):
            return True
        return (
            self.forgiving
            and len(word) >= _NEAR_WORD
            and any(
                len(other) >= _NEAR_WORD and DamerauLevenshtein.distance(word, other, score_cutoff=1) <= 1
                for other in self.words
            )
        )


class Reading(Struct, frozen=True):
    """What the text asks. `matched`: the entry of the word list that decided; `language`: the list it stands in."""

    kind: Kind
    language: str | None = None
    matched: str | None = None


class Lexicon(Struct, frozen=True):
    language: str
    exact: dict[str, Kind]
    patterns: dict[str, tuple[tuple[str, tuple[Group, ...]], ...]]


def classify(text: str, language: str | None = None) -> Reading:
    """Reads one message. `language` (of the debtor's record) is asked first and never alone."""
    words = tokens(text)
    if not words:
        return Reading("other")
    lexicons = sorted(_lexicons(), key=lambda lexicon: lexicon.language != language)
    return (
        _whole(words, lexicons)
        or _clause(text, lexicons)
        or _phrase(words, lexicons)
        or _short(words, lexicons)
        or _softer(words, lexicons)
        or Reading("other")
    )


def tokens(text: str) -> tuple[str, ...]:
    """Words without accents, vowel signs, punctuation, case and drawn-out letters; letters typed apart are joined."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ARABIC).translate(_POLISH)
    text = re.sub(r"\b(\w{1,2})[\u2019'`´](?=\w)", r"\1 ", text)  # m'écrivez, n'envoyez
    text = re.sub(r"[\u2019'`´\u0640]", "", text).replace("\u200c", " ").replace("\u200d", "")
    text = "".join(char for char in unicodedata.normalize("NFD", text) if not _is_accent(char))
    text = re.sub(r"([^\W\d_])\1{2,}", r"\1", unicodedata.normalize("NFC", text))
    text = re.sub(r"\b(?:\w[ .\-]+){3,}\w\b", lambda match: re.sub(r"\W", "", match[0]), text)
    text = re.sub(r"\b(?=\w*[a-z])(?=\w*\d)\w+\b", lambda match: match[0].translate(_LEET), text)
    text = re.sub(r"\b(do|can|will) (?:not|t)\b", lambda match: _CONTRACTED[match[1]], text)
    return tuple(re.findall(r"[\w\u0a00-\u0a7f]+", text))


def _is_accent(char: str) -> bool:
    """Marks of Latin and Arabic script; the vowel signs of Gurmukhi are letters of the word."""
    return unicodedata.category(char) == "Mn" and not "\u0a00" <= char <= "\u0a7f"


def _whole(words: tuple[str, ...], lexicons: list[Lexicon]) -> Reading | None:
    said = " ".join(words)
    for lexicon in lexicons:
        if said in lexicon.exact:
            return Reading(lexicon.exact[said], lexicon.language, said)
    if len(words) <= 3 and 3 <= len(said) <= 24:
        for lexicon in lexicons:
            for entry, kind in lexicon.exact.items():
                if kind == "stop" and len(entry) >= 4 and _near(said, entry):
                    return Reading(kind, lexicon.language, entry)
    return None


def _clause(text: str, lexicons: list[Lexicon]) -> Reading | None:
    """A sentence that is a stop by itself ("Stop. I will pay when I can") decides for the whole message."""
    for clause in re.split(r"[.!?;\n\u061f\u06d4\u0964]+", text):
        words = tokens(clause)
        for lexicon in lexicons:
            if lexicon.exact.get(" ".join(words)) == "stop":
                return Reading("stop", lexicon.language, " ".join(words))
    return None


def _near(said: str, entry: str) -> bool:
    if abs(len(said) - len(entry)) > 2 or said[0] != entry[0]:
        return False
    swapped = sorted(said) == sorted(entry) and DamerauLevenshtein.distance(said, entry) == 1
    return swapped or fuzz.ratio(said, entry) >= _NEAR_TEXT


def _phrase(words: tuple[str, ...], lexicons: list[Lexicon]) -> Reading | None:
    """A stop pattern outside what is taken out; a limited request ("not at work") is unclear, not a stop."""
    rest = _without_lookalikes(words, lexicons)
    limited: Reading | None = None
    for lexicon in lexicons:
        for entry, groups in lexicon.patterns["unclear"]:
            if _take_out(rest, groups):
                limited = limited or Reading("unclear", lexicon.language, entry)
    for lexicon in lexicons:
        for entry, groups in lexicon.patterns["stop"]:
            if _find(rest, groups) is not None:
                return Reading("stop", lexicon.language, entry)
    return limited


def _short(words: tuple[str, ...], lexicons: list[Lexicon]) -> Reading | None:
    """One exact stop word decides a short message; in a longer one it is unclear."""
    found: Reading | None = None
    rest = _without_lookalikes(words, lexicons)
    for lexicon in lexicons:
        for word in rest:
            if len(word) >= 4 and lexicon.exact.get(word) == "stop":
                kind: Kind = "stop" if len(words) <= _SHORT else "unclear"
                found = found or Reading(kind, lexicon.language, word)
    return found


def _softer(words: tuple[str, ...], lexicons: list[Lexicon]) -> Reading | None:
    kinds: tuple[Kind, ...] = ("start", "help")
    for kind in kinds:
        for lexicon in lexicons:
            for entry, groups in lexicon.patterns[kind]:
                if _find(words, groups) is not None:
                    return Reading(kind, lexicon.language, entry)
    return None


def _without_lookalikes(words: tuple[str, ...], lexicons: list[Lexicon]) -> list[str]:
    rest = list(words)
    for lexicon in lexicons:
        for _, groups in lexicon.patterns["not"]:
            _take_out(rest, groups)
    return rest


def _take_out(words: list[str], groups: tuple[Group, ...]) -> bool:
    """Blanks what the pattern covers, so that no other pattern reads it; whether there was any."""
    found = False
    while (span := _find(words, groups)) is not None:
        words[span[0] : span[1]] = [""] * (span[1] - span[0])
        found = True
    return found


def _find(words: list[str] | tuple[str, ...], groups: tuple[Group, ...]) -> tuple[int, int] | None:
    """Where the groups stand in this order with no more than the permitted words between: first and past-last index."""
    for start, word in enumerate(words):
        if word and groups[0].fits(word):
            end = _follow(words, groups, 1, start + 1)
            if end is not None:
                return start, end
    return None


def _follow(words: list[str] | tuple[str, ...], groups: tuple[Group, ...], index: int, at: int) -> int | None:
    if index == len(groups):
        return at
    group = groups[index]
    for place in range(at, min(at + group.gap + 1, len(words))):
        if words[place] and group.fits(words[place]):
            end = _follow(words, groups, index + 1, place + 1)
            if end is not None:
                return end
    return None


@lru_cache(maxsize=1)
def _lexicons() -> tuple[Lexicon, ...]:
    text = resources.files("compliance").joinpath("optout_words.toml").read_text(encoding="utf-8")
    tables = convert(tomllib.loads(text), dict[str, Words])
    return tuple(_lexicon(language, tables[language]) for language in LANGUAGES)


def _lexicon(language: str, words: Words) -> Lexicon:
    exact: dict[str, Kind] = {}
    lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("help", words.exact_help),
        ("start", words.exact_start),
        ("stop", words.exact),
    )
    for kind, entries in lists:
        exact.update({" ".join(tokens(entry)): kind for entry in entries})
    named = {
        "not": words.taken_out,
        "unclear": words.unclear,
        "stop": words.stop,
        "start": words.start,
        "help": words.help,
    }
    patterns = {
        name: tuple((entry, _pattern(entry, name == "stop")) for entry in entries) for name, entries in named.items()
    }
    return Lexicon(language, exact, patterns)


def _pattern(entry: str, forgiving: bool) -> tuple[Group, ...]:
    groups, gap = [], 0
    for part in entry.split():
        if part.startswith("~"):
            gap = int(part[1:])
            continue
        options = [option for option in part.split("|") if option]
        groups.append(
            Group(
                words=frozenset(_clean(option) for option in options if not option.endswith("*")),
                prefixes=tuple(_clean(option[:-1]) for option in options if option.endswith("*")),
                gap=gap,
                forgiving=forgiving,
            )
        )
        gap = 0
    return tuple(groups)


def _clean(option: str) -> str:
    return "".join(tokens(option))
