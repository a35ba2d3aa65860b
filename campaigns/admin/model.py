"""Decides whether a campaign may be made so, and whether it may start. Pure; every refusal says how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from pydantic import ValidationError

from campaigns.model import DISPOSITIONS, OPT_OUT_KEY, SAFE_DEFAULTS, CampaignSettings, MessageStep
from campaigns.problems import Problem, Refused
from campaigns.templates.model import Text, check_text, discloses_debt, variables

# state -> what may follow
MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"running"}),
    "running": frozenset({"paused", "finished"}),
    "paused": frozenset({"running", "finished"}),
    "finished": frozenset(),
}

PACING = (
    "mode", "lines_per_agent", "max_lines", "calls_per_second", "ring_timeout_s", "answer_wait_ms", "amd", "priority",
    "cancel_ringing", "wrap_up_cut_for_waiting", "skills", "staffing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What starting is judged by. `texts`: templates by (template, channel), then by language.

    `agents`: active ones who would take its calls; `unskilled`: active ones assigned to it who lack a skill.
    """

    state: str
    settings: CampaignSettings
    agents: int
    callable_rows: int  # ready, waiting or leased
    debtors: int  # of the creditor, open
    texts: Mapping[tuple[str, str], Mapping[str, Text]]
    tenant_settings: Mapping[str, Any]
    unskilled: int = 0


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What the rules of contact need to know of a campaign that is to start on `day` (UTC).

    `rulebooks`: all that bind persons of the creditor; `own_rulebooks`: the creditor's and the campaign's.
    """

    settings: CampaignSettings
    rulebooks: tuple[str, ...]
    own_rulebooks: tuple[str, ...]
    texts: Mapping[tuple[str, str], Mapping[str, Text]]
    switches: tuple[str, ...]
    day: date


class Policy(Protocol):
    """The rules of contact, which this package does not know."""

    def problems(self, facts: PolicyFacts) -> list[Problem]:
        """What of the rules stands against starting."""
        ...


def parse_settings(given: Mapping[str, Any]) -> CampaignSettings:
    """The settings, or Refused with one problem for each wrong field."""
    try:
        return CampaignSettings.model_validate(given)
    except ValidationError as error:
        problems = [
            Problem(
                ".".join(str(part) for part in one["loc"]) or "settings",
                _said(one["type"], one["msg"], len(one["loc"])),
            )
            for one in error.errors()
        ]
        raise Refused(*problems) from None


def _said(kind: str, message: str, depth: int) -> str:
    if kind == "extra_forbidden" and depth > 1:
        return "there is no such setting here: remove it or check its spelling"
    if kind == "extra_forbidden":
        return f"there is no such setting; known are {', '.join(CampaignSettings.model_fields)}"
    if kind == "missing":
        return "this setting is needed"
    if kind == "string_pattern_mismatch":  # the one pattern is that of the caller id
        return "this is no number that can be shown; write it with its country code, like +12125550100"
    return message[0].lower() + message[1:]


def check_settings(settings: CampaignSettings) -> list[Problem]:
    """What the types cannot say."""
    found = []
    if not any(step.kind == "call" for step in settings.steps):
        found.append(Problem("steps", "the strategy calls nobody: add a step of kind call"))
    if settings.default_disposition not in DISPOSITIONS:
        found.append(Problem("default_disposition", f"there is no such disposition; use {' or '.join(SAFE_DEFAULTS)}"))
    elif settings.default_disposition not in SAFE_DEFAULTS:
        said = "nobody has said so when the wrap-up timer runs out, and limits of contact may hang on it"
        found.append(Problem("default_disposition", f"{said}: use {' or '.join(SAFE_DEFAULTS)}"))
    if settings.mode == "broadcast":
        found += _check_announcement(settings)
    if settings.staffing == "skilled" and not settings.skills:
        found.append(Problem("skills", "staffing by skill needs one: name a skill, or assign the agents by name"))
    if settings.mode == "power" and settings.lines_per_agent < 1.0:
        found.append(Problem("lines_per_agent", "at least one line for each agent"))
    return found


def _check_announcement(settings: CampaignSettings) -> list[Problem]:
    found = []
    if not settings.announcement:
        found.append(Problem("announcement", "mode broadcast plays a recording: name it, like sound:promiseline/hello"))
    if OPT_OUT_KEY not in settings.announcement_words:
        words = f"write down what the recording says, with the way out of it: press {OPT_OUT_KEY} to be called no more"
        found.append(Problem("announcement_words", words))
    return found


def pacing_changes(before: CampaignSettings, after: CampaignSettings) -> dict[str, list[Any]]:
    """What of the pacing has changed, with old and new value: an auditor reads from it what was dialed how."""
    both = ((name, getattr(before, name), getattr(after, name)) for name in PACING)
    return {name: [old, new] for name, old, new in both if old != new}


def check_start(facts: StartFacts) -> list[Problem]:
    """Everything that stands against starting now; empty: start."""
    found = check_settings(facts.settings)
    if "running" not in MOVES[facts.state]:
        found.append(Problem("state", f"the campaign is {facts.state}: only a draft or paused one can be started"))
    if facts.agents == 0 and facts.settings.mode != "broadcast":
        found.append(_no_agents(facts))
    if facts.callable_rows == 0:
        found.append(Problem("queue", _empty_queue(facts.debtors)))
    for step in facts.settings.steps:
        if isinstance(step, MessageStep):
            found += _check_message(step, facts)
    return found


def _no_agents(facts: StartFacts) -> Problem:
    skills = ", ".join(facts.settings.skills)
    if facts.settings.staffing == "skilled" or facts.unskilled:
        assigned = (
            f"{facts.unskilled} assigned agents lack some of" if facts.unskilled else "no active agent has all of"
        )
        return Problem("agents", f"{assigned} its skills ({skills}): promiseline user set LOGIN --skill SKILL")
    choose = "choose some (Agents at its card, or promiseline campaign start NAME --agents LOGIN)"
    return Problem("agents", f"no active agent is assigned: {choose}")


def _empty_queue(debtors: int) -> str:
    if debtors == 0:
        return (
            "the queue is empty: the creditor has no open debtors; import some: promiseline import FILE --creditor NAME"
        )
    return (
        f"the queue is empty: none of the creditor's {debtors} open debtors has an open debt, a good number, known "
        "hours and no hold; see the last import's report, or wait until holds end"
    )


def _check_message(step: MessageStep, facts: StartFacts) -> list[Problem]:
    field = f"steps.{facts.settings.steps.index(step)}.template"
    known = facts.texts.get((step.template, step.channel), {})
    if not known:
        names = sorted({name for name, channel in facts.texts if channel == step.channel})
        hint = f"known are {', '.join(names)}" if names else "there are none yet"
        return [Problem(field, f"there is no template {step.template!r} for {step.channel}: write it; {hint}")]
    if "en" not in known:
        return [Problem(field, f"template {step.template} has no English text to fall back to: write one")]
    found = [
        Problem(field, f"template {step.template} ({language}): {problem.message}")
        for language, written in known.items()
        for problem in check_text(written, step.channel)
    ]
    if any(discloses_debt(written.body) for written in known.values()):
        found.append(
            Problem(
                field, f"template {step.template} tells of the debt to whoever reads it: use only names and numbers"
            )
        )
    for name in ("business_name", "business_phone"):
        used = any(name in variables(written.subject + written.body) for written in known.values())
        if used and not facts.tenant_settings.get(name):
            found.append(Problem(name, f"template {step.template} uses it: set {name} in the tenant's settings"))
    return found
