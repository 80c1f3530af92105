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
    return _choose(request, least_certain=True)


def looked_at_last(request: HttpRequest) -> PatientView | None:
    """The patient looked at last, or the only one; nothing when it could be several, or none."""
    return _choose(request, least_certain=False)


def _choose(request: HttpRequest, *, least_certain: bool) -> PatientView | None:
    patients = patients_of(actor_of(request))
    last = request.session.get(_REMEMBERED)
    for view in patients:
        if str(view.id) == last:
            return view
    return patients[0] if len(patients) == 1 or (patients and least_certain) else None
