"""Shapes of records in the API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from chartkeep.records.details import RecordView, VersionView

Category = Literal[
    "lab_result",
    "imaging",
    "prescription",
    "visit_note",
    "discharge_letter",
    "vaccination",
    "referral",
    "insurance",
    "other",
]


class VersionOut(Schema):
    """One stored file of a record. ``size`` is in bytes; ``sha256`` is of the plaintext, in hex."""

    id: UUID
    number: int
    file_name: str
    media_type: str
    size: int
    sha256: str
    extension_mismatch: bool
    created_at: datetime

    @classmethod
    def of(cls, view: VersionView) -> "VersionOut":
        """From the domain."""
        return cls(**{name: getattr(view, name) for name in cls.model_fields})


class RecordOut(Schema):
    """A record with its newest version."""

    id: UUID
    patient: UUID
    title: str
    category: str
    service_date: date
    provider: str
    tags: list[str]
    notes: str
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    version: VersionOut

    @classmethod
    def of(cls, view: RecordView) -> "RecordOut":
        """From the domain."""
        plain: dict[str, Any] = {name: getattr(view, name) for name in cls.model_fields if name != "version"}
        return cls(**(plain | {"tags": list(view.tags), "version": VersionOut.of(view.version)}))


class RecordPage(Schema):
    """Some records, newest date of service first, and the cursor of the next page."""

    items: list[RecordOut]
    next_cursor: str | None


class RecordIn(Schema):
    """What can be said of a record. Without a title it is guessed from the file name."""

    model_config = ConfigDict(extra="forbid")

    title: str = ""
    category: Category = "other"
    service_date: date | None = Field(None, description="today, if not given")
    provider: str = ""
    tags: list[str] = []
    notes: str = ""
    file_name: str = ""


class RecordChange(Schema):
    """What to change; members left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    category: Category | None = None
    service_date: date | None = None
    provider: str | None = None
    tags: list[str] | None = None
    notes: str | None = None
