"""Add a patient: the subject of a record, with a vault key of its own."""

from datetime import date

from django.db import IntegrityError, transaction

from chartkeep.accounts.details import clean_birth_date, clean_name
from chartkeep.accounts.errors import SelfExistsError
from chartkeep.accounts.models import GuardianRole, Guardianship, Patient, User
from chartkeep.accounts.people import PatientView, patient_view
from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Tag
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import VaultKind, create_vault
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError


def create_patient(
    *, actor: Actor, name: str, birth_date: date | None = None, is_self: bool = False
) -> PatientView:
    """Make a patient whom the actor owns. ``is_self``: the patient is the actor.

    Raises:
        InvalidInputError: the name is empty or too long, or the date is not possible.
        SelfExistsError: the actor has a record of their own already.
        NotFoundError: the actor is no active user.
    """
    name, birth_date = clean_name("name", name), clean_birth_date(birth_date)
    try:
        with transaction.atomic():
            return _create(actor, name, birth_date, is_self=is_self)
    except IntegrityError as problem:  # accounts_one_self decides between two at once
        if is_self:
            raise SelfExistsError from problem
        raise


def _create(actor: Actor, name: str, birth_date: date | None, *, is_self: bool) -> PatientView:
    if actor.kind != ActorKind.USER or actor.id is None:
        raise NotFoundError
    if not User.objects.filter(id=actor.id, is_active=True).exists():
        raise NotFoundError
    now = database_now()
    patient = Patient(created_at=now)
    vault = create_vault(patient.uuid, VaultKind.PATIENT)
    sealed.write(patient, "name", name, vault.fields)
    sealed.write(patient, "birth_date", birth_date.isoformat() if birth_date else "", vault.fields)
    patient.save(force_insert=True)
    guardianship = Guardianship.objects.create(
        user_id=actor.id, patient=patient, role=GuardianRole.OWNER, is_self=is_self, created_at=now
    )
    record(tag=Tag.PATIENT_CREATE, actor=actor, sealer=vault.fields, patient=patient.uuid)
    return patient_view(guardianship, vault.fields)
