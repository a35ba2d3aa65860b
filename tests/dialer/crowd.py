"""Persons about whom everything that can be stored is stored at random, and what asking table by table tells of one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from tests.builders import NOW, a_campaign, a_creditor, a_tenant, next_number, uuid7

Row = dict[str, Any]
PHONES = ("+12125550142", "+12125550143", "+16465550144", "+4520123456")
MAILS = ("Dana@Example.COM", "jürgen.ÄRGER@example.com", "İpek@example.com")
PREFIXES = ("+1", "+1212", "+1212555014", "+12125550142", "+45", "+4520123456", "+49")
READ: dict[str, tuple[str, ...]] = {
    "points": ("id", "kind", "address", "position", "status"),
    "addresses": ("country", "region", "timezone", "city", "postal_code"),
    "requests": ("id", "kind", "details", "at", "ends_at"),
    "debts": ("id", "status"),
    "inbound": ("channel", "from_address", "at"),
    "consents": ("contact_point_id", "channel", "at", "by", "expires_at"),
    "opt_outs": ("address", "channel", "at"),
    "attempts": ("contact_point_id", "debt_ids", "channel", "direction", "at", "state", "ended_at", "ringing_at",
                 "answered_at", "answered_by", "bridged_at", "outcome", "cause"),
    "debtor": ("id", "tenant_id", "creditor_id", "language", "own_timezone", "status", "created_at"),
}  # fmt: skip
"""What the gate's facts are made of, by the fields of dialer.contact_facts.Known."""


