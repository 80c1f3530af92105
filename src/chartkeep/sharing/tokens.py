"""From what a viewer presents to the row that is the authority (cryptography.md section 4)."""

import re
from dataclasses import dataclass

from chartkeep.crypto.claims import Claims, token_hash
from chartkeep.crypto.digests import Sha256
from chartkeep.crypto.errors import TokenError
from chartkeep.crypto.tokens import open_token, same
from chartkeep.sharing.models import Method, Share
from chartkeep.wiring import token_keyring

_TOKEN_ID = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a token led to: a share, or none, and why it counts for nothing (empty when it counts)."""

    share: Share | None
    reason: str = ""


def claims_digest(claims: Claims) -> bytes:
    """SHA-256 of the claims' JSON: the row keeps it, so that every claim must equal what was issued."""
    return Sha256(claims.to_json()).digest()


def find_by_token(token: str) -> Found:
    """The share of a QR code's token. A token that anybody minted with the public key finds none."""
    try:
        claims = open_token(token, token_keyring())
    except TokenError:
        return Found(None, "malformed")
    share = Share.objects.filter(jti_hash=claims.jti_hash).first()
    if share is None:
        return Found(None, "forged")
    if claims.typ != Method.QR or share.method != Method.QR:
        return Found(share, "wrong_form")
    return _checked(share, claims)


def find_by_token_id(token_id: str) -> Found:
    """The share of a link's token id, whose token data are opened here."""
    if not _TOKEN_ID.fullmatch(token_id):
        return Found(None, "malformed")
    share = Share.objects.filter(token_id_hash=token_hash(token_id)).first()
    if share is None:
        return Found(None, "unknown")
    try:
        claims = open_token(share.stored_token, token_keyring())
    except TokenError:
        return Found(share, "wrong_key")
    return _checked(share, claims)


def _checked(share: Share, claims: Claims) -> Found:
    equal = same(claims_digest(claims), bytes(share.claims_digest))
    return Found(share) if equal and claims.typ == share.method else Found(share, "forged")
