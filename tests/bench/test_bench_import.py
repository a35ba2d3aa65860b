"""The bench of the import, small: it runs, it counts, it finds the import complete."""

from tests.bench.bench_import import measure


def test_the_bench_imports_three_thousand_debtors() -> None:
    report = measure(3_000, [])
    assert report["passed"], report
    assert report["there"]["debtors"] == 3_000
    assert report["there"]["phones"] == 6_000
    assert 0 < report["program_mb"] < 1024
