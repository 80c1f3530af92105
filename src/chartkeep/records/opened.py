"""Rows to views: opening what is sealed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from chartkeep.crypto.errors import CiphertextError
from chartkeep.keyring import sealed
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.sealing import FieldSealer
from chartkeep.records.details import RecordView, VersionView
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.records.models import Record, RecordVersion

_log = structlog.get_logger(__name__)


def record_view(row: Record, version: RecordVersion, sealer: FieldSealer) -> RecordView:
    """A record with its newest version, opened by the patient's sealer; raises like ``version_view``."""
    with _intact(row):
        return _record_view(row, version_view(version, sealer), sealer)


def _record_view(row: Record, version: VersionView, sealer: FieldSealer) -> RecordView:
    return RecordView(
        id=row.uuid,
        patient=row.patient_id,
        title=sealed.read(row, "title", sealer),
        category=row.category,
        service_date=row.service_date,
        provider=sealed.read(row, "provider", sealer),
        tags=tuple(json.loads(sealed.read(row, "tags", sealer) or "[]")),
        notes=sealed.read(row, "notes", sealer),
        created_at=row.created_at,
        updated_at=row.updated_at,
        trashed_at=row.trashed_at,
        version=version,
    )


def version_view(row: RecordVersion, sealer: FieldSealer) -> VersionView:
    """A version, opened by the patient's sealer.

    Raises:
        IntegrityFailureError: a sealed value is not what was written; the operator is alerted.
    """
    with _intact(row):
        return VersionView(
            id=row.uuid,
            number=row.number,
            object_id=row.object_uuid,
            file_name=sealed.read(row, "file_name", sealer),
            media_type=sealed.read(row, "media_type", sealer),
            size=row.size,
            sha256=sealed.read(row, "digest", sealer),
            extension_mismatch=row.extension_mismatch,
            created_at=row.created_at,
        )


def newest_version(row: Record) -> RecordVersion:
    """The version with the highest number."""
    return row.versions.order_by("-number")[0]


def version_of(row: Record, number: int | None) -> RecordVersion:
    """The version of this number, the newest for ``None``.

    Raises:
        NotFoundError: there is no such version.
    """
    if number is None:
        return newest_version(row)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise NotFoundError
    return version


def write_tags(row: Record, tags: tuple[str, ...], sealer: FieldSealer) -> None:
    """Seal tags as a JSON list; none leaves the column null."""
    sealed.write(row, "tags", json.dumps(tags, ensure_ascii=False) if tags else "", sealer)


@contextmanager
def _intact(row: Record | RecordVersion) -> Iterator[None]:
    try:
        yield
    except CiphertextError as problem:
        _log.error("integrity_failure", reason="field", row=str(row.pk))
        raise IntegrityFailureError from problem
