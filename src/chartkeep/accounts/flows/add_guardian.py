"""Let another user act for a patient, or change in which role and until when they do."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import transaction

from chartkeep.accounts.access import guardianship_for
from chartkeep.accounts.details import clean_email, clean_end
from chartkeep.accounts.errors import TooManyTriesError
from chartkeep.accounts.models import GuardianRole, Guardianship, Patient, User
from chartkeep.accounts.ownership import keep_an_owner, leave_the_patient_alone
from chartkeep.accounts.people import GuardianView, guardian_view
from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError

UNKNOWN_PER_DAY = 10
_UNKNOWN = "nobody with a confirmed account here uses this address; ask them to sign up first"


def add_guardian(
    *, actor: Actor, patient: UUID, email: str, role: str, ends_at: datetime | None = None
) -> GuardianView:
    """Let the user with this address act as ``owner``, ``editor`` or ``viewer``, until ``ends_at`` (UTC).

    A success shows the address in the list of guardians, so it cannot hide that the account exists. What
    can be prevented is trying out addresses: no account, an unverified and a disabled one are one answer,
    each is logged as refused, and after ten in a day the actor has to wait.

    Raises:
        NotFoundError: the patient is not the actor's to decide about.
        InvalidInputError: role, date or address cannot be taken.
        TooManyTriesError: too many unknown addresses today.
        LastOwnerError: the change would leave nobody in charge.
    """
    email, ends_at = clean_email(email), clean_end(ends_at)
    if role not in GuardianRole.values:
        raise InvalidInputError(field="role", problem=f"one of {', '.join(GuardianRole.values)}")
    guardianship_for(actor, patient, GuardianRole.OWNER)
    key = f"chartkeep:guardian-tries:{actor.id}"
    if cache.get(key, 0) >= UNKNOWN_PER_DAY:
        raise TooManyTriesError
    user = _verified_user(email)
    if user is None:
        cache.add(key, 0, timeout=86_400)
        cache.incr(key)
        _log_refusal(actor, patient)
        raise InvalidInputError(field="email", problem=_UNKNOWN)
    with transaction.atomic():
        return _add(actor, patient, user, role, ends_at)


def _verified_user(email: str) -> User | None:
    address = (
        EmailAddress.objects.filter(email__iexact=email, verified=True, user__is_active=True)
        .select_related("user")
        .first()
    )
    return address.user if address else None


def _add(actor: Actor, patient: UUID, user: User, role: str, ends_at: datetime | None) -> GuardianView:
    Patient.objects.select_for_update().get(uuid=patient)  # changes of guardians happen one at a time
    guardianship_for(actor, patient, GuardianRole.OWNER)
    row = Guardianship.objects.filter(patient_id=patient, user=user).first()
    if row is None:
        row = Guardianship(patient_id=patient, user=user, created_at=database_now())
    else:
        leave_the_patient_alone(actor, row)
        if role != GuardianRole.OWNER or ends_at is not None:
            keep_an_owner(row)
    row.role, row.ends_at = role, ends_at
    row.save()
    details = {"role": role, "email": user.email, "ends_at": ends_at.isoformat() if ends_at else ""}
    record(
        tag=Tag.GUARDIAN_ADD,
        actor=actor,
        sealer=vault_of(patient).fields,
        patient=patient,
        object_id=user.id,
        details=details,
    )
    return guardian_view(row)


def _log_refusal(actor: Actor, patient: UUID) -> None:
    with transaction.atomic():
        record(
            tag=Tag.GUARDIAN_ADD,
            actor=actor,
            sealer=vault_of(patient).fields,
            patient=patient,
            outcome=Outcome.REFUSED,
            reason="unknown_address",
        )
