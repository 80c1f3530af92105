"""Reading the log, newest first."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from chartkeep.audit.models import LogEntry, LogPayload
from chartkeep.lib.paging import Page, decode_cursor, encode_cursor
from chartkeep.lib.sealing import FieldSealer


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry as its reader sees it. An erased payload leaves the texts empty and ``erased`` true."""

    uuid: UUID
    at: datetime
    tag: str
    actor_kind: str
    actor: UUID | None
    share: UUID | None
    patient: UUID | None
    object_id: UUID | None
    outcome: str
    reason: str = ""
    details: dict[str, str] = field(default_factory=dict)
    name: str = ""
    address: str = ""
    user_agent: str = ""
    erased: bool = False


def entries_for_patient(
    patient: UUID,
    *,
    sealer: FieldSealer,
    share: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[EntryView]:
    """What happened to a patient's record, or with one share. The caller has asked ``accounts.access``."""
    rows = LogEntry.objects.filter(patient=patient)
    return _page(rows.filter(share=share) if share else rows, sealer, cursor, limit)


def entries_for_account(
    user: UUID, *, sealer: FieldSealer, cursor: str | None = None, limit: int = 50
) -> Page[EntryView]:
    """What an account did that concerns no patient: sign-ins, second factors, sessions."""
    return _page(LogEntry.objects.filter(actor=user, patient=None), sealer, cursor, limit)


def _page(rows: QuerySet[LogEntry], sealer: FieldSealer, cursor: str | None, limit: int) -> Page[EntryView]:
    if cursor:
        (before,) = decode_cursor(cursor, int)
        rows = rows.filter(id__lt=before)
    found = list(rows.select_related("payload").order_by("-id")[: limit + 1])
    shown = found[:limit]
    more = encode_cursor(shown[-1].id) if len(found) > limit else None
    return Page(tuple(_view(row, sealer) for row in shown), more)


def _view(row: LogEntry, sealer: FieldSealer) -> EntryView:
    payload = getattr(row, "payload", None)
    facts = _open(payload, sealer)
    return EntryView(
        uuid=row.uuid,
        at=row.at,
        tag=row.tag,
        actor_kind=row.actor_kind,
        actor=row.actor,
        share=row.share,
        patient=row.patient,
        object_id=row.object,
        outcome=row.outcome,
        reason=facts.get("reason", ""),
        details=facts.get("details", {}),
        name=facts.get("name", ""),
        address=facts.get("address", ""),
        user_agent=facts.get("user_agent", ""),
        erased=payload is None,
    )


def _open(payload: LogPayload | None, sealer: FieldSealer) -> dict[str, Any]:
    """The payload's facts; nothing when it was erased or is sealed for somebody else."""
    if payload is None or payload.owner != sealer.owner:
        return {}
    sealed = bytes(payload.sealed)
    table = LogPayload._meta.db_table
    facts: dict[str, Any] = json.loads(
        sealer.open(sealed, table=table, column="sealed", row=payload.entry_id)
    )
    return facts
