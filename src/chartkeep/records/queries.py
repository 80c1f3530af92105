"""Looking at records without their content; nothing here is written to the log.

Each list costs three queries however long it is: the guardianship, the vault key, the rows.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from chartkeep.keyring.vaults import vault_of, vaults_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.paging import Page, decode_cursor, encode_cursor
from chartkeep.records.access import readable_among, record_for, records_of
from chartkeep.records.details import RecordView, VersionView, clean_category
from chartkeep.records.models import Record, RecordVersion
from chartkeep.records.opened import newest_version, record_view, version_of, version_view

MOST_ON_A_PAGE = 1000
_LONGEST_SEARCH = 200
_TIMELINE = ("-record__service_date", "-record__created_at", "-record__uuid")
_FETCHED_AT_ONCE = 200


def list_records(
    *,
    actor: Actor,
    patient: UUID,
    category: str | None = None,
    text: str | None = None,
    trashed: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RecordView]:
    """A patient's records, newest date of service first; those in the trash or those out of it.

    ``text`` is looked for in title, tags, notes, provider and file name, without regard to case and
    accents; all of its words must be found. What is searched is opened row by row and not kept.

    Raises:
        NotFoundError: the patient is not the actor's, or its trash is not.
        InvalidInputError: category, cursor, limit or text cannot be taken.
    """
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise InvalidInputError(field="limit", problem=f"give a number from 1 to {MOST_ON_A_PAGE}")
    rows = records_of(actor, patient, trashed=trashed)
    if category:
        rows = rows.filter(category=clean_category(category))
    if cursor:
        rows = rows.filter(_after(cursor))
    words = _words(text or "")
    sealer = vault_of(patient).fields
    newest = _newest_of(rows)
    if not words:
        newest = newest[: limit + 1]
    views = (record_view(row.record, row, sealer) for row in newest.iterator(chunk_size=_FETCHED_AT_ONCE))
    found = list(islice((view for view in views if _has(view, words)), limit + 1))
    more = _place(found[limit - 1]) if len(found) > limit else None
    return Page(tuple(found[:limit]), more)


def get_record(*, actor: Actor, record: UUID) -> RecordView:
    """One record with its newest version.

    Raises:
        NotFoundError: it is absent, or not the actor's to read.
    """
    row = record_for(actor, record)
    return record_view(row, newest_version(row), vault_of(row.patient_id).fields)


def records_by_ids(actor: Actor, ids: Iterable[UUID]) -> list[RecordView]:
    """Those of the given records that the actor may read, in the order given, in three queries."""
    wanted = list(dict.fromkeys(ids))
    rows = list(_newest_of(readable_among(actor, frozenset(wanted)))) if wanted else []
    if not rows:
        return []
    vaults = vaults_of(row.record.patient_id for row in rows)
    views = {
        row.record.uuid: record_view(row.record, row, vaults[row.record.patient_id].fields) for row in rows
    }
    return [views[record] for record in wanted if record in views]


def version(*, actor: Actor, record: UUID, number: int | None = None) -> VersionView:
    """One version of a record, the newest without a number; what an answer's headers are made of.

    Raises:
        NotFoundError: it is absent, or not the actor's to read.
    """
    row = record_for(actor, record)
    return version_view(version_of(row, number), vault_of(row.patient_id).fields)


def versions(actor: Actor, record: UUID) -> list[VersionView]:
    """All versions of a record, newest first.

    Raises:
        NotFoundError: it is absent, or not the actor's to read.
    """
    row = record_for(actor, record)
    sealer = vault_of(row.patient_id).fields
    return [version_view(version, sealer) for version in row.versions.order_by("-number")]


def _newest_of(records: QuerySet[Record]) -> QuerySet[RecordVersion]:
    """The newest version of each record with the record at hand, in timeline order, in one query."""
    highest = RecordVersion.objects.filter(record=OuterRef("record")).order_by("-number").values("number")[:1]
    rows = RecordVersion.objects.filter(record__in=records, number=Subquery(highest))
    return rows.select_related("record").order_by(*_TIMELINE)


def _place(view: RecordView) -> str:
    return encode_cursor(view.service_date.isoformat(), view.created_at.isoformat(), str(view.id))


def _after(cursor: str) -> Q:
    """The condition for records behind the place of a cursor."""
    day, moment, record = decode_cursor(cursor, str, str, str)
    try:
        on, at, uuid = date.fromisoformat(day), datetime.fromisoformat(moment), UUID(record)
    except ValueError:
        raise InvalidInputError(field="cursor", problem="not a cursor that this list gave") from None
    if at.tzinfo is None:
        raise InvalidInputError(field="cursor", problem="not a cursor that this list gave")
    same_day = Q(service_date=on)
    return (
        Q(service_date__lt=on)
        | same_day & Q(created_at__lt=at)
        | same_day & Q(created_at=at) & Q(uuid__lt=uuid)
    )


def _words(text: str) -> list[str]:
    if len(text) > _LONGEST_SEARCH:
        raise InvalidInputError(field="text", problem=f"search for at most {_LONGEST_SEARCH} characters")
    return _folded(text).split()


def _has(view: RecordView, words: list[str]) -> bool:
    if not words:
        return True
    fields = (view.title, view.provider, view.notes, view.version.file_name, *view.tags)
    text = _folded("\n".join(fields))
    return all(word in text for word in words)


def _folded(text: str) -> str:
    """Without case and accents: the base letters of NFKD."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()
