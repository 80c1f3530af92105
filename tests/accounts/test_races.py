"""What happens between a look and an act."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from tests.cast import PASSWORD, make_person

from chartkeep.accounts import sign_up
from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.flows.create_patient import create_patient
from chartkeep.accounts.flows.invite import invite
from chartkeep.accounts.invitations import use
from chartkeep.audit.models import LogEntry
from chartkeep.keyring.models import VaultKey
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id


@pytest.mark.parametrize("path", ["/_allauth/app/v1/auth/signup", "/accounts/signup/"])
def test_turns_a_sign_up_away_whose_invitation_was_used_in_between(client, ada, monkeypatch, path):
    token = invite(actor=ada.actor).url.partition("#")[2]
    establish = sign_up.establish_user

    def after_somebody_else(request, user):
        use(token, email="quicker@example.org")
        return establish(request, user)

    monkeypatch.setattr(sign_up, "establish_user", after_somebody_else)
    vaults = VaultKey.objects.count()
    form = {"email": "new@example.org", "password": PASSWORD, "password1": PASSWORD}
    kind = {"content_type": "application/json"} if path.startswith("/_") else {}
    answer = client.post(path, form, headers={"X-Invitation": token}, **kind)
    assert answer.status_code in {302, 403}
    assert not get_user_model().objects.filter(email="new@example.org").exists()
    assert VaultKey.objects.count() == vaults
    assert not LogEntry.objects.filter(tag="account:create", object=None).exists()


def test_refuses_a_sign_up_without_any_invitation_at_the_last_moment(rf, ada):
    request = rf.post("/accounts/signup/")
    request.session = {}
    user = get_user_model()(email="new@example.org")
    with pytest.raises(InvitationRefusedError):
        sign_up.establish_user(request, user)


def test_makes_no_patient_for_an_account_that_is_gone(db):
    with pytest.raises(NotFoundError):
        create_patient(actor=Actor.person(new_id()), name="Carl")


def test_leaves_nothing_behind_when_the_log_cannot_be_written(alice, monkeypatch):
    from chartkeep.accounts.flows import create_patient as module
    from chartkeep.accounts.models import Patient

    def fails(**_):
        raise OSError("disk full")

    vaults = VaultKey.objects.count()
    monkeypatch.setattr(module, "record", fails)
    with pytest.raises(OSError, match="disk full"):
        create_patient(actor=alice.actor, name="Carl")
    assert not Patient.objects.exists()
    assert VaultKey.objects.count() == vaults


def test_answers_a_sign_up_whose_address_was_taken_in_between_like_any_other(
    new_app, client, ada, monkeypatch, settings
):
    settings.SIGNUP_MODE = "open"
    usual = new_app().sign_up("usual@example.org").json()["data"]
    establish = sign_up.establish_user

    def after_somebody_else(request, user):
        make_person(user.email.partition("@")[0])  # undone with the transaction that it makes fail
        return establish(request, user)

    monkeypatch.setattr(sign_up, "establish_user", after_somebody_else)
    answer = new_app().sign_up("new@example.org")
    assert (answer.status_code, answer.json()["data"]) == (401, usual)
    form = {"email": "newer@example.org", "password1": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert not get_user_model().objects.filter(email__startswith="new").exists()


def test_makes_one_account_of_many_sign_ups_for_an_address_at_once(transactional_db, new_app, settings):
    make_person("ada", is_administrator=True)
    settings.SIGNUP_MODE = "open"
    statuses, barrier = [], threading.Barrier(4)

    def sign_up_now():
        try:
            barrier.wait()
            statuses.append(new_app().sign_up("new@example.org").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_up_now) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 4
    assert set(statuses) <= {401, 429}  # one code is mailed to an address in ten seconds
    assert get_user_model().objects.filter(email="new@example.org").count() == 1
