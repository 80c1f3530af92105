"""Writing an object in parts, in bounded memory.

A thread of its own hands full parts to obstore, two at a time, so that the caller feels the store's own pace;
an abort raises inside that hand-over, and obstore then aborts the upload. At most one part is being
filled, one waits and two are on their way, with one more between them: five parts in memory.
"""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Protocol

from chartkeep.storage.base import StorageError, StorageMisconfigured, StorageUnavailable, WriterBlock

PART_SIZE = 5 * 2**20  # bytes, the least that S3 takes; 10,000 of them are 48 GiB
PARTS_IN_FLIGHT = 2
MOST_PARTS = 10_000
MOST_BYTES = 5 * 2**40
_MIB = 2**20


def part_size(expected_size: int | None) -> int:
    """Bytes of a part such that ``expected_size`` bytes and a few more fit into 10,000 parts.

    Raises:
        StorageMisconfigured: object stores take no object of this size.
    """
    if expected_size is None:
        return PART_SIZE
    if expected_size > MOST_BYTES:
        raise StorageMisconfigured(
            "An object store takes at most 5 TiB in one object: lower MAX_UPLOAD_SIZE."
        )
    least = -(-expected_size // (MOST_PARTS - 100))
    return max(PART_SIZE, -(-least // _MIB) * _MIB)


class Store(Protocol):
    """What a writer needs of its store."""

    def put(self, key: str, data: bytes | bytearray, /) -> None:
        """Write in one request."""
        ...

    def put_parts(self, key: str, parts: Iterator[bytearray], size: int, /) -> None:
        """Write in parts."""
        ...

    def refuse_taken(self, key: str, /) -> None:
        """Raise when the key is taken."""
        ...

    def compare_size(self, key: str, size: int, /) -> None:
        """Raise when the store has another number of bytes."""
        ...


class PartsWriter(WriterBlock):
    """Satisfies ``BlobWriter``: one request if everything fits into a part, a multipart upload otherwise."""

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._store, self._key, self._part_size = store, key, size
        self._part = bytearray()
        self._parts = 0
        self._total = 0
        self._upload: _Upload | None = None
        self._over = False

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append; waits while the store is slower than the caller."""
        self._see_open()
        view = memoryview(data).cast("B")
        total = len(view)
        while view:
            if len(self._part) == self._part_size:
                self._hand_over()
            step = self._part_size - len(self._part)
            self._part += view[:step]
            view = view[step:]
        self._total += total
        return total

    def commit(self) -> None:
        """Complete the upload and see that everything is there."""
        self._see_open()
        try:
            if self._upload is None:
                self._store.put(self._key, self._part)
            else:
                self._complete(self._upload)
        except BaseException:
            self.abort()
            raise
        self._over = True
        self._part = bytearray()

    def abort(self) -> None:
        """Abort the upload; an unfinished one that a dead store keeps is the sweeper's work."""
        if self._over:
            return
        self._over = True
        self._part = bytearray()
        if self._upload is not None:
            self._upload.abort()

    def _see_open(self) -> None:
        if self._over:
            raise ValueError("This writer is done.")

    def _complete(self, upload: "_Upload") -> None:
        self._hand_over()
        self._store.refuse_taken(self._key)
        upload.finish()
        self._store.compare_size(self._key, self._total)

    def _hand_over(self) -> None:
        if self._parts == MOST_PARTS:
            raise StorageMisconfigured(
                f"An object outgrew {MOST_PARTS} parts of {self._part_size} bytes: announce the size of "
                "large uploads (Content-Length), or lower MAX_UPLOAD_SIZE."
            )
        if self._upload is None:
            self._upload = _Upload(self._store, self._key, self._part_size)
        part, self._part = self._part, bytearray()
        self._parts += 1
        self._upload.send(part)


class _AbortedError(Exception):
    """Raised inside the hand-over of parts, so that obstore aborts the upload."""


class _Upload:
    """A multipart upload in a thread of its own, fed through a queue of one part."""

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._queue: queue.Queue[bytearray | BaseException | None] = queue.Queue(maxsize=1)
        self._problem: StorageError | None = None
        self._thread = threading.Thread(target=self._run, args=(store, key, size), daemon=True)
        self._thread.start()

    def send(self, part: bytearray) -> None:
        """Hand over a part; raises what stopped the upload."""
        self._offer(part)

    def finish(self) -> None:
        """Complete the upload; raises what stopped it."""
        self._offer(None)
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def abort(self) -> None:
        """Abort the upload; never raises."""
        with contextlib.suppress(StorageError):
            self._offer(_AbortedError())
        self._thread.join()

    def _offer(self, item: bytearray | BaseException | None) -> None:
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=0.2)
                return
        if self._problem is not None:
            raise self._problem

    def _parts(self) -> Iterator[bytearray]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self, store: Store, key: str, size: int) -> None:
        try:
            store.put_parts(key, self._parts(), size)
        except StorageError as problem:
            self._problem = problem
        except BaseException as problem:  # noqa: BLE001 - it is raised again in the caller's thread
            self._problem = StorageUnavailable(f"The upload ended: {problem}")
