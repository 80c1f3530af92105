"""Shut an account out, at once."""

from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import operator
from chartkeep.accounts.errors import LastAdministratorError
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.live_sessions import end_all
from chartkeep.accounts.models import User
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError


def disable_user(*, actor: Actor, user: UUID) -> None:
    """Disable an account: its sessions and tokens end in the same transaction. Disabling twice is fine.

    Raises:
        NotFoundError: the actor may not, or there is no such user.
        LastAdministratorError: nobody would be left to run the deployment.
    """
    operator(actor)
    with transaction.atomic():
        # One lock for all administrators: two who disable each other at once must not both succeed.
        locked = list(
            User.objects.select_for_update().filter(is_administrator=True, is_active=True).order_by("id")
        )
        row = User.objects.select_for_update().filter(id=user).first()
        if row is None:
            raise NotFoundError
        if [administrator.id for administrator in locked] == [row.id]:
            raise LastAdministratorError
        operator(actor)  # who waited for the lock may have been disabled meanwhile
        ended = end_all(row.id)
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            account_event(Tag.ACCOUNT_DISABLE, actor=actor, user=row.id, details={"sessions": str(ended)})
