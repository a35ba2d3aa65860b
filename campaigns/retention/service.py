"""Finds persons of a certain age and erases what is personal of them; what the law wants kept stays.

Kept: attempts, verdicts and outcomes with their times and codes, debts and promises, consents, the audit chain; and
opt-outs and do-not-contact entries with their addresses, since they bind whoever imports the number again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit import erasing

# the queue, a callback and a wish that stops collection hold a file: somebody may still need it
FIND = text("""
SELECT d.id, (d.created_at AT TIME ZONE 'UTC')::date AS created, (greatest(d.created_at,
        (SELECT max(a.at) FROM attempt a WHERE a.debtor_id = d.id),
        (SELECT max(i.at) FROM inbound_message i WHERE i.debtor_id = d.id),
        (SELECT max(m.created_at) FROM message m WHERE m.debtor_id = d.id),
        (SELECT max(n.created_at) FROM note n WHERE n.debtor_id = d.id),
        (SELECT max(greatest(r.at, r.ended_at)) FROM person_request r WHERE r.debtor_id = d.id),
        (SELECT max(p.last_payment_date)::timestamptz FROM debt p WHERE p.debtor_id = d.id)
    ) AT TIME ZONE 'UTC')::date AS last_activity,
    coalesce(g.rulebooks, '{}') || k.rulebooks AS rulebooks,
    CASE WHEN EXISTS (SELECT FROM queue_row q WHERE q.debtor_id = d.id AND q.state IN ('ready', 'leased', 'waiting'))
            THEN 'a campaign still calls the person'
        WHEN EXISTS (SELECT FROM callback c WHERE c.debtor_id = d.id AND c.state IN ('pending', 'placed'))
            THEN 'a callback is open'
        WHEN EXISTS (SELECT FROM person_request r WHERE r.debtor_id = d.id
                AND r.kind IN ('dispute', 'legal', 'bankruptcy', 'breathing_space', 'attorney', 'unclear_reply')
                AND (r.ended_at IS NULL OR r.ended_at > :now) AND (r.ends_at IS NULL OR r.ends_at > :now))
            THEN 'a dispute or a legal hold is open'
        ELSE '' END AS held_by
FROM debtor d JOIN creditor k ON k.id = d.creditor_id LEFT JOIN window_group g ON g.id = d.window_group_id
WHERE d.tenant_id = :tenant AND d.erased_at IS NULL AND d.created_at < :before AND d.id > :behind
    AND (CAST(:ids AS bigint[]) IS NULL OR d.id = ANY(CAST(:ids AS bigint[])))
ORDER BY d.id LIMIT CAST(:limit AS integer)
""")
LOCK = text("SELECT id FROM debtor WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
COUNT = text("SELECT count(*) FROM debtor WHERE tenant_id = :tenant AND erased_at IS NULL AND created_at < :before")
ERASE = tuple(
    text(statement)
    for statement in (
        "UPDATE message SET body = NULL, subject = NULL, unsubscribe_token = NULL"
        " WHERE debtor_id = :debtor AND body IS NOT NULL",
        "UPDATE inbound_message SET body = '', from_address = 'erased' WHERE debtor_id = :debtor",
        "UPDATE note SET body = '' WHERE debtor_id = :debtor",
        "UPDATE person_request SET details = '{}' WHERE debtor_id = :debtor",
        "DELETE FROM address WHERE debtor_id = :debtor",
        "UPDATE contact_point SET address = 'erased:' || id, status = 'invalid' WHERE debtor_id = :debtor",
        "UPDATE queue_row SET state = 'done', held_because = NULL WHERE debtor_id = :debtor",
        "UPDATE debtor SET given_name = '', family_name = '', date_of_birth = NULL, own_timezone = NULL,"
        " window_group_id = NULL, external_ref = 'erased:' || id, status = 'closed', erased_at = :now"
        " WHERE id = :debtor",
    )
)


@dataclass(frozen=True, slots=True)
class OldPerson:
    """`rulebooks`: of the law by the window group, then the creditor's; `held_by`: "" for nothing."""

    debtor_id: int
    created: date
    last_activity: date
    rulebooks: tuple[str, ...]
    held_by: str


async def find(
    conn: AsyncConnection,
    tenant_id: int,
    *,
    now: datetime,
    before: datetime,
    behind: int = 0,
    limit: int = 500,
    only: Sequence[int] | None = None,
) -> list[OldPerson]:
    """Persons recorded before an instant and not erased yet, by id from `behind` on; `only`: of these."""
    values = {"tenant": tenant_id, "now": now, "before": before, "behind": behind, "limit": limit,
              "ids": None if only is None else list(only)}  # fmt: skip
    rows = await conn.execute(FIND, values)
    return [OldPerson(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in rows]


async def count(conn: AsyncConnection, tenant_id: int, before: datetime) -> int:
    found: int = (await conn.execute(COUNT, {"tenant": tenant_id, "before": before})).scalar_one()
    return found


async def lock(conn: AsyncConnection, debtor_ids: Sequence[int]) -> None:
    """No admission of these persons begins until the transaction ends; what is found after it stays true."""
    await conn.execute(LOCK, {"ids": list(debtor_ids)})


async def erase(conn: AsyncConnection, tenant_id: int, debtor_id: int, *, actor: str, now: datetime) -> erasing.Erased:
    """For good. What trail and verdicts say goes first: by the person's numbers it is found."""
    done = await erasing.erase_person(conn, tenant_id, debtor_id, actor=actor, now=now)
    for statement in ERASE:
        values = {"debtor": debtor_id} | ({"now": now} if ":now" in statement.text else {})
        await conn.execute(statement, values)
    return done
