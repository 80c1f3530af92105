"""What a command tells an operator."""


class CommandError(Exception):
    """A command cannot go on; the message is one sentence with the fix."""


def first_line(problem: Exception) -> str:
    """The first line of what a library says, without a full stop."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")
