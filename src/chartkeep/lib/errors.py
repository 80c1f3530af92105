"""The root of every error that a person may be told about."""

from typing import ClassVar


class ChartkeepError(Exception):
    """A refusal or failure with a stable code.

    Subclasses set ``code`` (stable, snake_case, part of the API) and ``message`` (one plain sentence,
    without personal data, that says what to do). ``facts`` are values for the reader, such as a limit.
    The web and the API each map the code to a page and a problem document.
    """

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, **facts: str | int | None) -> None:
        self.facts = facts
        super().__init__(self.message.format(**facts) if facts else self.message)


class NotFoundError(ChartkeepError):
    """The row is absent, or not the actor's to see: the two are one answer."""

    code = "not_found"
    message = "There is nothing here, or it is not yours to see."


class InvalidInputError(ChartkeepError):
    """A value given by a person cannot be taken; facts: ``field`` and ``problem``."""

    code = "invalid_input"
    message = "{field}: {problem}"
