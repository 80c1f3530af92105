"""Sign-up by ``SIGNUP_MODE``, and the invitation that waits in the session or comes in a header.

A web page posts the token once, ``hold`` puts it into the (sealed) session. An app sends it in the header
``X-Invitation`` of its sign-up request. It never stands in an address that reaches a server.
"""

from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.headless.base.response import AuthenticationResponse, ForbiddenResponse
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from chartkeep.accounts import invitations
from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.establish import establish
from chartkeep.accounts.flows.accept_invitation import accept, look
from chartkeep.accounts.invitations import InvitationView
from chartkeep.accounts.models import User
from chartkeep.accounts.requests import origin_of
from chartkeep.lib.actor import Actor

_SESSION_KEY = "chartkeep_invitation"
HEADER = "X-Invitation"


def hold(request: HttpRequest, token: str) -> InvitationView:
    """Keep an invitation for the sign-up that follows in this session.

    Raises:
        InvitationRefusedError: it does not work.
    """
    invitation = look(token=token)
    request.session[_SESSION_KEY] = token
    return invitation


def held(request: HttpRequest) -> InvitationView | None:
    """The invitation at hand, if it (still) works."""
    token = _token(request)
    if not token:
        return None
    try:
        return look(token=token)
    except InvitationRefusedError:
        return None


def is_open(request: HttpRequest) -> bool:
    """Whether this request may sign up. Nobody may before the first account is set up."""
    if settings.SIGNUP_MODE == "closed" or not User.objects.exists():
        return False
    return settings.SIGNUP_MODE == "open" or held(request) is not None


def fits(request: HttpRequest, email: str) -> bool:
    """Whether a person who signs up with this address keeps to their invitation, if it names one."""
    if request.user.is_authenticated:
        return True
    invitation = held(request)
    return invitation is None or not invitation.email or invitation.email == email.lower()


def establish_user(request: HttpRequest, user: User) -> bool:
    """Save a new user and use the invitation up; says whether it proved the address. In a transaction.

    Raises:
        InvitationRefusedError: sign-up needs an invitation, and there is none that works any more.
    """
    user.email = user.email.lower()
    actor = Actor.anonymous(origin_of(request))
    token = _token(request)
    if settings.SIGNUP_MODE == "open" and held(request) is None:
        establish(user, actor, how="sign_up")
        return False
    invitation = accept(token=token, user=user)
    establish(user, actor, how="invitation")
    request.session.pop(_SESSION_KEY, None)
    return invitation.proves_address


def spend(request: HttpRequest) -> None:
    """Use an invitation up for nothing: its holder signed up with an address that has an account."""
    invitation, token = held(request), _token(request)
    if invitation is not None:
        invitations.use(token, email=invitation.email)
        request.session.pop(_SESSION_KEY, None)


def closed_response(request: HttpRequest) -> HttpResponse:
    """The answer to a sign-up whose invitation was used a moment ago."""
    if _is_headless(request):
        response: HttpResponse = ForbiddenResponse(request)
        return response
    return HttpResponseRedirect(reverse("account_signup"))


def taken_response(request: HttpRequest, email: str) -> HttpResponse:
    """The answer to a sign-up whose address got an account a moment ago: the one that every sign-up gets."""
    response: HttpResponse = prevent_enumeration(request, email=email)
    if _is_headless(request):
        response = AuthenticationResponse.from_response(request, response)
    return response


def _is_headless(request: HttpRequest) -> bool:
    return hasattr(getattr(request, "allauth", None), "headless")


def _token(request: HttpRequest) -> str:
    token: str = request.headers.get(HEADER, "") or request.session.get(_SESSION_KEY, "")
    return token
