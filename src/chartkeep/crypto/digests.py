"""Hashes and keyed hashes."""

import hashlib
import hmac

__all__ = ["Sha256", "keyed_digest", "sealed_digest"]


class Sha256:
    """SHA-256 of what passes by, in pieces of any size."""

    __slots__ = ("_state",)

    def __init__(self, data: bytes | bytearray | memoryview = b"") -> None:
        self._state = hashlib.sha256(data)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes."""
        self._state.update(data)

    def digest(self) -> bytes:
        """The 32 bytes so far; more may follow."""
        return self._state.digest()

    def hexdigest(self) -> str:
        """The same as 64 lower-case hex digits."""
        return self._state.hexdigest()


def sealed_digest(salt: bytes, payload: bytes) -> bytes:
    """SHA-256(salt || payload), the audit log's stand-in for an erasable payload (section 5).

    The salt must be 32 random bytes: short payloads could be guessed otherwise. Its fixed length is also
    what keeps the plain concatenation unambiguous.

    Raises:
        ValueError: the salt is not 32 bytes.
    """
    if len(salt) != hashlib.sha256().digest_size:
        raise ValueError(f"A salt is 32 bytes, not {len(salt)}.")
    return hashlib.sha256(salt + payload).digest()


def keyed_digest(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256, 32 bytes: a lookup value that nobody can recompute without the key."""
    return hmac.digest(key, data, "sha256")
