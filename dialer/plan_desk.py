"""Stores and takes back planned breaks and shift ends for consoles, the agent's own and the supervisor's."""

from collections.abc import Mapping
from typing import Any

from campaigns.shifts import service as shifts
from dialer.commands import Reply
from dialer.planning import number, plan_asked
from dialer.state import FloorState


class PlanDesk:
    """`by`: the user who asks, of the same tenant. Both raise Refused, and what the database raises."""

    def __init__(self, state: FloorState) -> None:
        self._state = state

    async def plan(self, tenant_id: int, user_id: int, by: int, args: Mapping[str, Any]) -> Reply:
        asked = plan_asked(args)
        who = self._who(tenant_id, user_id, by)
        async with self._state.engine.begin() as conn:
            made = await shifts.plan(conn, asked=asked, **who)
        await self._state.agents_changed([user_id])
        return Reply({"plan_id": made.id})

    async def cancel(self, tenant_id: int, user_id: int, by: int, args: Mapping[str, Any]) -> Reply:
        plan_id = number(args, "plan_id")
        who = self._who(tenant_id, user_id, by)
        async with self._state.engine.begin() as conn:
            await shifts.cancel(conn, plan_id=plan_id, **who)
        await self._state.agents_changed([user_id])
        return Reply()

    def _who(self, tenant_id: int, user_id: int, by: int) -> dict[str, Any]:
        return {"tenant_id": tenant_id, "user_id": user_id, "now": self._state.now(), "actor": f"user:{by}"}
