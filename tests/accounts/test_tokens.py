"""JWTs through the real endpoints: rotation, reuse, logout, disabling."""

import threading

import pytest
from allauth.headless.contrib.ninja.security import jwt_token_auth
from django.db import connection
from tests.cast import make_person

from chartkeep.accounts.flows.disable_user import disable_user
from chartkeep.accounts.flows.enable_user import enable_user
from chartkeep.accounts.flows.end_session import end_other_sessions
from chartkeep.accounts.models import RefreshToken
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.actor import ActorKind


@pytest.fixture
def alice_app(app, alice):
    assert app.sign_in(alice).status_code == 200
    return app


def test_gives_a_short_access_token_and_a_refresh_token(alice_app):
    assert alice_app.access
    assert alice_app.refresh
    assert alice_app.is_in()


def test_gives_a_new_pair_for_a_refresh_token(alice_app):
    old = alice_app.refresh
    response = alice_app.refresh_with(old)
    assert response.status_code == 200
    data = response.json()["data"]
    assert data["refresh_token"] != old
    alice_app.access = data["access_token"]
    assert alice_app.is_in()
    assert alice_app.refresh_with(data["refresh_token"]).status_code == 200


def test_kills_the_family_when_an_old_refresh_token_comes_back(alice_app, alice, log_of):
    first = alice_app.refresh
    fresh = alice_app.refresh_with(first).json()["data"]
    assert alice_app.refresh_with(first).status_code == 400
    assert alice_app.refresh_with(fresh["refresh_token"]).status_code == 400
    assert not alice_app.is_in()
    alice_app.access = fresh["access_token"]
    assert not alice_app.is_in()
    assert log_of(alice)[-1] == ("account:token_reuse", "refused")


def test_kills_the_family_when_the_token_was_never_given_out(alice_app):
    RefreshToken.objects.all().delete()
    assert alice_app.refresh_with(alice_app.refresh).status_code == 400
    assert not alice_app.is_in()


def test_leaves_other_families_of_the_user_alone(alice_app, new_app, alice):
    other = new_app()
    other.sign_in(alice)
    alice_app.refresh_with(alice_app.refresh)
    alice_app.refresh_with(alice_app.refresh)
    assert not alice_app.is_in()
    assert other.is_in()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\x00", "é" * 50])
def test_refuses_what_is_no_token(alice_app, token):
    assert alice_app.refresh_with(token).status_code == 400
    assert alice_app.is_in()


def test_does_not_take_an_access_token_for_a_refresh_token(alice_app):
    assert alice_app.refresh_with(alice_app.access).status_code == 400
    assert alice_app.is_in()


def test_ends_both_tokens_at_logout(alice_app, alice, log_of):
    access, refresh = alice_app.access, alice_app.refresh
    assert alice_app.call("DELETE", "/auth/session").status_code == 401
    alice_app.access, alice_app.session = access, None
    assert not alice_app.is_in()
    assert alice_app.refresh_with(refresh).status_code == 400
    assert log_of(alice)[-1] == ("account:sign_out", "ok")


def test_ends_both_tokens_when_the_user_is_disabled(alice_app, alice, ada):
    disable_user(actor=ada.actor, user=alice.id)
    assert not alice_app.is_in()
    assert alice_app.refresh_with(alice_app.refresh).status_code == 400
    enable_user(actor=ada.actor, user=alice.id)
    assert not alice_app.is_in()
    assert alice_app.refresh_with(alice_app.refresh).status_code == 400


def test_ends_tokens_with_the_session_that_is_ended_from_afar(alice_app, alice):
    end_other_sessions(actor=alice.actor, current=None)
    assert not alice_app.is_in()
    assert alice_app.refresh_with(alice_app.refresh).status_code == 400


def test_ends_tokens_when_the_password_changes(alice_app, new_app, alice):
    other = new_app()
    other.sign_in(alice)
    body = {"current_password": alice.password, "new_password": "another long password"}
    alice_app.call("POST", "/account/password/change", body)
    assert not other.is_in()
    assert other.refresh_with(other.refresh).status_code == 400


def test_names_the_actor_of_an_access_token(alice_app, alice, rf):
    request = rf.get("/api/v1/records", headers={"Authorization": f"Bearer {alice_app.access}"})
    assert jwt_token_auth(request)
    actor = actor_of(request)
    assert (actor.kind, actor.id, actor.origin.face) == (ActorKind.USER, alice.id, "api")
    stranger = rf.get("/api/v1/records", headers={"Authorization": "Bearer nonsense"})
    assert jwt_token_auth(stranger) is None
    assert actor_of(stranger).kind == ActorKind.ANONYMOUS


def test_refuses_a_well_signed_token_whose_id_is_none(alice_app, alice):
    from allauth.headless.tokens.strategies.jwt import internal

    sid = internal.session_key_to_sid(alice_app.session)
    real = internal.jwt.decode(alice_app.refresh, options={"verify_signature": False})
    key = internal._get_jwt_config().signing_key
    forged = internal.jwt.encode({**real, "sid": sid, "jti": "not a uuid"}, key, algorithm="HS256")
    assert alice_app.refresh_with(forged).status_code == 400
    assert alice_app.is_in()


@pytest.mark.parametrize("algorithm", ["none", "HS384"])
def test_refuses_another_algorithm(alice_app, algorithm):
    from allauth.headless.tokens.strategies.jwt import internal

    real = internal.jwt.decode(alice_app.refresh, options={"verify_signature": False})
    key = None if algorithm == "none" else internal._get_jwt_config().signing_key
    forged = internal.jwt.encode(real, key, algorithm=algorithm)
    assert alice_app.refresh_with(forged).status_code == 400
    assert alice_app.is_in()


def test_lets_one_of_many_parallel_refreshes_win_and_then_ends_the_family(transactional_db, new_app):
    alice = make_person("alice")
    app = new_app()
    app.sign_in(alice)
    statuses, barrier = [], threading.Barrier(4)

    def refresh():
        try:
            barrier.wait()
            statuses.append(app.refresh_with(app.refresh).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400]
    assert not app.is_in()
