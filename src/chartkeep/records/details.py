"""Records as other parts of the house see them, and what may be said about one."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.records.models import Category

TITLE_LENGTH = 200
PROVIDER_LENGTH = 200
TAG_LENGTH = 64
TAG_COUNT = 32
NOTES_LENGTH = 20_000
CATEGORIES = tuple(Category.values)
_EARLIEST = date(1850, 1, 1)
_AHEAD = timedelta(days=366)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class RecordDetails:
    """What a person says about a record. An empty title is guessed from the file's name, no date is today."""

    title: str = ""
    category: str = Category.OTHER.value
    service_date: date | None = None
    provider: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class VersionView:
    """One stored file of a record. ``size`` is in bytes of plaintext, ``sha256`` hex of the plaintext."""

    id: UUID
    number: int
    object_id: UUID
    file_name: str
    media_type: str
    size: int
    sha256: str
    extension_mismatch: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record, opened, with its newest version. Times are UTC; ``trashed_at`` is set in the trash."""

    id: UUID
    patient: UUID
    title: str
    category: str
    service_date: date
    provider: str
    tags: tuple[str, ...]
    notes: str
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    version: VersionView


def clean_details(details: RecordDetails) -> RecordDetails:
    """The same details, trimmed and checked; title and date may still be missing.

    Raises:
        InvalidInputError: a text is too long or has control characters, or category or date are not possible.
    """
    return RecordDetails(
        title=clean_text("title", details.title, longest=TITLE_LENGTH),
        category=clean_category(details.category),
        service_date=clean_service_date(details.service_date) if details.service_date else None,
        provider=clean_text("provider", details.provider, longest=PROVIDER_LENGTH),
        tags=clean_tags(details.tags),
        notes=clean_notes(details.notes),
    )


def clean_text(field: str, text: str, *, longest: int) -> str:
    """One line of text in NFC, trimmed, without control characters and bidirectional overrides.

    Raises:
        InvalidInputError: it has one of those, or more than ``longest`` characters.
    """
    return _clean(field, text, longest=longest, allowed="")


def clean_notes(text: str) -> str:
    """Notes: lines and tabs are allowed, line ends become LF; raises like ``clean_text``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _clean("notes", lines, longest=NOTES_LENGTH, allowed="\n\t")


def clean_tags(tags: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Tags as given, each once whatever its case, without empty ones; raises like ``clean_text``."""
    kept: dict[str, str] = {}
    for tag in tags:
        text = clean_text("tags", tag, longest=TAG_LENGTH)
        if text:
            kept.setdefault(text.casefold(), text)
    if len(kept) > TAG_COUNT:
        raise InvalidInputError(field="tags", problem=f"give at most {TAG_COUNT} tags")
    return tuple(kept.values())


def clean_category(category: str) -> str:
    """One of ``CATEGORIES``.

    Raises:
        InvalidInputError: it is none.
    """
    if category not in CATEGORIES:
        raise InvalidInputError(field="category", problem="choose one of " + ", ".join(CATEGORIES))
    return str(category)


def clean_service_date(day: date) -> date:
    """A day between 1850 and a year from now.

    Raises:
        InvalidInputError: it lies outside.
    """
    if not _EARLIEST <= day <= database_now().date() + _AHEAD:
        raise InvalidInputError(field="service_date", problem="give a date between 1850 and a year from now")
    return day


def _clean(field: str, text: str, *, longest: int, allowed: str) -> str:
    if len(text) > 4 * longest + 64:  # before any work on it
        raise InvalidInputError(field=field, problem=f"give at most {longest} characters")
    text = unicodedata.normalize("NFC", text).strip()
    if any(_forbidden(char) and char not in allowed for char in text):
        raise InvalidInputError(field=field, problem="take out control characters")
    if len(text) > longest:
        raise InvalidInputError(field=field, problem=f"give at most {longest} characters")
    return text


def _forbidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
