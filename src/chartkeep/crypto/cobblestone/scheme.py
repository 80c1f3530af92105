"""The scheme itself: sizes, key schedule, nonces, runs of chunks."""

from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chartkeep.crypto.errors import CiphertextError, Defect, KeyMaterialError, MessageTooLongError

__all__ = [
    "BATCH_CHUNKS",
    "CHUNK_BYTES",
    "HEADER_BYTES",
    "MAX_CHUNKS",
    "SALT_BYTES",
    "SEALED_CHUNK_BYTES",
    "TAG_BYTES",
    "ChunkCipher",
    "Schedule",
    "ciphertext_size",
    "derive_schedule",
    "plaintext_size",
]

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 24
COMMITMENT_BYTES = 32
TAG_BYTES = 16
HEADER_BYTES = SALT_BYTES + COMMITMENT_BYTES
CHUNK_BYTES = 16 * 1024
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
MAX_CHUNKS = 2**38
BATCH_CHUNKS = 64
"""Chunks worked on between two reads or writes: 1 MiB of plaintext."""

_INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


class Schedule(NamedTuple):
    """What the key schedule gives for one message. Masked when printed, for it holds the key."""

    key: bytes
    base_nonce: bytes
    commitment: bytes

    def __repr__(self) -> str:
        return "Schedule(****)"


def derive_schedule(key: bytes, *, salt: bytes, context: bytes) -> Schedule:
    """HKDF-Expand-SHA-512 with no Extract step: the input key is already uniformly random.

    Raises:
        KeyMaterialError: ``key`` is not 32 bytes.
    """
    if len(key) != KEY_BYTES:
        raise KeyMaterialError(f"An input key is {KEY_BYTES} bytes, not {len(key)}.")
    length = KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES
    material = HKDFExpand(algorithm=SHA512(), length=length, info=_INFO + salt + context).derive(key)
    nonce_end = KEY_BYTES + NONCE_BYTES
    return Schedule(material[:KEY_BYTES], material[KEY_BYTES:nonce_end], material[nonce_end:])


def ciphertext_size(plaintext_size: int) -> int:
    """The length of the message that ``plaintext_size`` bytes become.

    Raises:
        MessageTooLongError: more than 2^38 chunks.
        ValueError: negative.
    """
    if plaintext_size < 0:
        raise ValueError("A size is not negative.")
    # The last chunk is always shorter than 16 KiB, so a whole number of chunks has an empty one after it.
    chunks = plaintext_size // CHUNK_BYTES + 1
    if chunks > MAX_CHUNKS:
        raise MessageTooLongError("A message has at most 2^38 chunks (4 PiB).")
    return HEADER_BYTES + plaintext_size + chunks * TAG_BYTES


def plaintext_size(ciphertext_size: int) -> int:
    """The length of the plaintext in a message of ``ciphertext_size`` bytes, if it is intact.

    Raises:
        CiphertextError: no message has that length.
    """
    if ciphertext_size < HEADER_BYTES:
        raise CiphertextError(Defect.HEADER)
    whole, rest = divmod(ciphertext_size - HEADER_BYTES, SEALED_CHUNK_BYTES)
    if rest < TAG_BYTES:
        raise CiphertextError(Defect.TRUNCATED, chunk=whole)
    if whole >= MAX_CHUNKS:
        raise CiphertextError(Defect.TOO_LONG, chunk=whole)
    return whole * CHUNK_BYTES + rest - TAG_BYTES


class ChunkCipher:
    """AES-256-GCM over runs of chunks, each by its index, into buffers of the caller.

    The nonce is ``base_nonce XOR index``: no nonce is random and none is stored. That is right, because key
    and base nonce are both fresh for every message (the salt is), and an index is used once.
    """

    __slots__ = ("_aead", "_base")

    def __init__(self, schedule: Schedule) -> None:
        self._aead = AESGCM(schedule.key)
        self._base = int.from_bytes(schedule.base_nonce, "big")

    def encrypt_run(self, first: int, plain: memoryview, out: memoryview) -> int:
        """Encrypt ``plain`` as chunks ``first``, ``first + 1``, … into ``out``; the bytes put there.

        Only the last chunk of the run may be short. An empty run is one empty chunk.

        Raises:
            MessageTooLongError: a chunk index would reach 2^38.
        """
        encrypt, base, put = self._aead.encrypt_into, self._base, 0
        starts = range(0, len(plain) or 1, CHUNK_BYTES)
        if first + len(starts) > MAX_CHUNKS:
            raise MessageTooLongError("A message has at most 2^38 chunks (4 PiB).")
        for index, start in enumerate(starts, first):
            chunk = plain[start : start + CHUNK_BYTES]
            end = put + len(chunk) + TAG_BYTES
            encrypt((base ^ index).to_bytes(NONCE_BYTES, "big"), chunk, None, out[put:end])
            put = end
        return put

    def decrypt_run(self, first: int, sealed: memoryview, out: memoryview) -> int:
        """Decrypt the chunks ``first``, ``first + 1``, … in ``sealed`` into ``out``; the bytes put there.

        Only the last chunk of the run may be short. On failure ``out`` holds whole authentic chunks before
        the one that the error names, and nothing to be used after them.

        Raises:
            CiphertextError: a chunk is not authentic, or its index would reach 2^38.
        """
        decrypt, base, put = self._aead.decrypt_into, self._base, 0
        for index, start in enumerate(range(0, len(sealed), SEALED_CHUNK_BYTES), first):
            chunk = sealed[start : start + SEALED_CHUNK_BYTES]
            end = put + len(chunk) - TAG_BYTES
            if index >= MAX_CHUNKS:
                raise CiphertextError(Defect.TOO_LONG, chunk=index)
            try:
                decrypt((base ^ index).to_bytes(NONCE_BYTES, "big"), chunk, None, out[put:end])
            except InvalidTag:
                raise CiphertextError(Defect.CHUNK, chunk=index) from None
            put = end
        return put
