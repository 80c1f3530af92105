"""Settings of one's own account. E-mail, password, factors and sessions are allauth's pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chartkeep.accounts.access import person_for
from chartkeep.accounts.client_sessions import sessions_of
from chartkeep.accounts.flows import end_session as ending
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


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    current = request.session.session_key
    context = {"sessions": sessions_of(actor_of(request), current=current)}
    return render(request, "profile/sessions.html", context)


@require_POST
@login_required
def end_session(request: HttpRequest, session: int) -> HttpResponse:
    """Sign another browser out."""
    ending.end_session(actor=actor_of(request), session=session)
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign every other browser out."""
    ending.end_other_sessions(actor=actor_of(request), current=request.session.session_key)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("usersessions_list")


def _oneself(request: HttpRequest) -> PersonView:
    actor = actor_of(request)
    if actor.id is None:
        raise NotFoundError
    return person_for(actor, actor.id)
