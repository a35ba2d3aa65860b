"""The shelf of the test's own database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.campaigns.audit.shelf import Shelf, opened


@pytest.fixture
async def shelf(engine: AsyncEngine) -> AsyncIterator[Shelf]:
    async with opened(engine) as made:
        yield made
