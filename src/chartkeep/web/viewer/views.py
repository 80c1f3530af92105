"""What somebody sees who opened a share."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from chartkeep.lib.content import content_response
from chartkeep.records import queries
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows import view
from chartkeep.web.records.forms import CATEGORIES
from chartkeep.web.viewer.session import forget_viewer, viewer_of

_PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}


@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """The patient first, then the records."""
    try:
        actor = viewer_of(request)
        found = view.shared_records(actor=actor)
    except ShareRefusedError:
        return _over(request)
    context = {"shared": found, "names": dict(CATEGORIES), "pictures": _PICTURES}
    return render(request, "viewer/shared.html", context)


@require_safe
def content(request: HttpRequest, record: UUID) -> HttpResponseBase:
    """A shared document, as an attachment."""
    try:
        actor = viewer_of(request)
    except ShareRefusedError:
        return _over(request)
    version = queries.version(actor=actor, record=record)

    def stream(start: int, stop: int) -> Iterator[bytes]:
        return view.read_shared(actor=actor, record=record, start=start, stop=stop).stream

    return content_response(
        request,
        size=version.size,
        version=version.object_id.hex,
        media_type=version.media_type,
        file_name=version.file_name,
        stream=stream,
    )


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """End the session, on a shared computer for example."""
    with suppress(ShareRefusedError):
        view.end(actor=viewer_of(request))
    answer = redirect("viewer:shared")
    forget_viewer(answer)
    return answer


def _over(request: HttpRequest) -> HttpResponse:
    answer = render(request, "viewer/over.html", status=403)
    forget_viewer(answer)
    return answer
