"""Accounts by the hand of an operator: made, disabled, enabled, confirmed, given a password."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection
from tests.cast import PASSWORD, make_person

from chartkeep.accounts import access
from chartkeep.accounts.errors import EmailTakenError, LastAdministratorError
from chartkeep.accounts.flows import clinician
from chartkeep.accounts.flows.create_user import create_user
from chartkeep.accounts.flows.disable_user import disable_user
from chartkeep.accounts.flows.enable_user import enable_user
from chartkeep.accounts.flows.set_password import set_password
from chartkeep.accounts.queries import claimed_clinicians, list_people
from chartkeep.audit.models import LogEntry
from chartkeep.keyring.vaults import VaultKind, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id


def test_makes_an_account_with_vault_address_and_entry(db):
    made = create_user(email=" Alice@Example.ORG ", password=PASSWORD)
    assert made.email == "alice@example.org"
    assert vault_of(made.id).kind == VaultKind.ACCOUNT
    assert EmailAddress.objects.get(user_id=made.id, primary=True).verified
    assert LogEntry.objects.get(tag="account:create").object == made.id


def test_keeps_passwords_as_argon2id(alice):
    assert get_user_model().objects.get(id=alice.id).password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@example.org"])
def test_refuses_a_second_account_for_an_address(alice, email):
    with pytest.raises(EmailTakenError):
        create_user(email=email, password=PASSWORD)


@pytest.mark.parametrize("password", ["", "ninechars", "password123", "1234567890", "bob@example.org"])
def test_refuses_a_weak_password(db, password):
    with pytest.raises(InvalidInputError) as refused:
        create_user(email="bob@example.org", password=password)
    assert refused.value.facts["field"] == "password"


@pytest.mark.parametrize("email", ["", "alice", "a@b@c", "alice@", "x" * 250 + "@example.org"])
def test_refuses_what_is_no_address(db, email):
    with pytest.raises(InvalidInputError):
        create_user(email=email, password=PASSWORD)


def test_lets_only_operators_make_accounts(alice, dana):
    for other in (alice.actor, dana.actor, Actor.anonymous()):
        with pytest.raises(NotFoundError):
            create_user(email="new@example.org", password=PASSWORD, actor=other)


def test_disables_and_enables(alice, ada, log_of):
    disable_user(actor=ada.actor, user=alice.id)
    disable_user(actor=ada.actor, user=alice.id)
    assert not access.person_for(ada.actor, alice.id).is_active
    enable_user(actor=ada.actor, user=alice.id)
    enable_user(actor=ada.actor, user=alice.id)
    assert access.person_for(ada.actor, alice.id).is_active
    assert [tag for tag, _ in log_of(ada)] == ["account:disable", "account:enable"]


def test_lets_only_operators_disable_and_enable(alice, bob, dana):
    for flow in (disable_user, enable_user):
        with pytest.raises(NotFoundError):
            flow(actor=bob.actor, user=alice.id)
        with pytest.raises(NotFoundError):
            flow(actor=Actor.system(), user=new_id())


def test_keeps_the_last_administrator(ada):
    with pytest.raises(LastAdministratorError):
        disable_user(actor=ada.actor, user=ada.id)
    assert access.person_for(ada.actor, ada.id).is_active


def test_keeps_one_of_two_administrators_who_disable_each_other_at_once(transactional_db):
    one, two = (make_person(name, is_administrator=True) for name in ("one", "two"))
    refused, barrier = [], threading.Barrier(2)

    def disable(actor, other):
        try:
            barrier.wait()
            disable_user(actor=actor, user=other)
        except (LastAdministratorError, NotFoundError) as problem:
            refused.append(problem)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=disable, args=pair) for pair in ((one.actor, two.id), (two.actor, one.id))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert get_user_model().objects.filter(is_active=True).count() == 1


def test_sets_a_password_from_the_shell_and_ends_sessions(app, alice, ada):
    app.sign_in(alice)
    set_password(actor=Actor.system(), email=alice.email, password="a brand new password")
    assert not app.is_in()
    for actor in (ada.actor, alice.actor):
        with pytest.raises(NotFoundError):
            set_password(actor=actor, email=alice.email, password="a brand new password")
    with pytest.raises(NotFoundError):
        set_password(actor=Actor.system(), email="nobody@example.org", password="a brand new password")


def test_confirms_a_clinician_who_claims_it(charlie, ada, log_of):
    clinician.claim(actor=charlie.actor, name="Dr. C", organisation="Hillside")
    (waiting,) = claimed_clinicians(ada.actor)
    assert (waiting.profile_name, waiting.profile_organisation) == ("Dr. C", "Hillside")
    assert clinician.confirm(actor=ada.actor, user=charlie.id).clinician_state == "confirmed"
    assert claimed_clinicians(ada.actor) == []
    assert ("clinician:claim", "ok") in log_of(charlie)
    assert ("clinician:confirm", "ok") in log_of(ada)


def test_asks_for_confirmation_again_when_the_profile_changes(dana):
    again = clinician.claim(actor=dana.actor, name="Dr. Other", organisation="Elsewhere")
    assert again.clinician_state == "claimed"


def test_withdraws_what_was_confirmed(dana, ada):
    assert clinician.refuse(actor=ada.actor, user=dana.id).clinician_state == "none"
    with pytest.raises(NotFoundError):
        clinician.refuse(actor=ada.actor, user=dana.id)


def test_confirms_nobody_who_did_not_ask_and_no_administrator_themselves(charlie, ada):
    with pytest.raises(NotFoundError):
        clinician.confirm(actor=ada.actor, user=charlie.id)
    clinician.claim(actor=ada.actor, name="Ada", organisation="Home")
    with pytest.raises(NotFoundError):
        clinician.confirm(actor=ada.actor, user=ada.id)


def test_lets_only_operators_confirm(charlie, bob):
    clinician.claim(actor=charlie.actor, name="Dr. C", organisation="Hillside")
    for decide in (clinician.confirm, clinician.refuse):
        for other in (charlie.actor, bob.actor, Actor.anonymous()):
            with pytest.raises(NotFoundError):
                decide(actor=other, user=charlie.id)


def test_takes_no_claim_from_nobody(alice):
    get_user_model().objects.filter(id=alice.id).update(is_active=False)
    for actor in (Actor.anonymous(), Actor.person(new_id()), alice.actor):
        with pytest.raises(NotFoundError):
            clinician.claim(actor=actor, name="Dr. X", organisation="Y")


def test_lists_people_to_administrators_in_pages(ada, alice, charlie):
    first = list_people(actor=ada.actor, limit=2)
    assert [view.email for view in first.items] == ["ada@example.org", "alice@example.org"]
    rest = list_people(actor=ada.actor, cursor=first.next_cursor, limit=2)
    assert ([view.email for view in rest.items], rest.next_cursor) == (["charlie@example.org"], None)
    assert [view.email for view in list_people(actor=ada.actor, text="ALI").items] == ["alice@example.org"]
    with pytest.raises(NotFoundError):
        list_people(actor=alice.actor)
