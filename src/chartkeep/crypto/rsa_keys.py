"""RSA keys of share tokens: made, read from PEM and named by thumbprint (section 4)."""

import os
import stat
from pathlib import Path
from typing import NoReturn, final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.jwk import RSAKey

from chartkeep.crypto.errors import KeyMaterialError

__all__ = [
    "RSA_BITS",
    "TokenPrivateKey",
    "TokenPublicKey",
    "generate_rsa_pair",
    "load_private_key",
    "load_public_key",
    "read_private_file",
    "read_public_file",
]

RSA_BITS = (2048, 3072, 4096)
"""Accepted lengths of the modulus; the first is the policy's."""

_GENERATE = "make a pair with `chartkeep keys generate`"
_MAX_FILE_BYTES = 64 * 1024


@final
class TokenPublicKey:
    """An RSA public key, parsed once. ``kid`` is its RFC 7638 thumbprint, 43 characters."""

    __slots__ = ("jwk", "kid", "modulus_bytes")

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        if key.key_size not in RSA_BITS:
            raise KeyMaterialError(f"The RSA key has {key.key_size} bits, but must have 2048, 3072 or 4096.")
        self.jwk = RSAKey.import_key(key)
        self.kid: str = self.jwk.thumbprint()
        self.modulus_bytes = key.key_size // 8

    def __repr__(self) -> str:
        return f"TokenPublicKey(kid={self.kid})"


@final
class TokenPrivateKey:
    """An RSA private key, parsed once (parsing a PEM costs about 125 decrypts). Masked, never pickled."""

    __slots__ = ("jwk", "public")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.public = TokenPublicKey(key.public_key())
        self.jwk = RSAKey.import_key(key)

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public half."""
        return self.public.kid

    def __repr__(self) -> str:
        return f"TokenPrivateKey(kid={self.kid}, ****)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A TokenPrivateKey is neither copied nor pickled.")


def generate_rsa_pair(bits: int = 2048, *, passphrase: bytes | None = None) -> tuple[bytes, bytes]:
    """A new pair as PEM: private (PKCS #8, encrypted given a passphrase), public (SubjectPublicKeyInfo).

    Raises:
        KeyMaterialError: not 2048, 3072 or 4096 bits.
    """
    if bits not in RSA_BITS:
        raise KeyMaterialError(f"An RSA key of {bits} bits is not made here: ask for 2048, 3072 or 4096.")
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    protection: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private, public


def load_private_key(pem: bytes, passphrase: bytes | None = None) -> TokenPrivateKey:
    """The private key in ``pem``.

    Raises:
        KeyMaterialError: not PEM, another kind of key, a wrong length, or the passphrase does not fit.
    """
    encrypted = b"ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise KeyMaterialError("The RSA private key has a passphrase: set RSA_PRIVATE_KEY_PASSPHRASE.")
    try:
        # A passphrase beside a key without one is no danger: retired keys may have been kept without.
        key = load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        hint = "check RSA_PRIVATE_KEY_PASSPHRASE, or " if encrypted else ""
        raise KeyMaterialError(
            f"The RSA private key cannot be read as PKCS #8 PEM: {hint}{_GENERATE}."
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyMaterialError(f"The private key is not an RSA key: {_GENERATE}.")
    return TokenPrivateKey(key)


def load_public_key(pem: bytes) -> TokenPublicKey:
    """The public key in ``pem``.

    Raises:
        KeyMaterialError: not PEM, another kind of key, or a wrong length.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyMaterialError(
            f"The RSA public key cannot be read as SubjectPublicKeyInfo PEM: {_GENERATE}."
        ) from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyMaterialError(f"The public key is not an RSA key: {_GENERATE}.")
    return TokenPublicKey(key)


def read_private_file(path: Path, passphrase: bytes | None = None) -> TokenPrivateKey:
    """The private key in the file at ``path``.

    Raises:
        KeyMaterialError: missing, unreadable, readable by group or others, or no such key; with the fix.
    """
    pem = _read(path, setting="RSA_PRIVATE_KEY_PATH", private=True)
    try:
        return load_private_key(pem, passphrase)
    except KeyMaterialError as problem:
        raise KeyMaterialError(f"{path}: {problem}") from None


def read_public_file(path: Path) -> TokenPublicKey:
    """The public key in the file at ``path``.

    Raises:
        KeyMaterialError: missing, unreadable, or no such key; with the fix.
    """
    pem = _read(path, setting="RSA_PUBLIC_KEY_PATH", private=False)
    try:
        return load_public_key(pem)
    except KeyMaterialError as problem:
        raise KeyMaterialError(f"{path}: {problem}") from None


def _read(path: Path, *, setting: str, private: bool) -> bytes:
    try:
        with path.open("rb") as file:
            # Asked of the open file, so that what is checked is what is read.
            mode = os.fstat(file.fileno()).st_mode
            if private and stat.S_IMODE(mode) & 0o077:
                raise KeyMaterialError(f"{path} can be read by others than its owner: run `chmod 600` on it.")
            return file.read(_MAX_FILE_BYTES)
    except FileNotFoundError:
        raise KeyMaterialError(f"{path} is not there: {_GENERATE}, or set {setting}.") from None
    except OSError as problem:
        raise KeyMaterialError(
            f"{path} cannot be read ({problem.strerror}): let this user read it, or set {setting}."
        ) from None
