"""Invite somebody to make an account; withdraw an invitation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from chartkeep.accounts import invitations
from chartkeep.accounts.access import operator
from chartkeep.accounts.details import clean_email
from chartkeep.accounts.errors import MailNotSentError
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.letters import send_invitation
from chartkeep.accounts.models import Invitation
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import InvalidInputError, NotFoundError


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """A link to hand over. ``url`` is empty when it went out by mail: then nobody else sees it."""

    id: UUID
    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"InvitationLink(id={self.id})"


def invite(
    *,
    actor: Actor,
    email: str = "",
    makes_administrator: bool = False,
    makes_clinician: bool = False,
    by_mail: bool = False,
) -> InvitationLink:
    """Make a link that works once, for seven days, and only for ``email`` if that is given.

    A link that is shown to the administrator proves nothing about the address: the new user confirms it
    by code. With ``by_mail`` the link goes to the address and nobody else sees it; following it proves
    the address. That needs real mail (``EMAIL_URL``), since the mailbox folder is open to administrators.

    Raises:
        NotFoundError: the actor is neither an administrator nor the system.
        InvalidInputError: the address cannot be taken, or ``by_mail`` without address or mail.
        MailNotSentError: the mail server did not take it; the invitation was withdrawn.
    """
    operator(actor)
    email = clean_email(email) if email else ""
    if by_mail and not email:
        raise InvalidInputError(field="email", problem="say where to send the invitation")
    if by_mail and not settings.EMAIL_URL:
        raise InvalidInputError(
            field="by_mail", problem="set EMAIL_URL first, or hand over the link yourself"
        )
    with transaction.atomic():
        row, token = invitations.issue(
            email=email,
            makes_administrator=makes_administrator,
            makes_clinician=makes_clinician,
            proves_address=by_mail,
            invited_by_id=actor.id,
        )
        account_event(Tag.ACCOUNT_INVITE, actor=actor, user=None, details=_details(row))
    url = f"{settings.BASE_URL}/invitation#{token}"
    # After the commit: no transaction waits for a mail server.
    if by_mail and not send_invitation(email, url=url, expires_at=row.expires_at):
        withdraw(actor=actor, invitation=row.uuid)
        raise MailNotSentError
    return InvitationLink(row.uuid, "" if by_mail else url, row.expires_at)


def withdraw(*, actor: Actor, invitation: UUID) -> None:
    """Make an unused invitation work no more.

    Raises:
        NotFoundError: there is no unused one, or the actor may not.
    """
    operator(actor)
    with transaction.atomic():
        gone, _ = Invitation.objects.filter(uuid=invitation, used_at=None, is_setup=False).delete()
        if not gone:
            raise NotFoundError
        account_event(Tag.ACCOUNT_INVITE, actor=actor, user=None, details={"withdrawn": str(invitation)})


def _details(row: Invitation) -> dict[str, str]:
    return {
        "invitation": str(row.uuid),
        "email": row.email,
        "makes_administrator": "yes" if row.makes_administrator else "no",
        "makes_clinician": "yes" if row.makes_clinician else "no",
    }
