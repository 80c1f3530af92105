"""Look at an invitation, and use it up for a new account.

The account itself is made by sign-up (allauth): a page posts the token, ``look`` says whether it works,
the token waits in the sealed session, and ``AccountAdapter.save_user`` calls ``accept`` in the
transaction that makes the user. An app sends the token in the header ``X-Invitation`` instead.
"""

from chartkeep.accounts import invitations
from chartkeep.accounts.invitations import InvitationView
from chartkeep.accounts.models import ClinicianState, User


def look(*, token: str) -> InvitationView:
    """What an invitation gives, without using it.

    Raises:
        InvitationRefusedError: it is unknown, used or over.
    """
    return invitations.find(token)


def accept(*, token: str, user: User) -> InvitationView:
    """Use the invitation up for ``user``, not saved yet, who gets the roles that it gives.

    Call it in the transaction that makes the user: of two people at once one wins.

    Raises:
        InvitationRefusedError: it does not work, or is for another address.
    """
    invitation = invitations.use(token, email=user.email)
    user.is_administrator = invitation.makes_administrator
    if invitation.makes_clinician:
        user.clinician_state = ClinicianState.CONFIRMED
    return invitation
