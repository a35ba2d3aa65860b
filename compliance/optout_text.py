"""Turns a message into comparable words: no accents, case, punctuation, disguise; and into its clauses."""

from __future__ import annotations

import re
import unicodedata

_ARABIC = str.maketrans("يىكةأإآٱؤئۀےہھ", "ییکهااااویهیهه")
_POLISH = str.maketrans("łđ", "ld")
_CONTRACTED = {"do": "dont", "can": "cant", "will": "wont"}
_LEET = str.maketrans("013457", "oieast")
_SIGNS = "🛑⛔🚫📵"
_APOSTROPHES = "\u2019\u2018'`´"
_REACTION = re.compile(
    r"^(?:(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S+ to|removed an? \S+ from)"
    r"|[^\w\s]{1,8}(?:\s+to)?)\s+[\"“‘„«].*[\"”’“»]\.?$",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSE = re.compile(r"[.!?;:\n\r\u061f\u061b\u06d4\u0964()\"“”«»]+")
_COMMA = re.compile(r"[.!?;:\n\r\u061f\u061b\u06d4\u0964()\"“”«»,\u060c\u2013\u2014]+|\s-+\s?|\s/\s")


def tokens(text: str) -> tuple[str, ...]:
    """Words without accents, vowel signs, punctuation, case and drawn-out letters; letters typed apart are joined."""
    return tuple(re.findall(r"[\w\u0a00-\u0a7f]+", normal(text)))


def sentences(text: str) -> list[list[tuple[str, ...]]]:
    """The words of each sentence, parted at commas and dashes; a mark inside a disguised word (S.T.O.P.) parts nothing.

    An empty piece or sentence is left out.
    """
    found = (
        [words for piece in _COMMA.split(part) if (words := tokens(piece))] for part in _CLAUSE.split(normal(text))
    )
    return [pieces for pieces in found if pieces]


def stop_signs_only(text: str) -> bool:
    """A message of nothing but signs, a stop sign among them."""
    return any(sign in text for sign in _SIGNS) and not tokens(text)


def is_reaction(text: str) -> bool:
    """What a telephone sends for a tap on our message: it quotes our own "reply STOP", and asks nothing."""
    return _REACTION.match(text.strip()) is not None


def normal(text: str) -> str:
    """The text as it is compared; punctuation between words is kept. Doing it twice changes nothing more."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ARABIC).translate(_POLISH)
    text = re.sub(rf"\b(\w{{1,2}}|qu)[{_APOSTROPHES}](?=\w{{2}})", r"\1 ", text)  # m'écrivez, n'envoyez
    text = re.sub(rf"[{_APOSTROPHES}\u0640\u200b]", "", text).replace("\u200c", " ").replace("\u200d", "")
    text = "".join(char for char in unicodedata.normalize("NFD", text) if not _is_accent(char))
    text = re.sub(r"([^\W\d_])\1{2,}", r"\1", unicodedata.normalize("NFC", text))
    text = re.sub(r"\b(?:\w[ .\-*_]{1,2}){3,}\w\b", lambda match: re.sub(r"[\W_]", "", match[0]), text)
    text = re.sub(r"\b(?=\w*[a-z])(?=\w*\d)\w+\b", lambda match: match[0].translate(_LEET), text)
    return re.sub(r"\b(do|can|will) (?:not|t)\b", lambda match: _CONTRACTED[match[1]], text)


def _is_accent(char: str) -> bool:
    """Marks of Latin and Arabic script; of Gurmukhi only the dot below and those that writers leave out at will."""
    if "\u0a00" <= char <= "\u0a7f":
        return char in "\u0a3c\u0a70\u0a71\u0a02"
    return unicodedata.category(char) == "Mn"
