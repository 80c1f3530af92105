"""What the holder of a viewer session may read."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import Router, Status

from chartkeep.api.auth import caller, viewer_auth
from chartkeep.api.shared.schemas import SharedOut
from chartkeep.lib.content import content_response
from chartkeep.records import queries
from chartkeep.sharing.flows import view

router = Router(tags=["shared"], auth=viewer_auth)


@router.get("", response=SharedOut)
def get_shared(request: HttpRequest) -> SharedOut:
    """What the share shows, as long as it lives."""
    return SharedOut.of(view.shared_records(actor=caller(request)))


@router.delete("", response={204: None})
def end_viewing(request: HttpRequest) -> Status[None]:
    """End the viewer session."""
    view.end(actor=caller(request))
    return Status(204, None)


@router.api_operation(["GET", "HEAD"], "/records/{uuid:record}/content", operation_id="get_shared_content")
def get_shared_content(request: HttpRequest, record: UUID) -> HttpResponseBase:
    """A shared document, as an attachment; revocation and expiry are asked again at each read."""
    actor = caller(request)
    wanted = queries.version(actor=actor, record=record)

    def stream(start: int, stop: int) -> Iterator[bytes]:
        return view.read_shared(actor=actor, record=record, start=start, stop=stop).stream

    return content_response(
        request,
        size=wanted.size,
        version=wanted.object_id.hex,
        media_type=wanted.media_type,
        file_name=wanted.file_name,
        stream=stream,
    )
