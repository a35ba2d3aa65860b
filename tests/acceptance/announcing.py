"""`promiseline serve` under rulebooks made for tests that allow announcements; none that ships does.

`python -c "from tests.acceptance.announcing import main; main()" serve`
"""

import dialer.bootstrap
from dialer.cli import main as promiseline
from tests.acceptance.stage import Promiseline
from tests.policy import announcing


class Announcing(Promiseline):
    """The same server, which may broadcast."""

    program = "from tests.acceptance.announcing import main; main()"
    of_tests = True


def main() -> None:
    dialer.bootstrap.load_books = lambda settings: announcing()  # type: ignore[attr-defined]
    promiseline()
