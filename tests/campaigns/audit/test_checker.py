"""Any history verifies, and any tampering with it is found and named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from campaigns.audit import chain
from campaigns.audit.chain import Sealed, Unsealed
from campaigns.audit.checker import Report
from tests.builders import NOW
from tests.campaigns.audit.chains import CHANGES, KEY, OTHER, TENANT, TRUSTED, Book, rehashed

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), WORDS, WORDS, WORDS),
        st.tuples(st.just("seal"), st.integers(1, 4)),
        st.tuples(st.just("erase"), st.integers(0, 30)),
        st.tuples(st.just("sign")),
    ),
    max_size=40,
)


def played(steps: Sequence[tuple[object, ...]]) -> Book:
    book = Book()
    for step in steps:
        match step:
            case ("record", str(actor), str(subject), str(detail)):
                book.record(actor, subject, detail)
            case ("seal", int(limit)):
                book.seal(limit)
            case ("erase", int(at)) if book.rows:
                book.erase(at % len(book.rows))
            case ("sign",):
                book.sign()
    book.seal()
    return book


HISTORIES = STEPS.map(played)
LONG = HISTORIES.filter(lambda book: len(book.rows) >= 3)


def named(report: Report, of: str = "row") -> set[int]:
    return {
        number for finding in report.findings if finding.of == of for number in range(finding.first, finding.last + 1)
    }


def kinds(report: Report) -> set[tuple[str, str, int, int]]:
    return {(finding.of, finding.kind, finding.first, finding.last) for finding in report.findings}


@given(HISTORIES)
def test_any_sequence_of_records_seals_signatures_and_erasures_verifies(book: Book) -> None:
    report = book.check()
    assert report.findings == () and report.ok
    assert report.rows == report.last_seq == len(book.rows)
    assert [row.seq for row in book.rows] == list(range(1, len(book.rows) + 1))
    signed = max((point.seq for point in book.points), default=0)
    assert report.unsigned == len(book.rows) - signed


@given(LONG, st.data())
def test_a_changed_field_of_any_row_is_found_and_only_that_row_is_named(book: Book, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(book.rows) - 1))
    row = book.rows[at]
    able = [name for name in CHANGES if row.salt is not None or name not in ("detail", "salt", "salt gone")]
    changed = CHANGES[data.draw(st.sampled_from(able))](row)
    if changed == row:
        return
    book.rows[at] = changed

    report = book.check()

    # an erasure's record that no longer says so leaves the erased row unaccounted for; that is true too
    told = int(row.subject[6:]) if row.action == chain.AUDIT_ERASED else row.seq
    assert row.seq in named(report)
    assert named(report) <= {row.seq, told}


@given(LONG, st.data())
def test_a_row_changed_together_with_its_hash_is_found_at_the_next_row_or_by_the_head(
    book: Book, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(book.rows) - 1))
    row = CHANGES[data.draw(st.sampled_from(["at", "actor", "subject", "detail_digest"]))](book.rows[at])
    previous = book.rows[at - 1].hash if at else chain.GENESIS
    book.rows[at] = replace(row, hash=chain.link(previous, row, row.seq, row.detail_digest))

    report = book.check()

    assert not report.ok
    if at + 1 < len(book.rows):
        assert row.seq + 1 in named(report)
    else:
        assert ("head", "changed", row.seq, row.seq) in kinds(report)


@given(LONG, st.data())
def test_a_chain_written_anew_from_some_row_on_is_found_by_a_signature(book: Book, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(book.rows) - 1))
    book.sign()
    book.rows[at] = CHANGES["actor"](book.rows[at])
    rehashed(book, at)
    book.head = (book.rows[-1].seq, book.rows[-1].hash)

    assert {at + 1, len(book.rows)} <= named(book.check())


@given(LONG, st.data())
def test_a_removed_row_is_named(book: Book, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(book.rows) - 1))
    gone = book.rows.pop(at)

    report = book.check()

    kind = "removed" if at < len(book.rows) else "cut_off"
    assert ("row", kind, gone.seq, gone.seq) in kinds(report)


@given(LONG, st.data())
def test_a_cut_tail_is_named_by_the_head_and_when_the_head_lies_by_a_checkpoint(
    book: Book, data: st.DataObject
) -> None:
    book.sign()
    keep = data.draw(st.integers(0, len(book.rows) - 1))
    last = len(book.rows)
    book.rows = book.rows[:keep]
    assert ("row", "cut_off", keep + 1, last) in kinds(book.check())

    book.head = (keep, book.rows[-1].hash) if keep else None
    assert ("row", "cut_off", keep + 1, last) in kinds(book.check())


@given(LONG, st.data())
def test_two_rows_that_changed_places_are_named(book: Book, data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, len(book.rows) - 1), min_size=2, max_size=2, unique=True))
    a, b = book.rows[one], book.rows[other]
    book.rows[one], book.rows[other] = replace(b, seq=a.seq), replace(a, seq=b.seq)

    found = kinds(book.check())

    assert {("row", "reordered", a.seq, a.seq), ("row", "reordered", b.seq, b.seq)} <= found or (
        abs(one - other) == 1 and ("row", "reordered", min(a.seq, b.seq), max(a.seq, b.seq)) in found
    )
    assert {seq for _, kind, first, last in found if kind == "reordered" for seq in range(first, last + 1)} == {
        a.seq,
        b.seq,
    }, "a neighbour of theirs is innocent"


@given(LONG, st.data(), st.booleans())
def test_an_inserted_row_is_named(book: Book, data: st.DataObject, forged: bool) -> None:
    """Beside a row with the same number, with a hash that fits there or any other."""
    at = data.draw(st.integers(0, len(book.rows) - 1))
    previous = book.rows[at - 1].hash if at else chain.GENESIS
    new = Unsealed(data.draw(st.sampled_from([0, 10_000])), TENANT, NOW, "cli", "x.false", "x:1", "{}")
    [row] = chain.seal(at, previous if forged else b"?" * 32, [new], [bytes(16)])
    book.rows.append(row)

    report = book.check()

    assert ("row", "inserted", row.seq, row.seq) in kinds(report)
    assert named(report) == {row.seq}


def book_of(rows: int, sign_each: int = 5) -> Book:
    book = Book()
    for n in range(rows):
        book.record(subject=f"debtor:{n}")
        if n % sign_each == sign_each - 1:
            book.seal()
            book.sign()
    book.seal()
    return book


def _renumbered(rows: list[Sealed], by: int) -> list[Sealed]:
    return [replace(row, seq=row.seq + by) for row in rows]


def test_rows_numbered_anew_behind_a_removed_one_are_told_as_moved() -> None:
    book = book_of(300, sign_each=1000)
    book.rows[100:] = _renumbered(book.rows[101:], -1)
    found = kinds(book.check())
    assert ("row", "changed", 101, 101) in found, "the removed row was here"
    assert ("row", "reordered", 102, 299) in found and ("row", "cut_off", 300, 300) in found


def test_rows_numbered_anew_behind_an_inserted_one_are_told_as_moved() -> None:
    book = book_of(300, sign_each=1000)
    false = replace(book.rows[7], seq=101)
    book.rows[100:] = [false, *_renumbered(book.rows[100:], 1)]
    found = kinds(book.check())
    assert ("row", "changed", 101, 102) in found or ("row", "changed", 101, 101) in found
    assert any(kind == "reordered" and last == 301 for _, kind, _, last in found)


def test_a_forged_row_behind_the_head_is_named() -> None:
    book = book_of(4)
    new = Unsealed(99, TENANT, NOW, "cli", "x.false", "x:1", "{}")
    book.rows += chain.seal(4, book.rows[-1].hash, [new], [bytes(16)])
    assert kinds(book.check()) == {("row", "inserted", 5, 5)}


def test_a_missing_head_row_is_told() -> None:
    book = book_of(4)
    book.head = None
    assert kinds(book.check()) == {("head", "removed", 4, 4)}


@given(LONG, st.data())
def test_an_erasure_that_no_row_tells_of_is_found(book: Book, data: st.DataObject) -> None:
    able = [at for at, row in enumerate(book.rows) if row.salt is not None and row.action != chain.AUDIT_ERASED]
    if not able:
        return
    at = data.draw(st.sampled_from(able))
    book.rows[at] = replace(book.rows[at], salt=None, detail=None)
    assert kinds(book.check()) == {("row", "erased_without_record", at + 1, at + 1)}


@pytest.mark.parametrize("field", ["number", "seq", "hash", "at", "previous", "signature", "public_key", "tenant_id"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_changed_checkpoint_is_named(field: str, at: int) -> None:
    book = book_of(17)
    point = book.points[at]
    value = getattr(point, field)
    if field == "at":
        changed = value + timedelta(seconds=1)
    elif isinstance(value, int):
        changed = value + 100
    else:
        changed = bytes([1]) * len(value)
    book.points[at] = replace(point, **{field: changed})
    report = book.check()
    assert named(report, "checkpoint") & {point.number, changed if field == "number" else point.number}
    assert named(report) == set(), "the rows are innocent"


def test_a_checkpoint_signed_with_another_key_is_named() -> None:
    book = book_of(12)
    book.points.pop()
    book.sign(OTHER)
    assert kinds(book.check()) == {("checkpoint", "other_key", 2, 2)}
    assert book.check(TRUSTED | {OTHER.public_key().public_bytes_raw()}).ok, "a key of before may be trusted too"
    assert book.check(frozenset()).findings, "without any key nothing is signed"


def test_a_removed_checkpoint_is_named_and_so_is_one_that_came_twice() -> None:
    book = book_of(17)
    removed = book.copy()
    del removed.points[1]
    assert kinds(removed.check()) == {("checkpoint", "removed", 2, 2)}
    book.points.insert(1, book.points[0])
    assert ("checkpoint", "reordered", 1, 1) in kinds(book.check())


@settings(max_examples=20)
@given(st.integers(0, 199))
def test_an_earlier_export_finds_what_was_written_anew_and_signed_again_with_the_stolen_key(at: int) -> None:
    book = book_of(200, sign_each=1000)
    before = list(book.rows)
    book.rows[at] = CHANGES["actor"](book.rows[at])
    rehashed(book, at)
    book.head = (book.rows[-1].seq, book.rows[-1].hash)
    book.sign(KEY)
    assert book.check().ok, "the key's owner can lie to whoever has seen nothing before"
    assert named(book.check(anchors=before)) == set(range(at + 1, 201))


def test_every_second_row_changed_is_named_in_full() -> None:
    book = book_of(400, sign_each=1000)
    for at in range(0, 400, 2):
        book.rows[at] = CHANGES["actor"](book.rows[at])
    assert set(range(1, 400, 2)) <= named(book.check())
