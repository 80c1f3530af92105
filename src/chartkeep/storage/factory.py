"""From ``STORAGE_URL`` to a store."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
        path = unquote(parts.path) if parts.scheme else url
        if not path or parts.netloc not in {"", "localhost"}:
            raise StorageMisconfigured("STORAGE_URL: give a path, as in file:///var/lib/chartkeep/objects.")
        return LocalDirectory(Path(path), min_free_bytes=min_free_bytes)
    if parts.scheme == "memory":
        return MemoryStore()
    if parts.scheme in _OBJECT_STORES:
        from chartkeep.storage.s3_address import open_object_store  # obstore is loaded only where it is used

        return open_object_store(url, options or {})
    raise StorageMisconfigured(
        f"STORAGE_URL: there is no storage of the kind {parts.scheme!r}; use file, s3, gs or az."
    )
