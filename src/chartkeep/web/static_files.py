"""Serves the built front end: hashed names, cached for ever, compressed twins.

servestatic's own middleware is asynchronous only, which would send every request through an event loop;
so its file table is used by a synchronous middleware.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from servestatic.base import ServeStaticBase

_HASHED = r"-[0-9A-Za-z]{8,10}\.[a-z]+$"


class StaticFiles(ServeStaticBase):  # type: ignore[misc]  # servestatic is not checked
    """Answers requests for files under ``STATIC_URL``; anything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        super().__init__(
            None,
            root=str(settings.STATIC_ROOT),
            prefix=settings.STATIC_URL,
            max_age=60,
            allow_all_origins=False,
            immutable_file_test=_HASHED,
        )

    def initialize(self) -> None:
        """Nothing is left to prepare: the table of files is full."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The file, or what the rest of the house answers."""
        file = self.files.get(request.path_info)
        if file is None:
            return self.get_response(request)
        found: Any = file.get_response(request.method or "GET", request.META)
        answer: HttpResponseBase
        if found.file is None:
            answer = HttpResponse(status=int(found.status))
        else:
            answer = FileResponse(found.file, status=int(found.status))
        for name in ("Content-Type", "Content-Disposition"):
            if name in answer:
                del answer[name]
        for name, value in found.headers:
            if value is not None:
                answer[name] = value
        return answer
