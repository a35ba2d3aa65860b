"""Hashes and checks passwords by argon2id, in threads, a few at a time: each takes a quarter second and 64 MB."""

import asyncio
import secrets
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# no letter or digit that is taken for another when it is read out or copied by hand
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def generated() -> str:
    """A password of chance, 79 bits, like kq7m-x2hd-9fwt-ca4n: to be shown once and changed by its owner."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


class Passwords:
    """`parallel` hashes at once; the others wait, and the event loop never does."""

    def __init__(self, hasher: PasswordHasher | None = None, *, parallel: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(parallel)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password. A null hash takes as long as a wrong password, and is never right."""
        if password_hash is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            await self.verify(self._nobody, password)
            return False
        async with self._slots:
            return await asyncio.to_thread(partial(self._check, password_hash, password))

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker settings than ours."""
        return self._hasher.check_needs_rehash(password_hash)

    def _check(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
