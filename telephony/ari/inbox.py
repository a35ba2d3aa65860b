"""A bounded queue between the socket and its one consumer, which never drops: it says that it is full instead."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """`offer` may refuse (messages from outside); `tell` never does (our own news, a handful each disconnection)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: deque[T] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, item: T) -> bool:
        if len(self._items) >= self.size:
            self._drained.clear()
            return False
        self._put(item)
        return True

    def tell(self, item: T) -> None:
        self._put(item)

    def _put(self, item: T) -> None:
        self._items.append(item)
        self._filled.set()

    async def take(self) -> T | None:
        """The next item; None once closed and empty."""
        while not self._items:
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if len(self._items) <= self.size // 2:
            self._drained.set()
        return item

    async def half_empty(self) -> None:
        """Wait until, after a refusal, the consumer has caught up to half the size."""
        await self._drained.wait()

    def close(self) -> None:
        self._closed = True
        self._filled.set()
        self._drained.set()
