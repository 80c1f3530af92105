"""The cookie of a viewer session."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chartkeep.accounts.requests import actor_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.sharing.details import Redeemed
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows.view import viewer


def cookie_name() -> str:
    """``__Host-viewer``: sent by HTTPS to this host alone."""
    return "__Host-viewer" if settings.SECURE else "viewer"


def remember_viewer(answer: HttpResponse, redeemed: Redeemed) -> None:
    """Hand the session's secret to the browser, out of reach of scripts and of other sites."""
    left = redeemed.expires_at - database_now()
    answer.set_cookie(
        cookie_name(),
        redeemed.secret,
        max_age=max(0, int(left.total_seconds())),
        path="/",
        secure=settings.SECURE,
        httponly=True,
        samesite="Strict",
    )


def forget_viewer(answer: HttpResponse) -> None:
    """Take the cookie back."""
    answer.delete_cookie(cookie_name(), path="/", samesite="Strict")


def viewer_of(request: HttpRequest) -> Actor:
    """The actor behind the cookie.

    Raises:
        ShareRefusedError: there is none, or the session or its share is over.
    """
    secret = request.COOKIES.get(cookie_name(), "")
    if not secret:
        raise ShareRefusedError
    person = actor_of(request)
    return viewer(secret=secret, origin=person.origin, user=person.user)
