"""AES-256 key wrap with padding (AES-256-KWP, RFC 5649): keys sealed by keys (section 1)."""

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from chartkeep.crypto.errors import CiphertextError, Defect, KeyMaterialError

__all__ = ["unwrap", "wrap"]

_KEK_BYTES = 32


def wrap(kek: bytes, key: bytes) -> bytes:
    """``key`` (at least 1 byte) wrapped by ``kek`` (32 bytes): 40 bytes for a 32-byte key.

    KWP takes no nonce and no associated data: equal keys wrap to equal blobs. That is right here, for every
    wrapped key is 32 random bytes, and a blob moved to another row yields a key that opens nothing there.

    Raises:
        KeyMaterialError: ``kek`` is not 32 bytes, or ``key`` is empty.
    """
    _check_kek(kek)
    if not key:
        raise KeyMaterialError("There is no key to wrap.")
    return aes_key_wrap_with_padding(kek, key)


def unwrap(kek: bytes, blob: bytes) -> bytes:
    """The key that `wrap` put into ``blob``.

    Raises:
        CiphertextError: the blob is not intact, or ``kek`` is another key.
        KeyMaterialError: ``kek`` is not 32 bytes.
    """
    _check_kek(kek)
    try:
        return aes_key_unwrap_with_padding(kek, blob)
    except InvalidUnwrap:
        raise CiphertextError(Defect.WRAPPING) from None


def _check_kek(kek: bytes) -> None:
    # The library would take 16 and 24 bytes as well, silently giving AES-128 and AES-192.
    if len(kek) != _KEK_BYTES:
        raise KeyMaterialError(f"A key-encryption key is {_KEK_BYTES} bytes, not {len(kek)}.")
