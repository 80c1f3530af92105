"""What every answer of the web face obeys: private, forgotten on sign-out, idle sessions ended."""

import time
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from chartkeep.lib.errors import ChartkeepError
from chartkeep.web import errors

_LAST_SEEN = "chartkeep_last_seen"
_WRITE_EVERY = 30  # seconds; the session is not written at every request
_OTHER_FACES = ("/api/", "/_allauth/")

Answerer = Callable[[HttpRequest], HttpResponseBase]


class PrivateResponses:
    """Nothing personal stays in a cache; signing out clears the browser; an idle session ends.

    Sessions of the API (tokens) have a life of their own and are not touched.
    """

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or sign out first."""
        of_the_web = not request.path.startswith(_OTHER_FACES)
        idle = of_the_web and _is_idle(request)
        answer = _sign_out(request) if idle else self.get_response(request)
        answer["Cache-Control"] = "no-store"
        if idle or _signs_out(request):
            answer["Clear-Site-Data"] = '"cache", "storage"'
        answer["Server"] = "Chartkeep"  # else the web server tells its own name
        return answer


class DomainErrors:
    """Turns every ``ChartkeepError`` of a page into its page."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """The page of a domain error; anything else stays Django's. The API has answers of its own."""
        if isinstance(problem, ChartkeepError) and not request.path.startswith(_OTHER_FACES):
            return errors.told(request, problem)
        return None


def _is_idle(request: HttpRequest) -> bool:
    """Whether the session of this request has slept too long; if not, note that it is awake."""
    if SESSION_KEY not in request.session:
        return False
    now = int(time.time())
    seen = request.session.get(_LAST_SEEN)
    if seen is not None and now - seen >= settings.IDLE_LOGOUT_MINUTES * 60:
        return True
    if seen is None or now - seen >= _WRITE_EVERY:
        request.session[_LAST_SEEN] = now
    return False


def _sign_out(request: HttpRequest) -> HttpResponse:
    get_adapter(request).logout(request)
    text = _("You were signed out because nothing happened for %(minutes)s minutes.")
    messages.info(request, text % {"minutes": settings.IDLE_LOGOUT_MINUTES})
    entrance = reverse(settings.LOGIN_URL) if "/" not in settings.LOGIN_URL else settings.LOGIN_URL
    if errors.wants_json(request):
        return JsonResponse({"code": "not_signed_in", "next": entrance}, status=401)
    if errors.wants_fragment(request):
        return HttpResponse(status=401, headers={"HX-Redirect": entrance})
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


def _signs_out(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method == "POST" and match is not None and match.view_name == "account_logout"
