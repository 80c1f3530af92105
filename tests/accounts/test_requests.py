"""Who asks, and from where."""

import pytest
from django.contrib.auth.models import AnonymousUser

from chartkeep.accounts.models import User
from chartkeep.accounts.requests import actor_of, client_address
from chartkeep.lib.actor import ActorKind


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "expected"),
    [
        ("198.51.100.7", None, [], "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", [], "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.5", "203.0.113.9", ["10.0.0.5"], "203.0.113.9"),
        ("10.0.0.5", "1.1.1.1, 203.0.113.9", ["10.0.0.5"], "203.0.113.9"),
        ("10.0.0.5", "1.1.1.1, 203.0.113.9, 10.0.0.6", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", "10.0.0.7", ["10.0.0.0/8"], "10.0.0.7"),
        ("10.0.0.5", None, ["10.0.0.0/8"], "10.0.0.5"),
        ("10.0.0.5", "nonsense", ["10.0.0.0/8"], "10.0.0.5"),
        ("10.0.0.5", "203.0.113.9:4711", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", "[2001:db8::1]:4711", ["10.0.0.0/8"], "2001:db8::1"),
        ("::ffff:10.0.0.5", "203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("fd00::1", "2001:db8::2", ["fd00::/8"], "2001:db8::2"),
        ("", "203.0.113.9", ["0.0.0.0/0"], ""),
        ("unix:", None, [], ""),
    ],
)
def test_believes_forwarded_addresses_of_trusted_proxies_only(
    rf, settings, remote, forwarded, trusted, expected
):
    settings.TRUSTED_PROXIES = trusted
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(rf.get("/", REMOTE_ADDR=remote, **extra)) == expected


def request_of(rf, person=None, path="/", **extra):
    request = rf.get(path, **extra)
    request.user = User.objects.get(id=person.id) if person else AnonymousUser()
    return request


def test_knows_the_user_and_their_roles(rf, ada, dana):
    actor = actor_of(request_of(rf, dana))
    assert (actor.kind, actor.id, actor.is_clinician, actor.is_administrator) == (
        ActorKind.USER,
        dana.id,
        True,
        False,
    )
    assert actor_of(request_of(rf, ada)).is_administrator


def test_holds_nobody_for_anonymous_and_for_disabled_users(rf, alice):
    assert actor_of(request_of(rf)).kind == ActorKind.ANONYMOUS
    request = request_of(rf, alice)
    request.user.is_active = False
    assert actor_of(request).kind == ActorKind.ANONYMOUS


def test_remembers_the_actor_until_the_user_changes(rf, alice):
    request = request_of(rf, alice)
    assert actor_of(request) is actor_of(request)
    request.user = AnonymousUser()
    assert actor_of(request).kind == ActorKind.ANONYMOUS


def test_says_where_the_request_came_from(rf, db):
    origin = actor_of(request_of(rf, path="/api/v1/records", HTTP_USER_AGENT="x" * 900)).origin
    assert (origin.address, len(origin.user_agent), origin.face) == ("127.0.0.1", 256, "api")
    assert actor_of(request_of(rf, path="/records/")).origin.face == "web"
