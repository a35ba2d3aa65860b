"""What must be said or shown to a person under the rulebooks that bind, and what a message template lacks of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from compliance.facts import Channel
from compliance.rulebooks.model import Version
from compliance.rulebooks.spec import DisclosureSpec

_NAME = re.compile(r"\{([a-z_]+)\}")


class Lacks(Struct, frozen=True):
    """One thing that a template does not say. `one_of`: any of these words or variables would do."""

    rule: str
    source: str
    one_of: tuple[str, ...]

    def __str__(self) -> str:
        words = " or ".join(f'"{word}"' for word in self.one_of)
        return f"it lacks {words} ({self.rule}; {self.source})"


def template_lacks(
    versions: Iterable[Version], channel: Channel, language: str, body: str, *, tells_of_debt: bool
) -> list[Lacks]:
    """What a template's text lacks under any of these versions: the way to opt out, and what must be shown.

    Where a rule has no words in the template's language, its words of any language are asked for.
    """
    found: list[Lacks] = []
    for version in versions:
        rule = version.spec.opt_out.get(channel)
        if rule is not None and rule.instruction:
            _ask(found, f"{version.book}.opt-out", rule.source, rule.instruction, language, body)
        for one in version.spec.disclosures:
            if channel in one.channels and one.requires and (one.when != "tells_of_debt" or tells_of_debt):
                _ask(found, one.id, one.source, one.requires, language, body)
    return found


def spoken_disclosures(versions: Iterable[Version], language: str) -> list[tuple[DisclosureSpec, str]]:
    """What an agent must say in a call, in the order of a call, in this language or else in English."""
    order: Sequence[str] = ("opening", "first", "every", "voicemail")
    rules = [
        rule for version in versions for rule in version.spec.disclosures if "voice" in rule.channels and rule.texts
    ]
    rules.sort(key=lambda rule: order.index(rule.when) if rule.when in order else len(order))
    return [
        (rule, rule.texts.get(language) or rule.texts.get("en") or next(iter(rule.texts.values()))) for rule in rules
    ]


def filled(text: str, names: Mapping[str, str]) -> str:
    """The text with {agent}, {business_name} ... as they are; what nobody has set is seen: [business name]."""
    return _NAME.sub(lambda found: names.get(found[1]) or f"[{found[1].replace('_', ' ')}]", text)


def _ask(
    found: list[Lacks], rule: str, source: str, words: Mapping[str, tuple[str, ...]], language: str, body: str
) -> None:
    any_of = words.get(language.partition("-")[0]) or tuple(dict.fromkeys(w for some in words.values() for w in some))
    text = _plain(body)
    if not any(_plain(word) in text for word in any_of):
        found.append(Lacks(rule, source, any_of))


def _plain(text: str) -> str:
    return text.casefold().replace("{{ ", "{{").replace(" }}", "}}")
