"""The first run (``/setup``) and invitations (``/invitation``): both take the token of a link.

The token stands in the fragment of the link, which never reaches a server; a script moves it into the form.
"""

from allauth.account.utils import perform_login
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chartkeep.accounts import sign_up
from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.flows.set_up import set_up
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.errors import InvalidInputError
from chartkeep.web.arrival.forms import SetUpForm, TokenForm
from chartkeep.web.forms import tell


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first account, an administrator's, and sign it in."""
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            person = set_up(
                token=fields["token"],
                email=fields["email"],
                password=fields["password"],
                actor=actor_of(request),
            )
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            user = get_user_model().objects.get(pk=person.id)
            answer: HttpResponse = perform_login(request, user, redirect_url="/")
            return answer
    return render(request, "arrival/setup.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Take an invitation: it waits in the session for the sign-up that follows."""
    if request.method != "POST":
        return render(request, "arrival/invitation.html", {"form": TokenForm()})
    form = TokenForm(request.POST)
    if not form.is_valid():
        raise InvitationRefusedError
    sign_up.hold(request, form.cleaned_data["token"])
    return redirect("account_signup")
