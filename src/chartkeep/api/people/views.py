"""Patients and who may act for them."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict

from chartkeep.accounts import access
from chartkeep.accounts.flows.create_patient import create_patient
from chartkeep.accounts.flows.edit_patient import edit_patient
from chartkeep.accounts.people import PatientView
from chartkeep.api.auth import caller

router = Router(tags=["patients"])


class PatientOut(Schema):
    """A patient as one guardian sees them; ``role`` is ``owner``, ``editor`` or ``viewer``."""

    id: UUID
    name: str
    birth_date: date | None
    role: str
    is_self: bool

    @classmethod
    def of(cls, view: PatientView) -> "PatientOut":
        """From the domain."""
        return cls(**{name: getattr(view, name) for name in cls.model_fields})


class PatientIn(Schema):
    """A patient to add; ``is_self`` when it is the caller."""

    model_config = ConfigDict(extra="forbid")

    name: str
    birth_date: date | None = None
    is_self: bool = False


class PatientChange(Schema):
    """What to change."""

    model_config = ConfigDict(extra="forbid")

    name: str
    birth_date: date | None = None


@router.get("", response=list[PatientOut])
def list_patients(request: HttpRequest) -> list[PatientOut]:
    """Everyone the caller may act for."""
    return [PatientOut.of(view) for view in access.patients_of(caller(request))]


@router.post("", response={201: PatientOut})
def add_patient(request: HttpRequest, patient: PatientIn) -> Status[PatientOut]:
    """Add a patient; the caller becomes its owner."""
    return Status(201, PatientOut.of(create_patient(actor=caller(request), **patient.dict())))


@router.get("/{uuid:patient}", response=PatientOut)
def get_patient(request: HttpRequest, patient: UUID) -> PatientOut:
    """One patient."""
    return PatientOut.of(access.patient_for(caller(request), patient))


@router.put("/{uuid:patient}", response=PatientOut)
def change_patient(request: HttpRequest, patient: UUID, change: PatientChange) -> PatientOut:
    """Change name and date of birth."""
    return PatientOut.of(edit_patient(actor=caller(request), patient=patient, **change.dict()))
