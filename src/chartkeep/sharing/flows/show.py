"""Show a share's code or link to its owner again."""

from uuid import UUID

import structlog
from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.crypto.errors import CiphertextError
from chartkeep.keyring.vaults import Vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.sharing.access import writable_share_for
from chartkeep.sharing.details import state_of
from chartkeep.sharing.errors import ShareOverError
from chartkeep.sharing.models import Method, Share
from chartkeep.sharing.tokens import address_of

_log = structlog.get_logger(__name__)


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
        address = address_of(Method(row.method), _credential(row, vault))
        log(
            tag=Tag.SHARE_SHOW,
            actor=actor,
            sealer=vault.fields,
            patient=row.patient_id,
            object_id=row.uuid,
            share=row.uuid,
        )
    return address


def _credential(row: Share, vault: Vault) -> str:
    table = Share._meta.db_table
    try:
        copy = vault.share_copies.open(bytes(row.owner_copy), table=table, column="owner_copy", row=row.uuid)
    except CiphertextError as problem:
        _log.error("integrity_failure", reason="field", row=str(row.uuid), column="owner_copy")
        raise IntegrityFailureError from problem
    return copy.decode()
