"""HKDF and its labels: how one key comes from another (section 1)."""

from enum import StrEnum, unique

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["KEY_BYTES", "Label", "derive"]

KEY_BYTES = 32


@unique
class Label(StrEnum):
    """HKDF ``info`` labels. One key, one purpose: no label is used twice, and none is ever reused."""

    KEK = "chartkeep/v1/kek"
    KEY_ID = "chartkeep/v1/key-id"
    KEY_CHECK = "chartkeep/v1/key-check"
    AUDIT_SIGNING = "chartkeep/v1/audit-signing"
    DEK_WRAP = "chartkeep/v1/dek-wrap"
    FIELDS = "chartkeep/v1/fields"
    SHARE_COPY = "chartkeep/v1/share-copy"
    FERNET_OBJECT = "chartkeep/v1/fernet-object"


def derive(key: bytes, label: Label, *, length: int = KEY_BYTES, salt: bytes | None = None) -> bytes:
    """HKDF-SHA256 (RFC 5869) of ``key`` with ``label`` as info: ``length`` bytes."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=label.value.encode()).derive(key)
