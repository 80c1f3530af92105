"""One-time links: an invitation, and the set-up link of the first run.

The token is 32 random bytes, stands in the fragment of the link and is posted by the page; the database
keeps its SHA-256. A row is used by one conditional UPDATE, so that of two at once one wins.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.models import Invitation
from chartkeep.crypto.tokens import new_secret_token, token_hash
from chartkeep.lib.clock import database_now

_TOKEN_LENGTH = 43  # 32 bytes as unpadded base64url


@dataclass(frozen=True, slots=True)
class InvitationView:
    """A link that still works. ``email`` is empty when it is for nobody in particular."""

    id: UUID
    email: str
    makes_administrator: bool
    makes_clinician: bool
    proves_address: bool
    expires_at: datetime


def issue(**facts: object) -> tuple[Invitation, str]:
    """Store a fresh invitation with these columns; gives the row and the token, which is kept nowhere."""
    token = new_secret_token()
    now = database_now()
    expires_at = now + settings.INVITATION_LIFETIME
    row = Invitation.objects.create(
        token_hash=token_hash(token), created_at=now, expires_at=expires_at, **facts
    )
    return row, token


def view(row: Invitation) -> InvitationView:
    """What a row says."""
    return InvitationView(
        id=row.uuid,
        email=row.email,
        makes_administrator=row.makes_administrator,
        makes_clinician=row.makes_clinician,
        proves_address=row.proves_address,
        expires_at=row.expires_at,
    )


def find(token: str, *, is_setup: bool = False) -> InvitationView:
    """The invitation of a token, unused and not over.

    Raises:
        InvitationRefusedError: there is none; the reason is not told.
    """
    row = _open(token, is_setup=is_setup).first()
    if row is None:
        raise InvitationRefusedError
    return view(row)


def use(token: str, *, email: str, is_setup: bool = False) -> InvitationView:
    """Use the invitation up for an account with this address. Call it in the transaction of that act.

    Raises:
        InvitationRefusedError: it does not work, is for another address, or was used a moment ago.
    """
    found = find(token, is_setup=is_setup)
    if found.email and found.email.lower() != email.lower():
        raise InvitationRefusedError
    if _open(token, is_setup=is_setup).update(used_at=Now()) != 1:
        raise InvitationRefusedError
    return found


def _open(token: str, *, is_setup: bool) -> QuerySet[Invitation]:
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return Invitation.objects.none()
    return Invitation.objects.filter(
        token_hash=token_hash(token), is_setup=is_setup, used_at=None, expires_at__gt=Now()
    )
