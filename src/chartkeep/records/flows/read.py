"""Read the content of a record: authorised, authenticated to its end, logged, then streamed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

import structlog
from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.crypto.container import ObjectReader, ObjectRef, Role, open_object
from chartkeep.crypto.errors import CryptoError
from chartkeep.crypto.keys import DataKey
from chartkeep.keyring.vaults import Vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.access import record_for
from chartkeep.records.details import VersionView
from chartkeep.records.errors import IntegrityFailureError, RangeInvalidError, storage_errors
from chartkeep.records.models import Record, RecordVersion
from chartkeep.records.objects import key_of
from chartkeep.records.opened import version_of, version_view
from chartkeep.storage.base import BlobMissing, BlobReader
from chartkeep.wiring import blob_store

_log = structlog.get_logger(__name__)


class Pieces(Iterator[bytes], Protocol):
    """Plaintext in pieces; ``close`` lets go of the stored object before the end."""

    def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes ``start`` to ``stop`` (exclusive) of a version of ``size`` bytes. Close or exhaust ``stream``."""

    view: VersionView
    size: int
    stream: Pieces
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One act of reading: who reads which version of what."""

    actor: Actor
    record: Record
    version: RecordVersion
    vault: Vault

    def failed(self, reason: str) -> IntegrityFailureError:
        """Log a broken object where the patient sees it, alert the operator, and give the error to raise."""
        _log.error(
            "integrity_failure",
            reason=reason,
            record=str(self.record.uuid),
            object=str(self.version.object_uuid),
        )
        with transaction.atomic():
            self.log(Tag.RECORD_INTEGRITY_FAILURE, outcome=Outcome.FAILED, reason=reason)
        return IntegrityFailureError()

    def log(self, tag: Tag, *, outcome: Outcome = Outcome.OK, reason: str = "", span: str = "") -> None:
        """Write an entry about this reading; the caller holds the transaction."""
        details = {"version": str(self.version.number)} | ({"bytes": span} if span else {})
        log(
            tag=tag,
            actor=self.actor,
            sealer=self.vault.fields,
            patient=self.record.patient_id,
            object_id=self.record.uuid,
            outcome=outcome,
            reason=reason,
            details=details,
        )


class ContentStream:
    """The plaintext in pieces. A failure in the middle raises, then and ever after: never a clean end."""

    def __init__(self, reading: _Reading, blob: BlobReader, pieces: Iterator[bytes], length: int) -> None:
        self._reading = reading
        self._blob = blob
        self._pieces = pieces
        self._left = length
        self._failure: BaseException | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            piece = self._next()
        except BaseException as problem:
            self._failure = problem
            self.close()
            raise
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Let go of the stored object."""
        self._blob.close()

    def _next(self) -> bytes:
        try:
            with storage_errors():
                piece = next(self._pieces, None)
        except (CryptoError, BlobMissing) as problem:
            raise _gone_or_broken(self._reading, problem) from problem
        if piece is None and self._left:
            raise self._reading.failed("short")
        if piece is None:
            raise StopIteration
        return piece


def read(
    *, actor: Actor, record: UUID, version: int | None = None, start: int = 0, stop: int | None = None
) -> Content:
    """Open bytes ``start`` to ``stop`` (exclusive, ``None``: the end) of a version, by number or the newest.

    The end of the object is authenticated and the reading is logged before this returns; only the chunks
    that the range needs are fetched.

    Raises:
        NotFoundError: the record or version is absent, or not the actor's to read.
        RangeInvalidError: the range lies outside.
        IntegrityFailureError: the object is not what was written; logged, and the operator is alerted.
        StorageDownError: the storage does not answer.
    """
    row = record_for(actor, record)
    stored = version_of(row, version)
    reading = _Reading(actor, row, stored, vault_of(row.patient_id))
    end = _end(stored.size, start, stop)
    view = version_view(stored, reading.vault.fields)
    blob, opened = _open(reading)
    try:
        whole = start == 0 and end == stored.size
        with transaction.atomic():
            reading.log(Tag.RECORD_READ, span="" if whole else f"{start}-{end - 1}")
        pieces = opened.stream(start, end)
    except BaseException:
        blob.close()
        raise
    return Content(view, stored.size, ContentStream(reading, blob, pieces, end - start), start, end)


def _end(size: int, start: int, stop: int | None) -> int:
    end = size if stop is None else min(stop, size)
    if not 0 <= start < end:
        raise RangeInvalidError(size=size)
    return end


def _open(reading: _Reading) -> tuple[BlobReader, ObjectReader]:
    version = reading.version
    try:
        dek = reading.vault.open_dek(bytes(version.wrapped_dek))
        with storage_errors():
            blob = blob_store().open_reader(key_of(version.object_uuid))
        try:
            return blob, _opened(reading, blob, dek)
        except BaseException:
            blob.close()
            raise
    except (CryptoError, BlobMissing) as problem:
        raise _gone_or_broken(reading, problem) from problem


def _opened(reading: _Reading, blob: BlobReader, dek: DataKey) -> ObjectReader:
    """The object, its commitment and its last chunk checked, as long as its row says."""
    version = reading.version
    ref = ObjectRef(reading.record.patient_id, reading.record.uuid, version.object_uuid, Role.ORIGINAL)
    with storage_errors():
        opened = open_object(blob.read_at, blob.size, dek=dek, ref=ref)
    if opened.size != version.size:
        raise reading.failed("length")
    return opened


def _gone_or_broken(reading: _Reading, problem: Exception) -> NotFoundError | IntegrityFailureError:
    """An object that was erased together with its rows while it was read is gone; anything else is damage."""
    if not isinstance(problem, BlobMissing):
        return reading.failed("changed")
    if not RecordVersion.objects.filter(uuid=reading.version.uuid).exists():
        return NotFoundError()
    return reading.failed("missing")
