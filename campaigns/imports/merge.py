"""Finds what staged rows contradict, counts what they will change, and merges them into the portfolio, set by set."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.imports import merge_sql as sql
from campaigns.imports.model import Hours, ImportReport, Parts, Place
from campaigns.imports.staging import Staging

LAST_LINE = 2**62
Done = Callable[[int], None]  # shares of 100 of the merge


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows, and which of them: lines behind `lo` up to `hi`."""

    staging: Staging
    tenant_id: int
    creditor_id: int
    now: datetime
    lo: int = 0
    hi: int = LAST_LINE

    @property
    def whole(self) -> bool:
        return self.lo == 0 and self.hi == LAST_LINE


class Merge:
    """One merge in the caller's transaction: `analyse`, then `apply` unless rows were rejected or it is a dry run."""

    def __init__(self, conn: AsyncConnection, scope: Scope, report: ImportReport, parts: Parts) -> None:
        self._conn = conn
        self._scope = scope
        self._report = report
        self._parts = parts
        at_hand = "WHERE {0} IN (SELECT {0} FROM {1} WHERE line > :lo AND line <= :hi)"
        name = scope.staging.name
        self._names = {
            "s": name,
            "here": f"{name}.line > :lo AND {name}.line <= :hi",
            "differs": sql.DIFFERS.format(s=name),
            "mine": "d.tenant_id = CAST(:tenant AS integer) AND d.creditor_id = CAST(:creditor AS bigint)",
            "r": scope.staging.rejects,
            "among_debts": "" if scope.whole else at_hand.format("debt_ref", name),
            "among_debtors": "" if scope.whole else at_hand.format("debtor_ref", name),
            "earlier": "false" if scope.whole else sql.EARLIER.format(s=name),
        }

    async def analyse(self) -> None:
        """Rejects rows that contradict others or the database, and adds to the report's counts."""
        conn, report = self._conn, self._report
        await conn.execute(text("SET LOCAL work_mem = '64MB'"))
        if self._scope.whole:
            await conn.execute(text(f"ANALYZE {self._scope.staging.name}"))
        await self._run(sql.BAD_TABLE)
        for statement in (sql.DUPLICATE_DEBTS, sql.CONTRARY_DEBTORS, sql.FOREIGN_DEBTS):
            await self._run(statement)
        rejected = (await self._run(sql.REJECT_BAD)).rowcount
        if rejected:
            await self._run(sql.DROP_BAD)
        report.rows_rejected += rejected
        report.rows_loaded -= rejected
        counts = (await self._run(sql.COUNTS)).one()
        for name, count in counts._mapping.items():
            setattr(report, name, getattr(report, name) + int(count))
        await self._run(sql.PERSONS)
        await conn.execute(text("ANALYZE import_person"))
        await self._run(sql.MORE_HOURS)
        report.zone_unknown += int((await self._run(sql.ZONELESS)).scalar_one())

    async def apply(self, done: Done) -> None:
        """Writes. Existing debtors and debts are brought up to date, new ones are added, none is removed."""
        steps: tuple[tuple[int, str, dict[str, str]], ...] = (
            (1, sql.WINDOW_GROUPS, {}),
            (2, sql.KNOWN_TABLE, {}),
            (3, sql.KNOWN, {}),
            (6, sql.UPDATE_DEBTORS, {}),
            (25, sql.ADD_DEBTORS, {}),
            (26, "ANALYZE import_known", {}),
            (28, sql.UPDATE_ADDRESSES, {}),
            (40, sql.ADD_ADDRESSES, {}),
            (40, sql.POINTS, {}),
            (40, "ANALYZE import_point", {}),
            (41, sql.LATER_POINTS, {}),
            (43, sql.UPDATE_POINTS, {}),
            (68, sql.ADD_POINTS, {"first": "true"}),
            (69, sql.ADD_POINTS, {"first": "false"}),
            (76, sql.ADD_EMAILS, {}),
            (81, sql.ADD_CONSENTS, {}),
            (83, sql.UPDATE_DEBTS, {}),
            (97, sql.ADD_DEBTS, {}),
        )
        for share, statement, names in steps:
            await self._run(statement, **names)
            done(share)
        await self._settle_hours()
        await self._run(sql.MOVE_QUEUE)
        for table in ("import_bad", "import_person", "import_known", "import_point", "import_unsettled"):
            await self._conn.execute(text(f"DROP TABLE {table}"))
        done(100)

    async def _settle_hours(self) -> None:
        await self._run(sql.UNSETTLED)
        after = 0
        while page := (await self._run(sql.UNSETTLED_PAGE, after=after)).all():
            after = page[-1].id
            found = await asyncio.to_thread(self._hours_of, page)
            for hours, ids in found.items():
                values = {"zones": list(hours.zones), "rulebooks": list(hours.rulebooks)}
                if hours.zones:
                    await self._conn.execute(text(sql.SETTLE_GROUP), values)
                await self._conn.execute(text(sql.SETTLE), {**values, "ids": ids})

    def _hours_of(self, page: Sequence[Any]) -> dict[Hours, list[int]]:
        found: dict[Hours, list[int]] = defaultdict(list)
        for row in page:
            places = tuple(Place(*place) for place in row.places)
            hours = self._parts.hours(places, tuple(row.phones), row.own_timezone)
            known = hours.zones and hours.rulebooks
            found[Hours(tuple(sorted(hours.zones)) if known else (), hours.rulebooks)].append(row.id)
        return found

    async def _run(self, statement: str, **more: Any) -> Any:
        names = {key: value for key, value in more.items() if isinstance(value, str)}
        made = text(statement.format(**self._names, **names))
        known = {
            "lo": self._scope.lo,
            "hi": self._scope.hi,
            "tenant": self._scope.tenant_id,
            "creditor": self._scope.creditor_id,
            "batch": self._scope.staging.batch_id,
            "now": self._scope.now,
            "evidence": f"import:{self._scope.staging.batch_id}",
            **{key: value for key, value in more.items() if not isinstance(value, str)},
        }
        return await self._conn.execute(made, {name: known[name] for name in made._bindparams})
