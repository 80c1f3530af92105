"""System checks of the storage and the limits.

E001, E002 and W001 look at settings and the local directory only. E003 asks the storage itself, over the
network if it lies there, and therefore runs with ``check --deploy`` and when a server starts.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name

from chartkeep.crypto.container import Suite
from chartkeep.crypto.fernet import MAX_BYTES
from chartkeep.records.errors import in_words
from chartkeep.storage.base import StorageError
from chartkeep.wiring import blob_store, file_suite

TAG = "chartkeep"
_FORMS = (
    "Set STORAGE_URL to a directory (file:///srv/chartkeep/objects) or a bucket "
    "(s3://bucket/prefix?endpoint=…&region=…, gs://bucket, az://container)."
)


@register(TAG, Tags.files)
def storage_is_configured(**_: Any) -> list[CheckMessage]:
    """E001: ``STORAGE_URL`` names no storage."""
    try:
        blob_store()
    except (StorageError, ValueError) as problem:
        return [Error(f"STORAGE_URL: {problem}", hint=_FORMS, id="chartkeep.records.E001")]
    return []


@register(TAG, Tags.files)
def limits_make_sense(**_: Any) -> list[CheckMessage]:
    """E002: nothing can ever be uploaded. W001: Fernet takes less than the limit promises."""
    found: list[CheckMessage] = []
    if settings.MAX_UPLOAD_SIZE < 1:
        found.append(
            Error(
                "MAX_UPLOAD_SIZE is 0: no file can be stored.",
                hint="Set it to the largest file to take, such as 5G.",
                id="chartkeep.records.E002",
            )
        )
    if file_suite() == Suite.FERNET and settings.MAX_UPLOAD_SIZE > MAX_BYTES:
        found.append(
            Warning(
                f"FILE_ENCRYPTION_SUITE is fernet, which takes files up to {in_words(MAX_BYTES)} only.",
                hint="Set FILE_ENCRYPTION_SUITE=aes-256-gcm, or MAX_UPLOAD_SIZE=64M to say so to people.",
                id="chartkeep.records.W001",
            )
        )
    return found


@register(TAG, Tags.files, deploy=True)
def storage_answers(**_: Any) -> list[CheckMessage]:
    """E003: the storage cannot be reached, written or read."""
    try:
        store = blob_store()
    except (StorageError, ValueError):
        return []  # E001 tells of it
    try:
        store.check()
    except StorageError as problem:
        return [
            Error(
                f"The storage does not work: {problem}",
                hint="See that it runs, that the credentials are right, and that it can be written to.",
                id="chartkeep.records.E003",
            )
        ]
    return []
