"""The one door to records.

A user comes in by a guardianship (``accounts.access``), the holder of a viewer session by the share:
exactly its records, of exactly its patient. Nobody else sees anything. Absent and forbidden are one
answer, ``NotFoundError``. A record in the trash is there only for those who could take it out again.
"""

from uuid import UUID

from django.db.models import QuerySet

from chartkeep.accounts.access import has_role, patients_readable
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.models import Record

_OWNER = "owner"
_EDITOR = "editor"


def record_for(actor: Actor, record_id: UUID) -> Record:
    """A record that the actor may read; in the trash only for an owner or editor.

    Raises:
        NotFoundError: no such record, or not the actor's to read.
    """
    row = Record.objects.filter(uuid=record_id).first()
    if row is None or not _may_read(actor, row):
        raise NotFoundError
    return row


def writable_record_for(actor: Actor, record_id: UUID, *, lock: bool = False) -> Record:
    """A record out of the trash that the actor may change; raises like ``record_for``.

    ``lock`` holds the row until the transaction ends, so that changes of one record follow each other.
    """
    return _changeable(actor, record_id, least=_EDITOR, trashed=False, lock=lock)


def trashed_record_for(actor: Actor, record_id: UUID) -> Record:
    """A record in the trash that the actor may take out, locked; raises like ``record_for``."""
    return _changeable(actor, record_id, least=_EDITOR, trashed=True, lock=True)


def erasable_record_for(actor: Actor, record_id: UUID) -> Record:
    """A record in the trash that the actor may erase for good, locked: owners only."""
    return _changeable(actor, record_id, least=_OWNER, trashed=True, lock=True)


def records_of(actor: Actor, patient_id: UUID, *, trashed: bool = False) -> QuerySet[Record]:
    """The records of a patient that the actor may list, either those in the trash or those out of it.

    Raises:
        NotFoundError: the patient is not the actor's, or its trash is not.
    """
    rows = Record.objects.filter(patient_id=patient_id, trashed_at__isnull=not trashed)
    if actor.kind == ActorKind.VIEWER and not trashed and patient_id == actor.shared_patient:
        return rows.filter(uuid__in=actor.shared_records)
    if not has_role(actor, patient_id, _EDITOR if trashed else "viewer"):
        raise NotFoundError
    return rows


def readable_among(actor: Actor, record_ids: frozenset[UUID]) -> QuerySet[Record]:
    """Those of the given records, out of the trash, that the actor may read; the rest is left out."""
    rows = Record.objects.filter(uuid__in=record_ids, trashed_at=None)
    if actor.kind == ActorKind.VIEWER and actor.shared_patient is not None:
        return rows.filter(uuid__in=actor.shared_records, patient_id=actor.shared_patient)
    return rows.filter(patient_id__in=patients_readable(actor))


def _may_read(actor: Actor, row: Record) -> bool:
    trashed = row.trashed_at is not None
    if actor.kind == ActorKind.VIEWER:
        return not trashed and row.patient_id == actor.shared_patient and row.uuid in actor.shared_records
    return has_role(actor, row.patient_id, _EDITOR if trashed else "viewer")


def _changeable(actor: Actor, record_id: UUID, *, least: str, trashed: bool, lock: bool) -> Record:
    rows = Record.objects.select_for_update() if lock else Record.objects.all()
    row = rows.filter(uuid=record_id, trashed_at__isnull=not trashed).first()
    if row is None or not has_role(actor, row.patient_id, least):
        raise NotFoundError
    return row
