"""The process that reads rows for an import: a Reader and then chunks of records on standard input, chunks back.

python -m campaigns.imports.worker. It ends when its input does, so it never outlives the import that started it.
"""

import pickle
import signal
import sys
from typing import Any


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        reader = pickle.load(given)  # noqa: S301 - from the process that started this one
        while True:
            answer: Any
            try:
                answer = reader.read(pickle.load(given))  # noqa: S301
            except EOFError:
                return
            except Exception as error:  # goes to the parent, which raises it
                answer = error
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
