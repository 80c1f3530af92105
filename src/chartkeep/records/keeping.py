"""Naming a received object: the version row with its wrapped DEK, in the caller's transaction."""

from datetime import datetime

from chartkeep.formats.names import clean_file_name
from chartkeep.formats.sniff import extension_matches
from chartkeep.keyring import sealed
from chartkeep.lib.sealing import FieldSealer
from chartkeep.records.flows.receive import Readable, Receiver, pump
from chartkeep.records.models import Record, RecordVersion


def file_name_of(given: str, *, media_type: str) -> str:
    """The name that is kept for a file: the given one made safe, or one made up for its type."""
    return clean_file_name(given) or _NAMELESS.get(media_type, "document")


def add_version(
    receiver: Receiver, record: Record, *, number: int, file_name: str, sealer: FieldSealer, now: datetime
) -> RecordVersion:
    """Claim the receiver's object and write the row that names it.

    Raises:
        BodyIncompleteError, QuotaExceededError: as ``Receiver.claim``.
    """
    receiver.claim()
    row = RecordVersion(
        record=record,
        number=number,
        object_uuid=receiver.object_uuid,
        suite=receiver.suite,
        size=receiver.size,
        stored_size=receiver.stored_size,
        wrapped_dek=receiver.wrapped_dek,
        extension_mismatch=not extension_matches(file_name, receiver.media_type),
        created_at=now,
        created_by_id=receiver.actor.user,
    )
    sealed.write(row, "file_name", file_name, sealer)
    sealed.write(row, "media_type", receiver.media_type, sealer)
    sealed.write(row, "digest", receiver.sha256, sealer)
    row.save(force_insert=True)
    return row


def take_in(content: Readable | Receiver, receiver: Receiver) -> Receiver:
    """Bring ``content`` into ``receiver`` to its end, durable; ``content`` may be that receiver already."""
    if not isinstance(content, Receiver):
        pump(content=content, receiver=receiver)
    receiver.finish()
    return receiver


_NAMELESS = {
    "application/pdf": "document.pdf",
    "image/jpeg": "picture.jpg",
    "image/png": "picture.png",
    "image/heic": "picture.heic",
    "application/dicom": "image.dcm",
    "text/plain": "document.txt",
}
