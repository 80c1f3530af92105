"""S3, Google Cloud Storage and Azure through obstore.

A small object is one request that fails when the name is taken; a larger one is a multipart upload
(``s3_upload``). Nothing is visible before the last request. On S3 every request carries the SHA-256 of its
body, which the store verifies and keeps as a checksum. Bytes never leave by pre-signed addresses.

A multipart upload is refused when the name is taken as it begins and as it ends; between the last look and
the last request there is a moment in which two writers of one name could both succeed. Names of records are
random, so nobody writes one twice.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from secrets import token_hex
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from chartkeep.storage.base import (
    BlobCorrupt,
    BlobExists,
    BlobInfo,
    BlobMissing,
    BlobReader,
    BlobWriter,
    ReaderBlock,
    check_key,
    check_range,
)
from chartkeep.storage.s3_errors import told_by_the_store
from chartkeep.storage.s3_upload import PARTS_IN_FLIGHT, PartsWriter, part_size

_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")  # S3 and Google; Azure


class ObjectStoreBackend:
    """Satisfies ``BlobStore`` over an obstore store; ``open_object_store`` makes one of an address.

    ``name`` is for messages. ``sweep`` removes unfinished uploads of an age and gives how many.
    """

    def __init__(self, store: Any, *, name: str, sweep: Callable[[timedelta], int]) -> None:
        self._store = store
        self._name = name
        self._sweep = sweep

    def __repr__(self) -> str:
        return f"ObjectStoreBackend({self._name!r})"

    def open_writer(self, key: str, *, expected_size: int | None = None) -> BlobWriter:
        """Begin a new object."""
        self.refuse_taken(key)
        return PartsWriter(self, key, part_size(expected_size))

    def refuse_taken(self, key: str) -> None:
        """Raise ``BlobExists`` when there is an object of this key."""
        with contextlib.suppress(BlobMissing):
            self._head(key)
            raise BlobExists(key)

    def put(self, key: str, data: bytes | bytearray) -> None:
        """Write an object in one request, which fails when the name is taken."""
        check_key(key)
        with self._told(key):
            obstore.put(self._store, key, data, mode="create", use_multipart=False)

    def put_parts(self, key: str, parts: Iterator[bytearray], size: int) -> None:
        """Write an object by a multipart upload in parts of ``size`` bytes; aborted when ``parts`` raises."""
        with self._told(key):
            obstore.put(
                self._store,
                key,
                parts,
                use_multipart=True,
                chunk_size=size,
                max_concurrency=PARTS_IN_FLIGHT,
            )

    def compare_size(self, key: str, size: int) -> None:
        """See that the store has as many bytes as were sent; removes the object and raises otherwise."""
        found = self.size(key)
        if found != size:
            self.delete(key)
            raise BlobCorrupt(f"{self._name} kept {found} of {size} bytes of an object: look at the store.")

    def open_reader(self, key: str) -> BlobReader:
        """Open an object."""
        return _Reader(self, key, self.size(key))

    def size(self, key: str) -> int:
        """Bytes of an object."""
        try:
            return self._head(key)
        except BlobMissing:
            self._see_bucket(key)
            raise

    def read_at(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object."""
        with self.open_reader(key) as reader:
            return reader.read_at(offset, length)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        """Bytes that are known to be there."""
        with self._told(key, reads=True):
            data = bytes(obstore.get_range(self._store, key, start=offset, length=length))
        if len(data) != length:
            raise BlobCorrupt(f"{self._name} gave {len(data)} of {length} bytes: look at the store.")
        return data

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key)
        with contextlib.suppress(BlobMissing), self._told(key, reads=True):
            obstore.delete(self._store, key)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Objects, a page at a time."""
        # obstore's prefixes are whole path segments: list from the last of them and sift.
        folder = prefix.rpartition("/")[0]
        with self._told():
            for page in obstore.list(self._store, folder or None, chunk_size=1000):
                for item in page:
                    if item["path"].startswith(prefix):
                        modified = item["last_modified"].astimezone(UTC)
                        yield BlobInfo(item["path"], int(item["size"]), modified)

    def sweep_partial(self, older_than: timedelta) -> int:
        """Abort unfinished multipart uploads; nothing on Google and Azure, which drop them by themselves."""
        return self._sweep(older_than)

    def free_bytes(self) -> int | None:
        """No notion of room."""
        return None

    def check(self) -> None:
        """See that objects can be written, listed, read and removed with these credentials."""
        probe = f"check/{token_hex(8)}"
        self.put(probe, b"x")
        next(self.list("check/"), None)
        self.read_at(probe, 0, 1)
        self.delete(probe)

    def _head(self, key: str) -> int:
        check_key(key)
        with self._told(key, reads=True):
            return int(obstore.head(self._store, key)["size"])

    def _see_bucket(self, key: str) -> None:
        """Tell a missing bucket from a missing object: the answer to HEAD has no body that could."""
        with contextlib.suppress(BlobMissing), self._told(key, reads=True):
            obstore.get(self._store, key)

    @contextmanager
    def _told(self, key: str = "", *, reads: bool = False) -> Iterator[None]:
        """Tell of what obstore says in the store's own words."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise BlobExists(key) from None
        except FileNotFoundError as problem:
            if reads and not any(word in str(problem) for word in _NO_BUCKET):
                raise BlobMissing(key) from None
            raise told_by_the_store(self._name, "NoSuchBucket") from None
        except (BaseError, OSError) as problem:
            raise told_by_the_store(self._name, str(problem)) from None


class _Reader(ReaderBlock):
    def __init__(self, store: ObjectStoreBackend, key: str, size: int) -> None:
        self._store: ObjectStoreBackend | None = store
        self._key, self.size = key, size

    def read_at(self, offset: int, length: int) -> bytes:
        check_range(offset, length)
        if self._store is None:
            raise ValueError("This reader is closed.")
        wanted = min(length, self.size - offset)
        return self._store.read_range(self._key, offset, wanted) if wanted > 0 else b""

    def close(self) -> None:
        self._store = None
