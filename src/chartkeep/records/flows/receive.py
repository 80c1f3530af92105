"""Receive a file: limit, sniff, hash, seal and store it while it comes in, a piece at a time.

Nothing of it is kept in clear and the memory used does not depend on its size. What comes out is a
durable object that no row names yet; ``upload`` and ``replace`` name it.
"""

from enum import Enum
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

import structlog

from chartkeep.accounts.access import writable_patient_for
from chartkeep.crypto.container import ObjectRef, ObjectWriter, Role
from chartkeep.crypto.digests import Sha256
from chartkeep.crypto.keys import DataKey
from chartkeep.formats.sniff import HEAD_SIZE, sniff
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id
from chartkeep.records.access import writable_record_for
from chartkeep.records.errors import BodyIncompleteError, EmptyFileError, storage_errors
from chartkeep.records.limits import Limits, check_room, limits_for, stored_by
from chartkeep.records.models import Arrival
from chartkeep.records.objects import key_of
from chartkeep.storage.base import BlobWriter
from chartkeep.wiring import blob_store, file_suite

_PIECE = 256 * 2**10
_log = structlog.get_logger(__name__)


class Readable(Protocol):
    """A source of bytes: a request, a file."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


class _State(Enum):
    OPEN = "open"
    FINISHED = "finished"
    KEPT = "kept"
    ABORTED = "aborted"


class Receiver:
    """Takes the bytes of one file with ``write``; ``finish`` makes the object durable.

    As a context manager it aborts at the end of the block unless a flow has kept the object.
    After ``finish``: ``size``, ``stored_size`` (bytes), ``sha256`` (hex), ``media_type``.
    """

    def __init__(
        self, *, actor: Actor, patient: UUID, record: UUID, declared: int | None, limits: Limits
    ) -> None:
        self.actor = actor
        self.patient = patient
        self.record = record
        self.suite = limits.suite
        self.object_uuid = new_id()
        self.size = 0
        self.stored_size = 0
        self.sha256 = ""
        self.media_type = ""
        self._declared = declared
        self._limits = limits
        self._head = bytearray()
        self._hash = Sha256()
        self._state = _State.OPEN
        dek, self.wrapped_dek = vault_of(patient).new_dek()
        Arrival.objects.create(object_uuid=self.object_uuid, user_id=actor.user, started_at=database_now())
        try:
            self._blob, self._sealing = self._open(dek)
        except BaseException:
            Arrival.objects.filter(object_uuid=self.object_uuid).delete()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._state != _State.KEPT:
            self.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes. The first refusal or failure aborts; nothing stays.

        Raises:
            UploadTooLargeError, TooLargeForSuiteError, QuotaExceededError: it has become too large.
            BodyIncompleteError: more than announced, or the upload was aborted before.
            StorageFullError, StorageDownError: the storage fails.
        """
        if self._state != _State.OPEN:
            raise BodyIncompleteError
        try:
            self._take(data)
        except BaseException:
            self.abort()
            raise

    def finish(self) -> None:
        """Make the object durable. Doing it again changes nothing.

        Raises:
            EmptyFileError: no byte came.
            BodyIncompleteError: fewer than announced, or the upload was aborted before.
            StorageFullError, StorageDownError: the storage fails.
        """
        if self._state == _State.FINISHED:
            return
        if self._state != _State.OPEN:
            raise BodyIncompleteError
        try:
            self._complete()
        except BaseException:
            self.abort()
            raise

    def claim(self) -> None:
        """In the transaction that names the object: take it from the sweeper, and hold the quota.

        All arrivals of the user are locked, in one order, so that two uploads cannot both take the last room.

        Raises:
            BodyIncompleteError: it came so slowly that the sweeper took it for left over.
            QuotaExceededError: another upload took the room in the meantime.
        """
        mine = Arrival.objects.select_for_update().filter(user=self.actor.user).order_by("object_uuid")
        if self._limits.quota and list(mine):
            used = stored_by(self.actor.user)
            Limits(self.suite, self._limits.size, self._limits.quota, used).check(self.size)
        claimed, _ = Arrival.objects.filter(object_uuid=self.object_uuid).delete()
        if self._state != _State.FINISHED or not claimed:
            raise BodyIncompleteError

    def kept(self) -> None:
        """Say that rows name the object now.

        Called as the last act inside the transaction: when only the commit fails, nobody can tell whether
        the rows are there, and an object too many is the sweeper's work while one too few is a loss.
        """
        self._state = _State.KEPT

    def abort(self) -> None:
        """Leave nothing behind, as far as the storage answers; the sweeper does the rest. Never raises."""
        state, self._state = self._state, _State.ABORTED
        if state in {_State.KEPT, _State.ABORTED}:
            return
        self._head.clear()
        try:
            if state == _State.OPEN:
                self._blob.abort()
            else:
                blob_store().delete(key_of(self.object_uuid))
            Arrival.objects.filter(object_uuid=self.object_uuid).delete()
        except Exception as problem:  # noqa: BLE001 - what stays is an orphan, and the first error matters more
            _log.warning(
                "abort_left_to_sweeper", object=str(self.object_uuid), problem=type(problem).__name__
            )

    def _open(self, dek: DataKey) -> tuple[BlobWriter, ObjectWriter]:
        ref = ObjectRef(self.patient, self.record, self.object_uuid, Role.ORIGINAL)
        with storage_errors():
            blob = blob_store().open_writer(key_of(self.object_uuid))
            try:
                return blob, ObjectWriter(blob, dek=dek, ref=ref, suite=self.suite)
            except BaseException:
                blob.abort()
                raise

    def _take(self, data: bytes | bytearray | memoryview) -> None:
        size = self.size + len(data)
        self._limits.check(size)
        if self._declared is not None and size > self._declared:
            raise BodyIncompleteError
        if len(self._head) < HEAD_SIZE:
            self._head += data[: HEAD_SIZE - len(self._head)]
        self._hash.update(data)
        with storage_errors():
            self._sealing.write(data)
        self.size = size

    def _complete(self) -> None:
        if self._declared is not None and self.size != self._declared:
            raise BodyIncompleteError
        if not self.size:
            raise EmptyFileError
        with storage_errors():
            self.stored_size = self._sealing.finish()
            self._blob.commit()
        self.sha256 = self._hash.hexdigest()
        self.media_type = sniff(bytes(self._head))
        self._head.clear()
        self._state = _State.FINISHED


