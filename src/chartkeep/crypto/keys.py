"""Keys as types of their own, and the keyring of master keys (section 1)."""

import base64
import binascii
import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NoReturn, Protocol, Self, final

from chartkeep.crypto.derivation import KEY_BYTES, Label, derive
from chartkeep.crypto.errors import KeyMaterialError
from chartkeep.crypto.wrapping import unwrap, wrap

__all__ = [
    "SAMPLE_KEYS",
    "DataKey",
    "KeyProvider",
    "Label",
    "MasterKey",
    "MasterKeyring",
    "PatientKey",
    "SecretBytes",
    "WrappedKey",
    "derive",
]

_CHECK_BYTES = 8
_GENERATE = "make one with `chartkeep keys generate`"

SAMPLE_KEYS = (
    "Q2hhcnRrZWVwLWV4YW1wbGUta2V5LWRvLW5vdC11c2U=",  # the one in Chartkeep's own documentation
    "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=",  # the one in the Fernet specification
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",  # 0, 1, 2, … 31
    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",  # 0123456789abcdef, twice
)
"""Keys that stand in documentation: everybody knows them, so they are refused."""


class SecretBytes:
    """Secret bytes that do not slip out: masked when printed, never pickled, opened only by `reveal()`.

    Two of them are compared in constant time, and only with their own kind. They cannot be hashed, so they
    cannot become keys of a dictionary.
    """

    __slots__ = ("_value",)

    LENGTH: ClassVar[int | None] = None
    """The exact number of bytes; ``None`` where any number will do."""

    def __init__(self, value: bytes) -> None:
        if self.LENGTH is not None and len(value) != self.LENGTH:
            raise KeyMaterialError(f"A {type(self).__name__} is {self.LENGTH} bytes, not {len(value)}.")
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """The bytes themselves. Every call is a place to look at in a review."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(****)"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret is a leak of a secret

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # Called by pickle, copy and deepcopy alike.
        raise TypeError(f"A {type(self).__name__} is neither copied nor pickled.")


@final
class DataKey(SecretBytes):
    """A DEK: 32 random bytes that seal one stored object of one record version."""

    __slots__ = ()
    LENGTH = KEY_BYTES

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))


@final
class PatientKey(SecretBytes):
    """The vault key of one patient, one account or the deployment: 32 random bytes and their sub-keys."""

    __slots__ = ()
    LENGTH = KEY_BYTES

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))

    def dek_wrapping_key(self) -> SecretBytes:
        """Wraps DEKs (AES-256-KWP)."""
        return SecretBytes(derive(self._value, Label.DEK_WRAP))

    def field_key(self) -> SecretBytes:
        """Seals database fields (section 3)."""
        return SecretBytes(derive(self._value, Label.FIELDS))

    def share_copy_key(self) -> SecretBytes:
        """Seals the owner's copy of a share token (section 4)."""
        return SecretBytes(derive(self._value, Label.SHARE_COPY))


@final
class MasterKey(SecretBytes):
    """``ENCRYPTION_KEY``: 32 bytes from which every other key can be opened.

    Raises:
        KeyMaterialError: not 32 bytes, all one byte, or a sample from the documentation.
    """

    __slots__ = ()
    LENGTH = KEY_BYTES

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        if len(set(value)) == 1:
            raise KeyMaterialError(f"The key is one byte over and over: {_GENERATE}.")
        if any(hmac.compare_digest(self._value, _decode(sample)) for sample in SAMPLE_KEYS):
            raise KeyMaterialError(f"The key is a sample from the documentation: {_GENERATE}.")

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The key in ``text``: base64url as ``Fernet.generate_key()`` prints it, or standard base64.

        Padding may be there or not; white space around is ignored.

        Raises:
            KeyMaterialError: not base64, or refused as a key; the text names the fix, not the value.
        """
        try:
            value = _decode(text.strip())
        except ValueError:
            raise KeyMaterialError(f"The key is not base64 text of 32 bytes: {_GENERATE}.") from None
        if len(value) != KEY_BYTES:
            raise KeyMaterialError(f"The key is {len(value)} bytes, but must be {KEY_BYTES}: {_GENERATE}.")
        return cls(value)

    def to_text(self) -> str:
        """44 characters of base64url, readable by `from_text` and by Fernet."""
        return base64.urlsafe_b64encode(self._value).decode()

    @property
    def key_id(self) -> str:
        """16 hex digits that name the key without telling it."""
        return derive(self._value, Label.KEY_ID)[:8].hex()

    @property
    def check_value(self) -> bytes:
        """The 8-byte key check value, kept in the database to recognise a wrong key at start."""
        return derive(self._value, Label.KEY_CHECK, length=_CHECK_BYTES)

    def kek(self) -> SecretBytes:
        """The key-encryption key: wraps patient keys."""
        return SecretBytes(derive(self._value, Label.KEK))

    def audit_signing_seed(self) -> SecretBytes:
        """The 32-byte seed of the Ed25519 key that signs audit checkpoints (section 5)."""
        return SecretBytes(derive(self._value, Label.AUDIT_SIGNING))


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A patient key as the database keeps it. ``version`` is the provider's name for the key's version."""

    key_id: str
    version: str
    blob: bytes


