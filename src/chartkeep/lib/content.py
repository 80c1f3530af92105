"""Answering with the content of a document: ranges, validators and the headers that keep it harmless.

Shared by the pages and the API, so that both are equally careful.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop`` (exclusive) of a document of ``size`` bytes."""

    start: int
    stop: int
    size: int

    @property
    def partial(self) -> bool:
        """Whether it is less than the whole."""
        return self.start > 0 or self.stop < self.size


def requested_span(request: HttpRequest, *, size: int, etag: str) -> Span | None:
    """The span that the ``Range`` header asks for (RFC 9110 section 14); the whole without one.

    A header that is not one single byte range, or whose ``If-Range`` names another version, is ignored as
    the standard allows. ``None`` when the range lies outside the document: answer 416.
    """
    whole = Span(0, size, size)
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return whole
    if request.headers.get("If-Range", etag) != etag:
        return whole
    first, last = match.groups()
    if not first:
        length = int(last)
        return Span(max(0, size - length), size, size) if length and size else None
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return whole
    return Span(start, stop, size) if start < size else None


def content_response(
    request: HttpRequest,
    *,
    size: int,
    version: str,
    media_type: str,
    file_name: str,
    stream: Callable[[int, int], Iterator[bytes]],
) -> HttpResponseBase:
    """The answer to a request for a document, as an attachment that no browser runs.

    ``version`` is the stored object's id and becomes the ``ETag``. ``stream(start, stop)`` is called only
    when bytes are to be sent: it authorises, audits, and gives the plaintext in pieces.
    """
    etag = f'"{version}"'
    if etag in _listed(request.headers.get("If-None-Match", "")):
        return _guarded(HttpResponseNotModified(), etag)
    span = requested_span(request, size=size, etag=etag)
    if span is None:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return _guarded(refused, etag)
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type=media_type)
    else:
        answer = StreamingHttpResponse(stream(span.start, span.stop), content_type=media_type)
    if span.partial:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    answer["Content-Length"] = str(span.stop - span.start)
    answer["Content-Disposition"] = disposition(file_name)
    return _guarded(answer, etag)


def disposition(file_name: str) -> str:
    """``Content-Disposition: attachment`` with the name in both forms of RFC 6266."""
    plain = _PLAIN.sub("_", file_name)[:120] or "document"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _listed(header: str) -> list[str]:
    return [item.strip().removeprefix("W/") for item in header.split(",")]


def _guarded(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
