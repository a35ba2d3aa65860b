"""Shows one contact to a regulator: what, when, to whom, by whom, which rules allowed it, what came of it, the proof.

One document that needs nothing else: it is checked by `dialer.evidence_check` with the public key alone. Read only; the
caller records that it was taken.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from msgspec import structs, to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit import proving
from campaigns.audit.outcomes import StoredOutcome
from campaigns.audit.verdicts import StoredVerdict
from campaigns.consents.model import holding
from campaigns.consents.service import history
from campaigns.db import tables as t
from campaigns.problems import refuse
from compliance.gate import judge
from compliance.grounds import grounds
from compliance.rulebooks.model import Rulebooks, UnknownRulebook
from compliance.stored import StoredFactsError, facts_from
from compliance.timezones import TZDB_VERSION
from compliance.verdict import format_instant
from dialer.explaining import ending, local_times

FORMAT = "promiseline.evidence.v1"
TAKEN = "evidence.taken"
TIMES = ("ringing_at", "answered_at", "greeting_at", "bridged_at", "right_party_at", "ended_at", "sent_at", "final_at")
_a, _m = t.attempt.c, t.message.c


async def evidence(
    conn: AsyncConnection, tenant_id: int, attempt_id: UUID, *, books: Rulebooks, now: datetime, whole: bool = False
) -> dict[str, Any]:
    """The document of one attempt; numbers and addresses are masked. Raises campaigns.problems.Refused.

    `whole`: also what the gate was told and what a message said, which name the person's numbers and history: without
    it the reasons and counts of the verdict are shown, and only with it can a stranger check them.
    """
    row = await _attempt(conn, tenant_id, attempt_id)
    message = await _message(conn, tenant_id, attempt_id)
    verdict, outcomes = await proving.of_attempt(
        conn, tenant_id, attempt_id, None if message is None else message["id"]
    )
    inputs = {} if verdict is None else orjson.loads(verdict.inputs)
    zones = tuple(inputs.get("zones") or ())
    gate = None if verdict is None else _gate(verdict, inputs)
    if verdict is not None and verdict.erased:
        gate = {**(gate or {}), "erased_by": await proving.erased_by(conn, tenant_id, verdict.number)}
    proof = await proving.prove(conn, tenant_id, verdict, outcomes, content=whole)
    return {
        "format": FORMAT,
        "made_at": format_instant(now),
        "tenant": {"id": tenant_id, "name": row["tenant"]},
        "contact": _contact(row, zones),
        "gate": gate,
        **_rules(row, verdict, inputs, books),
        "consents": await _consents(conn, tenant_id, row),
        "message": None if message is None else _told_message(message, whole),
        "outcomes": [outcome_of(one.kind, one.number, one.content, zones) for one in outcomes],
        "notes": _notes(row, verdict, outcomes),
        "proof": to_builtins(proof),
    }


async def _attempt(conn: AsyncConnection, tenant_id: int, attempt_id: UUID) -> Mapping[str, Any]:
    d, c, p, u = t.debtor.c, t.campaign.c, t.contact_point.c, t.app_user.c
    query = (
        select(
            _a.id, _a.at, _a.channel, _a.direction, _a.origin, _a.state, _a.debt_ids, _a.debtor_id, _a.campaign_id,
            _a.agent_id, _a.contact_point_id, d.external_ref, c.name.label("campaign"), p.kind, p.address,
            u.display_name.label("agent"), t.tenant.c.name.label("tenant"), t.creditor.c.name.label("creditor"),
        )
        .join(t.tenant, t.tenant.c.id == _a.tenant_id)
        .join(t.debtor, d.id == _a.debtor_id)
        .join(t.creditor, t.creditor.c.id == d.creditor_id)
        .outerjoin(t.campaign, c.id == _a.campaign_id)
        .outerjoin(t.contact_point, p.id == _a.contact_point_id)
        .outerjoin(t.app_user, u.id == _a.agent_id)
        .where(_a.tenant_id == tenant_id, _a.id == attempt_id)
    )  # fmt: skip
    found = (await conn.execute(query)).mappings().one_or_none()
    if found is None:
        raise refuse("attempt", "there is no such attempt; list a person's with: promiseline compliance contacts")
    return dict(found)


async def _message(conn: AsyncConnection, tenant_id: int, attempt_id: UUID) -> Mapping[str, Any] | None:
    query = select(
        _m.id, _m.template, _m.language, _m.body, _m.state, _m.provider, _m.provider_id, _m.created_at, _m.sent_at
    ).where(_m.tenant_id == tenant_id, _m.attempt_id == attempt_id)
    found = (await conn.execute(query.limit(1))).mappings().one_or_none()
    return None if found is None else dict(found)


async def _consents(conn: AsyncConnection, tenant_id: int, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ledger of this address and channel; `held`: it bound then, and somebody had written it down by then."""
    ledger = await history(conn, tenant_id, row["contact_point_id"])
    past = [entry for entry in ledger.entries if entry.channel == row["channel"] and entry.at <= row["at"]]
    known = [entry for entry in past if entry.recorded_at is None or entry.recorded_at <= row["at"]]
    held = holding(known, row["channel"], row["at"])
    return [
        {
            "event": entry.event, "how": entry.how, "at": format_instant(entry.at),
            "expires_at": format_instant(entry.expires_at), "evidence": entry.evidence,
            "recorded_by": entry.recorded_by, "recorded_at": format_instant(entry.recorded_at),
            "text_version": entry.text_version, "text_language": entry.text_language, "held": entry in held,
        }
        for entry in past
    ]  # fmt: skip


