"""The demonstration's stage: the same from the same seed, built once, whole or not at all."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.synthetic.portfolio import Portfolio, write_csv
from campaigns.users import service as users
from dialer.demo.setting_up import Plan, password_for, read_logins, set_up

NOW = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
SMALL = Plan(debtors=60, agents=3, seed=5)


async def count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as conn:
        return int((await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608


def test_the_same_seed_gives_the_same_portfolio_and_another_one_another(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_csv(tmp_path / name, Portfolio(300, seed, date(2026, 11, 18)))

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_a_password_that_came_up_with_its_login_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = ["xSaMx45678ab", "q8ZkW45678ab"]
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: drawn.pop(0))

    assert password_for("sam") == "q8ZkW45678ab"


@pytest.mark.postgres
async def test_it_is_built_once_and_then_found(engine: AsyncEngine, tmp_path: Path) -> None:
    told: list[str] = []
    first = await set_up(engine, tmp_path, SMALL, NOW, told.append)
    built = len(told)
    second = await set_up(engine, tmp_path, SMALL, NOW, told.append)

    assert first == second
    assert built > 0 and len(told) == built, "the second time there is nothing to do"
    assert len(first.agents) == 3
    assert [login.role for login in first.logins] == ["agent", "supervisor", "admin"]
    assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0, "passwords are nobody else's to read"
    assert await count(engine, "debtor") == 60
    assert await count(engine, "queue_row WHERE state = 'ready'") > 30


@pytest.mark.postgres
async def test_what_a_stop_left_half_done_is_made_whole_by_the_next_start(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = users.create

    async def killed(*args: Any, **values: Any) -> int:
        if values["role"] == "supervisor":
            raise KeyboardInterrupt
        return await create(*args, **values)

    async def nothing(*args: Any, **values: Any) -> int:
        raise KeyboardInterrupt

    for module, name, stop in ((users, "create", killed), (admin, "create", nothing)):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, stop)
            with pytest.raises(KeyboardInterrupt):
                await set_up(engine, tmp_path, SMALL, NOW, lambda _: None)
        assert await count(engine, "app_user") == 0

    stage = await set_up(engine, tmp_path, SMALL, NOW, lambda _: None)

    assert len(stage.agents) == 3
    assert read_logins(tmp_path) == stage.logins
    assert await count(engine, "debtor") == 60
