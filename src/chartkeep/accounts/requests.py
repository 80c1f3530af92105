"""From an HTTP request to the ``Actor`` behind it, and the address it came from."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from chartkeep.accounts.models import ClinicianState, User
from chartkeep.lib.actor import Actor, Origin

_USER_AGENT_LENGTH = 256
_CACHE = "_chartkeep_actor"


def actor_of(request: HttpRequest) -> Actor:
    """Who asks: the user of the session or of the JWT (``jwt_token_auth`` sets ``request.user``).

    Cached on the request for as long as its user stays the same. A disabled user is nobody.
    """
    asking = getattr(request, "user", None)
    user = asking if asking is not None and asking.is_authenticated else None
    key = user.pk if user is not None else None
    known = getattr(request, _CACHE, None)
    if known is not None and known[0] == key:
        actor: Actor = known[1]
        return actor
    actor = actor_of_user(request, user)
    setattr(request, _CACHE, (key, actor))
    return actor


def actor_of_user(request: HttpRequest, user: User | None) -> Actor:
    """The actor for a user who is about to be, or was, signed in by this request."""
    if user is None or not user.is_active:
        return Actor.anonymous(origin_of(request))
    return Actor.person(
        user.pk,
        origin=origin_of(request),
        is_administrator=user.is_administrator,
        is_clinician=user.clinician_state == ClinicianState.CONFIRMED,
    )


def origin_of(request: HttpRequest) -> Origin:
    """Where the request came from, for the audit log."""
    return Origin(
        address=client_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:_USER_AGENT_LENGTH],
        face="api" if request.path.startswith(("/api/", "/_allauth/")) else "web",
    )


def client_address(request: HttpRequest) -> str:
    """The client's IP address, normalised; empty when the server gives none.

    ``X-Forwarded-For`` counts only behind ``TRUSTED_PROXIES``: it is walked from the right, and the first
    address that is not a trusted proxy is the client. What lies left of it anybody could have written.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    trusted = _trusted_networks(tuple(settings.TRUSTED_PROXIES))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_in(address, trusted):
        hop = _parsed(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address)


def _trusted_networks(words: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(word, strict=False) for word in words]


def _is_in(address: IPv4Address | IPv6Address, networks: list[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with IPv4 mapped into IPv6 taken out; ports and zones are left off."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
