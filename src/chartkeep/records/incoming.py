"""Taking a document from a request, by either of its two ways, sealed while it arrives.

* ``multipart/form-data``: the members as fields, the document in ``file``.
* anything else: the body is the document, the members are in the header ``Chartkeep-Metadata``: unpadded
  base64url of a JSON object (in the address they would reach logs). Many times faster.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, RawPostDataException, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from chartkeep.lib.errors import InvalidInputError
from chartkeep.records.errors import BodyIncompleteError
from chartkeep.records.flows.receive import Receiver
from chartkeep.records.upload_handler import SealingUploadHandler

READ_SIZE = 2**20
_METADATA_LIMIT = 8 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document that has arrived and is sealed, but not yet kept; with what was said of it."""

    receiver: Receiver
    file_name: str
    members: dict[str, Any]


@contextmanager
def incoming(request: HttpRequest, begin: Callable[[int | None], Receiver]) -> Iterator[Incoming]:
    """Read the request's document into the receiver that ``begin(declared size)`` makes.

    Leaving the block without having kept the document (``flows.upload`` or ``flows.replace``) drops it.

    Raises:
        BodyIncompleteError: the client stopped in the middle.
        InvalidInputError: there is no file, or the metadata cannot be read.
    """
    take = _form if request.content_type == "multipart/form-data" else _raw
    arrived = take(request, begin)
    with arrived.receiver:
        yield arrived


def _form(request: HttpRequest, begin: Callable[[int | None], Receiver]) -> Incoming:
    handler = SealingUploadHandler(lambda: begin(None))
    request.upload_handlers = [handler]
    try:
        members = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        handler.check()
    except BaseException as problem:
        handler.discard()
        if isinstance(problem, MultiPartParserError | UnreadablePostError | RawPostDataException):
            raise BodyIncompleteError from problem
        raise
    if handler.receiver is None:
        raise InvalidInputError(field="file", problem="choose a file")
    return Incoming(handler.receiver, handler.given_name, members)


def _raw(request: HttpRequest, begin: Callable[[int | None], Receiver]) -> Incoming:
    members = _metadata(request.headers.get("Chartkeep-Metadata", ""))
    receiver = begin(_declared(request))
    try:
        while chunk := request.read(READ_SIZE):
            receiver.write(chunk)
    except BaseException as problem:
        receiver.abort()
        if isinstance(problem, UnreadablePostError):
            raise BodyIncompleteError from problem
        raise
    return Incoming(receiver, str(members.get("file_name", "")), members)


def _declared(request: HttpRequest) -> int | None:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _metadata(header: str) -> dict[str, Any]:
    if not header:
        return {}
    problem = InvalidInputError(field="Chartkeep-Metadata", problem="must be base64url of a JSON object")
    if len(header) > _METADATA_LIMIT:
        raise InvalidInputError(field="Chartkeep-Metadata", problem=f"at most {_METADATA_LIMIT} characters")
    try:
        members = json.loads(
            base64.b64decode(header + "=" * (-len(header) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, RecursionError):
        raise problem from None
    if not isinstance(members, dict):
        raise problem
    return members