def receive(*, actor: Actor, patient: UUID, declared: int | None = None) -> Receiver:
    """Get ready for the file of a new record. ``declared`` in bytes, when it was announced.

    Raises:
        NotFoundError: the patient is not the actor's to write for.
        EmptyFileError, UploadTooLargeError, TooLargeForSuiteError, QuotaExceededError, StorageFullError,
        StorageDownError: refused before the first byte.
    """
    writable_patient_for(actor, patient)
    return _begin(actor, patient, new_id(), declared)


def receive_version(*, actor: Actor, record: UUID, declared: int | None = None) -> Receiver:
    """Get ready for a new version of a record; ``declared`` and errors as in ``receive``."""
    row = writable_record_for(actor, record)
    return _begin(actor, row.patient_id, row.uuid, declared)


def pump(*, content: Readable, receiver: Receiver) -> None:
    """Read ``content`` to its end into ``receiver``.

    Raises:
        BodyIncompleteError: the source broke off.
    """
    while True:
        try:
            data = content.read(_PIECE)
        except OSError as problem:  # a client that went away, a file that cannot be read
            receiver.abort()
            raise BodyIncompleteError from problem
        if not data:
            return
        receiver.write(data)


def _begin(actor: Actor, patient: UUID, record: UUID, declared: int | None) -> Receiver:
    limits = limits_for(actor, file_suite())
    if declared is not None:
        if declared <= 0:
            raise EmptyFileError
        limits.check(declared)
    check_room(declared or 0)
    return Receiver(actor=actor, patient=patient, record=record, declared=declared, limits=limits)
