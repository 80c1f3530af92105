"""Sealed database fields (section 3): AES-256-GCM, bound to table, column and row."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chartkeep.crypto.errors import CiphertextError, Defect, KeyMaterialError

__all__ = ["OVERHEAD", "open_field", "seal_field"]

_VERSION = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
OVERHEAD = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES
"""Bytes that a sealed field is longer than its plaintext."""


def seal_field(key: bytes, plaintext: bytes, *, table: str, column: str, row: UUID) -> bytes:
    """``0x01 || nonce(12) || ciphertext || tag(16)``, associated data ``table 0x00 column 0x00 row``.

    The nonce is random. 96 random bits repeat with probability 2^-32 after 2^32 fields under one key
    (NIST SP 800-38D section 8.3), and a key serves the fields of one patient only.

    Raises:
        KeyMaterialError: ``key`` is not 32 bytes.
        ValueError: a name contains the separator.
    """
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, plaintext, _place(table, column, row))
    return _VERSION + nonce + sealed


def open_field(key: bytes, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
    """What `seal_field` sealed for the same place.

    Raises:
        CiphertextError: changed, moved, sealed under another key, or of an unknown version.
        KeyMaterialError: ``key`` is not 32 bytes.
        ValueError: a name contains the separator.
    """
    cipher, place = _cipher(key), _place(table, column, row)
    if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
        raise CiphertextError(Defect.FIELD)
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], place)
    except InvalidTag:
        raise CiphertextError(Defect.FIELD) from None


def _cipher(key: bytes) -> AESGCM:
    # The library would take 16 and 24 bytes as well, silently giving AES-128 and AES-192.
    if len(key) != _KEY_BYTES:
        raise KeyMaterialError(f"A field key is {_KEY_BYTES} bytes, not {len(key)}.")
    return AESGCM(key)


def _place(table: str, column: str, row: UUID) -> bytes:
    # With a separator inside a name, two places could have the same associated data.
    if "\0" in table or "\0" in column:
        raise ValueError("Names of tables and columns contain no zero character.")
    return b"\0".join((table.encode(), column.encode(), row.bytes))
