"""Random access to a message that can be read at any offset."""

from collections.abc import Callable, Iterator
from typing import final

from chartkeep.crypto.cobblestone.decrypting import open_header
from chartkeep.crypto.cobblestone.scheme import (
    BATCH_CHUNKS,
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    plaintext_size,
)
from chartkeep.crypto.errors import CiphertextError, Defect

__all__ = ["ReadAt", "Reader"]

_PIECE_CHUNKS = 16
"""Chunks decrypted at a time: 256 KiB stay in the processor's cache until they are copied out."""

ReadAt = Callable[[int, int], bytes]
"""``read_at(offset, n)``: the ``n`` bytes at ``offset``, fewer only at the end of the message."""


@final
class Reader:
    """Reads any part of a message, fetching and authenticating only the chunks that it needs.

    Making one checks the commitment and authenticates the **last** chunk, so that the length is certain and
    a truncation known before the first byte is released. After the first failed check every further
    read fails too. Errors of ``read_at`` itself (a store that is away) pass through and spoil nothing.

    Raises:
        CiphertextError: the message is not intact, or was sealed with another key or context.
        KeyMaterialError: ``key`` is not 32 bytes.
    """

    __slots__ = ("_cipher", "_failure", "_last", "_read_at", "_size")

    def __init__(self, read_at: ReadAt, length: int, *, key: bytes, context: bytes) -> None:
        self._read_at = read_at
        self._size = plaintext_size(length)
        self._failure: CiphertextError | None = None
        self._cipher = open_header(read_at(0, HEADER_BYTES), key=key, context=context)
        self._last = b""
        tail = self._size // CHUNK_BYTES
        out = memoryview(bytearray(self._size % CHUNK_BYTES))
        sealed = self._fetch(tail, length - HEADER_BYTES - tail * SEALED_CHUNK_BYTES)
        self._cipher.decrypt_run(tail, sealed, out)
        self._last = bytes(out)

    @property
    def size(self) -> int:
        """The length of the plaintext in bytes, authenticated."""
        return self._size

    def read(self, offset: int, n: int) -> bytes:
        """The ``n`` bytes of plaintext at ``offset``, fewer where it ends.

        Raises:
            CiphertextError: a chunk is not authentic, or one was not before.
            ValueError: a negative argument.
        """
        if offset < 0 or n < 0:
            raise ValueError("Offset and length are not negative.")
        start = min(offset, self._size)
        return b"".join(self.stream(start, min(start + n, self._size)))

    def stream(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The plaintext from ``start`` up to ``stop`` (exclusive; the end by default), 256 KiB at once.

        Raises:
            CiphertextError: while iterating: a chunk is not authentic, or one was not before.
            ValueError: not ``0 <= start <= stop <= size``.
        """
        end = self._size if stop is None else stop
        if not 0 <= start <= end <= self._size:
            raise ValueError(f"No part of {self._size} bytes: {start} to {end}.")
        return self._pieces(start, end)

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        self._check()
        if start == end:
            return
        tail = self._size // CHUNK_BYTES  # whole chunks are 0 … tail - 1; the short one is at hand already
        beyond = min(-(-end // CHUNK_BYTES), tail)
        plain = memoryview(bytearray(min(beyond - start // CHUNK_BYTES, _PIECE_CHUNKS) * CHUNK_BYTES))
        for index in range(start // CHUNK_BYTES, beyond, BATCH_CHUNKS):
            base = index * CHUNK_BYTES
            for piece in self._batch(index, min(BATCH_CHUNKS, beyond - index), plain):
                yield bytes(piece[max(start - base, 0) : end - base])
                base += len(piece)
        self._check()
        base = tail * CHUNK_BYTES
        if end > max(start, base):
            yield self._last[max(start - base, 0) : end - base]

    def _batch(self, first: int, count: int, plain: memoryview) -> Iterator[memoryview]:
        """Fetch ``count`` chunks at once; decrypt them a piece at a time into ``plain``."""
        self._check()
        sealed = self._fetch(first, count * SEALED_CHUNK_BYTES)
        for at in range(0, count, _PIECE_CHUNKS):
            self._check()
            run = sealed[at * SEALED_CHUNK_BYTES : (at + _PIECE_CHUNKS) * SEALED_CHUNK_BYTES]
            try:
                size = self._cipher.decrypt_run(first + at, run, plain)
            except CiphertextError as failure:
                self._failure = failure
                raise
            yield plain[:size]

    def _fetch(self, index: int, n: int) -> memoryview:
        data = self._read_at(HEADER_BYTES + index * SEALED_CHUNK_BYTES, n)
        if len(data) != n:
            self._failure = CiphertextError(Defect.TRUNCATED, chunk=index)
            raise self._failure
        return memoryview(data)

    def _check(self) -> None:
        if self._failure is not None:
            raise CiphertextError(self._failure.defect, chunk=self._failure.chunk)
