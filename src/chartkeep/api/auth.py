"""Who calls the API: a user by JWT, or the holder of a viewer session by its secret."""

from allauth.headless.contrib.ninja.security import JWTTokenAuth
from django.http import HttpRequest
from ninja.security import HttpBearer

from chartkeep.accounts.requests import actor_of, origin_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import ChartkeepError
from chartkeep.sharing.flows.view import viewer


class UserAuth(JWTTokenAuth):  # type: ignore[misc]  # allauth publishes no types
    """A short-lived access token of allauth, checked against its session each time."""

    openapi_type: str = "http"
    openapi_scheme: str = "bearer"
    openapi_bearerFormat: str = "JWT"  # noqa: N815 - the name in OpenAPI

    def __call__(self, request: HttpRequest) -> Actor | None:
        """The actor behind the token, or nothing."""
        if super().__call__(request) is None:
            return None
        actor = actor_of(request)
        return actor if actor.id is not None else None


class ViewerAuth(HttpBearer):
    """The secret that a redeem gave, as a bearer token."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The viewer, as long as session and share live."""
        try:
            return viewer(secret=token, origin=origin_of(request), user=None)
        except ChartkeepError:
            return None


user_auth = UserAuth()
viewer_auth = ViewerAuth()


def caller(request: HttpRequest) -> Actor:
    """The actor that the route's authentication found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]  # set by ninja
    return actor


def caller_or_nobody(request: HttpRequest) -> Actor:
    """The actor of a valid access token, or an anonymous one: for routes open to both."""
    found: Actor | None = user_auth(request)
    return found or Actor.anonymous(origin_of(request))
