"""Home, patients, and who may act for them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartkeep.accounts.access import owned_patient_for, patients_of, role_of
from chartkeep.accounts.errors import SelfExistsError
from chartkeep.accounts.flows.add_guardian import add_guardian
from chartkeep.accounts.flows.create_patient import create_patient
from chartkeep.accounts.flows.edit_patient import edit_patient
from chartkeep.accounts.flows.remove_guardian import remove_guardian
from chartkeep.accounts.queries import guardians_of
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.errors import InvalidInputError
from chartkeep.web.forms import tell
from chartkeep.web.patients.current import look_at, looked_at_last
from chartkeep.web.patients.forms import GuardianForm, NewPatientForm, PatientForm


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The records of the patient looked at last, or of the only one; else the list, or the first question."""
    last = looked_at_last(request)
    if last is not None:
        return redirect("records:timeline", last.id)
    return redirect("patients:list" if patients_of(actor_of(request)) else "patients:add")


@require_safe
@login_required
def family(request: HttpRequest) -> HttpResponse:
    """Everyone the user acts for."""
    return render(request, "patients/list.html", {"patients": patients_of(actor_of(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Add a patient."""
    actor = actor_of(request)
    known = patients_of(actor)
    form = NewPatientForm(request.POST or None, initial={"is_self": "no" if known else "yes"})
    if request.method == "POST" and form.is_valid():
        try:
            made = create_patient(actor=actor, **form.cleaned_data)
        except InvalidInputError as problem:
            tell(form, problem)
        except SelfExistsError as problem:
            form.add_error("is_self", str(problem))
        else:
            return redirect("records:timeline", made.id)
    context = {"form": form, "first": not known}
    return render(request, "patients/add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Change a patient's name and date of birth."""
    actor, found = actor_of(request), look_at(request, patient)
    owned_patient_for(actor, patient)
    form = PatientForm(request.POST or None, initial={"name": found.name, "birth_date": found.birth_date})
    if request.method == "POST" and form.is_valid():
        try:
            edit_patient(actor=actor, patient=patient, **form.cleaned_data)
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("patients:list")
    context = {"form": form, "patient": found}
    return render(request, "patients/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def guardians(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Who may act for a patient; let somebody else."""
    actor, found = actor_of(request), look_at(request, patient)
    owned_patient_for(actor, patient)
    form = GuardianForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_guardian(actor=actor, patient=patient, **form.cleaned_data)
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            messages.success(request, _("They may now act for %(name)s.") % {"name": found.name})
            return redirect("patients:guardians", patient)
    context = {"form": form, "patient": found, "guardians": guardians_of(actor, patient), "me": actor.id}
    return render(request, "patients/guardians.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def dismiss(request: HttpRequest, patient: UUID, guardian: UUID) -> HttpResponse:
    """Let somebody act for a patient no more."""
    actor = actor_of(request)
    remove_guardian(actor=actor, patient=patient, guardian=guardian)
    messages.success(request, _("The access has ended."))
    decides = role_of(actor, patient) == "owner"
    return redirect("patients:guardians", patient) if decides else redirect("patients:list")
