"""Remove what interrupted uploads and failed deletions left in the storage."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import structlog
from django.conf import settings

from chartkeep.lib.clock import database_now
from chartkeep.records.errors import storage_errors
from chartkeep.records.models import Arrival, RecordVersion
from chartkeep.records.objects import PREFIX, key_of, object_of
from chartkeep.storage.base import BlobInfo
from chartkeep.wiring import blob_store

_BATCH = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many objects were looked at, how many orphans and unfinished uploads were removed."""

    looked_at: int
    orphans: int
    partial: int


def sweep(*, older_than: timedelta | None = None) -> SweepReport:
    """Remove objects older than ``older_than`` (default ``ORPHAN_AGE``) that no row names, in bounded memory.

    An upload in flight is never hit, however slow the clock of the storage is: its arrival row protects
    its object, and whoever deletes that row first, sweeper or upload, has the object.

    Raises:
        StorageDownError: the storage does not answer; what was removed stays removed.
    """
    age = settings.ORPHAN_AGE if older_than is None else older_than
    cutoff = database_now() - age
    Arrival.objects.filter(started_at__lte=cutoff).delete()
    looked_at = orphans = 0
    with storage_errors():
        for batch in _batches(blob_store().list(PREFIX)):
            looked_at += len(batch)
            orphans += _remove_orphans(batch, cutoff)
        partial = blob_store().sweep_partial(age)
    _log.info("swept", looked_at=looked_at, orphans=orphans, partial=partial)
    return SweepReport(looked_at, orphans, partial)


def _batches(blobs: Iterable[BlobInfo]) -> Iterator[list[BlobInfo]]:
    source = iter(blobs)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _remove_orphans(batch: list[BlobInfo], cutoff: datetime) -> int:
    old = {found for blob in batch if blob.modified <= cutoff and (found := object_of(blob.key))}
    # Arrivals first, then versions: an upload that moves from one to the other in between is seen twice.
    named = _named(Arrival.objects.filter(object_uuid__in=old).values_list("object_uuid", flat=True))
    named |= _named(
        RecordVersion.objects.filter(object_uuid__in=old - named).values_list("object_uuid", flat=True)
    )
    orphans = old - named
    for object_uuid in orphans:
        blob_store().delete(key_of(object_uuid))
    return len(orphans)


def _named(ids: Iterable[UUID]) -> set[UUID]:
    return set(ids)
