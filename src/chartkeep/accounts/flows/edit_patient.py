"""Change a patient's name or date of birth."""

from datetime import date
from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import guardianship_for
from chartkeep.accounts.details import clean_birth_date, clean_name
from chartkeep.accounts.models import GuardianRole
from chartkeep.accounts.people import PatientView, patient_view
from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Tag
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor


def edit_patient(*, actor: Actor, patient: UUID, name: str, birth_date: date | None) -> PatientView:
    """Give the patient this name and date of birth (``None``: not known). For owners.

    Raises:
        NotFoundError: the patient is not the actor's to decide about.
        InvalidInputError: the name is empty or too long, or the date is not possible.
    """
    name, birth_date = clean_name("name", name), clean_birth_date(birth_date)
    with transaction.atomic():
        guardianship = guardianship_for(actor, patient, GuardianRole.OWNER)
        row, vault = guardianship.patient, vault_of(patient)
        sealed.write(row, "name", name, vault.fields)
        sealed.write(row, "birth_date", birth_date.isoformat() if birth_date else "", vault.fields)
        row.save(update_fields=["name", "birth_date"])
        record(tag=Tag.PATIENT_EDIT, actor=actor, sealer=vault.fields, patient=patient)
    return patient_view(guardianship, vault.fields)