class Crowd:
    """Two tenants that share addresses; `persons` are debtors' ids. The same seed makes the same crowd."""

    def __init__(self, conn: AsyncConnection, seed: int) -> None:
        self._conn, self._random = conn, Random(seed)  # noqa: S311
        self.persons: list[int] = []
        self.campaigns: list[int] = []

    def _when(self) -> datetime:
        """Before and after the instant of the question and the longest look back, and at them."""
        return (
            NOW
            + self._random.choice((0, 1, -62)) * timedelta(days=1)
            - timedelta(hours=self._random.choice((0, 1, 900)))
        )

    def _perhaps(self, value: Any) -> Any:
        return self._random.choice((None, value))

    async def _put(self, table: Table, **values: Any) -> Any:
        return (await self._conn.execute(insert(table).values(**values).returning(table.c.id))).scalar_one()

    async def gather(self, persons: int) -> None:
        for books in (["us-federal"], []):
            tenant = await a_tenant(self._conn, settings={"switches": ["us_sms"]} if books else {})
            creditors = [await a_creditor(self._conn, tenant, rulebooks=books) for _ in range(2)]
            campaigns = [await a_campaign(self._conn, tenant, creditors[0]) for _ in range(2)]
            self.campaigns += campaigns
            for _ in range(persons):
                await self._person(tenant, self._random.choice(creditors))
            for _ in range(6):
                await self._list(tenant, creditors, campaigns)
            await self._opt_outs(tenant)

    async def _person(self, tenant: int, creditor: int) -> None:
        pick = self._random.choice
        debtor = await self._put(
            t.debtor, tenant_id=tenant, creditor_id=creditor, external_ref=f"C{next_number()}", given_name="Dana",
            family_name="Doe", language=pick(("en", "de")), created_at=self._when(),
            own_timezone=self._perhaps("Europe/Berlin"), status=pick(("open", "closed", "bankrupt")),
        )  # fmt: skip
        self.persons.append(debtor)
        of = {"tenant_id": tenant, "debtor_id": debtor}
        for _ in range(pick((0, 1, 2))):
            await self._put(t.address, **of, country="US", region=self._perhaps("NY"), timezone=self._perhaps("UTC"))
        debts = [
            await self._put(
                t.debt, **of, creditor_id=creditor, external_ref=f"D{next_number()}", principal_minor=1,
                balance_minor=1, currency="USD", due_date=NOW.date(), status=pick(("open", "paid", "disputed")),
            )
            for _ in range(pick((0, 1, 3)))
        ]  # fmt: skip
        for position, address in enumerate(self._random.sample(PHONES + MAILS, pick((0, 1, 3)))):
            await self._point(of, address, position, debts)
        for _ in range(pick((0, 0, 2))):
            await self._put(
                t.person_request, **of, kind=pick(("cease_all", "hardship")), details=pick(({}, {"debts": [1]})),
                at=self._when(), recorded_by="user:1", ended_at=self._perhaps(self._when()),
                ends_at=self._perhaps(self._when()),
            )  # fmt: skip
        for _ in range(pick((0, 0, 2))):
            await self._put(
                t.inbound_message, **of, provider="x", provider_id=f"{next_number()}", channel="sms", to_address="",
                from_address=pick(PHONES), body="", meaning="other", at=self._when(),
            )  # fmt: skip

    async def _point(self, of: Row, address: str, position: int, debts: list[int]) -> None:
        pick = self._random.choice
        kind = "email" if "@" in address else pick(("mobile", "landline"))
        status = pick(("good", "invalid", "third_party"))
        point = await self._put(t.contact_point, **of, kind=kind, address=address, position=position, status=status)
        for _ in range(pick((0, 1, 4))):
            await self._put(
                t.consent, tenant_id=of["tenant_id"], contact_point_id=point, channel=pick(("sms", "voice")),
                event=pick(("given", "renewed", "revoked")), by="oral", at=self._when(),
                expires_at=self._perhaps(self._when()),
            )  # fmt: skip
        for open_call in (False, True)[: pick((1, 1, 2))] if position == 0 else ():
            await self._attempts(of, point, debts, open_call)

    async def _attempts(self, of: Row, point: int, debts: list[int], open_call: bool) -> None:
        pick = self._random.choice
        for _ in range(1 if open_call else pick((0, 3, 12))):
            state = "live" if open_call else "ended"
            channel, direction = (
                ("voice", "out") if open_call else pick((("voice", "out"), ("sms", "out"), ("voice", "in")))
            )
            await self._put(
                t.attempt, **of, id=uuid7(), contact_point_id=point, channel=channel, direction=direction,
                debt_ids=self._random.sample(debts, pick(range(len(debts) + 1))), origin="dialer", at=self._when(),
                state=state, ended_at=self._perhaps(self._when()), ringing_at=self._perhaps(self._when()),
                answered_at=self._perhaps(self._when()), bridged_at=self._perhaps(self._when()),
                answered_by=pick((None, "machine", "person")), cause=pick((None, 16)),
                outcome=pick((None, "no_answer", "announced", "failed")),
            )  # fmt: skip

    async def _list(self, tenant: int, creditors: list[int], campaigns: list[int]) -> None:
        pick = self._random.choice
        scope = pick(("global", "creditor", "campaign"))
        owner = {"creditor": {"creditor_id": pick(creditors)}, "campaign": {"campaign_id": pick(campaigns)}}
        made = await self._put(
            t.do_not_contact_list, tenant_id=tenant, name=f"L{next_number()}", kind="entries", scope=scope,
            created_at=self._when(), created_by="user:1", ended_at=self._perhaps(self._when()),
            refresh_by=self._perhaps(self._when()), overdue_denies=pick((False, False, True)), **owner.get(scope, {}),
        )  # fmt: skip
        entries = [("exact", address.lower()) for address in (*PHONES, *MAILS)] + [
            ("prefix", each) for each in PREFIXES
        ]
        for kind, address in self._random.sample(entries, pick((0, 2, 5))):
            await self._put(
                t.do_not_contact, tenant_id=tenant, list_id=made, kind=kind, address=address, source="cli",
                at=self._when(), ended_at=self._perhaps(self._when()),
            )  # fmt: skip

    async def _opt_outs(self, tenant: int) -> None:
        for address in self._random.sample(PHONES + MAILS, 3):
            await self._put(
                t.opt_out, tenant_id=tenant, address=address, channel=self._random.choice(("sms", "all")),
                at=self._when(), lifted_at=self._perhaps(self._when()), source="cli",
            )  # fmt: skip


