"""Show a share's code or link to its owner again."""

from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.sharing.access import writable_share_for
from chartkeep.sharing.details import opened, state_of
from chartkeep.sharing.errors import ShareOverError
from chartkeep.sharing.models import Method
from chartkeep.sharing.tokens import address_of


def link(*, actor: Actor, share: UUID) -> str:
    """The address that opens the share, with the credential after ``#``. Logged: whoever has it can open.

    Raises:
        NotFoundError: the share is not the actor's to show.
        ShareOverError: it opens nothing any more.
        IntegrityFailureError: the owner's copy is not what was written; the operator is alerted.
    """
    with transaction.atomic():
        row = writable_share_for(actor, share, lock=True)
        if state_of(row, database_now()) != "active":
            raise ShareOverError
        vault = vault_of(row.patient_id)
        address = address_of(Method(row.method), opened(row, "owner_copy", vault.share_copies))
        log(
            tag=Tag.SHARE_SHOW,
            actor=actor,
            sealer=vault.fields,
            patient=row.patient_id,
            object_id=row.uuid,
            share=row.uuid,
        )
    return address