class KeyProvider(Protocol):
    """What wraps and unwraps patient keys: `MasterKeyring`, or a key management service."""

    @property
    def primary_id(self) -> str:
        """The id of the key that `wrap` uses."""
        ...

    @property
    def version(self) -> str:
        """The version of the primary key that `wrap` uses."""
        ...

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys that `unwrap` knows, the primary first."""
        ...

    def wrap(self, key: PatientKey) -> WrappedKey:
        """Wrap by the primary key."""
        ...

    def unwrap(self, wrapped: WrappedKey) -> PatientKey:
        """Unwrap by the key that is named in ``wrapped``."""
        ...

    def check_values(self) -> Mapping[str, bytes]:
        """The key check value of each key, by key id."""
        ...


@final
class MasterKeyring:
    """The primary master key, which wraps, and the fallbacks, which only unwrap. A `KeyProvider`.

    Raises:
        KeyMaterialError: a key occurs twice.
    """

    __slots__ = ("_keys", "_primary_id")

    version = "1"
    """Local keys have one version only: another key is another key id."""

    def __init__(self, primary: MasterKey, fallbacks: Sequence[MasterKey] = ()) -> None:
        self._keys: dict[str, MasterKey] = {}
        self._primary_id = primary.key_id
        for key in (primary, *fallbacks):
            if key.key_id in self._keys:
                raise KeyMaterialError(
                    f"Key {key.key_id} occurs twice: name each key once, the newest in ENCRYPTION_KEY, "
                    "earlier ones in ENCRYPTION_KEY_FALLBACKS."
                )
            self._keys[key.key_id] = key

    def __repr__(self) -> str:
        return f"MasterKeyring(primary={self._primary_id}, keys={len(self._keys)})"

    @property
    def primary_id(self) -> str:
        """The id of the key that `wrap` uses."""
        return self._primary_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the primary first, then the fallbacks in their order."""
        return tuple(self._keys)

    def wrap(self, key: PatientKey) -> WrappedKey:
        """Wrap by the primary key's KEK."""
        blob = wrap(self._keys[self._primary_id].kek().reveal(), key.reveal())
        return WrappedKey(self._primary_id, self.version, blob)

    def unwrap(self, wrapped: WrappedKey) -> PatientKey:
        """Unwrap by the key that ``wrapped`` names.

        Raises:
            KeyMaterialError: no configured key has that id and version.
            CiphertextError: the blob is not intact.
        """
        key = self._keys.get(wrapped.key_id)
        if key is None or wrapped.version != self.version:
            raise KeyMaterialError(
                f"No configured key has the id {wrapped.key_id} (version {wrapped.version}): "
                "put it back as ENCRYPTION_KEY or add it to ENCRYPTION_KEY_FALLBACKS."
            )
        return PatientKey(unwrap(key.kek().reveal(), wrapped.blob))

    def check_values(self) -> dict[str, bytes]:
        """The key check value of each key, by key id."""
        return {key_id: key.check_value for key_id, key in self._keys.items()}


def _decode(text: str) -> bytes:
    """Strict base64 of either alphabet, padded or not. Raises ``ValueError``."""
    standard = text.replace("-", "+").replace("_", "/")
    body = standard.rstrip("=")
    padded = body + "=" * (-len(body) % 4)
    if standard not in {body, padded}:
        raise ValueError("wrong padding")
    value = base64.b64decode(padded, validate=True)
    if base64.b64encode(value).decode() != padded:  # two texts for one key would be two keys to an operator
        raise binascii.Error("not canonical")
    return value
