"""The one door to shares: guardians of the patient. Absent and forbidden are one answer."""

from uuid import UUID

from django.db.models import QuerySet

from chartkeep.accounts.access import has_role, patients_readable
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.sharing.models import Share


def share_for(actor: Actor, share_id: UUID) -> Share:
    """A share that the actor may know of.

    Raises:
        NotFoundError: no such share, or not of a patient of the actor.
    """
    return _share(actor, share_id, "viewer", Share.objects.all())


def writable_share_for(actor: Actor, share_id: UUID, *, lock: bool = False) -> Share:
    """A share that the actor may show, change and revoke; raises like ``share_for``.

    ``lock`` holds the row until the transaction ends.
    """
    rows = Share.objects.select_for_update() if lock else Share.objects.all()
    return _share(actor, share_id, "editor", rows)


def shares_of(actor: Actor, patient: UUID | None) -> QuerySet[Share]:
    """The shares of one patient, or of everyone the actor may act for.

    Raises:
        NotFoundError: the patient is not the actor's.
    """
    if patient is None:
        return Share.objects.filter(patient_id__in=patients_readable(actor))
    if not has_role(actor, patient, "viewer"):
        raise NotFoundError
    return Share.objects.filter(patient_id=patient)


def _share(actor: Actor, share_id: UUID, least: str, rows: QuerySet[Share]) -> Share:
    share = rows.filter(uuid=share_id).first()
    if share is None or not has_role(actor, share.patient_id, least):
        raise NotFoundError
    return share
