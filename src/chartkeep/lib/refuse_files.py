"""The default upload handler: takes no file.

Django parses a form before a view can look at it, and its own handlers would keep what arrives in
memory or, above 2.5 MiB, in a temporary file in clear. Views that take files set their own handler.
"""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class RefuseFiles(FileUploadHandler):
    """Skips every file in a form, reading past it without keeping a byte."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's shape
        """Drop the rest of this file."""
        raise SkipFile

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 - Django's shape
        """No file comes of it."""
        return
