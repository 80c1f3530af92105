"""Note each configured master key with its key check value, the first time it is seen."""

from django.db import transaction

from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Tag
from chartkeep.keyring.models import MasterKeyState
from chartkeep.keyring.vaults import system_vault
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.wiring import key_provider


def recognise() -> list[str]:
    """Store the key check values of keys not seen before; gives their ids. Safe to run at each start.

    Run the system checks first: they refuse keys that do not belong to this database.
    """
    values = key_provider().check_values()
    with transaction.atomic():
        known = set(MasterKeyState.objects.values_list("key_id", flat=True))
        fresh = [key_id for key_id in values if key_id not in known]
        for key_id in fresh:
            _, made = MasterKeyState.objects.get_or_create(
                key_id=key_id, defaults={"check_value": values[key_id], "first_seen": database_now()}
            )
            if made:
                record(
                    tag=Tag.KEY_FIRST_SEEN,
                    actor=Actor.system(),
                    sealer=system_vault().fields,
                    details={"key_id": key_id},
                )
    return fresh
