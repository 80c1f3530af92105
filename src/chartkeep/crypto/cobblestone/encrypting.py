"""Encrypt a stream, pushed piece by piece or pulled from a source."""

import os
from typing import final

from chartkeep.crypto.cobblestone.scheme import (
    BATCH_CHUNKS,
    CHUNK_BYTES,
    HEADER_BYTES,
    SALT_BYTES,
    SEALED_CHUNK_BYTES,
    ChunkCipher,
    derive_schedule,
)
from chartkeep.crypto.cobblestone.streams import Buffer, Sink, Source, write_all
from chartkeep.crypto.errors import FinishedError

__all__ = ["Encryptor", "encrypt_stream"]

_OUT_BYTES = HEADER_BYTES + BATCH_CHUNKS * SEALED_CHUNK_BYTES


@final
class Encryptor:
    """Encrypts what is written to it, in pieces of any size, and writes the message to ``sink``.

    The sink gets about 1 MiB at a time. The message is whole only after `finish()`. After an error of the
    sink the encryptor refuses everything: what the sink holds is not a message.

    Args:
        sink: takes the message; must be done with the bytes before ``write`` returns.
        key: the input key, 32 bytes, uniformly random.
        context: what the message is bound to; decrypting with another context fails.
    """

    __slots__ = (
        "_cipher",
        "_filled",
        "_index",
        "_out",
        "_partial",
        "_partial_size",
        "_sink",
        "_usable",
        "_written",
    )

    def __init__(self, sink: Sink, *, key: bytes, context: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        schedule = derive_schedule(key, salt=salt, context=context)
        self._cipher = ChunkCipher(schedule)
        self._sink = sink
        self._out = memoryview(bytearray(_OUT_BYTES))
        self._out[:HEADER_BYTES] = salt + schedule.commitment
        self._filled = HEADER_BYTES
        self._partial = memoryview(bytearray(CHUNK_BYTES))
        self._partial_size = 0
        self._index = 0
        self._written = 0
        self._usable = True

    def write(self, data: Buffer) -> int:
        """Encrypt the next bytes of the plaintext; their number.

        Raises:
            FinishedError: after `finish()` or a failure.
            MessageTooLongError: the message would exceed 2^38 chunks.
        """
        self._claim()
        view = memoryview(data).cast("B")
        rest = self._top_up(view)
        whole = len(rest) - len(rest) % CHUNK_BYTES
        if whole:
            self._encrypt_whole(rest[:whole])
            rest = rest[whole:]
        if rest:
            self._partial[: len(rest)] = rest
            self._partial_size = len(rest)
        self._usable = True
        return len(view)

    def finish(self) -> int:
        """Write the last chunk, shorter than 16 KiB and possibly empty; the length of the whole message.

        Raises:
            FinishedError: called twice, or after a failure.
            MessageTooLongError: the message would exceed 2^38 chunks.
        """
        self._claim()
        self._encrypt(self._partial[: self._partial_size])
        self._flush()
        return self._written

    def _claim(self) -> None:
        # Set back only by a write() that came to its end: whatever fails in between leaves it refused.
        if not self._usable:
            raise FinishedError("This encryptor is finished or has failed.")
        self._usable = False

    def _top_up(self, view: memoryview) -> memoryview:
        """Complete the chunk that an earlier write began; what is left of ``view``."""
        if not self._partial_size:
            return view
        end = min(CHUNK_BYTES, self._partial_size + len(view))
        taken = end - self._partial_size
        self._partial[self._partial_size : end] = view[:taken]
        self._partial_size = end
        if end == CHUNK_BYTES:
            self._encrypt(self._partial)
            self._partial_size = 0
        return view[taken:]

    def _encrypt_whole(self, chunks: memoryview) -> None:
        while chunks:
            if self._room() == 0:
                self._flush()
            size = self._room() * CHUNK_BYTES
            self._encrypt(chunks[:size])
            chunks = chunks[size:]

    def _encrypt(self, run: memoryview) -> None:
        """Put a run of whole chunks, or one chunk of any size, into the output."""
        if self._room() == 0:
            self._flush()
        self._filled += self._cipher.encrypt_run(self._index, run, self._out[self._filled :])
        self._index += len(run) // CHUNK_BYTES or 1

    def _room(self) -> int:
        return (_OUT_BYTES - self._filled) // SEALED_CHUNK_BYTES

    def _flush(self) -> None:
        write_all(self._sink, self._out[: self._filled])
        self._written += self._filled
        self._filled = 0


def encrypt_stream(source: Source, sink: Sink, *, key: bytes, context: bytes) -> int:
    """Encrypt everything that ``source`` gives into ``sink``; the number of bytes written.

    Raises:
        KeyMaterialError: ``key`` is not 32 bytes.
        MessageTooLongError: more than 2^38 chunks.
    """
    encryptor = Encryptor(sink, key=key, context=context)
    while data := source.read(BATCH_CHUNKS * CHUNK_BYTES):
        encryptor.write(data)
    return encryptor.finish()
