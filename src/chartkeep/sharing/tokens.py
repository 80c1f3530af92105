"""From what a viewer presents to the row that is the authority (cryptography.md section 4)."""

import re
from dataclasses import dataclass

from django.conf import settings

from chartkeep.crypto.claims import Claims, decode_base64url, parse_object, token_hash
from chartkeep.crypto.digests import Sha256
from chartkeep.crypto.errors import TokenError
from chartkeep.crypto.tokens import MAX_TOKEN_CHARS, open_token, same
from chartkeep.keyring.vaults import deployment_id
from chartkeep.sharing.models import Method, Share
from chartkeep.wiring import token_keyring

_PAGES = {Method.QR: "q", Method.URL: "s"}
_TOKEN_ID = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a token led to: a share, or none, and why it counts for nothing (empty when it counts)."""

    share: Share | None
    reason: str = ""


def address_of(method: Method, credential: str) -> str:
    """The page that opens a token (``qr``) or token id (``url``). No server sees what follows ``#``."""
    return f"{settings.BASE_URL}/{_PAGES[method]}#{credential}"


def claims_digest(claims: Claims) -> bytes:
    """SHA-256 of the claims' JSON: the row keeps it, so that every claim must equal what was issued."""
    return Sha256(claims.to_json()).digest()


def find_by_token(token: str) -> Found:
    """The share of a QR code's token. A token that anybody minted with the public key finds none."""
    try:
        claims = open_token(token, token_keyring())
    except TokenError:
        return Found(None, _why_unopened(token))
    share = Share.objects.filter(jti_hash=claims.jti_hash).first()
    if share is None:
        return Found(None, "forged")
    if claims.typ != Method.QR or share.method != Method.QR:
        return Found(share, "wrong_form")  # the stored form of a link: it may come from a stolen database
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
        return Found(share, _why_unopened(share.stored_token))
    return _checked(share, claims)


def _checked(share: Share, claims: Claims) -> Found:
    return Found(share, "" if _agree(share, claims) else "forged")


def _agree(share: Share, claims: Claims) -> bool:
    """Whether every claim equals the row.

    The digest has the claims as they were issued, and the columns must say the same, so that neither a
    token nor a changed row shows more. Records that were erased since are missing in the row: the rest
    must be among the claimed ones, in their order.
    """
    shown = list(share.shown.values_list("record_id", flat=True))
    kept = [record for record in claims.record_ids if record in shown]
    return (
        same(claims_digest(claims), bytes(share.claims_digest))
        and same(claims.jti_hash, bytes(share.jti_hash))
        and kept == shown
        and claims.typ == share.method
        and claims.patient_uuid == share.patient_id
        and claims.created_at == share.created_at
        and claims.expires_at == share.token_expires_at
        and claims.iss == str(deployment_id())
    )


def _why_unopened(token: str) -> str:
    """For the log only: whether a token names a key that is not here, or is no token at all."""
    if len(token) > MAX_TOKEN_CHARS:
        return "malformed"
    try:
        header = parse_object(decode_base64url(token.partition(".")[0]))
    except TokenError:
        return "malformed"
    kid = header.get("kid")
    return "wrong_key" if isinstance(kid, str) and kid not in token_keyring().kids else "malformed"
