"""The word lists of compliance/optout_words/: classes of words, and patterns of classes, made ready for reading.

    exact     the whole message, a sentence, or what stands between commas; also when nearly so
    strong    a word that decides a short message, or a sentence that it begins or ends
    courtesy  words around an exact entry that change nothing: please, thanks, now
    classes   @name in a pattern. Read by name too: call, text and mail name a medium, contact and bother none of them,
              here is this number, more says that it is for good
    patterns  groups of words, found anywhere in a sentence: a|b alternatives, x* prefix, @class, ~n words between
        not     looks like a request and is none: taken out before the rest is read; jumps over no word of contact
        limit   a wish about a time; place: about a place, unless it is for good. Unclear, and taken out
        stop, start, unclear, help
Words are compared as compliance/optout_text.py leaves them: without accents, vowel signs, punctuation and case.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Literal

from msgspec import Struct, convert, field
from rapidfuzz.distance import DamerauLevenshtein

from compliance.optout_text import tokens

Kind = Literal["stop", "start", "help", "other", "unclear"]
LANGUAGES = ("en", "es", "fr", "de", "pl", "fa", "ar", "pa")
NEAR_ENTRY = 4  # the same for a whole short message
_LONGEST = 40  # letters: no word of the lists is longer
NEAR_WORD = 5  # letters from which on one slip of the finger is forgiven
_NEAR_STEM = 6  # the same for the beginning of a word: a shorter one is near too many words of other languages
_NAMED = ("call", "text", "mail", "here", "contact", "bother", "more")
_CONTACT = ("call", "text", "mail", "contact", "bother")
Step = tuple[int, int]  # group id, words that may stand before it


class Words(Struct, forbid_unknown_fields=True):
    strong: str
    courtesy: str
    exact: tuple[str, ...]
    exact_start: tuple[str, ...]
    exact_help: tuple[str, ...]
    classes: dict[str, str]
    patterns: dict[Literal["not", "limit", "place", "unclear", "stop", "start", "help"], tuple[str, ...]]


class Pattern(Struct, frozen=True, eq=False):
    language: str
    kind: str
    entry: str
    steps: tuple[Step, ...]


class Lexicon(Struct):
    """All languages together: a sentence often mixes two, and the record's language is often wrong."""

    exact: dict[str, tuple[str, Kind]] = field(default_factory=dict)
    strong: dict[int, tuple[str, str]] = field(default_factory=dict)
    spoken_of: dict[str, set[int]] = field(default_factory=dict)
    courtesy: set[str] = field(default_factory=set)
    vocabulary: dict[str, set[int]] = field(default_factory=dict)
    prefixes: dict[str, set[int]] = field(default_factory=dict)
    starts: dict[str, dict[int, list[Pattern]]] = field(default_factory=dict)
    named: dict[str, dict[str, int]] = field(default_factory=dict)
    by_letter: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    groups: dict[frozenset[str], int] = field(default_factory=dict)
    class_of: dict[int, set[str]] = field(default_factory=dict)
    letters_together: dict[str, str] = field(default_factory=dict)
    stops_by_letter: dict[str, list[str]] = field(default_factory=dict)

    def group(self, words: frozenset[str]) -> int:
        """The id of a group of alternatives; the same alternatives are the same group."""
        if words not in self.groups:
            made = self.groups[words] = len(self.groups)
            for word in words:
                table = self.prefixes if word.endswith("*") else self.vocabulary
                table.setdefault(word.rstrip("*"), set()).add(made)
        return self.groups[words]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read once. Raises what tomllib and msgspec raise on a damaged list, and ValueError naming a bad pattern."""
    made = Lexicon()
    for language in LANGUAGES:
        text = resources.files("compliance").joinpath(f"optout_words/{language}.toml").read_text(encoding="utf-8")
        _add(made, language, convert(tomllib.loads(text), Words))
    for entry, (_, kind) in made.exact.items():
        if kind == "stop" and len(entry) >= NEAR_ENTRY:
            made.stops_by_letter.setdefault(entry[0], []).append(entry)
    for word in made.vocabulary:
        if len(word) >= NEAR_WORD:
            made.by_letter.setdefault(word[0], []).append((word, False))
    for stem in made.prefixes:
        if len(stem) >= _NEAR_STEM:
            made.by_letter.setdefault(stem[0], []).append((stem, True))
    return made


def _add(made: Lexicon, language: str, words: Words) -> None:
    lists: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("help", words.exact_help),
        ("start", words.exact_start),
        ("stop", words.exact),
    )
    for kind, entries in lists:
        for entry in entries:
            said = " ".join(tokens(entry))
            made.exact.setdefault(said, (language, kind))
            if kind == "stop" and " " in said and len(said) > NEAR_WORD:
                made.letters_together[said.replace(" ", "")] = said
    for word in map(_clean, words.strong.split()):
        made.strong[made.group(frozenset({word}))] = (language, word)
    made.courtesy.update(_clean(word) for word in words.courtesy.split())
    classes = {name: frozenset(_cleaned(option) for option in text.split()) for name, text in words.classes.items()}
    for name, members in classes.items():
        made.class_of.setdefault(made.group(members), set()).add(name)
    for name in _NAMED:
        if name in classes:
            made.named.setdefault(name, {})[language] = made.group(classes[name])
            if name in _CONTACT:
                made.spoken_of.setdefault(language, set()).add(made.group(classes[name]))
    for kind_, entries in words.patterns.items():
        starts = made.starts.setdefault(kind_, {})
        for entry in entries:
            pattern = Pattern(language, kind_, entry, _steps(made, language, entry, classes))
            starts.setdefault(pattern.steps[0][0], []).append(pattern)


def _steps(made: Lexicon, language: str, entry: str, classes: dict[str, frozenset[str]]) -> tuple[Step, ...]:
    steps, gap = [], 0
    for part in entry.split():
        if part.startswith("~"):
            gap = int(part[1:])
            continue
        options: set[str] = set()
        for option in part.split("|"):
            if option.startswith("@") and option[1:] in classes:
                options |= classes[option[1:]]
            elif option.startswith("@") or not option:
                raise ValueError(f"compliance/optout_words/{language}.toml: {entry!r}: {part!r} names no class or word")
            else:
                options.add(_cleaned(option))
        steps.append((made.group(frozenset(options)), gap))
        gap = 0
    return tuple(steps)


def _cleaned(option: str) -> str:
    return _clean(option.rstrip("*")) + ("*" if option.endswith("*") else "")


def _clean(word: str) -> str:
    return "".join(tokens(word))


def class_names() -> dict[int, set[str]]:
    """The names of the classes that a group is; one that is none is left out."""
    return lexicon().class_of


def exact_groups(word: str) -> frozenset[int]:
    """The groups that hold this very word or a beginning of it; no group: an unknown word."""
    known = lexicon()
    found = set(known.vocabulary.get(word, ()))
    for end in range(1, min(len(word), _LONGEST) + 1):
        found |= known.prefixes.get(word[:end], set())
    return frozenset(found)


@lru_cache(maxsize=65536)
def groups_of(word: str) -> frozenset[int]:
    """The groups of a word; of an unknown one those of its spelling with plain vowels, or of what it is a slip of."""
    found = exact_groups(word)
    if found or not NEAR_WORD <= len(word) <= _LONGEST:
        return found
    if plain := exact_groups(word.replace("ae", "a").replace("oe", "o").replace("ue", "u")):
        return plain
    known = lexicon()
    for other, is_stem in known.by_letter.get(word[0], ()):
        if is_stem:
            near = any(_one_slip(word[:end], other) for end in range(len(other) - 1, len(other) + 2))
        else:
            near = abs(len(word) - len(other)) <= 1 and _one_slip(word, other)
        if near:
            found |= known.prefixes[other] if is_stem else known.vocabulary[other]
    return found


def _one_slip(word: str, other: str) -> bool:
    return DamerauLevenshtein.distance(word, other, score_cutoff=1) <= 1
