"""Cursor paging: an opaque place in an ordered list, stable while rows come and go."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chartkeep.lib.errors import InvalidInputError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list and the cursor of the next, ``None`` at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None


def encode_cursor(*place: str | int) -> str:
    """The cursor of a place, as unpadded base64url of a JSON list."""
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The place in a cursor that ``encode_cursor`` made of values of these ``kinds`` (``str`` or ``int``).

    Raises:
        InvalidInputError: it is no such cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, UnicodeEncodeError, RecursionError):
        place = None
    if not isinstance(place, list) or [type(value) for value in place] != list(kinds):
        raise InvalidInputError(field="cursor", problem="not a cursor that this list gave")
    return place
