"""Shares as other parts of the house see them, and what may be said of one."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, Q
from django.db.models.functions import Now

from chartkeep.crypto.claims import MAX_RECORD_IDS
from chartkeep.crypto.errors import CiphertextError
from chartkeep.keyring import sealed
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.sealing import FieldSealer
from chartkeep.records.details import RecordView
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.sharing.models import (
    DEFAULT_LIFETIME,
    MAX_WRONG_PASSCODES,
    MAXIMUM_LIFETIME,
    MINIMUM_LIFETIME,
    Method,
    Share,
    ViewerSession,
)

__all__ = [
    "DEFAULT_LIFETIME",
    "MAXIMUM_LIFETIME",
    "MINIMUM_LIFETIME",
    "LogLine",
    "Method",
    "Redeemed",
    "ShareRequest",
    "ShareView",
    "SharedView",
]

_log = structlog.get_logger(__name__)

MAX_QR_RECORDS = 12
MAX_RECORDS = MAX_RECORD_IDS
_MAX_OPENINGS = 1_000_000
_LABEL_LENGTH = 80
_RECIPIENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """A share that somebody wants. ``method`` is ``qr`` or ``url``; no ``max_access_count`` is no limit."""

    patient: UUID
    record_ids: tuple[UUID, ...]
    method: str = "qr"
    expires_in: timedelta = DEFAULT_LIFETIME
    max_access_count: int | None = None
    passcode: str = field(default="", repr=False)
    clinicians_only: bool = False
    label: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as a guardian sees it.

    ``state`` is ``active``, ``expired``, ``revoked``, ``exhausted`` or ``locked``.
    """

    id: UUID
    patient: UUID
    method: str
    record_ids: tuple[UUID, ...]
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


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a redeem gives. ``secret`` opens the viewer session until ``expires_at`` (UTC)."""

    secret: str = field(repr=False)
    session: UUID
    share: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharedView:
    """What a live viewer session shows. ``expires_at`` is the session's end."""

    patient: UUID
    patient_name: str
    patient_birth_date: date | None
    label: str
    expires_at: datetime
    records: tuple[RecordView, ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of a patient's log, with names where the reader may know them."""

    at: datetime
    tag: str
    outcome: str
    reason: str
    actor_kind: str
    actor_label: str
    share: UUID | None
    share_label: str
    record: UUID | None
    record_title: str
    address: str
    user_agent: str
    details: dict[str, str] = field(default_factory=dict)


def state_of(share: Share, now: datetime) -> str:
    """The state of a share at ``now``, the database's clock; also the true reason of a refusal."""
    if share.revoked_at is not None:
        return "revoked"
    if share.expires_at <= now:
        return "expired"
    if share.wrong_passcodes >= MAX_WRONG_PASSCODES:
        return "locked"
    if share.max_access_count is not None and share.access_count >= share.max_access_count:
        return "exhausted"
    return "active"


def is_active() -> Q:
    """The condition for the state ``active``, by the clock of the database."""
    unused = Q(max_access_count=None) | Q(access_count__lt=F("max_access_count"))
    return unused & Q(revoked_at=None, expires_at__gt=Now(), wrong_passcodes__lt=MAX_WRONG_PASSCODES)


def share_view(share: Share, sealer: FieldSealer, now: datetime) -> ShareView:
    """A row, opened with the patient's sealer; ``shown`` should be prefetched in lists."""
    return ShareView(
        id=share.uuid,
        patient=share.patient_id,
        method=share.method,
        record_ids=tuple(shown.record_id for shown in share.shown.all()),
        created_at=share.created_at,
        expires_at=share.expires_at,
        revoked_at=share.revoked_at,
        max_access_count=share.max_access_count,
        access_count=share.access_count,
        has_passcode=bool(share.passcode),
        locked=share.wrong_passcodes >= MAX_WRONG_PASSCODES,
        clinicians_only=share.clinicians_only,
        label=opened(share, "label", sealer),
        state=state_of(share, now),
    )


def opened(row: Share | ViewerSession, column: str, sealer: FieldSealer) -> str:
    """The text of a sealed column.

    Raises:
        IntegrityFailureError: it is not what was written; the operator is alerted.
    """
    try:
        return sealed.read(row, column, sealer)
    except CiphertextError as problem:
        _log.error("integrity_failure", reason="field", row=str(row.pk), column=column)
        raise IntegrityFailureError from problem


def clean_label(text: str) -> str:
    """A label of at most 80 characters, on one line."""
    return clean_line("label", text, _LABEL_LENGTH)


def clean_recipient(text: str) -> str:
    """Who a viewer says to be, at most 200 characters, on one line."""
    return clean_line("recipient", text, _RECIPIENT_LENGTH)


def clean_line(name: str, text: str, longest: int) -> str:
    """Text on one line, without control and direction-changing characters.

    Raises:
        InvalidInputError: it is longer than ``longest`` characters.
    """
    kept = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    line = " ".join(kept.split())
    if len(line) > longest:
        raise InvalidInputError(field=name, problem=f"at most {longest} characters")
    return line


def clean_limit(openings: int | None) -> int | None:
    """A number of openings of at least 1, or none.

    Raises:
        InvalidInputError: it is not.
    """
    if openings is not None and not 1 <= openings <= _MAX_OPENINGS:
        raise InvalidInputError(field="max_access_count", problem=f"give 1 to {_MAX_OPENINGS:,} openings")
    return openings


def clean_lifetime(lifetime: timedelta) -> timedelta:
    """A lifetime of 1 minute to 7 days, in whole seconds.

    Raises:
        InvalidInputError: shorter or longer.
    """
    if not MINIMUM_LIFETIME <= lifetime <= MAXIMUM_LIFETIME:
        raise InvalidInputError(field="expires_in", problem="between 1 minute and 7 days")
    return timedelta(seconds=int(lifetime.total_seconds()))
