"""Decrypt a stream from its beginning to its end."""

import hmac

from chartkeep.crypto.cobblestone.scheme import (
    BATCH_CHUNKS,
    CHUNK_BYTES,
    HEADER_BYTES,
    SALT_BYTES,
    SEALED_CHUNK_BYTES,
    TAG_BYTES,
    ChunkCipher,
    derive_schedule,
)
from chartkeep.crypto.cobblestone.streams import Sink, Source, read_into, write_all
from chartkeep.crypto.errors import CiphertextError, Defect

__all__ = ["decrypt_stream", "open_header"]


def open_header(header: bytes, *, key: bytes, context: bytes) -> ChunkCipher:
    """The cipher for the chunks after ``header``, once its commitment is found right (constant time).

    Raises:
        CiphertextError: the header is short, or made with another key, salt or context.
        KeyMaterialError: ``key`` is not 32 bytes.
    """
    if len(header) != HEADER_BYTES:
        raise CiphertextError(Defect.HEADER)
    schedule = derive_schedule(key, salt=header[:SALT_BYTES], context=context)
    if not hmac.compare_digest(schedule.commitment, header[SALT_BYTES:]):
        raise CiphertextError(Defect.COMMITMENT)
    return ChunkCipher(schedule)


def decrypt_stream(source: Source, sink: Sink, *, key: bytes, context: bytes) -> int:
    """Decrypt the message that ``source`` gives into ``sink``; the number of bytes written.

    A stream shows its end only at its end: chunks before a defect have been released when it is found. So
    the sink's content counts only if this returns; use `Reader` where the end can be looked at first.

    Raises:
        CiphertextError: the message is not intact; the sink got whole authentic chunks at most.
        KeyMaterialError: ``key`` is not 32 bytes.
    """
    header = bytearray(HEADER_BYTES)
    got = read_into(source, memoryview(header))
    cipher = open_header(bytes(header[:got]), key=key, context=context)
    sealed = memoryview(bytearray(BATCH_CHUNKS * SEALED_CHUNK_BYTES))
    plain = memoryview(bytearray(BATCH_CHUNKS * CHUNK_BYTES))
    index = written = 0
    while True:
        got = read_into(source, sealed)
        # A batch that is not full ends the message; its last chunk must be a short one.
        last = got < len(sealed)
        whole = got // SEALED_CHUNK_BYTES
        defect = last and got % SEALED_CHUNK_BYTES < TAG_BYTES
        take = whole * SEALED_CHUNK_BYTES if defect else got
        written += _release(cipher, index, sealed[:take], plain, sink)
        index += whole
        if defect:
            raise CiphertextError(Defect.TRUNCATED, chunk=index)
        if last:
            return written


def _release(cipher: ChunkCipher, first: int, sealed: memoryview, plain: memoryview, sink: Sink) -> int:
    """Decrypt a run and hand it on; when a chunk fails, hand on what is authentic before it."""
    try:
        size = cipher.decrypt_run(first, sealed, plain)
    except CiphertextError as failure:
        good = first if failure.chunk is None else failure.chunk
        write_all(sink, plain[: (good - first) * CHUNK_BYTES])
        raise
    write_all(sink, plain[:size])
    return size
