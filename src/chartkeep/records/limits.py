"""How much may come in: the size limit, the user's quota, the room in the storage."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from chartkeep.crypto.container import Suite
from chartkeep.crypto.fernet import MAX_BYTES
from chartkeep.lib.actor import Actor
from chartkeep.records.errors import (
    QuotaExceededError,
    StorageFullError,
    UploadTooLargeError,
    in_words,
    storage_errors,
    too_large_for_suite,
)
from chartkeep.records.models import RecordVersion
from chartkeep.wiring import blob_store


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one upload, in bytes. ``quota`` 0 is none; ``used`` is what the user has stored."""

    suite: Suite
    size: int
    quota: int
    used: int

    def check(self, size: int) -> None:
        """Refuse a file of ``size`` bytes, or one that is already as large.

        Raises:
            UploadTooLargeError: over ``MAX_UPLOAD_SIZE``.
            TooLargeForSuiteError: over what Fernet can hold.
            QuotaExceededError: the user's files would be too many bytes.
        """
        if size > self.size:
            raise UploadTooLargeError(limit=self.size, most=in_words(self.size))
        if self.suite == Suite.FERNET and size > MAX_BYTES:
            raise too_large_for_suite()
        if self.quota and self.used + size > self.quota:
            raise QuotaExceededError(limit=self.quota, used=self.used, most=in_words(self.quota))


def limits_for(actor: Actor, suite: Suite) -> Limits:
    """The limits of an upload by this actor that begins now."""
    quota = settings.USER_QUOTA
    used = stored_by(actor.user) if quota else 0
    return Limits(suite=suite, size=settings.MAX_UPLOAD_SIZE, quota=quota, used=used)


def stored_by(user: UUID | None) -> int:
    """Bytes of plaintext in all versions that a user created, also in the trash."""
    total = RecordVersion.objects.filter(created_by=user).aggregate(total=Sum("size"))["total"]
    return total or 0


def check_room(size: int) -> None:
    """Refuse before the first byte what the storage has no room for. ``size`` in bytes, 0 when not known.

    ``STORAGE_MIN_FREE`` bytes stay free.

    Raises:
        StorageFullError: there is less free than that.
        StorageDownError: the storage does not answer.
    """
    with storage_errors():
        free = blob_store().free_bytes()
    if free is not None and size + settings.STORAGE_MIN_FREE >= free:
        raise StorageFullError
