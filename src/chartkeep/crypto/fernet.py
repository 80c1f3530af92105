"""Fernet, the second suite (section 7): AES-128-CBC and HMAC-SHA-256, whole in memory.

https://github.com/fernet/spec. Not our default: its 32-byte key is 128 bits for each of the two, and a token
must be held in memory whole. It is here for those whose rules name it, and to take in what they have.
"""

import base64
import re

from cryptography.fernet import Fernet, InvalidToken

from chartkeep.crypto.errors import CiphertextError, CryptoError, Defect, KeyMaterialError

__all__ = ["MAX_BYTES", "TooLargeForFernet", "open_foreign_token", "open_token", "seal_token", "token_size"]

MAX_BYTES = 64 * 1024 * 1024
"""The longest plaintext that is sealed with Fernet."""

_FIXED_BYTES = 1 + 8 + 16 + 32  # version, time, IV, HMAC
_BLOCK_BYTES = 16
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*={0,2}")


class TooLargeForFernet(CryptoError):  # noqa: N818 - the name that other packages build against
    """A plaintext is longer than 64 MiB, which Fernet would have to hold in memory several times."""

    def __init__(self) -> None:
        super().__init__(f"Fernet takes at most {MAX_BYTES // 2**20} MiB: use the suite aes-256-gcm.")


def token_size(plaintext_size: int) -> int:
    """The length in bytes of the token that ``plaintext_size`` bytes become.

    Raises:
        TooLargeForFernet: more than 64 MiB.
    """
    if plaintext_size > MAX_BYTES:
        raise TooLargeForFernet
    # PKCS #7 always pads: a whole number of blocks gets one more.
    raw = _FIXED_BYTES + (plaintext_size // _BLOCK_BYTES + 1) * _BLOCK_BYTES
    return -(-raw // 3) * 4


def seal_token(key: bytes, plaintext: bytes) -> bytes:
    """A Fernet token; ``key`` is the 32 bytes themselves, not their text.

    Raises:
        TooLargeForFernet: more than 64 MiB.
    """
    if len(plaintext) > MAX_BYTES:
        raise TooLargeForFernet
    return Fernet(base64.urlsafe_b64encode(key)).encrypt(plaintext)


def open_token(key: bytes, token: bytes) -> bytes:
    """What `seal_token` sealed. The token's time is not looked at: files do not expire.

    Raises:
        CiphertextError: changed, or sealed under another key.
    """
    # Decoders of base64 skip what they do not know and ignore the spare bits of the last character, so a
    # changed text can still be the same token. One object, one text: anything else was tampered with.
    if not _canonical(token):
        raise CiphertextError(Defect.FERNET)
    try:
        return Fernet(base64.urlsafe_b64encode(key)).decrypt(token)
    except InvalidToken:
        raise CiphertextError(Defect.FERNET) from None


def open_foreign_token(key_text: str, token: bytes) -> bytes:
    """What an earlier application sealed with Fernet; ``key_text`` is its key as it printed it.

    Raises:
        KeyMaterialError: ``key_text`` is not a Fernet key.
        CiphertextError: not a Fernet token, or of another key.
    """
    try:
        cipher = Fernet(key_text.strip())
    except ValueError:
        raise KeyMaterialError(
            "The key is not a Fernet key: 32 bytes as 44 characters of base64url."
        ) from None
    try:
        return cipher.decrypt(token.strip())
    except InvalidToken:
        raise CiphertextError(Defect.FERNET) from None


def _canonical(token: bytes) -> bool:
    if not token or len(token) % 4 or not _BASE64URL.fullmatch(token):
        return False
    ending = token[-4:]
    return base64.urlsafe_b64encode(base64.urlsafe_b64decode(ending)) == ending
