"""A Django upload handler that seals a file while the form is being read.

Django's own handlers keep a file in memory or in a temporary file in clear. This one hands each chunk to a
``Receiver`` and leaves nothing in ``request.FILES``.
"""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload

from chartkeep.lib.errors import ChartkeepError
from chartkeep.records.errors import BodyIncompleteError
from chartkeep.records.flows.receive import Receiver


class _CountedStream:
    """A request's stream that counts what is read from it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, *args: int) -> bytes:
        data: bytes = self._stream.read(*args)
        self.count += len(data)
        return data

    def readline(self, *args: int) -> bytes:
        line: bytes = self._stream.readline(*args)
        self.count += len(line)
        return line


class SealingUploadHandler(FileUploadHandler):
    """Takes one file in the field ``field``; any further file is read past.

    ``begin`` makes the receiver when the file starts, after authorisation. A refusal in the middle (too
    large, storage full) stops the reading; ``problem`` keeps it for the view. The view commits or aborts.

    Django's parser takes a body that breaks off inside a file for a whole one, so the bytes of the body are
    counted: ``check`` raises when fewer came than were announced.
    """

    chunk_size = 64 * 2**10  # 1 MiB chunks are three times slower in Django's multipart parser

    def __init__(self, begin: Callable[[], Receiver], *, field: str = "file") -> None:
        super().__init__()
        self._begin = begin
        self._field = field
        self.receiver: Receiver | None = None
        self.problem: ChartkeepError | None = None
        self.given_name = ""
        self._body: _CountedStream | None = None
        self._announced = 0

    def handle_raw_input(self, input_data: Any, _meta: Any, content_length: int, *_: Any) -> None:
        """Count the body as it is read."""
        # Django offers no seam between a request and its stream; wrapping the stream is the smallest one.
        self._body = input_data._stream = _CountedStream(input_data._stream)  # noqa: SLF001
        self._announced = content_length

    def check(self) -> None:
        """Raise what stopped the upload, if anything did.

        Raises:
            ChartkeepError: the refusal in the middle, or ``BodyIncompleteError``.
        """
        if self.problem is not None:
            raise self.problem
        if self._body is not None and self._body.count < self._announced:
            raise BodyIncompleteError

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Start the receiver for the file we take; skip others."""
        super().new_file(field_name, file_name, *args, **kwargs)
        if field_name != self._field or self.receiver is not None:
            raise SkipFile
        self.given_name = file_name
        try:
            self.receiver = self._begin()
        except ChartkeepError as problem:
            self._stop(problem)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - Django's shape
        """Seal a chunk."""
        if self.receiver is None:
            return
        try:
            self.receiver.write(raw_data)
        except ChartkeepError as problem:
            self._stop(problem)

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 - Django's shape
        """Leave nothing in the form: the receiver has it."""
        return

    def discard(self) -> None:
        """Drop what has been sealed so far."""
        if self.receiver is not None:
            self.receiver.abort()

    def _stop(self, problem: ChartkeepError) -> None:
        self.problem = problem
        raise StopUpload(connection_reset=False)
