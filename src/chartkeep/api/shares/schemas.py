"""Shapes of shares in the API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from chartkeep.sharing.details import ShareView


class ShareIn(Schema):
    """A share to make. ``expires_in`` is in seconds: 60 to 604,800 (7 days), by default 86,400 (24 hours)."""

    model_config = ConfigDict(extra="forbid")

    patient: UUID
    record_ids: list[UUID] = Field(min_length=1, max_length=1000)
    method: Literal["qr", "url"]
    expires_in: int = 86_400
    max_access_count: int | None = None
    passcode: str = ""
    clinicians_only: bool = False
    label: str = ""


class ShareOut(Schema):
    """A share as its owner sees it. ``link`` is there only when it was just made or asked for."""

    id: UUID
    patient: UUID
    method: str
    record_ids: list[UUID]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    max_access_count: int | None
    access_count: int
    has_passcode: bool
    locked: bool
    clinicians_only: bool
    label: str
    state: str
    link: str | None = None

    @classmethod
    def of(cls, view: ShareView, link: str | None = None) -> "ShareOut":
        """From the domain."""
        plain: dict[str, Any] = {name: getattr(view, name) for name in cls.model_fields if name != "link"}
        return cls(**(plain | {"record_ids": list(view.record_ids), "link": link}))


class SharePage(Schema):
    """Some shares, newest first, and the cursor of the next page."""

    items: list[ShareOut]
    next_cursor: str | None


class ShareChange(Schema):
    """What to change. ``expires_at`` may be earlier or later, never past 7 days from creation."""

    model_config = ConfigDict(extra="forbid")

    expires_at: datetime | None = None
    label: str | None = None


class RedeemIn(Schema):
    """A deliberate opening. Give ``token`` (from a QR code) or ``token_id`` (from a link).

    ``idempotency_key``: 16 to 128 characters of your choice; repeating a lost request with the same key
    within two minutes is not counted twice.
    """

    model_config = ConfigDict(extra="forbid")

    token: str = Field("", repr=False)
    token_id: str = Field("", repr=False)
    passcode: str = Field("", repr=False)
    recipient: str = Field("", max_length=200)
    idempotency_key: str
