"""`promiseline person show|record|end|review|reviews`: a person's wishes, as a supervisor handles them."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.casefile.lookup import find_debtor
from campaigns.problems import refuse
from campaigns.requests import reviews
from campaigns.requests.service import end_request, record_request
from dialer.cli.output import Json, print_json, print_rows, say
from dialer.cli.session import in_transaction
from dialer.cli.times import day, instant

app = typer.Typer(help="What persons asked for: recorded, ended, reviewed.", no_args_is_help=True)
Debtor = Annotated[str, typer.Argument(help="The creditor's reference, or our number.")]
Because = Annotated[str, typer.Option("--because", help="Why, for the audit trail.")]


@app.command("show")
def show(debtor: Debtor, json: Json = False) -> None:
    """All wishes of a person, those in force first."""

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        return await reviews.wishes_of(conn, await find_debtor(conn, tenant_id, debtor))

    _rows("Wishes", in_transaction(work), json)


@app.command("record")
def record(
    debtor: Debtor,
    kind: Annotated[str, typer.Argument(help="Like hardship, attorney, dispute, inconvenient_time.")],
    details: Annotated[str, typer.Option("--details", help='JSON, like {"form": "written"}.')] = "{}",
    ends_at: Annotated[str, typer.Option("--ends-at", help="When it ends by itself: 2026-03-31T15:00:00Z.")] = "",
    review_on: Annotated[str, typer.Option("--review-on", help="When to look at it again: 2026-03-31.")] = "",
    json: Json = False,
) -> None:
    """Write down what a person asked for; it binds every contact from now on."""

    async def work(conn: AsyncConnection, tenant_id: int) -> int:
        debtor_id = await find_debtor(conn, tenant_id, debtor)
        return await record_request(
            conn, tenant_id=tenant_id, debtor_id=debtor_id, kind=kind, at=datetime.now(UTC), recorded_by="cli",
            details=_object(details), ends_at=instant("--ends-at", ends_at),
            review_on=day("--review-on", review_on),
        )  # fmt: skip

    made = in_transaction(work)
    if json:
        print_json({"id": made})
    else:
        say(f"Wish {made} is recorded.")


@app.command("end")
def end(
    wish: Annotated[int, typer.Argument(help="The wish's number, as `person show` lists it.")],
    because: Because = "",
    json: Json = False,
) -> None:
    """End a wish; the queues go on where nothing else holds the person."""

    async def work(conn: AsyncConnection, tenant_id: int) -> None:
        now = datetime.now(UTC)
        if not await end_request(conn, wish, now=now, actor="cli", because=because, tenant_id=tenant_id):
            raise refuse("wish", f"there is no wish {wish} in force")

    in_transaction(work)
    if json:
        print_json({"id": wish, "ended": True})
    else:
        say(f"Wish {wish} is ended.")


@app.command("review")
def review(
    wish: Annotated[int, typer.Argument(help="The wish's number.")],
    on: Annotated[str, typer.Option("--on", help="When to look at it again: 2026-03-31.")],
    because: Because = "",
    json: Json = False,
) -> None:
    """Keep a wish and look at it again later."""

    async def work(conn: AsyncConnection, tenant_id: int) -> None:
        when = day("--on", on)
        if when is None:
            raise refuse("--on", "give a day like 2026-03-31")
        await reviews.review_again(
            conn, tenant_id, wish, review_on=when, because=because, now=datetime.now(UTC), actor="cli"
        )

    in_transaction(work)
    if json:
        print_json({"id": wish, "review_on": on})
    else:
        say(f"Wish {wish} goes on, review on {on}.")


@app.command("reviews")
def due(json: Json = False) -> None:
    """Wishes whose review date has come, the oldest first."""

    async def work(conn: AsyncConnection, tenant_id: int) -> list[dict[str, Any]]:
        return await reviews.reviews_due(conn, tenant_id, datetime.now(UTC).date())

    _rows("Reviews due", in_transaction(work), json)


def _rows(title: str, found: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json(found)
    else:
        print_rows(title, [{name: "" if value is None else value for name, value in row.items()} for row in found])


def _object(given: str) -> dict[str, Any]:
    try:
        found = orjson.loads(given)
    except orjson.JSONDecodeError as problem:
        raise refuse("details", f'no JSON ({problem}); write it like {{"form": "written"}}') from None
    if not isinstance(found, dict):
        raise refuse("details", 'write one JSON object, like {"form": "written"}')
    return found
