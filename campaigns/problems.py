"""What is wrong with something a person gave us, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is what the person filled in; `message` says what is wrong and how to mend it, without personal data."""

    field: str
    message: str


class Refused(Exception):
    """The input was not taken; nothing was changed. `problems` are all of them, not the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


def refuse(field: str, message: str) -> Refused:
    return Refused(Problem(field, message))
