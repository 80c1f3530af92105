"""Upload a file as a new record: the object first, durable; then its rows and the log entry at once."""

from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import writable_patient_for
from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.formats.names import guess_title
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.details import RecordDetails, RecordView, clean_details
from chartkeep.records.flows.receive import Readable, Receiver, receive
from chartkeep.records.keeping import add_version, file_name_of, take_in
from chartkeep.records.models import Record
from chartkeep.records.opened import record_view, write_tags


def upload(
    *,
    actor: Actor,
    patient: UUID,
    content: Readable | Receiver,
    file_name: str,
    details: RecordDetails | None = None,
    declared: int | None = None,
) -> RecordView:
    """Store ``content`` (``declared`` bytes, when announced) as a new record of ``patient``.

    A ``Receiver`` that ``receive`` gave for this patient may be handed over in place of the content,
    finished or not. Whatever fails, nothing of the record is visible.

    Raises:
        NotFoundError: the patient is not the actor's to write for.
        InvalidInputError: a detail cannot be taken.
        EmptyFileError, BodyIncompleteError, UploadTooLargeError, TooLargeForSuiteError,
        QuotaExceededError, StorageFullError, StorageDownError: the file was refused.
    """
    with _receiver(actor, patient, content, declared) as receiver:
        cleaned = clean_details(details or RecordDetails())
        take_in(content, receiver)
        with transaction.atomic():
            view = _write(actor, receiver, file_name, cleaned)
            receiver.kept()
    return view


def _receiver(actor: Actor, patient: UUID, content: Readable | Receiver, declared: int | None) -> Receiver:
    if not isinstance(content, Receiver):
        return receive(actor=actor, patient=patient, declared=declared)
    if content.patient != patient or content.actor.id != actor.id:
        content.abort()
        raise NotFoundError
    return content


def _write(actor: Actor, receiver: Receiver, file_name: str, details: RecordDetails) -> RecordView:
    writable_patient_for(actor, receiver.patient)
    vault, now = vault_of(receiver.patient), database_now()
    name = file_name_of(file_name, media_type=receiver.media_type)
    row = Record(
        uuid=receiver.record,
        patient_id=receiver.patient,
        category=details.category,
        service_date=details.service_date or now.date(),
        created_at=now,
        updated_at=now,
    )
    sealed.write(row, "title", details.title or guess_title(name), vault.fields)
    sealed.write(row, "provider", details.provider, vault.fields)
    sealed.write(row, "notes", details.notes, vault.fields)
    write_tags(row, details.tags, vault.fields)
    row.save(force_insert=True)
    version = add_version(receiver, row, number=1, file_name=name, sealer=vault.fields, now=now)
    log(tag=Tag.RECORD_UPLOAD, actor=actor, sealer=vault.fields, patient=row.patient_id, object_id=row.uuid)
    return record_view(row, version, vault.fields)
