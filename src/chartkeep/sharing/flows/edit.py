"""Change a share that has been given out."""

from datetime import UTC, datetime
from enum import Enum
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
from chartkeep.sharing.details import (
    MAXIMUM_LIFETIME,
    MINIMUM_LIFETIME,
    ShareView,
    clean_label,
    clean_limit,
    share_view,
)
from chartkeep.sharing.errors import ShareOverError
from chartkeep.sharing.models import Share


class Unchanged(Enum):
    """That a value stays, where ``None`` is a value of its own."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


def edit(
    *,
    actor: Actor,
    share: UUID,
    expires_at: datetime | None = None,
    label: str | None = None,
    max_access_count: int | Unchanged | None = UNCHANGED,
) -> ShareView:
    """Move the expiry, or change the label or the limit of openings (``None``: no limit).

    The expiry may move in both directions, in the future and within one minute to seven days from creation,
    also when it has passed: the share then opens again. Revoking is final, and a locked share stays locked.

    Raises:
        NotFoundError: the share is not the actor's.
        ShareOverError: it was revoked.
        InvalidInputError: time, label or limit cannot be taken.
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
        if max_access_count is not UNCHANGED:
            row.max_access_count = _limit(row, max_access_count)
            details["max_access_count"] = str(max_access_count or "")
        if label is not None:
            sealed.write(row, "label", clean_label(label), vault.fields)
            details["label"] = "changed"
        if details:
            row.save(update_fields=["expires_at", "label", "max_access_count"])
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
    earliest, latest = share.created_at + MINIMUM_LIFETIME, share.created_at + MAXIMUM_LIFETIME
    if wanted.tzinfo is not None:
        moment = whole_seconds(wanted.astimezone(UTC))
        if moment > now and earliest <= moment <= latest:
            return moment
    raise InvalidInputError(
        field="expires_at",
        problem="give a time in the future, with its time zone, "
        f"from {rfc3339(earliest)} to {rfc3339(latest)}; to end the share now, revoke it",
    )


def _limit(share: Share, wanted: int | None) -> int | None:
    limit = clean_limit(wanted)
    if limit is not None and limit < share.access_count:
        problem = f"it was opened {share.access_count} times already; to end the share, revoke it"
        raise InvalidInputError(field="max_access_count", problem=problem)
    return limit
