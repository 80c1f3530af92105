"""The contract between what keeps sealed values and what holds the keys."""

from typing import Protocol
from uuid import UUID


class FieldSealer(Protocol):
    """Seals and opens database fields for one owner (cryptography.md section 3).

    ``table``, ``column`` and ``row`` bind a sealed value to its place: moved elsewhere it does not open.
    """

    @property
    def owner(self) -> UUID:
        """The patient, account or deployment whose key this is."""
        ...

    def seal(self, plaintext: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Seal ``plaintext`` for its place."""
        ...

    def open(self, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Open what ``seal`` made; ``CiphertextError`` when it is not intact or not in its place."""
        ...
