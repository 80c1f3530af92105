"""Revoke a share: the next read of an open viewer is refused."""

from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.sharing.access import writable_share_for
from chartkeep.sharing.details import ShareView, share_view


def revoke(*, actor: Actor, share: UUID) -> ShareView:
    """End a share at once. Doing it again changes nothing.

    Raises:
        NotFoundError: the share is not the actor's.
    """
    with transaction.atomic():
        row = writable_share_for(actor, share, lock=True)
        vault, now = vault_of(row.patient_id), database_now()
        if row.revoked_at is None:
            row.revoked_at = now
            row.save(update_fields=["revoked_at"])
            log(
                tag=Tag.SHARE_REVOKE,
                actor=actor,
                sealer=vault.fields,
                patient=row.patient_id,
                object_id=row.uuid,
                share=row.uuid,
            )
    return share_view(row, vault.fields, now)
