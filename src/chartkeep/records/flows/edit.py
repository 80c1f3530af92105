"""Change what is said about a record; its file stays."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.sealing import FieldSealer
from chartkeep.records.access import writable_record_for
from chartkeep.records.details import (
    PROVIDER_LENGTH,
    TITLE_LENGTH,
    RecordView,
    clean_category,
    clean_notes,
    clean_service_date,
    clean_tags,
    clean_text,
)
from chartkeep.records.models import Record
from chartkeep.records.opened import newest_version, record_view, write_tags


def edit(
    *,
    actor: Actor,
    record: UUID,
    title: str | None = None,
    category: str | None = None,
    service_date: date | None = None,
    provider: str | None = None,
    tags: Sequence[str] | None = None,
    notes: str | None = None,
) -> RecordView:
    """Change the fields that are given; ``None`` leaves one as it is, empty text or no tags clear it.

    Raises:
        NotFoundError: the record is not the actor's to change, or lies in the trash.
        InvalidInputError: a value cannot be taken.
    """
    texts = _texts(title, provider, notes)
    plain = _plain(category, service_date)
    kept_tags = None if tags is None else clean_tags(tuple(tags))
    with transaction.atomic():
        row = writable_record_for(actor, record, lock=True)
        vault = vault_of(row.patient_id)
        changed = _apply(row, texts, plain, kept_tags, vault.fields)
        if changed:
            row.updated_at = database_now()
            row.save(update_fields=[*changed, "updated_at"])
            log(
                tag=Tag.RECORD_EDIT,
                actor=actor,
                sealer=vault.fields,
                patient=row.patient_id,
                object_id=row.uuid,
                details={"changed": " ".join(changed)},
            )
        return record_view(row, newest_version(row), vault.fields)


def _texts(title: str | None, provider: str | None, notes: str | None) -> dict[str, str]:
    given: dict[str, str] = {}
    if title is not None:
        given["title"] = clean_text("title", title, longest=TITLE_LENGTH)
        if not given["title"]:
            raise InvalidInputError(field="title", problem="give the record a title")
    if provider is not None:
        given["provider"] = clean_text("provider", provider, longest=PROVIDER_LENGTH)
    if notes is not None:
        given["notes"] = clean_notes(notes)
    return given


def _plain(category: str | None, service_date: date | None) -> dict[str, str | date]:
    given: dict[str, str | date] = {}
    if category is not None:
        given["category"] = clean_category(category)
    if service_date is not None:
        given["service_date"] = clean_service_date(service_date)
    return given


def _apply(
    row: Record,
    texts: dict[str, str],
    plain: dict[str, str | date],
    tags: tuple[str, ...] | None,
    sealer: FieldSealer,
) -> list[str]:
    """Set the columns and name those that were given."""
    for column, text in texts.items():
        sealed.write(row, column, text, sealer)
    for column, value in plain.items():
        setattr(row, column, value)
    if tags is not None:
        write_tags(row, tags, sealer)
    return [*texts, *plain, *(["tags"] if tags is not None else [])]
