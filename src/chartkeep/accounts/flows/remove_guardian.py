"""Take away somebody's right to act for a patient."""

from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import guardianship_for
from chartkeep.accounts.models import GuardianRole, Guardianship, Patient
from chartkeep.accounts.ownership import keep_an_owner, leave_the_patient_alone
from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError


def remove_guardian(*, actor: Actor, patient: UUID, guardian: UUID) -> None:
    """Remove the guardianship whose id is ``guardian``. Owners remove anybody, everybody removes oneself.

    Raises:
        NotFoundError: patient or guardian is not there, or not the actor's to decide about.
        LastOwnerError: nobody would be left in charge.
        InvalidInputError: it is the patient's own guardianship over themselves.
    """
    with transaction.atomic():
        mine = guardianship_for(actor, patient)
        Patient.objects.select_for_update().get(uuid=patient)  # changes of guardians happen one at a time
        row = Guardianship.objects.filter(uuid=guardian, patient_id=patient).select_related("user").first()
        if row is None or (row.uuid != mine.uuid and mine.role != GuardianRole.OWNER):
            raise NotFoundError
        leave_the_patient_alone(actor, row)
        keep_an_owner(row)
        user, details = row.user_id, {"role": row.role, "email": row.user.email}
        row.delete()
        record(
            tag=Tag.GUARDIAN_REMOVE,
            actor=actor,
            sealer=vault_of(patient).fields,
            patient=patient,
            object_id=user,
            details=details,
        )
