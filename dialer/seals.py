"""Ties permits to the transaction that wrote their attempts: good once it is committed, void when it is undone."""

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction, event
from sqlalchemy.ext.asyncio import AsyncConnection

from telephony.permit import Seal


@dataclass(slots=True)
class _Watch:
    """The seals of a connection's present transaction."""

    transaction: RootTransaction | None = None
    seals: list[Seal] = field(default_factory=list)

    def committed(self, _: Connection) -> None:
        for seal in self.seals:
            seal.commit()

    def undone(self, conn: Connection, *_: Any) -> None:
        """Rolled back, even if only to a savepoint. (A commit that fails raises where the permits would be used.)"""
        if conn.get_transaction() is self.transaction:
            for seal in self.seals:
                seal.void()


_WATCHES: WeakKeyDictionary[Connection, _Watch] = WeakKeyDictionary()


def seal_with(conn: AsyncConnection, seal: Seal) -> None:
    """Let the seal follow the transaction in which this connection is."""
    found = conn.sync_connection
    if found is None:
        raise RuntimeError("the connection is closed")
    watch = _WATCHES.get(found)
    if watch is None:
        watch = _WATCHES[found] = _Watch()
        event.listen(found, "commit", watch.committed)
        event.listen(found, "rollback", watch.undone)
        event.listen(found, "rollback_savepoint", watch.undone)
    transaction = found.get_transaction()
    if watch.transaction is not transaction:
        watch.transaction, watch.seals = transaction, []
    watch.seals.append(seal)
