"""Set a password from the server's own shell, for somebody who cannot reset it by mail."""

from django.db import transaction

from chartkeep.accounts.details import clean_email, clean_password
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.live_sessions import end_all
from chartkeep.accounts.models import User
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.errors import NotFoundError


def set_password(*, actor: Actor, email: str, password: str) -> None:
    """Give the account with this address a new password and end its sessions. For the system only.

    Raises:
        NotFoundError: the actor is not the system, or there is no such account.
        InvalidInputError: the password cannot be taken.
    """
    if actor.kind != ActorKind.SYSTEM:
        raise NotFoundError
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email__iexact=clean_email(email)).first()
        if user is None:
            raise NotFoundError
        user.set_password(clean_password(password, user))
        user.save(update_fields=["password"])
        end_all(user.id)
        account_event(Tag.ACCOUNT_PASSWORD_CHANGE, actor=actor, user=user.id)
