"""Put a record into the trash, and take it out again. In the trash it is hidden and not shared."""

from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.records.access import trashed_record_for, writable_record_for
from chartkeep.records.details import RecordView
from chartkeep.records.models import Record
from chartkeep.records.opened import newest_version, record_view


def trash(*, actor: Actor, record: UUID) -> RecordView:
    """Put a record into the trash, where it stays ``TRASH_DAYS`` days.

    Raises:
        NotFoundError: the record is not the actor's to change, or lies there already.
    """
    with transaction.atomic():
        row = writable_record_for(actor, record, lock=True)
        row.trashed_at = database_now()
        return _save(actor, row, Tag.RECORD_TRASH)


def restore(*, actor: Actor, record: UUID) -> RecordView:
    """Take a record out of the trash.

    Raises:
        NotFoundError: it is not in the trash, or not the actor's to change.
    """
    with transaction.atomic():
        row = trashed_record_for(actor, record)
        row.trashed_at = None
        return _save(actor, row, Tag.RECORD_RESTORE)


def _save(actor: Actor, row: Record, tag: Tag) -> RecordView:
    row.save(update_fields=["trashed_at"])
    vault = vault_of(row.patient_id)
    log(tag=tag, actor=actor, sealer=vault.fields, patient=row.patient_id, object_id=row.uuid)
    return record_view(row, newest_version(row), vault.fields)
