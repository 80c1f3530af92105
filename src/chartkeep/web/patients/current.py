"""Which patient a guardian is looking at: named by the address, else remembered, else the first."""

from uuid import UUID

from django.http import HttpRequest

from chartkeep.accounts.access import patient_for, patients_of
from chartkeep.accounts.people import PatientView
from chartkeep.accounts.requests import actor_of

_REMEMBERED = "chartkeep_patient"


def look_at(request: HttpRequest, patient: UUID) -> PatientView:
    """The patient named by the address; remembered for pages that name none.

    Raises:
        NotFoundError: the patient is not the actor's.
    """
    found = patient_for(actor_of(request), patient)
    if request.session.get(_REMEMBERED) != str(patient):
        request.session[_REMEMBERED] = str(patient)
    return found


def remembered(request: HttpRequest) -> PatientView | None:
    """The patient looked at last, or the first one; nothing for somebody without a patient."""
    patients = patients_of(actor_of(request))
    last = request.session.get(_REMEMBERED)
    return next((view for view in patients if str(view.id) == last), patients[0] if patients else None)
