"""A statement whose text is made once, for what is asked hundreds of times a second.

SQLAlchemy finds a statement's text again by a key of all its parts, which it makes and hashes at every execution: of a
big statement that takes longer than the server's answer.
"""

from typing import Any

from sqlalchemy import ClauseElement, CursorResult
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Ready:
    """`statement` as text with numbered parameters. A value goes to the driver as it is, so JSON must come as text.

    Rows come as the driver gives them: a column whose type SQLAlchemy converts on the way has no place here.
    """

    def __init__(self, statement: ClauseElement) -> None:
        made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        if not isinstance(made, SQLCompiler):
            raise TypeError("this is no statement that can be asked")
        self.text = str(made)
        fixed, names = dict(made.params), list(made.positiontup or ())
        self._open = {name: at for at, name in enumerate(names) if fixed[name] is None}
        self._values = tuple(fixed[name] for name in names)

    async def execute(self, conn: AsyncConnection, **values: Any) -> CursorResult[Any]:
        """`values`: one for each parameter that the statement leaves open (`required=False`); KeyError without."""
        given = list(self._values)
        for name, at in self._open.items():
            given[at] = values[name]
        return await conn.exec_driver_sql(self.text, tuple(given))
