"""Why a whole file cannot be read. The texts are for people and hold no cell of the file."""

from campaigns.problems import Problem, Refused


class FileRefused(Refused):
    """Nothing of the file was taken; the message says what is wrong, where, and how to mend it."""


def file_refused(where: str, message: str) -> FileRefused:
    return FileRefused(Problem(where, message))
