"""Signing in and what is logged of it; nothing tells whether an account exists."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from tests.cast import PASSWORD, make_person

from chartkeep.accounts.flows.disable_user import disable_user
from chartkeep.accounts.flows.invite import invite
from chartkeep.audit.models import LogEntry, LogPayload
from chartkeep.audit.queries import entries_for_account
from chartkeep.keyring.vaults import system_vault, vault_of


def code_in(mail):
    return re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.text, flags=re.MULTILINE)[1]


def test_logs_a_sign_in_with_its_methods_and_origin(app, alice):
    app.sign_in(alice)
    (entry,) = entries_for_account(alice.id, sealer=vault_of(alice.id).fields).items
    assert (entry.tag, entry.outcome, entry.details) == ("account:sign_in", "ok", {"methods": "password"})
    assert entry.address == "127.0.0.1"


def test_logs_a_wrong_password_under_the_account(app, alice, log_of):
    assert app.sign_in(alice, password="wrong password").status_code == 400
    assert log_of(alice) == [("account:sign_in", "failed")]


def test_logs_an_unknown_address_without_it(app, db):
    app.call("POST", "/auth/login", {"email": "hunter2@example.org", "password": PASSWORD})
    entry = LogEntry.objects.get(tag="account:sign_in")
    assert (entry.actor_kind, entry.object, entry.outcome) == ("anonymous", None, "failed")
    payload = LogPayload.objects.get(entry=entry)
    opened = system_vault().fields.open(
        bytes(payload.sealed), table="audit_logpayload", column="sealed", row=entry.uuid
    )
    assert b"unknown_address" in opened
    assert b"hunter2" not in opened


def test_answers_a_wrong_password_and_an_unknown_address_alike(app, new_app, alice):
    wrong = app.sign_in(alice, password="wrong password")
    body = {"email": "unknown@example.org", "password": "wrong password"}
    unknown = new_app().call("POST", "/auth/login", body)
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())


def test_stops_guessing_after_five_wrong_passwords(app, new_app, alice):
    for _ in range(5):
        assert new_app().sign_in(alice, password="wrong password").status_code == 400
    answer = app.sign_in(alice)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_counts_limits_where_every_process_sees_them_without_addresses(app, alice):
    from chartkeep.accounts.models import SharedCounter

    app.sign_in(alice, password="wrong password")
    rows = SharedCounter.objects.all()
    assert rows
    assert all(re.fullmatch(r"[0-9a-f]{64}", row.key) and "127.0" not in str(row.value) for row in rows)


def test_lets_no_disabled_user_in(app, alice, ada):
    disable_user(actor=ada.actor, user=alice.id)
    app.sign_in(alice)
    assert not app.is_in()


def test_signs_in_and_out_on_the_web(client, alice, log_of):
    answer = client.post("/accounts/login/", {"login": "Alice@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/accounts/password/change/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/accounts/password/change/").status_code == 302
    assert log_of(alice) == [("account:sign_in", "ok"), ("account:sign_out", "ok")]


def test_asks_a_new_user_for_the_code_that_was_mailed(app, ada, mails, log_of):
    token = invite(actor=ada.actor).url.partition("#")[2]
    assert app.sign_up("new@example.org", token).status_code == 401
    assert not app.is_in()
    (mail,) = mails()
    assert mail.to == "new@example.org"
    assert app.call("POST", "/auth/email/verify", {"key": "WRONG1"}).status_code == 400
    assert app.call("POST", "/auth/email/verify", {"key": code_in(mail)}).status_code == 200
    assert app.is_in()
    address = EmailAddress.objects.get(email="new@example.org")
    assert address.verified
    assert [tag for tag, outcome in log_of(address.user) if outcome == "ok"] == [
        "account:create",
        "account:email_verify",
        "account:sign_in",
    ]


def test_lets_no_unverified_user_in(app, db):
    person = make_person("unverified", verified=False)
    assert app.sign_in(person).status_code == 401
    assert not app.is_in()


def test_resets_a_password_by_mailed_code(app, new_app, alice, mail_server, log_of):
    assert app.call("POST", "/auth/password/request", {"email": alice.email}).status_code == 401
    code = re.search(r"^([A-Z0-9-]{6,9})$", mail_server[0], flags=re.MULTILINE)[1]
    body = {"key": code, "password": "a brand new password"}
    assert app.call("POST", "/auth/password/reset", body).status_code in {200, 401}
    assert new_app().sign_in(alice, password="a brand new password").status_code == 200
    assert ("account:password_change", "ok") in log_of(alice)


def test_answers_a_reset_for_unknown_addresses_alike(app, new_app, alice, mail_server):
    known = app.call("POST", "/auth/password/request", {"email": alice.email})
    unknown = new_app().call("POST", "/auth/password/request", {"email": "unknown@example.org"})
    assert (known.status_code, known.json()["data"]) == (unknown.status_code, unknown.json()["data"])


def test_shows_administrators_no_code_that_opens_somebody_elses_account(app, alice, mails):
    app.call("POST", "/auth/password/request", {"email": alice.email})
    assert mails() == []


@pytest.mark.parametrize("path", ["/auth/password/request", "/auth/login"])
def test_survives_a_mail_server_that_is_down(app, settings, path, db):
    person = make_person("unverified", verified=False)
    settings.EMAIL_URL = "smtp://127.0.0.1:1/?timeout=1"
    assert app.call("POST", path, {"email": person.email, "password": PASSWORD}).status_code == 401


def test_keeps_codes_and_addresses_out_of_the_session_table(app, ada, mails):
    token = invite(actor=ada.actor).url.partition("#")[2]
    app.sign_up("new@example.org", token)
    code = code_in(mails()[0])
    stored = "".join(Session.objects.values_list("session_data", flat=True))
    assert stored
    from django.core import signing

    for row in Session.objects.all():
        assert code not in row.session_data
        with pytest.raises(signing.BadSignature):
            signing.loads(row.session_data, salt="django.contrib.sessions.SessionStore")


def test_opens_no_session_data_that_was_moved_to_another_session(app, new_app, alice, charlie):
    other = new_app()
    app.sign_in(alice)
    other.sign_in(charlie)
    one, two = (Session.objects.get(session_key=each.session) for each in (app, other))
    Session.objects.filter(session_key=two.session_key).update(session_data=one.session_data)
    assert not other.is_in()
    assert app.is_in()
