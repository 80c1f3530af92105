"""The contract of a store of sealed objects, and what may go wrong with one.

A store sees ciphertext only. Objects are immutable: a key is written once, becomes visible whole and
durable with ``commit``, and is then read or deleted, never changed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import ClassVar, Protocol, Self

_KEY = re.compile(r"[a-z0-9][a-z0-9/_.-]{0,199}")


class StorageError(Exception):
    """The root of storage errors. ``reason`` is a stable word; the message names the fix."""

    reason: ClassVar[str] = "unavailable"


class BlobMissing(StorageError):  # noqa: N818 - a fact, as FileNotFoundError's kin in the field
    """There is no object of this key."""

    reason = "missing"


class BlobExists(StorageError):  # noqa: N818 - as above
    """There is an object of this key already: objects are immutable."""

    reason = "exists"


class StorageUnavailable(StorageError):  # noqa: N818 - a state
    """The store does not answer; trying again later may help."""

    reason = "unavailable"


class StorageFull(StorageError):  # noqa: N818 - a state
    """There is no room left."""

    reason = "full"


class BlobCorrupt(StorageError):  # noqa: N818 - a fact, as above
    """What the store holds is not what was written, or not as long as it says."""

    reason = "corrupt"


class StorageMisconfigured(StorageError):  # noqa: N818 - a state
    """The store refuses us, or its address makes no sense; the message names the setting."""

    reason = "misconfigured"


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """A committed object: its key, its size in bytes, and when it was committed (UTC)."""

    key: str
    size: int
    modified: datetime


class BlobWriter(Protocol):
    """Writes one object. Nothing is visible before ``commit``; leaving the block without it aborts."""

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Append ``data``, all of it; the caller may reuse the buffer. Gives the number of bytes."""
        ...

    def commit(self) -> None:
        """Make the object visible; it is durable when this returns."""
        ...

    def abort(self) -> None:
        """Leave nothing behind. Does nothing after ``commit`` or a first ``abort``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class BlobReader(Protocol):
    """Reads one object at any place, holding it open."""

    @property
    def size(self) -> int:
        """Bytes of the object."""
        ...

    def read_at(self, offset: int, length: int, /) -> bytes:
        """Exactly ``length`` bytes from ``offset``; fewer only at the end, none behind it.

        Raises:
            ValueError: ``offset`` or ``length`` is negative, or the reader is closed.
            BlobCorrupt: the store gave fewer bytes than the object has there.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class BlobStore(Protocol):
    """A store. Keys are lower-case ASCII paths, see ``check_key``. Safe to use from many threads."""

    def open_writer(self, key: str, /, *, expected_size: int | None = None) -> BlobWriter:
        """Begin a new object; ``BlobExists`` at the latest on ``commit`` when the key is taken.

        ``expected_size``: about how many bytes will come, if that is known. It binds nobody, but an object
        store needs it for objects of more than some 50 GiB.
        """
        ...

    def put(self, key: str, data: bytes, /) -> None:
        """Write a small object in one go."""
        ...

    def open_reader(self, key: str, /) -> BlobReader:
        """Open an object; ``BlobMissing`` when there is none."""
        ...

    def size(self, key: str, /) -> int:
        """Bytes of an object; ``BlobMissing`` when there is none."""
        ...

    def read_at(self, key: str, offset: int, length: int, /) -> bytes:
        """A part of an object, as ``BlobReader.read_at``."""
        ...

    def delete(self, key: str, /) -> None:
        """Remove an object; a missing one is fine."""
        ...

    def list(self, prefix: str = "", /) -> Iterator[BlobInfo]:
        """Committed objects whose key starts with ``prefix``, in bounded memory."""
        ...

    def sweep_partial(self, older_than: timedelta, /) -> int:
        """Remove what unfinished writes of that age left; never one that is being written. Gives how many."""
        ...

    def free_bytes(self) -> int | None:
        """Room left for objects, in bytes; ``None`` when the store has no such notion."""
        ...

    def check(self) -> None:
        """See that the store can be used; ``StorageError`` with the fix otherwise."""
        ...


def check_key(key: str) -> str:
    """The key itself.

    Raises:
        ValueError: it is not a plain relative path of ``[a-z0-9/_.-]``, at most 200 characters.
    """
    if not _KEY.fullmatch(key) or ".." in key or any(part in {"", "."} for part in key.split("/")):
        raise ValueError(f"Not a storage key: {key[:80]!r}")
    return key


def check_range(offset: int, length: int) -> None:
    """See that a part of an object can be asked for.

    Raises:
        ValueError: a negative offset or length.
    """
    if offset < 0 or length < 0:
        raise ValueError(f"No part of an object: {length} bytes from {offset}.")


class WriterBlock:
    """The block form of a writer: aborts at the end unless committed."""

    def abort(self) -> None:
        """Leave nothing behind."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


class ReaderBlock:
    """The block form of a reader: closes at the end."""

    def close(self) -> None:
        """Let go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
