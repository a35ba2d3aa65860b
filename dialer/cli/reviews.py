"""`promiseline reviews list|decide`: replies that are perhaps a STOP, and what a person makes of them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, cast

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.requests.closing import Scope
from dialer import reviews
from dialer.cli.output import Json, print_json, print_rows, say
from dialer.cli.session import in_transaction
from dialer.review_why import why_unsure

app = typer.Typer(help="Replies that somebody must read before anything goes out again.", no_args_is_help=True)


@app.command("list")
def list_reviews(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 200,
    json: Json = False,
) -> None:
    """The replies that wait, the oldest first. It shows their text: personal data."""

    async def work(conn: AsyncConnection, tenant_id: int) -> list[reviews.Review]:
        return await reviews.open_reviews(conn, tenant_id, datetime.now(UTC), limit)

    found = in_transaction(work)
    if json:
        print_json([asdict(review) | {"why": why_unsure(review)._asdict()} for review in found])
        return
    rows = [
        {
            "id": review.id,
            "waits": _age(review.age_s),
            "channel": review.channel,
            "language": review.language or "?",
            "from": review.address_masked,
            "read as": review.meaning,
            "text": review.text,
        }
        for review in found
    ]
    print_rows("Reviews", rows)


@app.command("decide")
def decide(
    review_id: Annotated[int, typer.Argument(help="As `reviews list` shows it.")],
    decision: Annotated[str, typer.Argument(help="stop, start or other")],
    scope: Annotated[
        str | None,
        typer.Option("--scope", help="With stop: medium, texts, calls, email, number or everything."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what the person meant: it is carried out, written down, and the hold ends."""

    async def work(conn: AsyncConnection, tenant_id: int) -> reviews.Decided:
        return await reviews.decide(
            conn,
            tenant_id=tenant_id,
            review_id=review_id,
            decision=cast(reviews.Decision, decision),
            scope=cast(Scope | None, scope),
            actor="cli",
            now=datetime.now(UTC),
        )

    done = in_transaction(work)
    if json:
        print_json(asdict(done))
        return
    say(
        f"Review {done.review_id}: {done.decision}. Closed {done.closed} addresses and channels, "
        f"opened {done.reopened}, freed {done.freed} persons."
    )


def _age(seconds: int) -> str:
    hours, rest = divmod(max(seconds, 0), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours}:{rest // 60:02d} h"
