"""The stored object: an 8-byte preamble, then a message in one of two suites (sections 2 and 7).

The preamble and the object's place (patient, record, object, role) are the message's context. Objects are
immutable and every write has a fresh object uuid, so one that was swapped, copied or rolled back fails
before its first byte is released.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, final
from uuid import UUID

from chartkeep.crypto import fernet
from chartkeep.crypto.cobblestone import Encryptor, ReadAt, Reader, Sink, ciphertext_size
from chartkeep.crypto.cobblestone.streams import Buffer, write_all
from chartkeep.crypto.errors import CiphertextError, Defect, FinishedError
from chartkeep.crypto.fernet import TooLargeForFernet
from chartkeep.crypto.keys import DataKey, Label, derive

__all__ = [
    "PREAMBLE_BYTES",
    "ObjectReader",
    "ObjectRef",
    "ObjectWriter",
    "Role",
    "Suite",
    "TooLargeForFernet",
    "open_object",
    "stored_size",
]

_MAGIC = b"CKEEP"
_FORMAT_VERSION = 1
PREAMBLE_BYTES = 8
_CONTEXT_LABEL = b"chartkeep/v1/object\x00"
_HEAD_BYTES = 64 * 1024


class Suite(IntEnum):
    """How an object is sealed. The number stands in the preamble and never changes meaning."""

    AES_256_GCM = 1
    FERNET = 2


class Role(IntEnum):
    """What an object is for its record. The number stands in the context and never changes meaning."""

    ORIGINAL = 1
    PREVIEW = 2
    TEXT = 3
    STRUCTURED = 4
    INDEX = 5


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """The place of an object: whose it is, of which record, which write of it, and in which role."""

    patient: UUID
    record: UUID
    object: UUID
    role: Role

    def context(self, preamble: bytes) -> bytes:
        """The context of section 2. All parts have a fixed length, so no two places share one."""
        places = self.patient.bytes + self.record.bytes + self.object.bytes
        return _CONTEXT_LABEL + preamble + places + bytes([self.role])


class ObjectReader(Protocol):
    """Reads an opened object: the plaintext by parts."""

    @property
    def size(self) -> int:
        """The length of the plaintext in bytes, authenticated."""
        ...

    def read(self, offset: int, n: int, /) -> bytes:
        """The ``n`` bytes at ``offset``, fewer at the end."""
        ...

    def stream(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``stop`` (exclusive), in pieces of at most about 1 MiB."""
        ...


class _Message(Protocol):
    def write(self, data: Buffer, /) -> int: ...

    def finish(self) -> int: ...


@final
class ObjectWriter:
    """Seals what is written to it, in pieces of any size, into ``sink``: preamble first.

    Args:
        sink: takes the object; must be done with the bytes before ``write`` returns.
        dek: the key of this object alone.
        ref: the place that the object is bound to.
        suite: AES-256-GCM in constant memory, or Fernet, which keeps up to 64 MiB until `finish`.
    """

    __slots__ = ("_message",)

    def __init__(self, sink: Sink, *, dek: DataKey, ref: ObjectRef, suite: Suite = Suite.AES_256_GCM) -> None:
        preamble = _preamble(suite)
        context = ref.context(preamble)
        self._message: _Message = (
            _FernetMessage(sink, key=_fernet_key(dek, context))
            if suite is Suite.FERNET
            else Encryptor(sink, key=dek.reveal(), context=context)
        )
        write_all(sink, memoryview(preamble))

    def write(self, data: Buffer) -> int:
        """Seal the next bytes of the plaintext; their number.

        Raises:
            FinishedError: after `finish()` or a failure.
            TooLargeForFernet: more than 64 MiB in that suite.
        """
        return self._message.write(data)

    def finish(self) -> int:
        """Complete the object; its length as stored. Without this call there is no object.

        Raises:
            FinishedError: called twice, or after a failure.
        """
        return PREAMBLE_BYTES + self._message.finish()


