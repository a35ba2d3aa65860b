"""Nothing leaves: every origin of a contact in every forbidden circumstance, by the exchange's and carrier's own logs.

Origins that the product does not have yet, so that nothing of theirs is tried here: a number typed by an agent (only
previews and callbacks are clicked), a console command that writes a message (`agent` and `reply` are queued here as
that command would), a debtors' portal, an automatic answer or a confirmation of STOP by us (the carrier sends the one
that is allowed; that no reply makes us send anything is tried).
"""

import asyncio
from collections.abc import Iterator

import pytest

from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from tests.conftest import TEMPLATE, _command
from tests.dialer.chaos_rig import CONTROL, MAILS, NEVER, TEXTS, VOICE, Circumstance, Played, cells, play

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def played(postgres: EmbeddedPostgres) -> Iterator[Played]:
    """The whole matrix, played once in one database."""

    async def run() -> Played:
        await _command(postgres, f"CREATE DATABASE nothing_leaves TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        engine = make_engine(postgres.url("nothing_leaves"))
        try:
            return await play(engine)
        finally:
            await engine.dispose()

    yield asyncio.run(run())
    asyncio.run(_command(postgres, "DROP DATABASE nothing_leaves WITH (FORCE)"))


@pytest.mark.parametrize(
    ("origin", "circumstance"),
    [
        pytest.param(origin, circumstance, id=f"{origin}-{circumstance.name}")
        for origin, circumstance in cells((*VOICE, *TEXTS, *MAILS, *NEVER))
    ],
)
def test_nothing_leaves(played: Played, origin: str, circumstance: Circumstance) -> None:
    cell = (origin, circumstance.name)
    assert played.left[cell] == 0
    reasons = played.reasons[cell]
    if reasons:
        assert reasons & set(circumstance.codes), "refused, but for another reason than the one that was made"


@pytest.mark.parametrize("origin", [*VOICE, *TEXTS, *MAILS])
def test_with_nothing_in_the_way_it_does_leave(played: Played, origin: str) -> None:
    """The control: without it the test above could not fail."""
    assert played.left[origin, CONTROL.name] >= 1


def test_what_may_have_left_before_a_crash_is_never_sent_again(played: Played) -> None:
    assert played.left[NEVER[0], CONTROL.name] == 0


def test_most_refusals_are_the_gates_own(played: Played) -> None:
    """A person who is never asked about proves little: of nearly all the gate was asked, and said why."""
    asked = [cell for cell, reasons in played.reasons.items() if reasons and cell[1] != CONTROL.name]
    assert len(asked) >= 0.85 * len(cells((*VOICE, *TEXTS, *MAILS)))


def test_no_reply_of_a_person_makes_us_send(played: Played) -> None:
    assert played.unanswered_replies == 0


def test_every_attempt_has_the_verdict_that_allowed_it(played: Played) -> None:
    assert played.permits_missing == 0
