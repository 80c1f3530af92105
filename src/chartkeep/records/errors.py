"""What can go wrong with records and their files, told to people."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from chartkeep.crypto.fernet import MAX_BYTES, TooLargeForFernet
from chartkeep.lib.errors import ChartkeepError
from chartkeep.storage.base import BlobMissing, StorageError, StorageFull

_log = structlog.get_logger(__name__)


class UploadTooLargeError(ChartkeepError):
    """More bytes than ``MAX_UPLOAD_SIZE``; facts: ``limit`` (bytes) and ``most`` (the same in words)."""

    code = "upload_too_large"
    message = "The file is too large: a file may have at most {most}."


class TooLargeForSuiteError(ChartkeepError):
    """More bytes than the configured suite can seal; facts: ``limit`` (bytes) and ``most``."""

    code = "too_large_for_suite"
    message = (
        "The file is too large: this server encrypts with Fernet, which takes at most {most}. "
        "The administrator can set FILE_ENCRYPTION_SUITE to aes-256-gcm."
    )


class QuotaExceededError(ChartkeepError):
    """The user's files would exceed ``USER_QUOTA``; facts: ``limit`` and ``used`` (bytes), ``most``."""

    code = "quota_exceeded"
    message = "There is no room left: your files may have {most} together. Erase some, or ask for more room."


class StorageFullError(ChartkeepError):
    """The storage has no room for the file."""

    code = "storage_full"
    message = "The server's storage is full. Nothing was stored: tell the administrator, then try again."


class StorageDownError(ChartkeepError):
    """The storage does not answer, or not as it should."""

    code = "storage_unavailable"
    message = "The storage cannot be reached just now. Nothing is lost: try again in a few minutes."


class EmptyFileError(ChartkeepError):
    """A file of zero bytes."""

    code = "empty_file"
    message = "The file is empty. Choose a file that has something in it."


class BodyIncompleteError(ChartkeepError):
    """Fewer or more bytes arrived than were announced, or they came too late."""

    code = "body_incomplete"
    message = "The file did not arrive whole. Nothing was stored: send it again."


class RangeInvalidError(ChartkeepError):
    """The bytes asked for lie outside the file; facts: ``size`` (bytes)."""

    code = "range_invalid"
    message = "The file has {size} bytes: the part asked for lies outside."


class IntegrityFailureError(ChartkeepError):
    """A stored object is missing or is not what was written."""

    code = "integrity_failure"
    message = "This file was changed or lost in storage and cannot be shown. The administrator was alerted."


def in_words(size: int) -> str:
    """A number of bytes as people read it: ``5 GiB``, ``1.5 MiB``, ``12 bytes``."""
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004 - the step between the units
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the storage or the container raises into an error for people; log it for the operator.

    ``BlobMissing`` passes: what it means depends on the row.

    Raises:
        StorageFullError: no room.
        StorageDownError: not reachable, or set up wrongly.
        TooLargeForSuiteError: more than a Fernet token may hold.
    """
    try:
        yield
    except BlobMissing:
        raise
    except StorageFull as problem:
        _log.error("storage_full", problem=str(problem))
        raise StorageFullError from problem
    except StorageError as problem:
        _log.error("storage_unavailable", reason=problem.reason, problem=str(problem))
        raise StorageDownError from problem
    except TooLargeForFernet as problem:
        raise too_large_for_suite() from problem


def too_large_for_suite() -> TooLargeForSuiteError:
    """The error for a file that Fernet cannot seal."""
    return TooLargeForSuiteError(limit=MAX_BYTES, most=in_words(MAX_BYTES))