def open_object(read_at: ReadAt, length: int, *, dek: DataKey, ref: ObjectRef) -> ObjectReader:
    """Open the stored object of ``length`` bytes; nothing is released before its end is authenticated.

    ``read_at(offset, n)`` gives stored bytes, fewer than ``n`` only at the end. An object of up to 64 KiB
    costs one call, a longer one two before the first byte. A Fernet object is opened in memory, whole.

    Raises:
        CiphertextError: not intact, not in its place, or sealed with another key.
    """
    head = _Head(read_at, length)
    preamble = head.read_at(0, PREAMBLE_BYTES)
    suite = _suite_of(preamble)
    context = ref.context(preamble)
    rest = length - PREAMBLE_BYTES
    if suite is Suite.AES_256_GCM:
        return Reader(head.message_at, rest, key=dek.reveal(), context=context)
    if rest > fernet.token_size(fernet.MAX_BYTES):
        raise CiphertextError(Defect.TOO_LONG)
    token = head.message_at(0, rest)
    if len(token) != rest:
        raise CiphertextError(Defect.TRUNCATED)
    return _FernetObject(fernet.open_token(_fernet_key(dek, context), token))


def stored_size(plaintext_size: int, suite: Suite) -> int:
    """The length as stored of an object with ``plaintext_size`` bytes of plaintext.

    Raises:
        TooLargeForFernet, MessageTooLongError: the suite cannot hold so much.
    """
    sizes = {Suite.AES_256_GCM: ciphertext_size, Suite.FERNET: fernet.token_size}
    return PREAMBLE_BYTES + sizes[suite](plaintext_size)


def _preamble(suite: Suite) -> bytes:
    return _MAGIC + bytes([_FORMAT_VERSION, suite, 0])


def _suite_of(preamble: bytes) -> Suite:
    """The suite that a preamble names. Equal to a whole known preamble, or refused: nothing is parsed."""
    for suite in Suite:
        if preamble == _preamble(suite):
            return suite
    raise CiphertextError(Defect.PREAMBLE)


def _fernet_key(dek: DataKey, context: bytes) -> bytes:
    # Fernet has no place for a context. As the salt of HKDF it makes a key that exists in this place only.
    return derive(dek.reveal(), Label.FERNET_OBJECT, salt=context)


class _Head:
    """The first 64 KiB of an object, fetched at once: to a distant store every call is a round trip."""

    __slots__ = ("_head", "_read_at")

    def __init__(self, read_at: ReadAt, length: int) -> None:
        self._read_at = read_at
        self._head = read_at(0, min(length, _HEAD_BYTES))

    def read_at(self, offset: int, n: int) -> bytes:
        if offset + n <= len(self._head):
            return self._head[offset : offset + n]
        return self._read_at(offset, n)

    def message_at(self, offset: int, n: int) -> bytes:
        return self.read_at(PREAMBLE_BYTES + offset, n)


class _FernetMessage:
    __slots__ = ("_key", "_plaintext", "_sink")

    def __init__(self, sink: Sink, *, key: bytes) -> None:
        self._sink = sink
        self._key = key
        self._plaintext: bytearray | None = bytearray()

    def write(self, data: Buffer) -> int:
        kept, view = self._claim(), memoryview(data).cast("B")
        if len(kept) + len(view) > fernet.MAX_BYTES:
            raise TooLargeForFernet
        kept += view
        self._plaintext = kept
        return len(view)

    def finish(self) -> int:
        token = fernet.seal_token(self._key, bytes(self._claim()))
        write_all(self._sink, memoryview(token))
        return len(token)

    def _claim(self) -> bytearray:
        # Put back only by a write() that came to its end: whatever fails in between leaves it refused.
        kept, self._plaintext = self._plaintext, None
        if kept is None:
            raise FinishedError("This writer is finished or has failed.")
        return kept


class _FernetObject:
    __slots__ = ("_plaintext",)

    _PIECE_BYTES = 1024 * 1024

    def __init__(self, plaintext: bytes) -> None:
        self._plaintext = plaintext

    @property
    def size(self) -> int:
        return len(self._plaintext)

    def read(self, offset: int, n: int) -> bytes:
        if offset < 0 or n < 0:
            raise ValueError("Offset and length are not negative.")
        return self._plaintext[offset : offset + n]

    def stream(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.size if stop is None else stop
        if not 0 <= start <= end <= self.size:
            raise ValueError(f"No part of {self.size} bytes: {start} to {end}.")
        step = self._PIECE_BYTES
        return (self._plaintext[at : min(at + step, end)] for at in range(start, end, step))