def _contact(row: Mapping[str, Any], zones: tuple[str, ...]) -> dict[str, Any]:
    return {
        "attempt": str(row["id"]),
        "at": format_instant(row["at"]),
        "at_local": local_times(row["at"], zones),
        "channel": row["channel"],
        "direction": row["direction"],
        "origin": row["origin"],
        "agent": None if row["agent_id"] is None else {"id": row["agent_id"], "name": row["agent"]},
        "campaign": None if row["campaign_id"] is None else {"id": row["campaign_id"], "name": row["campaign"]},
        "creditor": row["creditor"],
        "debtor": row["debtor_id"],
        "reference": row["external_ref"],
        "debts": list(row["debt_ids"]),
        "contact_point": row["contact_point_id"],
        "kind": row["kind"] or "",
        "ending": "" if row["address"] is None else ending(row),
    }


def _gate(verdict: StoredVerdict, inputs: Mapping[str, Any]) -> dict[str, Any]:
    reasons = orjson.loads(verdict.reasons)
    return {
        "verdict": str(verdict.id),
        "number": verdict.number,
        "decision": verdict.decision,
        "because": inputs.get("because") or "",
        "reasons": reasons,
        "flags": list(verdict.flags),
        "tallies": list(inputs.get("tallies") or ()),
        "zones": list(inputs.get("zones") or ()),
        "rulebooks": orjson.loads(verdict.rulebooks),
        "tzdb": verdict.tzdb,
        "erased": verdict.erased,
    }


def _rules(
    row: Mapping[str, Any], verdict: StoredVerdict | None, inputs: Mapping[str, Any], books: Rulebooks
) -> dict[str, Any]:
    """Each rule that let the contact pass, and whether the gate says the same of the same facts today."""
    nothing: dict[str, Any] = {"rules": [], "asked_again": None}
    if verdict is None:
        why = "it came in: the gate is not asked" if row["direction"] == "in" else "no verdict is stored with it"
        return {**nothing, "rules_say": f"none: {why}"}
    if not inputs.get("facts"):
        return {**nothing, "rules_say": "what the gate was told is erased: its decision stands, its numbers are gone"}
    try:
        facts = facts_from(inputs["facts"])
        again, found = judge(facts, books), grounds(facts, books)
    except (StoredFactsError, UnknownRulebook) as problem:
        return {**nothing, "rules_say": f"the gate of today cannot be asked again ({problem})"}
    today = dict(name.partition("@")[::2] for name in again.rulebooks)
    same = (again.decision, today) == (verdict.decision, orjson.loads(verdict.rulebooks))
    said = "each rule that was asked, by the versions of the rulebooks that the verdict names"
    if not same:
        said = "by the rulebooks of today, which differ from those that the verdict names: compare the versions"
    return {
        "rules": [structs.asdict(one) for one in found],
        "rules_say": said,
        "asked_again": {
            "decision": again.decision, "rulebooks": today, "tzdb": TZDB_VERSION, "same": same,
            "reasons": [reason.text for reason in again.reasons],
        },
    }  # fmt: skip


def _told_message(message: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    told = {
        "id": str(message["id"]),
        "template": message["template"],
        "language": message["language"],
        "state": message["state"],
        "provider": message["provider"],
        "provider_id": message["provider_id"],
        "queued_at": format_instant(message["created_at"]),
        "sent_at": format_instant(message["sent_at"]),
    }
    return told | {"text": message["body"]} if whole else told


def outcome_of(kind: str, number: int, bound: str, zones: tuple[str, ...]) -> dict[str, Any]:
    """What the chain binds of an end (the text of outcome.content), with its instants on both clocks."""
    content = orjson.loads(bound)
    times = {}
    for name in TIMES:
        if content.get(name) is not None:
            at = datetime.fromtimestamp(float(content[name]), UTC)
            times[name] = {"utc": format_instant(at), "local": local_times(at, zones)}
    said = {name: value for name, value in content.items() if name not in TIMES and value is not None}
    return {"of": kind, "number": number, **said, "times": times}


def _notes(row: Mapping[str, Any], verdict: StoredVerdict | None, outcomes: Sequence[StoredOutcome]) -> list[str]:
    notes = []
    if verdict is None and row["direction"] == "out":
        notes.append("NO VERDICT IS STORED WITH THIS CONTACT: nothing here says that the gate allowed it")
    if verdict is not None and not verdict.same_attempt:
        notes.append("THE ATTEMPT SPEAKS OF ANOTHER CONTACT than the verdict allowed: run promiseline audit verify")
    if not outcomes:
        over = "ended before outcomes were bound" if row["state"] == "ended" else "has not ended"
        notes.append(f"no outcome is bound: the attempt {over}")
    if len(outcomes) > 1:
        notes.append("several outcomes: the last of the attempt, or of the message, is what is believed now")
    return notes
