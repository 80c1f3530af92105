"""People and patients as other parts of the house see them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from chartkeep.accounts.models import Guardianship, Patient, User
from chartkeep.keyring import sealed
from chartkeep.lib.sealing import FieldSealer


@dataclass(frozen=True, slots=True)
class PatientView:
    """A patient as one guardian sees them. ``role`` is ``owner``, ``editor``, ``viewer`` or empty."""

    id: UUID
    name: str
    birth_date: date | None
    role: str
    is_self: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """A user. ``clinician_state`` is ``none``, ``claimed`` or ``confirmed``; times are UTC.

    ``profile_name`` and ``profile_organisation`` are empty where the reader has no business with them.
    """

    id: UUID
    email: str
    is_administrator: bool
    clinician_state: str
    is_active: bool
    joined: datetime
    profile_name: str = ""
    profile_organisation: str = ""


@dataclass(frozen=True, slots=True)
class GuardianView:
    """Somebody who may act for a patient, until ``ends_at`` (UTC) if that is set."""

    id: UUID
    user: UUID
    email: str
    role: str
    ends_at: datetime | None
    is_self: bool


def patient_view(guardianship: Guardianship, sealer: FieldSealer) -> PatientView:
    """The patient of a guardianship row, opened with the patient's sealer."""
    view = bare_patient_view(guardianship.patient, sealer)
    return replace(view, role=guardianship.role, is_self=guardianship.is_self)


def bare_patient_view(patient: Patient, sealer: FieldSealer) -> PatientView:
    """A patient as somebody without a guardianship sees them: by name and date of birth."""
    born = sealed.read(patient, "birth_date", sealer)
    return PatientView(
        id=patient.uuid,
        name=sealed.read(patient, "name", sealer),
        birth_date=date.fromisoformat(born) if born else None,
        role="",
        is_self=False,
    )


def person_view(user: User, sealer: FieldSealer | None = None) -> PersonView:
    """A user row; the sealed profile is opened only when the account's sealer is given."""
    return PersonView(
        id=user.id,
        email=user.email,
        is_administrator=user.is_administrator,
        clinician_state=user.clinician_state,
        is_active=user.is_active,
        joined=user.date_joined,
        profile_name=sealed.read(user, "profile_name", sealer) if sealer else "",
        profile_organisation=sealed.read(user, "profile_organisation", sealer) if sealer else "",
    )


def guardian_view(guardianship: Guardianship) -> GuardianView:
    """A guardianship row, with its user at hand."""
    return GuardianView(
        id=guardianship.uuid,
        user=guardianship.user_id,
        email=guardianship.user.email,
        role=guardianship.role,
        ends_at=guardianship.ends_at,
        is_self=guardianship.is_self,
    )
