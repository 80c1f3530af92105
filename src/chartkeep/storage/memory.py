"""A store in memory: for tests of what stands above, and to try things. Everything is gone at the end."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from chartkeep.storage.base import (
    BlobExists,
    BlobInfo,
    BlobMissing,
    BlobReader,
    BlobWriter,
    ReaderBlock,
    WriterBlock,
    check_key,
    check_range,
)


class MemoryStore:
    """Satisfies ``BlobStore``."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def open_writer(self, key: str, *, expected_size: int | None = None) -> BlobWriter:  # noqa: ARG002 - the contract's shape
        """Begin a new object."""
        check_key(key)
        if key in self._blobs:
            raise BlobExists(key)
        return _Writer(self, key)

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one go."""
        check_key(key)
        with self._lock:
            if key in self._blobs:
                raise BlobExists(key)
            self._blobs[key] = (bytes(data), datetime.now(UTC))

    def open_reader(self, key: str) -> BlobReader:
        """Open an object."""
        return _Reader(self._data(key))

    def size(self, key: str) -> int:
        """Bytes of an object."""
        return len(self._data(key))

    def read_at(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object."""
        check_range(offset, length)
        return self._data(key)[offset : offset + length]

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key)
        with self._lock:
            self._blobs.pop(key, None)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Objects in the order of their keys."""
        with self._lock:
            found = [
                BlobInfo(key, len(data), modified) for key, (data, modified) in sorted(self._blobs.items())
            ]
        return (info for info in found if info.key.startswith(prefix))

    def sweep_partial(self, older_than: timedelta) -> int:  # noqa: ARG002 - the contract's shape
        """Unfinished writes leave nothing here."""
        return 0

    def free_bytes(self) -> int | None:
        """No notion of room."""
        return None

    def check(self) -> None:
        """Always usable."""

    def _data(self, key: str) -> bytes:
        check_key(key)
        found = self._blobs.get(key)
        if found is None:
            raise BlobMissing(key)
        return found[0]


class _Writer(WriterBlock):
    def __init__(self, store: MemoryStore, key: str) -> None:
        self._store, self._key, self._data, self._over = store, key, bytearray(), False

    def write(self, data: bytes | bytearray | memoryview) -> int:
        if self._over:
            raise ValueError("This writer is done.")
        before = len(self._data)
        self._data += data
        return len(self._data) - before

    def commit(self) -> None:
        if self._over:
            raise ValueError("This writer is done.")
        data = bytes(self._data)
        self.abort()
        self._store.put(self._key, data)

    def abort(self) -> None:
        self._over = True
        self._data.clear()


class _Reader(ReaderBlock):
    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        check_range(offset, length)
        if self._data is None:
            raise ValueError("This reader is closed.")
        return self._data[offset : offset + length]

    def close(self) -> None:
        self._data = None
