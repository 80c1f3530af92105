"""What holds for the guardians of a patient whatever changes: somebody stays in charge."""

from chartkeep.accounts.errors import LastOwnerError
from chartkeep.accounts.models import GuardianRole, Guardianship
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import InvalidInputError


def keep_an_owner(leaving: Guardianship) -> None:
    """Refuse a change of ``leaving`` after which no lasting owner would be left.

    An owner with an end date, or with a disabled account, does not count. The caller holds the lock on
    the patient's row.

    Raises:
        LastOwnerError: nobody would be left.
    """
    if leaving.role != GuardianRole.OWNER:
        return
    others = Guardianship.objects.filter(
        patient_id=leaving.patient_id, role=GuardianRole.OWNER, ends_at=None, user__is_active=True
    ).exclude(uuid=leaving.uuid)
    if not others.exists():
        raise LastOwnerError


def leave_the_patient_alone(actor: Actor, row: Guardianship) -> None:
    """Refuse to change the guardianship of the patient over themselves, except by the patient.

    Raises:
        InvalidInputError: the row is the patient's own, and somebody else's hand is on it.
    """
    if row.is_self and row.user_id != actor.id:
        raise InvalidInputError(field="guardian", problem="this is the account of the patient themselves")
