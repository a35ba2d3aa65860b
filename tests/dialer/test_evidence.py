"""A regulator is shown a call, a text and an agent's own call with the rules that allowed each, and checks it alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from msgspec import structs
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.audit import erasing, sealing
from campaigns.db import tables as t
from campaigns.problems import Refused
from compliance.rulebooks.model import Rulebooks
from dialer.contact import Admitted, WantedContact, admit
from dialer.evidence import evidence
from dialer.evidence_check import Report, check_document
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_message, a_tenant, a_user, an_attempt
from tests.campaigns.audit.chains import KEY, TRUSTED
from tests.dialer.messaging_rig import GATE

pytestmark = pytest.mark.postgres
NUMBER = "+12125550142"
Document = dict[str, Any]


class House:
    """One debtor whom the gate allows to be called and texted."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.tenant = self.debtor = self.campaign = self.agent = self.point = 0

    async def open(self) -> "House":
        async with self.engine.begin() as conn:
            self.tenant = await a_tenant(conn)
            creditor = await a_creditor(conn, self.tenant, name="Northwind Bank")
            self.debtor = await a_debtor(conn, self.tenant, creditor, phones=(NUMBER,), external_ref="REF-7")
            self.campaign = await a_campaign(conn, self.tenant, creditor, name="Spring")
            self.agent = await a_user(conn, self.tenant, display_name="Ana Ruiz")
            point = text("SELECT id FROM contact_point WHERE debtor_id = :id")
            self.point = (await conn.execute(point, {"id": self.debtor})).scalar_one()
            await conn.execute(
                insert(t.consent).values(
                    tenant_id=self.tenant,
                    contact_point_id=self.point,
                    channel="sms",
                    event="given",
                    by="written",
                    at=NOW - timedelta(days=3),
                    evidence="web form",
                    recorded_by="user:1",
                )
            )
        return self

    async def admitted(self, channel: Any, origin: Any, **more: Any) -> UUID:
        async with self.engine.begin() as conn:
            wanted = WantedContact(self.debtor, channel, origin, campaign_id=self.campaign, **more)
            (answer,) = await admit(conn, [wanted], now=NOW, gate=GATE)
            assert isinstance(answer, Admitted), answer
            await self.end(conn, answer.attempt_id)
        return answer.attempt_id

    async def end(self, conn: AsyncConnection, attempt: UUID) -> None:
        await conn.execute(
            update(t.attempt).where(t.attempt.c.id == attempt)
            .values(state="ended", outcome="no_answer", ringing_at=NOW, ended_at=NOW + timedelta(seconds=20))
        )  # fmt: skip

    async def texted(self) -> UUID:
        attempt = await self.admitted("sms", "message_step")
        async with self.engine.begin() as conn:
            await conn.execute(update(t.attempt).where(t.attempt.c.id == attempt).values(outcome="message_sent"))
            await a_message(
                conn, self.tenant, self.debtor, attempt_id=attempt, state="delivered", body="Call us. STOP ends this.",
                provider="twilio", provider_id="SM1", sent_at=NOW, final_at=NOW + timedelta(seconds=2),
            )  # fmt: skip
        return attempt

    async def seal(self) -> None:
        async with self.engine.begin() as conn:
            mark = await sealing.mark(conn)
        async with self.engine.begin() as conn:
            while (await sealing.seal(conn, self.tenant, now=NOW, upto=mark)).more:
                pass
            await sealing.checkpoint(conn, self.tenant, KEY, now=NOW, every=sealing.AT_ONCE)

    async def shown(self, attempt: UUID, *, books: Rulebooks = GATE.books, whole: bool = False) -> Document:
        async with self.engine.begin() as conn:
            found = await evidence(conn, self.tenant, attempt, books=books, now=NOW, whole=whole)
        read: Document = orjson.loads(orjson.dumps(found))
        return read


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await House(engine).open()


def checked(document: Document) -> Report:
    return check_document(orjson.dumps(document), TRUSTED)


