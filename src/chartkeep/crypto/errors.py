"""What can go wrong in this package. The text of an error never contains key bytes or plaintext."""

from enum import StrEnum

__all__ = [
    "CiphertextError",
    "CryptoError",
    "Defect",
    "FinishedError",
    "KeyMaterialError",
    "MessageTooLongError",
    "ProofError",
    "TokenError",
]


class Defect(StrEnum):
    """Where a ciphertext failed: the fixed vocabulary of `CiphertextError` and of the test vectors."""

    PREAMBLE = "preamble failure"
    HEADER = "header failure"
    COMMITMENT = "commitment failure"
    CHUNK = "chunk failure"
    TRUNCATED = "truncated"
    TOO_LONG = "too long"
    FERNET = "fernet failure"
    FIELD = "field failure"
    WRAPPING = "wrapping failure"


class CryptoError(Exception):
    """Everything that this package raises on purpose."""


class CiphertextError(CryptoError):
    """A ciphertext is not what was sealed, or not in the place it was sealed for.

    ``defect`` says where it failed; ``chunk`` is the index of the chunk, where there is one. Both are for
    the operator's log: a stranger is told neither.
    """

    def __init__(self, defect: Defect, *, chunk: int | None = None) -> None:
        super().__init__(defect.value if chunk is None else f"{defect.value} at chunk {chunk}")
        self.defect = defect
        self.chunk = chunk


class TokenError(CryptoError):
    """A share token, or what should go into one, is refused. One text for every reason."""

    def __init__(self, reason: str = "the token is not acceptable") -> None:
        super().__init__(reason)


class ProofError(CryptoError):
    """A Merkle proof, root or frontier does not hold."""


class KeyMaterialError(CryptoError):
    """A key is missing, malformed, weak or unknown; the text names the fix, never the value."""


class MessageTooLongError(CryptoError):
    """A message would need more than 2^38 chunks (4 PiB)."""


class FinishedError(CryptoError):
    """A writer was used after `finish()`, or after a failure: what it wrote is not a whole message."""
