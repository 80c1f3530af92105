"""Share tokens: JWE compact with RSA-OAEP-256 and A256GCM (section 4).

RSA-2048 alone carries 190 bytes, too few for two record ids; hence the standard hybrid (RFC 7516). What a
token says counts only if the database row says the same: anybody who has the public key can make one.
"""

import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Self, final

from joserfc import jwe
from joserfc.errors import JoseError

from chartkeep.crypto.claims import (
    MAX_RECORD_IDS,
    TOKEN_TYPES,
    Claims,
    decode_base64url,
    new_secret_token,
    parse_object,
    token_hash,
)
from chartkeep.crypto.errors import KeyMaterialError, TokenError
from chartkeep.crypto.rsa_keys import (
    TokenPrivateKey,
    TokenPublicKey,
    generate_rsa_pair,
    load_private_key,
    load_public_key,
    read_private_file,
    read_public_file,
)

__all__ = [
    "MAX_RECORD_IDS",
    "MAX_TOKEN_CHARS",
    "TOKEN_TYPES",
    "Claims",
    "TokenKeyring",
    "TokenPrivateKey",
    "TokenPublicKey",
    "generate_rsa_pair",
    "load_private_key",
    "load_public_key",
    "new_secret_token",
    "open_token",
    "same",
    "seal_claims",
    "token_hash",
]

MAX_TOKEN_CHARS = 4096
_ALG = "RSA-OAEP-256"
_ENC = "A256GCM"
_PARTS = 5
_IV_BYTES = 12
_TAG_BYTES = 16


def same(a: bytes, b: bytes) -> bool:
    """Whether two secrets are equal, in constant time for equal lengths."""
    return hmac.compare_digest(a, b)


@final
class TokenKeyring:
    """The private keys that open tokens: the primary one, and retired ones until their last token expired.

    Raises:
        KeyMaterialError: a key occurs twice.
    """

    __slots__ = ("_keys", "_primary")

    def __init__(self, primary: TokenPrivateKey, retired: Sequence[TokenPrivateKey] = ()) -> None:
        self._primary = primary
        self._keys: dict[str, TokenPrivateKey] = {}
        for key in (primary, *retired):
            if key.kid in self._keys:
                raise KeyMaterialError(
                    f"The RSA key {key.kid} occurs twice: remove the copy among the retired keys."
                )
            self._keys[key.kid] = key

    def __repr__(self) -> str:
        return f"TokenKeyring(primary={self.primary_kid}, keys={len(self._keys)})"

    @classmethod
    def from_files(
        cls,
        private_path: Path | str,
        public_path: Path | str,
        passphrase: bytes | None = None,
        retired_dir: Path | str | None = None,
    ) -> Self:
        """Read the pair, and every ``*.pem`` in ``retired_dir`` (which need not exist).

        Raises:
            KeyMaterialError: a file is missing, unreadable, readable by others, no RSA key, too short, or
                the two are no pair; the text names the file and the fix.
        """
        private = read_private_file(Path(private_path), passphrase)
        public = read_public_file(Path(public_path))
        if public.kid != private.kid:
            raise KeyMaterialError(
                f"{public_path} is not the public half of {private_path}: set RSA_PRIVATE_KEY_PATH and "
                "RSA_PUBLIC_KEY_PATH to the two files of one pair."
            )
        paths = sorted(Path(retired_dir).glob("*.pem")) if retired_dir else []
        return cls(private, [read_private_file(path, passphrase) for path in paths])

    @property
    def public_key(self) -> TokenPublicKey:
        """The public half of the primary key: seals new tokens."""
        return self._primary.public

    @property
    def primary_kid(self) -> str:
        """The thumbprint of the primary key."""
        return self._primary.kid

    @property
    def kids(self) -> tuple[str, ...]:
        """The thumbprints of all keys, the primary first."""
        return tuple(self._keys)

    def find(self, kid: str) -> TokenPrivateKey | None:
        """The key with that thumbprint."""
        return self._keys.get(kid)


def seal_claims(claims: Claims, public_key: TokenPublicKey) -> str:
    """The token that says ``claims``: at most 4,096 characters, fresh randomness every time."""
    header = {"alg": _ALG, "enc": _ENC, "kid": public_key.kid}
    return jwe.encrypt_compact(header, claims.to_json(), public_key.jwk, algorithms=[_ALG, _ENC])


def open_token(token: str, keyring: TokenKeyring) -> Claims:
    """The claims of a token.

    Everything that can be refused without the private key is refused before it is used.

    Raises:
        TokenError: whatever is wrong, always with the same text: a stranger must not learn which.
    """
    try:
        key = _key_for(token, keyring)
        opened = jwe.decrypt_compact(token, key.jwk, algorithms=[_ALG, _ENC])
        return Claims.from_json(opened.plaintext or b"")
    except (TokenError, JoseError, ValueError):
        raise TokenError from None


def _key_for(token: str, keyring: TokenKeyring) -> TokenPrivateKey:
    """The key that a token names, after its form was found exactly right."""
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenError
    parts = [decode_base64url(part) for part in token.split(".", _PARTS)]
    if len(parts) != _PARTS:
        raise TokenError
    header, encrypted_key, iv, _, tag = parts
    members = parse_object(header)
    # Exactly these three. Anything else asks for something: zip and p2c for work, jku and jwk for keys
    # of the sender's choice, crit for what we do not do.
    if members.keys() != {"alg", "enc", "kid"}:
        raise TokenError
    key = keyring.find(str(members["kid"]))
    if key is None or members["alg"] != _ALG or members["enc"] != _ENC:
        raise TokenError
    if (len(encrypted_key), len(iv), len(tag)) != (key.public.modulus_bytes, _IV_BYTES, _TAG_BYTES):
        raise TokenError
    return key