async def test_a_call_is_shown_with_both_clocks_every_rule_its_end_and_the_proof(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    await house.seal()
    found = await house.shown(attempt)
    contact, gate = found["contact"], found["gate"]
    assert (contact["at"], contact["at_local"]) == (
        "2026-03-04T15:00:00Z", {"America/New_York": "2026-03-04 10:00 -0500"},
    )  # fmt: skip
    assert (contact["channel"], contact["origin"], contact["agent"]) == ("voice", "dialer", None)
    assert contact["campaign"]["name"] == "Spring" and contact["creditor"] == "Northwind Bank"
    assert (contact["reference"], contact["kind"], contact["ending"]) == ("REF-7", "mobile", "…0142")
    assert gate["decision"] == "allow" and gate["because"].startswith("Allowed by us-federal@") and gate["tzdb"]
    cap = next(rule for rule in found["rules"] if rule["rule"] == "us-federal.7-in-7")
    assert cap["text"].startswith("1st call") and "limit 7" in cap["text"]
    assert "12 CFR 1006.14(b)(2)(i)(A)" in cap["source"] and cap["version"] == gate["rulebooks"]["us-federal"]
    assert found["asked_again"]["same"] is True and found["notes"] == []
    (end,) = found["outcomes"]
    assert end["outcome"] == "no_answer" and end["times"]["ended_at"]["utc"] == "2026-03-04T15:00:20Z"
    assert end["times"]["ended_at"]["local"]["America/New_York"].startswith("2026-03-04 10:00")
    assert checked(found) == Report((), (), False)
    assert NUMBER not in str(found) and NUMBER[2:] not in str(found)


async def test_a_text_is_shown_with_its_consent_delivery_and_only_when_asked_its_words(house: House) -> None:
    attempt = await house.texted()
    await house.seal()
    masked, whole = await house.shown(attempt), await house.shown(attempt, whole=True)
    assert any("consent to sms" in rule["text"] for rule in masked["rules"])
    (consent,) = masked["consents"]
    assert (consent["event"], consent["how"], consent["evidence"]) == ("given", "written", "web form")
    assert consent["held"] and consent["recorded_by"] == "user:1"
    assert (masked["message"]["state"], masked["message"]["template"]) == ("delivered", "missed_call")
    assert [one["of"] for one in masked["outcomes"]] == ["attempt", "attempt", "message"]
    assert masked["outcomes"][-1]["provider_id"] == "SM1" and "STOP ends" not in str(masked)
    assert "STOP ends" in whole["message"]["text"] and NUMBER in str(whole["proof"]) and NUMBER not in str(masked)
    assert checked(masked).ok and checked(whole) == Report((), (), True)


async def test_a_consent_that_was_written_down_afterwards_did_not_hold_then(house: House) -> None:
    attempt = await house.texted()
    async with house.engine.begin() as conn:
        late = {
            "tenant_id": house.tenant, "contact_point_id": house.point, "channel": "sms", "event": "renewed",
            "by": "oral", "at": NOW - timedelta(days=1), "evidence": "late", "recorded_by": "user:1",
            "recorded_at": NOW + timedelta(days=1),
        }  # fmt: skip
        await conn.execute(insert(t.consent).values(late))
    found = await house.shown(attempt)
    assert [(one["evidence"], one["held"]) for one in found["consents"]] == [("web form", True), ("late", False)]


async def test_an_agents_own_call_names_the_agent(house: House) -> None:
    attempt = await house.admitted("voice", "agent", agent_id=house.agent)
    await house.seal()
    found = await house.shown(attempt)
    assert found["contact"]["origin"] == "agent"
    assert found["contact"]["agent"] == {"id": house.agent, "name": "Ana Ruiz"}
    assert checked(found).ok


async def test_what_people_read_is_what_the_proof_is_of(house: House) -> None:
    attempt = await house.texted()
    await house.seal()
    before = orjson.dumps(await house.shown(attempt, whole=True))
    changes: dict[str, tuple[str, str, Any]] = {
        "another channel": ("contact", "channel", "email"),
        "another person": ("contact", "debtor", 99),
        "another origin": ("contact", "origin", "reply"),
        "another instant": ("contact", "at", "2026-03-04T16:00:00Z"),
        "another local time": ("contact", "at_local", {"America/New_York": "2026-03-04 11:00 -0500"}),
        "another campaign": ("contact", "campaign", None),
        "another attempt": ("contact", "attempt", str(UUID(int=1))),
        "another decision": ("gate", "decision", "deny"),
        "another rulebook": ("gate", "rulebooks", {"us-federal": "1999-01-01"}),
        "another count": ("gate", "tallies", [{}]),
        "another sentence": ("gate", "because", "Allowed."),
        "no flag": ("gate", "flags", ["rapid"]),
        "another database of zones": ("gate", "tzdb", "1999z"),
        "another tenant": ("tenant", "id", 99),
        "another agent": ("contact", "agent", {"id": 99, "name": "X"}),
        "another number": ("contact", "ending", "…0199"),
        "another debt": ("contact", "debts", [99]),
    }
    silent = []
    for name, (part, key, value) in changes.items():
        document: Document = orjson.loads(before)
        assert document[part][key] != value, name
        document[part][key] = value
        if checked(document).ok:
            silent.append(name)
    for path in (["outcomes"], ["gate"]):
        document = orjson.loads(before)
        document[path[0]] = None if path == ["gate"] else document["outcomes"][:1]
        try:
            if checked(document).ok:
                silent.append(path[0])
        except Refused:
            pass
    assert silent == []


async def test_before_the_seal_nothing_is_proven_and_it_says_so(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    report = checked(await house.shown(attempt))
    assert report.findings == () and len(report.unproven) == 2


async def test_rulebooks_that_changed_since_are_named_and_not_passed_off(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    federal = GATE.books.books["us-federal"]
    (*old, last) = federal.versions
    renamed = structs.replace(last, label="2030-01-01", name="us-federal@2030-01-01")
    later = Rulebooks({**GATE.books.books, "us-federal": structs.replace(federal, versions=(*old, renamed))})
    found = await house.shown(attempt, books=later)
    assert found["asked_again"]["same"] is False and "differ" in found["rules_say"]
    gone = Rulebooks({key: book for key, book in GATE.books.books.items() if key != "us-federal"})
    found = await house.shown(attempt, books=gone)
    assert found["rules"] == [] and "cannot be asked again" in found["rules_say"]


async def test_of_an_erased_person_the_decision_stands_and_who_erased_it_is_told(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    await house.seal()
    async with house.engine.begin() as conn:
        await erasing.erase_person(conn, house.tenant, house.debtor, actor="cli", now=NOW)
    found = await house.shown(attempt, whole=True)
    assert found["gate"]["decision"] == "allow" and found["gate"]["erased"]
    assert found["gate"]["erased_by"] == ["cli", NOW.isoformat()]
    assert found["rules"] == [] and "erased" in found["rules_say"] and NUMBER not in str(found)
    assert checked(found).ok


async def test_a_contact_past_the_gate_is_named_as_one_and_an_incoming_call_is_not(house: House) -> None:
    async with house.engine.begin() as conn:
        past = await an_attempt(conn, house.tenant, house.debtor)
        came_in = await an_attempt(conn, house.tenant, house.debtor, direction="in")
    found = await house.shown(past)
    assert found["gate"] is None and any("NO VERDICT" in note for note in found["notes"])
    assert any("no verdict stands in it" in words for words in checked(found).findings)
    found["proof"]["items"], found["outcomes"] = [], []
    assert any("it proves nothing" in words for words in checked(found).findings)
    found = await house.shown(came_in)
    assert "it came in" in found["rules_say"] and found["notes"] == []


async def test_an_attempt_that_was_moved_to_another_time_is_named(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    async with house.engine.begin() as conn:
        await conn.execute(update(t.attempt).where(t.attempt.c.id == attempt).values(at=NOW + timedelta(hours=1)))
    found = await house.shown(attempt)
    assert any("ANOTHER CONTACT" in note for note in found["notes"])


async def test_another_tenants_contact_is_not_there(house: House) -> None:
    attempt = await house.admitted("voice", "dialer")
    async with house.engine.begin() as conn:
        other = await a_tenant(conn, "Other agency")
        with pytest.raises(Refused, match="no such attempt"):
            await evidence(conn, other, attempt, books=GATE.books, now=NOW)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"{}", b'{"format": "promiseline.evidence.v1"}', b'"x"', b"\xff"])
def test_what_is_no_document_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused, match="document"):
        check_document(raw, TRUSTED)
