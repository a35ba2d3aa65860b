"""How many digits at a number's end mean nothing to the numbering plans, so that numbers alike before them are alike.

phonenumbers decides by regular expressions over the national number. Where every branch of every expression that can
match a number of this length ends in at least k digits of which each may be any, two numbers that differ only in their
last k digits get the same answers. An expression outside the small language read here counts as k = 0. Pure.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA

MOST = 6
LEADING = 4  # digits of the national number by which plans of other regions are ruled out
_KINDS = (
    "general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
_ENDLESS = 10_000
_DIGITS = frozenset(string.digits)


class NotUnderstood(ValueError):
    """An expression with more than digits, \\d, classes, groups, branches and counts."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: any digits, or one certain character, or items in a row, or branches."""

    shortest: int
    longest: int
    any_digits: bool = False
    row: tuple[Node, ...] = ()
    branches: tuple[Node, ...] = ()

    def free(self, at_least: int) -> int:
        """How many digits may be any at the end of every match of at least this length."""
        if self.any_digits:
            return max(self.shortest, at_least)
        if self.branches:
            return min((one.free(at_least) for one in self.branches if one.longest >= at_least), default=_ENDLESS)
        if not self.row:
            return 0
        run = 0  # how many items at the end are any digits
        while run < len(self.row) and self.row[-1 - run].any_digits:
            run += 1
        tail, rest = self.row[len(self.row) - run :], self.row[: len(self.row) - run]
        ends = sum(item.shortest for item in tail)
        longest_tail, longest_rest = sum(item.longest for item in tail), sum(item.longest for item in rest)
        if not rest:
            return max(ends, at_least)
        before = at_least - longest_tail - (longest_rest - rest[-1].longest)
        return max(at_least - longest_rest, ends + rest[-1].free(max(before, rest[-1].shortest)))


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def whole(self) -> Node:
        found = self._branches()
        if self._at < len(self._text):
            raise NotUnderstood(self._text)
        return found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _branches(self) -> Node:
        found = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            found.append(self._sequence())
        shortest, longest = min(one.shortest for one in found), max(one.longest for one in found)
        if all(one.any_digits for one in found):
            return Node(shortest, longest, any_digits=True)
        return Node(shortest, longest, branches=tuple(found))

    def _sequence(self) -> Node:
        items = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._counted(self._atom()))
        shortest, longest = sum(one.shortest for one in items), sum(one.longest for one in items)
        if items and all(one.any_digits for one in items):
            return Node(shortest, longest, any_digits=True)
        return Node(shortest, longest, row=tuple(items))

    def _atom(self) -> Node:
        char = self._peek()
        self._at += 1
        if char == "\\" and self._peek() == "d":
            self._at += 1
            return Node(1, 1, any_digits=True)
        if char == "[":
            self._at = self._text.index("]", self._at) + 1
            return Node(1, 1)
        if char == "(":
            self._at += 2 if self._text.startswith("?:", self._at) else 0
            found = self._branches()
            if self._peek() != ")":
                raise NotUnderstood(self._text)
            self._at += 1
            return found
        if char.isdigit():
            return Node(1, 1)
        raise NotUnderstood(self._text)

    def _counted(self, atom: Node) -> Node:
        count = re.compile(r"\{(\d+)(?:,(\d+))?\}|[?*+]").match(self._text, self._at)
        if count is None:
            return atom
        self._at = count.end()
        if count[1]:
            least, most = int(count[1]), int(count[2] or count[1])
        else:
            least, most = {"?": (0, 1), "*": (0, _ENDLESS), "+": (1, _ENDLESS)}[count[0]]
        if atom.any_digits:
            return Node(atom.shortest * least, atom.longest * most, any_digits=True)
        # what is repeated or left out ends nowhere certain
        return Node(atom.shortest * least, atom.longest * most)


@lru_cache(maxsize=8192)
def pattern_of(pattern: str) -> Node:
    """Raises NotUnderstood."""
    try:
        return _Reader(pattern).whole()
    except ValueError:
        raise NotUnderstood(pattern) from None


@lru_cache(maxsize=65536)
def meaningless_digits(calling_code: int, national_length: int, leading: str = "", region: str | None = None) -> int:
    """How many of the last digits mean nothing; 0 where that is not certain.

    `leading`: the first LEADING digits of the national number, where they are known. `region`: the country whose
    habits of dialing apply, for a number that is written without +.
    """
    regions = COUNTRY_CODE_TO_REGION_CODE.get(calling_code, ())
    names = dict.fromkeys((*regions, *((region,) if region else ())))
    plans = [PhoneMetadata.metadata_for_region_or_calling_code(calling_code, one) for one in names]
    if not plans:
        return 0
    free, prefix = MOST, 0
    try:
        for plan in plans:
            if plan is None or plan.country_code != calling_code:
                return 0
            if _ruled_out(plan, leading):
                continue
            for kind in _KINDS:
                pattern = getattr(getattr(plan, kind), "national_number_pattern", None)
                if pattern:
                    free = min(free, pattern_of(pattern).free(national_length))
            starts = [plan.leading_digits]
            if plan.id in (regions[0], region):  # only the main country's and the writer's prefixes are taken off
                starts.append(plan.national_prefix_for_parsing)
            if plan.id == region:
                starts.append(plan.international_prefix)
            prefix = max(prefix, *(pattern_of(start).longest for start in starts if start), 0)
    except NotUnderstood:
        return 0
    code = str(calling_code)
    zoned = max((len(known) - len(code) for known in TIMEZONE_DATA if known.startswith(code)), default=0)
    return max(0, min(free, national_length - max(prefix, zoned)))


def free_digits(number: str) -> int:
    """How many of the last digits of an E.164 number mean nothing; 0 of anything else."""
    digits = number[1:]
    if number[:1] != "+" or not 7 <= len(digits) <= 15 or not _DIGITS.issuperset(digits):
        return 0
    code = calling_code_of(digits)
    national = digits[len(str(code)) :]
    return meaningless_digits(code, len(national), national[:LEADING]) if code else 0


def calling_code_of(digits: str) -> int:
    """The country calling code that these digits begin with, or 0; no code begins with another one."""
    for length in (1, 2, 3):
        code = int(digits[:length] or 0)
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return code
    return 0


@lru_cache(maxsize=65536)
def stand_in(number: str) -> str:
    """The number with zeros for its meaningless digits: the same zones and country, shared with thousands of others."""
    free = free_digits(number)
    return number[:-free] + "0" * free if free else number


def _ruled_out(plan: PhoneMetadata, leading: str) -> bool:
    """Whether numbers that begin so are never looked at by this region's plan."""
    start = plan.leading_digits
    if not start or not leading or pattern_of(start).longest > len(leading):
        return False
    return re.match(start, leading) is None
