"""Records: a few lines each that call the same verbs as the pages."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import Query, Router, Status
from pydantic import ValidationError as ShapeError

from chartkeep.api.auth import caller
from chartkeep.api.records.schemas import RecordChange, RecordIn, RecordOut, RecordPage, VersionOut
from chartkeep.lib.clock import database_now
from chartkeep.lib.content import content_response
from chartkeep.lib.errors import InvalidInputError
from chartkeep.records import queries
from chartkeep.records.details import RecordDetails
from chartkeep.records.flows import edit, erase, read, replace, trash, upload
from chartkeep.records.flows.receive import receive, receive_version
from chartkeep.records.incoming import Incoming, incoming

router = Router(tags=["records"])


def _facts(arrived: Incoming) -> RecordIn:
    members = dict(arrived.members)
    if isinstance(members.get("tags"), str):
        members["tags"] = [tag.strip() for tag in members["tags"].split(",") if tag.strip()]
    if members.get("service_date") == "":
        del members["service_date"]
    try:
        return RecordIn(**members)
    except (ShapeError, TypeError) as problem:
        errors = problem.errors() if isinstance(problem, ShapeError) else []
        field = ".".join(str(part) for part in errors[0]["loc"]) if errors else "metadata"
        raise InvalidInputError(field=field, problem=errors[0]["msg"] if errors else "not readable") from None


def _details(facts: RecordIn) -> RecordDetails:
    return RecordDetails(
        title=facts.title,
        category=facts.category,
        service_date=facts.service_date or database_now().date(),
        provider=facts.provider,
        tags=tuple(facts.tags),
        notes=facts.notes,
    )


@router.get("", response=RecordPage)
def list_records(
    request: HttpRequest,
    patient: UUID,
    category: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    trashed: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> RecordPage:
    """A patient's records, newest date of service first. ``q`` searches titles, tags, notes and providers."""
    page = queries.list_records(
        actor=caller(request),
        patient=patient,
        category=category,
        text=q,
        trashed=trashed,
        cursor=cursor,
        limit=limit,
    )
    return RecordPage(items=[RecordOut.of(view) for view in page.items], next_cursor=page.next_cursor)


@router.post("", response={201: RecordOut})
def upload_record(request: HttpRequest, patient: UUID) -> Status[RecordOut]:
    """Store a document.

    Either ``multipart/form-data`` with the members of ``RecordIn`` as fields (``tags`` by commas) and the
    document in ``file``, or the document as the raw body with the members in ``Chartkeep-Metadata``:
    base64url of a JSON object. The body is sealed while it arrives.
    """
    actor = caller(request)
    with incoming(request, lambda size: receive(actor=actor, patient=patient, declared=size)) as arrived:
        facts = _facts(arrived)
        view = upload.upload(
            actor=actor,
            patient=patient,
            content=arrived.receiver,
            file_name=facts.file_name or arrived.file_name,
            details=_details(facts),
        )
    return Status(201, RecordOut.of(view))


@router.get("/{uuid:record}", response=RecordOut)
def get_record(request: HttpRequest, record: UUID) -> RecordOut:
    """One record."""
    return RecordOut.of(queries.get_record(actor=caller(request), record=record))


@router.patch("/{uuid:record}", response=RecordOut)
def change_record(request: HttpRequest, record: UUID, changes: RecordChange) -> RecordOut:
    """Change what is said of a record."""
    given = {name: value for name, value in changes.dict(exclude_unset=True).items() if value is not None}
    if "tags" in given:
        given["tags"] = tuple(given["tags"])
    return RecordOut.of(edit.edit(actor=caller(request), record=record, **given))


@router.delete("/{uuid:record}", response={204: None})
def trash_record(request: HttpRequest, record: UUID) -> Status[None]:
    """Put a record into the trash; a record that is there already is erased for good."""
    actor = caller(request)
    if queries.get_record(actor=actor, record=record).trashed_at is None:
        trash.trash(actor=actor, record=record)
    else:
        erase.erase(actor=actor, record=record)
    return Status(204, None)


@router.post("/{uuid:record}/restore", response=RecordOut)
def restore_record(request: HttpRequest, record: UUID) -> RecordOut:
    """Take a record out of the trash."""
    return RecordOut.of(trash.restore(actor=caller(request), record=record))


@router.get("/{uuid:record}/versions", response=list[VersionOut])
def list_versions(request: HttpRequest, record: UUID) -> list[VersionOut]:
    """All stored versions, newest first."""
    return [VersionOut.of(view) for view in queries.versions(actor=caller(request), record=record)]


@router.api_operation(["GET", "HEAD"], "/{uuid:record}/content", operation_id="get_content")
def get_content(request: HttpRequest, record: UUID, version: int | None = None) -> HttpResponseBase:
    """The document itself, as an attachment. ``Range`` and ``If-None-Match`` are honoured."""
    actor = caller(request)
    wanted = queries.version(actor=actor, record=record, number=version)

    def stream(start: int, stop: int) -> Iterator[bytes]:
        return read.read(actor=actor, record=record, version=wanted.number, start=start, stop=stop).stream

    return content_response(
        request,
        size=wanted.size,
        version=wanted.object_id.hex,
        media_type=wanted.media_type,
        file_name=wanted.file_name,
        stream=stream,
    )


@router.put("/{uuid:record}/content", response={201: RecordOut})
def replace_content(request: HttpRequest, record: UUID) -> Status[RecordOut]:
    """Store a new version; earlier ones stay. The body is as in ``POST /records``."""
    actor = caller(request)
    with incoming(
        request, lambda size: receive_version(actor=actor, record=record, declared=size)
    ) as arrived:
        name = _facts(arrived).file_name or arrived.file_name
        view = replace.replace(actor=actor, record=record, content=arrived.receiver, file_name=name)
    return Status(201, RecordOut.of(view))
