"""The reference of the upload row: the same server (granian, WSGI) writing the body as it comes, durably."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

TARGET = Path(os.environ.get("PLAIN_TARGET", "."))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Write the body to a file, make it durable, answer."""
    body = environ["wsgi.input"]
    path = TARGET / "body"
    with path.open("wb") as file:
        while chunk := body.read(2**20):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    start_response("201 Created", [("Content-Type", "text/plain")])
    return [b"ok"]
