"""For administrators: who has an account, who waits, and the mails of a deployment without a mail server.

Every look-up and every flow asks for itself whether the actor is an administrator; others get "nothing here".
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chartkeep.accounts.access import administrator
from chartkeep.accounts.flows import clinician
from chartkeep.accounts.flows.disable_user import disable_user
from chartkeep.accounts.flows.enable_user import enable_user
from chartkeep.accounts.flows.invite import invite as make_invitation
from chartkeep.accounts.flows.invite import withdraw as withdraw_invitation
from chartkeep.accounts.mailbox import list_messages
from chartkeep.accounts.queries import claimed_clinicians, list_people, open_invitations
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.errors import InvalidInputError
from chartkeep.web.forms import tell
from chartkeep.web.people.forms import InviteForm

_ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "confirm": (clinician.confirm, gettext_lazy("The clinician is confirmed.")),
    "refuse": (clinician.refuse, gettext_lazy("They are not a clinician here.")),
    "disable": (disable_user, gettext_lazy("The account is disabled and signed out everywhere.")),
    "enable": (enable_user, gettext_lazy("The account works again.")),
}


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, and who waits."""
    actor = actor_of(request)
    text = request.GET.get("q", "").strip()
    context = {
        "people": list_people(actor=actor, text=text, cursor=request.GET.get("cursor")),
        "claimed": claimed_clinicians(actor),
        "invitations": open_invitations(actor),
        "text": text,
        "me": actor.id,
        "mailbox": not settings.EMAIL_URL,
    }
    return render(request, "people/list.html", context)


@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link that makes one account. It is shown once, here."""
    actor = actor_of(request)
    administrator(actor)
    form = InviteForm(request.POST or None)
    if not settings.EMAIL_URL:
        del form.fields["by_mail"]
    if request.method == "POST" and form.is_valid():
        try:
            link = make_invitation(actor=actor, **form.cleaned_data)
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            return render(request, "people/invited.html", {"link": link})
    return render(request, "people/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_required
def withdraw(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """Make an unused invitation work no more."""
    withdraw_invitation(actor=actor_of(request), invitation=invitation)
    messages.success(request, _("The invitation does not work any more."))
    return redirect("people:list")


@require_POST
@login_required
def decide(request: HttpRequest, user: UUID, act: str) -> HttpResponse:
    """Confirm or refuse a clinician, disable or enable an account."""
    flow, done = _ACTS[act]
    flow(actor=actor_of(request), user=user)
    messages.success(request, done)
    return redirect("people:list")


@require_safe
@login_required
def mailbox(request: HttpRequest) -> HttpResponse:
    """Mails that wait here because no mail server is set."""
    return render(request, "people/mailbox.html", {"mails": list_messages(actor_of(request))})
