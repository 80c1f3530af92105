"""Which patient a guardian is looking at: named by the address, else remembered, else the first."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

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
    return _last_of(request, patients) or next(iter(patients), None)


def remembered_to_write(request: HttpRequest) -> PatientView | None:
    """The patient looked at last, or the first one, to whose records the user may add; else nothing."""
    patients = [view for view in patients_of(actor_of(request)) if view.role != "viewer"]
    return _last_of(request, patients) or next(iter(patients), None)


def looked_at_last(request: HttpRequest) -> PatientView | None:
    """The patient looked at last, or the only one; nothing when it could be several, or none."""
    patients = patients_of(actor_of(request))
    return _last_of(request, patients) or (patients[0] if len(patients) == 1 else None)


def nobody_to_write_for(request: HttpRequest) -> HttpResponse:
    """To the page that adds a person; readers of somebody's records are told why."""
    if patients_of(actor_of(request)):
        messages.info(request, _("You may only read there. Add somebody whose records you keep yourself."))
    return redirect("patients:add")


def _last_of(request: HttpRequest, patients: list[PatientView]) -> PatientView | None:
    last = request.session.get(_REMEMBERED)
    return next((view for view in patients if str(view.id) == last), None)
