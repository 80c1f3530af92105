"""The first run: a one-time link that makes the first account, an administrator's."""

from django.conf import settings
from django.db import transaction

from chartkeep.accounts import invitations
from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.flows.create_user import create_user
from chartkeep.accounts.models import Invitation, User
from chartkeep.accounts.people import PersonView
from chartkeep.lib.actor import Actor


def setup_link() -> str | None:
    """A fresh set-up link, ``BASE_URL/setup#token``; ``None`` as soon as there is any user.

    Replaces an earlier unused one, since only hashes are kept and a restart must print one that works.
    """
    with transaction.atomic():
        Invitation.objects.filter(is_setup=True, used_at=None).delete()
        if User.objects.exists():
            return None
        _, token = invitations.issue(is_setup=True, makes_administrator=True, proves_address=True)
    return f"{settings.BASE_URL}/setup#{token}"


def is_open(*, token: str) -> bool:
    """Whether this set-up token would work now."""
    if User.objects.exists():
        return False
    try:
        invitations.find(token, is_setup=True)
    except InvitationRefusedError:
        return False
    return True


def set_up(*, token: str, email: str, password: str, actor: Actor) -> PersonView:
    """Make the first account: an administrator whose address counts as verified, since no mail works yet.

    Raises:
        InvitationRefusedError: the link does not work, or somebody was first.
        InvalidInputError: the address or the password cannot be taken; the link still works.
    """
    with transaction.atomic():
        _one_at_a_time()
        if User.objects.exists():
            raise InvitationRefusedError
        invitations.use(token, email=email, is_setup=True)
        return create_user(email=email, password=password, is_administrator=True, actor=actor, how="set_up")


def _one_at_a_time() -> None:
    """Lock every set-up link, so that two people with two links cannot both find that nobody is there."""
    list(Invitation.objects.select_for_update().filter(is_setup=True).order_by("uuid"))
