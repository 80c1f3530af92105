"""From ``STORAGE_URL`` to a store."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from chartkeep.storage.base import BlobStore, StorageMisconfigured
from chartkeep.storage.local import LocalDirectory
from chartkeep.storage.memory import MemoryStore

_OBJECT_STORES = {"s3", "gs", "az"}


def open_store(url: str, *, options: Mapping[str, str] | None = None, min_free_bytes: int = 0) -> BlobStore:
    """The store at ``url``: a path, ``file:///path``, ``memory:``, ``s3://…``, ``gs://…`` or ``az://…``.

    ``options`` are the usual ``AWS_*``, ``GOOGLE_*`` or ``AZURE_*`` variables; ``min_free_bytes`` counts for
    local directories.

    Raises:
        StorageMisconfigured: the address makes no sense; the message names the fix.
    """
    parts = urlsplit(url)
    if parts.scheme in {"", "file"}:
        return LocalDirectory(_path(url, parts), min_free_bytes=min_free_bytes)
    if parts.scheme == "memory":
        return MemoryStore()
    if parts.scheme in _OBJECT_STORES:
        from chartkeep.storage.s3_address import open_object_store  # obstore is loaded only where it is used

        return open_object_store(url, options or {})
    raise StorageMisconfigured(
        f"STORAGE_URL: there is no storage of the kind {parts.scheme!r}; use file, s3, gs or az."
    )


def _path(url: str, parts: SplitResult) -> Path:
    path = unquote(parts.path) if parts.scheme else url
    if not path.startswith("/") or parts.netloc not in {"", "localhost"}:
        raise StorageMisconfigured(
            "STORAGE_URL: give a path from the root, as in file:///var/lib/chartkeep/objects."
        )
    if parts.scheme and (parts.query or parts.fragment):
        raise StorageMisconfigured("STORAGE_URL: write ? and # in a file:// address as %3F and %23.")
    return Path(path)
