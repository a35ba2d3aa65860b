"""Whether a campaign may start under the rulebooks that bind its persons: ringing, waiting, margin, texts, channels."""

from collections.abc import Iterable
from datetime import date

from campaigns.admin.model import PolicyFacts
from campaigns.model import MessageStep
from campaigns.problems import Problem
from campaigns.templates.model import discloses_debt
from compliance.announcement import not_allowed_by, opt_out_lacks
from compliance.answering import strictest
from compliance.disclosures import template_lacks
from compliance.rulebooks.model import Rulebooks, UnknownRulebook, Version

OPENING_WORDS_S = 15
"""An answered call's first words must fit before the window closes, after the longest ringing."""


class RulebookPolicy:
    """The check that `campaigns.admin.service.start` asks for; it knows the rulebooks and `campaigns` does not."""

    def __init__(self, books: Rulebooks) -> None:
        self._books = books

    def problems(self, facts: PolicyFacts) -> list[Problem]:
        """Everything of the rulebooks that stands against starting."""
        unknown = [name for name in (*facts.own_rulebooks, *facts.rulebooks) if name not in self._books.books]
        if unknown:
            known = ", ".join(sorted(self._books.books))
            names = ", ".join(dict.fromkeys(unknown))
            return [Problem("rulebooks", f"rulebook {names} is not loaded; known are {known}")]
        versions = in_force(self._books, (*facts.rulebooks, *facts.own_rulebooks), facts.day)
        found = self._answering(facts, versions)
        if facts.settings.mode == "broadcast":
            found += _announcement(facts, versions)
        for index, step in enumerate(facts.settings.steps):
            if isinstance(step, MessageStep):
                found += _template(facts, index, step, versions)
                found += _channel(facts, index, step, self._books)
        return found

    def _answering(self, facts: PolicyFacts, versions: list[Version]) -> list[Problem]:
        rule, settings, found = strictest(versions), facts.settings, []
        if rule.ring_min_s is not None and settings.ring_timeout_s < rule.ring_min_s:
            found.append(Problem("ring_timeout_s", f"it must ring {rule.ring_min_s} s at least ({rule.ring_source})"))
        if rule.connect_max_ms is not None and settings.answer_wait_ms > rule.connect_max_ms:
            words = f"an agent must be there within {rule.connect_max_ms} ms ({rule.connect_source})"
            found.append(Problem("answer_wait_ms", words))
        margin, needed = self._books.dial_stop_margin_s, settings.ring_timeout_s + OPENING_WORDS_S
        if margin < needed:
            found.append(
                Problem(
                    "ring_timeout_s",
                    f"calls stop {margin} s before a window closes, and ringing with the first words takes {needed} s:"
                    f" ring {max(margin - OPENING_WORDS_S, 0)} s at most, or set"
                    f" PROMISELINE_DIAL_STOP_MARGIN_S={needed}",
                )
            )
        return found


def in_force(books: Rulebooks, ids: Iterable[str], day: date) -> list[Version]:
    """The versions of these rulebooks that are in force on a date; an id that is not loaded has none."""
    found = []
    for book_id in dict.fromkeys(ids):
        try:
            version = books.get(book_id).at(day)
        except UnknownRulebook:
            continue
        if version is not None:
            found.append(version)
    return found


def _announcement(facts: PolicyFacts, versions: list[Version]) -> list[Problem]:
    """Every rulebook that binds any of the persons must allow it; the gate asks again for each of them."""
    barred = not_allowed_by(versions or [])
    if barred or not versions:
        names = ", ".join(barred) or "none of the rulebooks"
        words = f"an announcement without an agent is allowed only where every rulebook says so: {names} does not"
        return [Problem("mode", words)]
    lacks = opt_out_lacks(versions, "en", facts.settings.announcement_words)
    return [Problem("announcement_words", lack) for lack in lacks]


def _template(facts: PolicyFacts, index: int, step: MessageStep, versions: list[Version]) -> list[Problem]:
    found = []
    for language, written in facts.texts.get((step.template, step.channel), {}).items():
        body = written.body
        lacks = template_lacks(versions, step.channel, language, body, tells_of_debt=discloses_debt(body))
        for one in dict.fromkeys(str(lack) for lack in lacks):
            found.append(Problem(f"steps.{index}.template", f"template {step.template} ({language}): {one}"))
    return found


def _channel(facts: PolicyFacts, index: int, step: MessageStep, books: Rulebooks) -> list[Problem]:
    """A channel that is switched off for everybody; where it is off for some, the gate says so for each of them."""
    versions = in_force(books, facts.rulebooks, facts.day)
    barred = [rule for version in versions if (rule := version.eligibility.get(step.channel)) is not None]
    off = [rule for rule in barred if rule.switch not in facts.switches]
    if not off or len(off) < len(versions):
        return []
    words = f"{step.channel} is off: {off[0].because}. Turn it on: promiseline compliance switch {off[0].switch} on"
    return [Problem(f"steps.{index}.channel", words)]
