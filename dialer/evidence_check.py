"""Checks a document of evidence by itself: the proof holds, and what people read is what the proof is of.

What is not compared: names, references, consents and the template, which no chain holds; `rules` and `asked_again`,
which the program worked out when the document was made; and, in a document that is not whole, what only its content
tells (because, reasons, flags, counts, zones, debts, the ending of the number).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import orjson

from campaigns.audit import outcomes, verdicts
from campaigns.audit.chain import instant
from campaigns.audit.proof import Item, Proof, check, fields_of
from campaigns.problems import refuse
from dialer.evidence import FORMAT, outcome_of
from dialer.explaining import ending, local_times

# places in a verdict's bytes (campaigns/audit/verdicts.py) and what the document says there
VERDICT: Mapping[int, tuple[str, str]] = {
    1: ("tenant", "id"), 2: ("gate", "number"), 3: ("gate", "verdict"), 4: ("contact", "attempt"),
    6: ("contact", "debtor"), 7: ("contact", "contact_point"), 8: ("contact", "channel"), 9: ("contact", "origin"),
    11: ("gate", "decision"), 13: ("gate", "tzdb"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """`findings`: sentences of what is wrong; `unproven`: what no trusted signature holds yet."""

    findings: tuple[str, ...]
    unproven: tuple[str, ...]
    content_shown: bool

    @property
    def ok(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok, "findings": list(self.findings), "not_signed_yet": list(self.unproven),
            "content_shown": self.content_shown,
        }  # fmt: skip


def check_document(raw: bytes, trusted: frozenset[bytes]) -> Report:
    """Raises campaigns.problems.Refused where the bytes are no document of evidence."""
    try:
        document = orjson.loads(raw)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise refuse("document", f"this is no {FORMAT}; write one with: promiseline compliance evidence ATTEMPT")
        proof = msgspec.convert(document["proof"], Proof)
        checked = check(proof, trusted)
        told = list(_compared(document, proof))
    except (LookupError, TypeError, ValueError, AttributeError) as bad:
        raise refuse("document", f"it cannot be read ({type(bad).__name__}): take it anew") from None
    shown = any(item.content is not None for item in proof.items)
    return Report((*checked.findings, *told), checked.unproven, shown)


def _compared(document: Mapping[str, Any], proof: Proof) -> Iterator[str]:
    held = [item for item in proof.items if fields_of(item)[0] == verdicts.VERSION]
    if (document["gate"] is None) != (not held):
        yield "the document tells of a verdict and its proof has none, or the other way round"
    if document["gate"] is None and document["contact"]["direction"] == "out":
        yield "no verdict stands in it: nothing says that the gate allowed this contact"
    if not proof.items:
        yield "it proves nothing: neither a verdict nor an outcome stands in its proof"
    for item in held:
        yield from _verdict(document, item)
    bound = [fields_of(item) for item in proof.items if fields_of(item)[0] == outcomes.VERSION]
    zones = tuple(document["gate"]["zones"]) if document["gate"] else ()
    said = [outcome_of(str(f[3]), int(str(f[2])), str(f[5]), zones) for f in bound]
    if said != document["outcomes"]:
        yield "outcomes: they do not say what the proof holds"
    attempt, message = document["contact"]["attempt"], (document["message"] or {}).get("id")
    if any(f[4] not in (attempt, message) for f in bound):
        yield "outcomes: one is of another attempt or message"
    ends = [one for one in said if one["of"] == "attempt"]
    agent = document["contact"]["agent"]
    if ends and ends[-1].get("agent") != (agent and agent["id"]):
        yield "contact.agent: not the one whom the attempt names"


def _verdict(document: Mapping[str, Any], item: Item) -> Iterator[str]:
    fields, zones = fields_of(item), tuple(document["gate"]["zones"])
    for place, (part, name) in VERDICT.items():
        if document[part][name] != fields[place]:
            yield f"{part}.{name}: {document[part][name]!r} is not what the verdict says"
    campaign = document["contact"]["campaign"]
    if (campaign and campaign["id"]) != fields[5]:
        yield "contact.campaign: not what the verdict says"
    if instant(datetime.fromisoformat(document["contact"]["at"])) != fields[10]:
        yield "contact.at: not what the verdict says"
    if document["contact"]["at_local"] != local_times(datetime.fromisoformat(document["contact"]["at"]), zones):
        yield "contact.at_local: not the local time of that instant"
    if document["gate"]["rulebooks"] != orjson.loads(str(fields[14])):
        yield "gate.rulebooks: not what the verdict says"
    if item.content is not None:
        reasons, flags, inputs = orjson.loads(item.content.bytes)
        told, said = document["gate"], orjson.loads(inputs)
        content = {"reasons": orjson.loads(reasons), "flags": flags} | {
            name: said.get(name) or empty for name, empty in (("because", ""), ("zones", []), ("tallies", []))
        }
        yield from (f"gate.{name}: not what was sealed" for name, value in content.items() if told[name] != value)
        yield from _whom(document["contact"], said.get("facts"))


def _whom(contact: Mapping[str, Any], facts: Mapping[str, Any] | None) -> Iterator[str]:
    """The number and the debts are told by what the gate was told."""
    if facts is None:
        return
    asked = facts["contact"]
    if list(map(str, contact["debts"])) != list(asked["debts"]):
        yield "contact.debts: not those that the gate was asked about"
    point = next((one for one in facts["debtor"]["points"] if one["id"] == asked["contact_point"]), None)
    if point is None or (contact["kind"], contact["ending"]) != (point["kind"], ending(point)):
        yield "contact.ending: not the number or address that the gate was asked about"
