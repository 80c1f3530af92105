"""Erase a record from the trash, for good."""

from uuid import UUID

from django.db import transaction

from chartkeep.lib.actor import Actor
from chartkeep.records.access import erasable_record_for
from chartkeep.records.erasing import erase_row


def erase(*, actor: Actor, record: UUID) -> None:
    """Erase a record that lies in the trash, with all its versions. Only an owner may.

    Raises:
        NotFoundError: it is not in the trash, or not the actor's to erase.
    """
    with transaction.atomic():
        erase_row(actor, erasable_record_for(actor, record))
