"""Erasing for good: the rows with their wrapped DEKs at once, the objects when that is certain."""

from functools import partial
from uuid import UUID

import structlog
from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.errors import VaultMissingError
from chartkeep.keyring.vaults import Vault, system_vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.records.models import Record
from chartkeep.records.objects import key_of
from chartkeep.storage.base import StorageError
from chartkeep.wiring import blob_store

_log = structlog.get_logger(__name__)


def erase_row(actor: Actor, row: Record, *, reason: str = "") -> None:
    """Delete a locked record in the caller's transaction, log it, and delete its objects after the commit.

    Without their DEKs the objects open for nobody any more (crypto-erasure), so that one left over by a
    crash or a failing storage is only rubbish for the sweeper.
    """
    objects = list(row.versions.values_list("object_uuid", flat=True))
    patient, record = row.patient_id, row.uuid
    row.delete()
    log(
        tag=Tag.RECORD_ERASE,
        actor=actor,
        sealer=_vault_for(patient).fields,
        patient=patient,
        object_id=record,
        reason=reason,
    )
    for object_uuid in objects:
        transaction.on_commit(partial(_delete_object, object_uuid), robust=True)


def _vault_for(patient: UUID) -> Vault:
    """The patient's vault, or the system's when the patient's key was destroyed already."""
    try:
        return vault_of(patient)
    except VaultMissingError:
        return system_vault()


def _delete_object(object_uuid: UUID) -> None:
    try:
        blob_store().delete(key_of(object_uuid))
    except StorageError as problem:
        _log.warning("object_left_to_sweeper", object=str(object_uuid), reason=problem.reason)