class Tables:
    """Whole tables, one simple query each; what of them is known of a person is chosen row by row."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows

    @classmethod
    async def read(cls, conn: AsyncConnection) -> "Tables":
        read = (
            t.debtor, t.creditor, t.tenant, t.contact_point, t.address, t.consent, t.opt_out, t.person_request,
            t.attempt, t.inbound_message, t.debt, t.do_not_contact, t.do_not_contact_list,
        )  # fmt: skip
        return cls(
            {table.name: [dict(row) for row in (await conn.execute(select(table))).mappings()] for table in read}
        )

    def of(self, debtor_id: int, *, now: datetime, since: datetime) -> dict[str, list[Row]]:
        """The rows by the fields of Known, each with the columns of READ, in any order."""
        (person,) = (row for row in self.rows["debtor"] if row["id"] == debtor_id)
        points = self._theirs("contact_point", debtor_id)
        own, addresses = {point["id"] for point in points}, {point["address"] for point in points}
        found = {
            "debtor": [person],
            "points": points,
            "addresses": self._theirs("address", debtor_id),
            "debts": self._theirs("debt", debtor_id),
            "inbound": [row for row in self._theirs("inbound_message", debtor_id) if row["at"] >= since],
            "requests": [row for row in self._theirs("person_request", debtor_id) if _after(row["ended_at"], now)],
            "attempts": [
                row for row in self._theirs("attempt", debtor_id) if row["at"] >= since or row["state"] != "ended"
            ],
            "consents": [
                row for row in self.rows["consent"] if row["contact_point_id"] in own and self._holds(row, now)
            ],
            "opt_outs": [
                row
                for row in self.rows["opt_out"]
                if row["tenant_id"] == person["tenant_id"]
                and row["address"] in addresses
                and _after(row["lifted_at"], now)
            ],
        }
        for row in found["attempts"]:
            row["debt_ids"] = ",".join(map(str, row["debt_ids"]))
        return {name: [{column: row[column] for column in READ[name]} for row in rows] for name, rows in found.items()}

    def in_call(self, debtor_id: int) -> bool:
        return any(
            (row["channel"], row["direction"]) == ("voice", "out") and row["state"] != "ended"
            for row in self._theirs("attempt", debtor_id)
        )

    def listed(self, debtor_id: int, address: str, campaign: int | None, *, as_of: datetime | None) -> set[str] | None:
        """Names of the lists that hold this address back, now or as of an instant; None where one is overdue."""
        (person,) = (row for row in self.rows["debtor"] if row["id"] == debtor_id)
        lists = [
            row
            for row in self.rows["do_not_contact_list"]
            if row["tenant_id"] == person["tenant_id"] and _on(row["created_at"], row["ended_at"], as_of)
        ]
        if any(row["overdue_denies"] and row["refresh_by"] and row["refresh_by"] <= NOW for row in lists):
            return None
        return {
            row["name"]
            for row in lists
            if (row["scope"] != "creditor" or row["creditor_id"] == person["creditor_id"])
            and (row["scope"] != "campaign" or row["campaign_id"] == campaign)
            and any(
                _meets(entry, address)
                for entry in self.rows["do_not_contact"]
                if entry["list_id"] == row["id"] and _on(entry["at"], entry["ended_at"], as_of)
            )
        }

    def settings(self, debtor_id: int) -> tuple[Any, Any]:
        """The creditor's rulebooks and the tenant's switches."""
        (person,) = (row for row in self.rows["debtor"] if row["id"] == debtor_id)
        (creditor,) = (row for row in self.rows["creditor"] if row["id"] == person["creditor_id"])
        (tenant,) = (row for row in self.rows["tenant"] if row["id"] == person["tenant_id"])
        return creditor["rulebooks"], tenant["settings"].get("switches")

    def _theirs(self, table: str, debtor_id: int) -> list[Row]:
        return [dict(row) for row in self.rows[table] if row["debtor_id"] == debtor_id]

    def _holds(self, consent: Row, now: datetime) -> bool:
        later: Iterable[Row] = (
            row
            for row in self.rows["consent"]
            if row["contact_point_id"] == consent["contact_point_id"]
            and row["channel"] == consent["channel"]
            and row["event"] not in ("given", "renewed")
            and consent["at"] <= row["at"] <= now
        )
        return consent["event"] in ("given", "renewed") and not any(later)


def _after(end: datetime | None, now: datetime) -> bool:
    return end is None or end > now


def _on(begin: datetime, end: datetime | None, as_of: datetime | None) -> bool:
    return end is None if as_of is None else begin <= as_of and _after(end, as_of)


def _meets(entry: Row, address: str) -> bool:
    if entry["kind"] == "exact":
        return bool(entry["address"] == address.lower())
    # the whole number is no prefix of itself
    return address.startswith(entry["address"]) and address != entry["address"]
