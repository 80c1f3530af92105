"""Answers are private, sign-out clears the browser, idle sessions end, tokens are left alone."""

import time

import pytest
from tests.cast import signed_in

pytestmark = pytest.mark.django_db
SEEN = "chartkeep_last_seen"


def sleep(client, minutes):
    session = client.session
    session[SEEN] = int(time.time()) - minutes * 60
    session.save()


@pytest.fixture
def hers(client, alice):
    signed_in(client, alice)
    assert client.get("/settings").status_code == 200
    return client


def test_keeps_every_page_out_of_caches(client, hers):
    for address in ("/accounts/login/", "/settings", "/no-such-page", "/scan"):
        assert hers.get(address)["Cache-Control"] == "no-store"


def test_ends_a_session_that_slept_too_long(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    answer = hers.get("/settings")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/settings"
    assert "_auth_user_id" not in hers.session
    assert '"storage"' in answer["Clear-Site-Data"]


def test_says_on_the_next_page_why_it_signed_out(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    answer = hers.get("/settings", follow=True)
    assert "signed out because nothing happened" in answer.content.decode()


def test_keeps_a_session_that_is_at_work(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES - 1)
    assert hers.get("/settings").status_code == 200
    assert time.time() - hers.session[SEEN] < 30


def test_lets_a_page_say_that_somebody_is_still_here(hers):
    sleep(hers, 5)
    assert hers.post("/settings/still-here").status_code == 204
    assert time.time() - hers.session[SEEN] < 30


def test_sends_nobody_back_to_a_post(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    assert hers.post("/settings/clinician")["Location"] == "/accounts/login/?next=/"


def test_tells_scripts_that_the_session_is_over(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    answer = hers.post("/settings/still-here", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json() == {"code": "not_signed_in", "next": "/accounts/login/"}


def test_sends_htmx_to_the_entrance(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    answer = hers.get("/settings", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/accounts/login/"


def test_leaves_sessions_of_the_api_alone(hers, settings):
    sleep(hers, settings.IDLE_LOGOUT_MINUTES + 5)
    hers.get("/api/v1/openapi.json")
    assert "_auth_user_id" in hers.session


def test_clears_the_browser_on_sign_out(hers):
    answer = hers.post("/accounts/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in hers.get("/accounts/login/")


def test_logs_that_an_idle_session_was_ended(hers, alice, settings):
    from chartkeep.audit.tags import Tag

    sleep(hers, settings.IDLE_LOGOUT_MINUTES)
    hers.get("/settings")
    assert Tag.ACCOUNT_SIGN_OUT in tags_of(alice)


def tags_of(person):
    from chartkeep.audit.queries import entries_for_account
    from chartkeep.keyring.vaults import vault_of

    page = entries_for_account(person.id, sealer=vault_of(person.id).fields, cursor=None)
    return [entry.tag for entry in page.items]


def test_does_not_say_which_server_it_runs_on(hers):
    assert hers.get("/settings")["Server"] == "Chartkeep"
