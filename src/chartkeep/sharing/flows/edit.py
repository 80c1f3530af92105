"""Change a share that has been given out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now, rfc3339, whole_seconds
from chartkeep.lib.errors import InvalidInputError
from chartkeep.sharing.access import writable_share_for
from chartkeep.sharing.details import MAXIMUM_LIFETIME, ShareView, clean_label, share_view
from chartkeep.sharing.errors import ShareOverError
from chartkeep.sharing.models import Share


def edit(
    *, actor: Actor, share: UUID, expires_at: datetime | None = None, label: str | None = None
) -> ShareView:
    """Move the expiry (earlier or later, in the future, never past seven days from creation) or the label.

    Raises:
        NotFoundError: the share is not the actor's.
        ShareOverError: it was revoked; that is final.
        InvalidInputError: the time or the label cannot be taken.
    """
    with transaction.atomic():
        row = writable_share_for(actor, share, lock=True)
        if row.revoked_at is not None:
            raise ShareOverError
        vault, now = vault_of(row.patient_id), database_now()
        details = {}
        if expires_at is not None:
            row.expires_at = _expiry(row, expires_at, now)
            details["expires_at"] = rfc3339(row.expires_at)
        if label is not None:
            sealed.write(row, "label", clean_label(label), vault.fields)
        row.save(update_fields=["expires_at", "label"])
        log(
            tag=Tag.SHARE_EDIT,
            actor=actor,
            sealer=vault.fields,
            patient=row.patient_id,
            object_id=row.uuid,
            share=row.uuid,
            details=details,
        )
    return share_view(row, vault.fields, now)


def _expiry(share: Share, wanted: datetime, now: datetime) -> datetime:
    latest = share.created_at + MAXIMUM_LIFETIME
    if wanted.tzinfo is None or not now < wanted <= latest:
        raise InvalidInputError(
            field="expires_at",
            problem=f"a time in the future, with its time zone, not after {rfc3339(latest)}",
        )
    return whole_seconds(wanted)
