"""Invitations and the set-up link: single use, seven days, bound to an address if it names one."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection
from tests.cast import ORIGIN, PASSWORD, make_person

from chartkeep.accounts.errors import InvitationRefusedError, MailNotSentError
from chartkeep.accounts.flows import accept_invitation, set_up
from chartkeep.accounts.flows.invite import invite, withdraw
from chartkeep.accounts.models import Invitation
from chartkeep.accounts.queries import open_invitations
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError

User = get_user_model()


def token_of(link):
    return link.url.partition("#")[2]


@pytest.fixture
def link(ada):
    return invite(actor=ada.actor)


def in_parallel(count, act):
    results, barrier = [], threading.Barrier(count)

    def run(number):
        try:
            barrier.wait()
            results.append(act(number))
        except InvitationRefusedError:
            results.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_makes_a_link_with_the_token_in_the_fragment_and_keeps_only_its_hash(ada, link):
    assert link.url.startswith("http://localhost:8000/invitation#")
    assert len(token_of(link)) == 43
    row = Invitation.objects.get()
    assert token_of(link).encode() not in bytes(row.token_hash)
    assert link.url not in repr(link)
    assert link.expires_at - row.created_at == timedelta(days=7)


def test_lets_only_operators_invite_and_withdraw(alice, link):
    for other in (alice.actor, Actor.anonymous()):
        with pytest.raises(NotFoundError):
            invite(actor=other)
        with pytest.raises(NotFoundError):
            withdraw(actor=other, invitation=link.id)
    assert invite(actor=Actor.system()).url


def test_opens_sign_up_for_its_holder_once(app, new_app, link):
    assert app.sign_up("new@example.org", token_of(link)).status_code == 401
    assert User.objects.filter(email="new@example.org").exists()
    assert new_app().sign_up("second@example.org", token_of(link)).status_code == 403
    assert not User.objects.filter(email="second@example.org").exists()


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 10_000])
def test_refuses_sign_up_without_an_invitation_that_works(app, ada, token):
    client = app.client
    headers = {"X-Invitation": token} if token.isascii() else {}
    body = {"email": "new@example.org", "password": PASSWORD}
    response = client.post("/_allauth/app/v1/auth/signup", body, "application/json", headers=headers)
    assert response.status_code == 403
    with pytest.raises(InvitationRefusedError):
        accept_invitation.look(token=token)


def test_gives_the_roles_that_it_says(app, ada):
    link = invite(actor=ada.actor, makes_administrator=True, makes_clinician=True)
    app.sign_up("new@example.org", token_of(link))
    user = User.objects.get(email="new@example.org")
    assert (user.is_administrator, user.clinician_state) == (True, "confirmed")


def test_is_for_the_address_that_it_names(app, ada):
    link = invite(actor=ada.actor, email="Invited@Example.org")
    refused = app.sign_up("other@example.org", token_of(link))
    assert refused.status_code == 400
    assert app.sign_up("invited@example.org", token_of(link)).status_code == 401
    assert not EmailAddress.objects.get(email="invited@example.org").verified


def test_stops_after_seven_days(app, link):
    Invitation.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert app.sign_up("new@example.org", token_of(link)).status_code == 403


def test_stops_when_withdrawn(app, ada, link):
    assert [view.id for view in open_invitations(ada.actor)] == [link.id]
    withdraw(actor=ada.actor, invitation=link.id)
    assert app.sign_up("new@example.org", token_of(link)).status_code == 403
    assert open_invitations(ada.actor) == []
    with pytest.raises(NotFoundError):
        withdraw(actor=ada.actor, invitation=link.id)


def test_does_not_tell_by_going_on_to_work_that_an_account_exists(app, new_app, alice, ada):
    known, unknown = (invite(actor=ada.actor) for _ in range(2))
    answers = [
        app.sign_up(alice.email, token_of(known)).json()["data"],
        new_app().sign_up("unknown@example.org", token_of(unknown)).json()["data"],
    ]
    assert answers[0] == answers[1]
    for link in (known, unknown):
        assert new_app().sign_up("later@example.org", token_of(link)).status_code == 403


def test_proves_the_address_when_it_went_there_by_mail_alone(app, ada, mail_server):
    link = invite(actor=ada.actor, email="new@example.org", by_mail=True)
    assert link.url == ""
    (mail,) = mail_server
    token = next(line for line in mail.splitlines() if "/invitation#" in line).partition("#")[2]
    response = app.sign_up("new@example.org", token)
    assert response.status_code == 200
    assert EmailAddress.objects.get(email="new@example.org").verified


def test_sends_no_invitation_where_administrators_read_the_mail(ada):
    with pytest.raises(InvalidInputError):
        invite(actor=ada.actor, email="new@example.org", by_mail=True)
    with pytest.raises(InvalidInputError):
        invite(actor=ada.actor, by_mail=True)


def test_makes_no_invitation_when_the_mail_server_fails(ada, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:1/?timeout=1"
    with pytest.raises(MailNotSentError):
        invite(actor=ada.actor, email="new@example.org", by_mail=True)
    assert not Invitation.objects.exists()


def test_lets_one_of_many_accept_at_once(transactional_db, new_app):
    ada = make_person("ada", is_administrator=True)
    token = token_of(invite(actor=ada.actor))
    statuses = in_parallel(4, lambda n: new_app().sign_up(f"new{n}@example.org", token).status_code)
    assert sorted(statuses) == [401, 403, 403, 403]
    assert User.objects.filter(email__startswith="new").count() == 1


def test_sets_up_the_first_account_without_mail(db, app):
    token = set_up.setup_link().partition("#")[2]
    assert set_up.is_open(token=token)
    made = set_up.set_up(
        token=token, email="Ada@example.org", password=PASSWORD, actor=Actor.anonymous(ORIGIN)
    )
    assert made.is_administrator
    assert app.call("POST", "/auth/login", {"email": made.email, "password": PASSWORD}).status_code == 200
    assert not set_up.is_open(token=token)
    assert set_up.setup_link() is None


def test_keeps_the_set_up_link_when_the_input_is_wrong(db):
    token = set_up.setup_link().partition("#")[2]
    for email, password in (("ada@example.org", "short"), ("ada", PASSWORD)):
        with pytest.raises(InvalidInputError):
            set_up.set_up(token=token, email=email, password=password, actor=Actor.anonymous())
    assert set_up.is_open(token=token)


def test_replaces_an_earlier_set_up_link(db):
    first, second = (set_up.setup_link().partition("#")[2] for _ in range(2))
    assert not set_up.is_open(token=first)
    assert set_up.is_open(token=second)


def test_does_not_take_an_invitation_for_a_set_up_link_or_the_reverse(db):
    token = set_up.setup_link().partition("#")[2]
    with pytest.raises(InvitationRefusedError):
        accept_invitation.look(token=token)
    invited = token_of(invite(actor=Actor.system()))
    with pytest.raises(InvitationRefusedError):
        set_up.set_up(token=invited, email="a@example.org", password=PASSWORD, actor=Actor.anonymous())


def test_refuses_set_up_once_anybody_is_there(db):
    token = set_up.setup_link().partition("#")[2]
    make_person("alice")
    assert not set_up.is_open(token=token)
    with pytest.raises(InvitationRefusedError):
        set_up.set_up(token=token, email="ada@example.org", password=PASSWORD, actor=Actor.anonymous())


def test_lets_one_of_many_set_up_at_once(transactional_db):
    token = set_up.setup_link().partition("#")[2]

    def act(number):
        return set_up.set_up(
            token=token, email=f"ada{number}@example.org", password=PASSWORD, actor=Actor.anonymous()
        )

    results = in_parallel(4, act)
    assert sum(result is not None for result in results) == 1
    assert User.objects.count() == 1


def test_lets_nobody_sign_up_before_set_up(db, app, settings):
    settings.SIGNUP_MODE = "open"
    assert app.sign_up("first@example.org").status_code == 403


def test_lets_anybody_sign_up_when_open_and_nobody_when_closed(ada, app, new_app, settings):
    settings.SIGNUP_MODE = "open"
    assert app.sign_up("new@example.org").status_code == 401
    link = invite(actor=ada.actor)
    settings.SIGNUP_MODE = "closed"
    assert new_app().sign_up("other@example.org", token_of(link)).status_code == 403


def test_opens_the_web_form_to_whoever_posted_an_invitation(client, ada, link, rf):
    from chartkeep.accounts import sign_up

    form = {"email": "new@example.org", "password1": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.filter(email="new@example.org").exists()
    session = client.session
    request = rf.post("/invitation")
    request.session = session
    sign_up.hold(request, token_of(link))
    session.save()
    client.cookies["session"] = session.session_key
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 302
    assert User.objects.filter(email="new@example.org").exists()
