"""What a command tells an operator."""


class CommandError(Exception):
    """A command cannot go on; the message is one sentence with the fix."""
