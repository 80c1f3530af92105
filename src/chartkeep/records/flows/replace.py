"""Store a new version of a record's file; earlier versions stay."""

from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.access import writable_record_for
from chartkeep.records.details import RecordView
from chartkeep.records.flows.receive import Readable, Receiver, receive_version
from chartkeep.records.keeping import add_version, file_name_of, take_in
from chartkeep.records.opened import newest_version, record_view


def replace(
    *,
    actor: Actor,
    record: UUID,
    content: Readable | Receiver,
    file_name: str,
    declared: int | None = None,
) -> RecordView:
    """Store ``content`` as the newest version of ``record``.

    A ``Receiver`` that ``receive_version`` gave for this record may be handed over instead. Two at once
    both become versions, one after the other.

    Raises:
        NotFoundError: the record is not the actor's to change, or lies in the trash.
        EmptyFileError, BodyIncompleteError, UploadTooLargeError, TooLargeForSuiteError,
        QuotaExceededError, StorageFullError, StorageDownError: the file was refused.
    """
    with _receiver(actor, record, content, declared) as receiver:
        take_in(content, receiver)
        with transaction.atomic():
            view = _write(actor, receiver, file_name)
            receiver.kept()
    return view


def _receiver(actor: Actor, record: UUID, content: Readable | Receiver, declared: int | None) -> Receiver:
    if not isinstance(content, Receiver):
        return receive_version(actor=actor, record=record, declared=declared)
    if content.record != record or content.actor.id != actor.id:
        content.abort()
        raise NotFoundError
    return content


def _write(actor: Actor, receiver: Receiver, file_name: str) -> RecordView:
    row = writable_record_for(actor, receiver.record, lock=True)
    vault, now = vault_of(row.patient_id), database_now()
    number = newest_version(row).number + 1
    name = file_name_of(file_name, media_type=receiver.media_type)
    version = add_version(receiver, row, number=number, file_name=name, sealer=vault.fields, now=now)
    row.updated_at = now
    row.save(update_fields=["updated_at"])
    log(
        tag=Tag.RECORD_REPLACE,
        actor=actor,
        sealer=vault.fields,
        patient=row.patient_id,
        object_id=row.uuid,
        details={"version": str(number)},
    )
    return record_view(row, version, vault.fields)
