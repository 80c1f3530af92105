"""Let a disabled account in again."""

from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import operator
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import User
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError


def enable_user(*, actor: Actor, user: UUID) -> None:
    """Enable an account; it has to sign in afresh. Enabling twice is fine.

    Raises:
        NotFoundError: the actor may not, or there is no such user.
    """
    operator(actor)
    with transaction.atomic():
        row = User.objects.select_for_update().filter(id=user).first()
        if row is None:
            raise NotFoundError
        if not row.is_active:
            row.is_active = True
            row.save(update_fields=["is_active"])
            account_event(Tag.ACCOUNT_ENABLE, actor=actor, user=row.id)
