"""Why a reply waits for a person: what the classifier saw in its words. Pure; today's word lists are asked again."""

import re
from typing import Literal, NamedTuple

from compliance.optout import classify
from dialer.inbound import own_words
from dialer.reviews import Review


class Why(NamedTuple):
    """`code`: limited (a stop that also names a time or place: it binds already), phrase (words that may be a stop and
    may be something else), changed (today's word lists read it otherwise: `read_as`).

    `matched`: the list's entry, in words.
    """

    code: Literal["limited", "phrase", "changed"]
    matched: str | None
    language: str | None
    read_as: str


def why_unsure(review: Review) -> Why:
    words = own_words(review.text) if review.channel == "email" else review.text
    reading = classify(words, review.language)
    same = reading.kind == review.meaning and (reading.kind == "unclear" or reading.limited)
    code: Literal["limited", "phrase", "changed"]
    code = "changed" if not same else "limited" if reading.limited else "phrase"
    return Why(code, reading.matched and _in_words(reading.matched), reading.language, reading.kind)


def _in_words(entry: str) -> str:
    """Like "wrong ~1 number|person" as "wrong … number/person"."""
    return re.sub(r"~\d+", "…", entry).replace("|", "/").replace("@", "")
