"""Settings of one's own account. E-mail, password, factors and sessions are allauth's pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chartkeep.accounts.access import person_for
from chartkeep.accounts.flows.clinician import claim
from chartkeep.accounts.people import PersonView
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.web.forms import tell
from chartkeep.web.profile.forms import ClinicianForm


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What can be set."""
    person = _oneself(request)
    known = {"name": person.profile_name, "organisation": person.profile_organisation}
    return render(request, "profile/home.html", {"person": person, "form": ClinicianForm(initial=known)})


@require_POST
@login_required
def clinician(request: HttpRequest) -> HttpResponse:
    """Say to be a clinician; an administrator confirms it."""
    form = ClinicianForm(request.POST)
    if form.is_valid():
        try:
            claim(actor=actor_of(request), **form.cleaned_data)
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Thank you. An administrator will confirm this."))
            return redirect("profile:home")
    return render(request, "profile/home.html", {"person": _oneself(request), "form": form}, status=422)


@require_POST
@login_required
def still_here(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - being asked is the point
    """Somebody is at work: the session stays awake (see ``PrivateResponses``)."""
    return HttpResponse(status=204)


def _oneself(request: HttpRequest) -> PersonView:
    actor = actor_of(request)
    if actor.id is None:
        raise NotFoundError
    return person_for(actor, actor.id)
