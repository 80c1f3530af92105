"""The claims of a share token, checked strictly both when made and when read (section 4)."""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from chartkeep.crypto.errors import TokenError

__all__ = [
    "MAX_RECORD_IDS",
    "TOKEN_TYPES",
    "Claims",
    "decode_base64url",
    "new_secret_token",
    "parse_object",
    "token_hash",
]

TOKEN_TYPES = frozenset({"qr", "url"})
MAX_RECORD_IDS = 48
"""Most records in one token: so many fit into 4,096 characters even with RSA-4096."""

_SECRET_BYTES = 32
_MAX_ISS_CHARS = 64
_ISS = re.compile(r"[!-~]+")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_NAMES = frozenset({"patient_uuid", "record_ids", "created_at", "expires_at", "jti", "typ", "iss"})


def new_secret_token() -> str:
    """32 random bytes as 43 characters of base64url: a token id, a ``jti``, any bearer secret."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def token_hash(text: str) -> bytes:
    """SHA-256 of the ASCII text, what the database keeps of a bearer secret. Other text hashes as UTF-8.

    A plain hash is right here: 256 random bits cannot be guessed, so a slow hash would slow only us.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a share token says. Times are aware, UTC, in whole seconds.

    Whether it has expired is not asked here: the database's clock and row decide that.

    Raises:
        TokenError: a claim is not what it must be.
    """

    patient_uuid: UUID
    record_ids: tuple[UUID, ...]
    created_at: datetime
    expires_at: datetime
    jti: str
    typ: str
    iss: str

    def __post_init__(self) -> None:
        """Refuse what no token of ours says."""
        _need(1 <= len(self.record_ids) <= MAX_RECORD_IDS, f"a token names 1 to {MAX_RECORD_IDS} records")
        _need(len(set(self.record_ids)) == len(self.record_ids), "a token names each record once")
        for moment in (self.created_at, self.expires_at):
            _need(moment.utcoffset() is not None and moment.tzinfo is UTC, "times are in UTC")
            _need(moment.microsecond == 0, "times are in whole seconds")
        _need(self.created_at < self.expires_at, "a token expires after it is made")
        _need(len(decode_base64url(self.jti)) == _SECRET_BYTES, "jti is 32 bytes")
        _need(self.typ in TOKEN_TYPES, "typ is qr or url")
        _need(len(self.iss) <= _MAX_ISS_CHARS and _ISS.fullmatch(self.iss) is not None, "iss is a short name")

    def __repr__(self) -> str:
        """The jti is the credential, so it is not printed."""
        return f"Claims(typ={self.typ!r}, records={len(self.record_ids)}, ****)"

    @property
    def jti_hash(self) -> bytes:
        """SHA-256 of the jti: what the database knows the token by."""
        return token_hash(self.jti)

    def to_json(self) -> bytes:
        """The payload of the token: compact JSON with the members in a fixed order."""
        members = {
            "patient_uuid": str(self.patient_uuid),
            "record_ids": [str(record) for record in self.record_ids],
            "created_at": self.created_at.strftime(_TIME_FORMAT),
            "expires_at": self.expires_at.strftime(_TIME_FORMAT),
            "jti": self.jti,
            "typ": self.typ,
            "iss": self.iss,
        }
        return json.dumps(members, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_json(cls, payload: bytes) -> Self:
        """The claims in ``payload``.

        Raises:
            TokenError: not JSON, a claim missing, unknown, doubled, of the wrong type or not canonical.
        """
        members = parse_object(payload)
        _need(members.keys() == _NAMES, "the claims are not the known ones")
        ids = members["record_ids"]
        _need(isinstance(ids, list) and len(ids) <= MAX_RECORD_IDS, "record_ids is a list")
        return cls(
            patient_uuid=_uuid(members["patient_uuid"]),
            record_ids=tuple(_uuid(text) for text in ids),
            created_at=_time(members["created_at"]),
            expires_at=_time(members["expires_at"]),
            jti=_text(members["jti"]),
            typ=_text(members["typ"]),
            iss=_text(members["iss"]),
        )


def parse_object(data: bytes) -> dict[str, Any]:
    """The members of a JSON object in ASCII, no name twice (parsers differ on which one counts).

    Raises:
        TokenError: anything else.
    """
    try:
        members = json.loads(data.decode("ascii"), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise TokenError("not JSON") from None
    if not isinstance(members, dict):
        raise TokenError("not a JSON object")
    return members


def decode_base64url(text: str) -> bytes:
    """Strict base64url (RFC 7515 section 2): no padding, no other character, no spare bits.

    Raises:
        TokenError: anything else.
    """
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise TokenError("not base64url") from None
    # Encoding again catches padding, the other alphabet and spare bits at once.
    _need(base64.urlsafe_b64encode(value).rstrip(b"=").decode() == text, "not canonical base64url")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TokenError("a claim is not text")
    return value


def _uuid(value: object) -> UUID:
    text = _text(value)
    try:
        parsed = UUID(text)
    except ValueError:
        raise TokenError("an id is not a UUID") from None
    _need(str(parsed) == text, "a UUID is not in its canonical form")
    return parsed


def _time(value: object) -> datetime:
    text = _text(value)
    _need(_TIME.fullmatch(text) is not None, "a time is not RFC 3339 in UTC")
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise TokenError("a time does not exist") from None


def _need(condition: bool, reason: str) -> None:  # noqa: FBT001 - reads as "need this, else that"
    if not condition:
        raise TokenError(reason)
