"""The gate: each look-up, for the owner, the one who was granted, and every kind of stranger."""

from datetime import timedelta

import pytest
from tests.cast import grant, make_patient, make_person

from chartkeep.accounts import access
from chartkeep.accounts.models import Guardianship, User
from chartkeep.keyring.errors import VaultMissingError
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id

GATES = [access.patient_for, access.writable_patient_for, access.owned_patient_for, access.guardianship_for]


@pytest.fixture
def strangers(charlie, dana, ada, child):
    viewer = Actor.viewer(new_id(), share=new_id(), patient=child.id, records=frozenset(), user=charlie.id)
    nobody = Actor.person(new_id(), is_administrator=True)
    return [charlie.actor, dana.actor, ada.actor, viewer, nobody, Actor.anonymous(), Actor.system()]


@pytest.mark.parametrize("gate", GATES)
def test_lets_the_owner_through_each_gate(gate, alice, child):
    found = gate(alice.actor, child.id)
    assert getattr(found, "id", None) == child.id or found.patient_id == child.id


@pytest.mark.parametrize("gate", GATES)
def test_refuses_strangers_at_each_gate_like_absent_patients(gate, strangers, child):
    for stranger in strangers:
        with pytest.raises(NotFoundError) as refused:
            gate(stranger, child.id)
        with pytest.raises(NotFoundError) as absent:
            gate(stranger, new_id())
        assert str(refused.value) == str(absent.value)


def test_shows_strangers_nothing_in_lists(strangers, child):
    for stranger in strangers:
        assert access.patients_of(stranger) == []
        assert access.patients_readable(stranger) == frozenset()
        assert access.role_of(stranger, child.id) is None
        assert not access.has_role(stranger, child.id, "viewer")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", {"viewer"}), ("editor", {"viewer", "editor"}), ("owner", {"viewer", "editor", "owner"})],
)
def test_gives_each_role_exactly_its_gates(role, allowed, alice, child):
    eve = make_person("eve")
    grant(alice, child.id, eve, role)
    gates = {"viewer": GATES[0], "editor": GATES[1], "owner": GATES[2]}
    for name, gate in gates.items():
        assert access.has_role(eve.actor, child.id, name) == (name in allowed)
        if name in allowed:
            assert gate(eve.actor, child.id).role == role
        else:
            with pytest.raises(NotFoundError):
                gate(eve.actor, child.id)


def test_shows_bob_what_he_was_granted_and_nothing_else(alice, alice_self, child, bob):
    assert [view.id for view in access.patients_of(bob.actor)] == [child.id]
    assert access.patients_readable(bob.actor) == {child.id}
    assert access.role_of(bob.actor, child.id) == "viewer"
    with pytest.raises(NotFoundError):
        access.patient_for(bob.actor, alice_self.id)


def test_opens_names_and_dates_of_birth(alice, alice_self):
    found = access.patient_for(alice.actor, alice_self.id)
    assert (found.name, found.birth_date.isoformat(), found.is_self) == ("Alice Example", "1988-04-02", True)


def test_lists_oneself_first_and_others_by_name(alice):
    for name in ("zoe", "Bert", "anna"):
        make_patient(alice, name)
    make_patient(alice, "Alice", is_self=True)
    assert [view.name for view in access.patients_of(alice.actor)] == ["Alice", "anna", "Bert", "zoe"]


def test_lists_any_number_of_patients_in_two_queries(alice, django_assert_num_queries):
    for number in range(12):
        make_patient(alice, f"Child {number}")
    with django_assert_num_queries(2):
        assert len(access.patients_of(alice.actor)) == 12


def test_finds_one_patient_in_two_queries(alice, child, django_assert_num_queries):
    with django_assert_num_queries(2):
        access.patient_for(alice.actor, child.id)


def test_ends_with_the_end_date_by_the_database_clock(child, bob):
    rows = Guardianship.objects.filter(user_id=bob.id)
    rows.update(ends_at=database_now() + timedelta(seconds=30))
    assert access.patients_readable(bob.actor)
    rows.update(ends_at=database_now() - timedelta(milliseconds=2))
    assert not access.patients_readable(bob.actor)
    with pytest.raises(NotFoundError):
        access.patient_for(bob.actor, child.id)


def test_ends_when_the_account_is_disabled_even_for_an_actor_made_before(alice, child):
    User.objects.filter(id=alice.id).update(is_active=False)
    with pytest.raises(NotFoundError):
        access.patient_for(alice.actor, child.id)


def test_fails_closed_when_the_key_of_a_patient_is_gone(alice, child):
    from chartkeep.keyring.models import VaultKey

    VaultKey.objects.filter(owner=child.id).update(destroyed_at=database_now())
    with pytest.raises(VaultMissingError):
        access.patient_for(alice.actor, child.id)


def test_lets_administrators_through_as_the_database_knows_them(ada, alice, dana):
    access.administrator(ada.actor)
    access.operator(ada.actor)
    access.operator(Actor.system())
    liar = Actor.person(alice.id, is_administrator=True)
    for other in (alice.actor, dana.actor, liar, Actor.anonymous()):
        for gate in (access.administrator, access.operator):
            with pytest.raises(NotFoundError):
                gate(other)
    with pytest.raises(NotFoundError):
        access.administrator(Actor.system())


def test_stops_an_administrator_who_was_disabled(ada):
    User.objects.filter(id=ada.id).update(is_active=False)
    with pytest.raises(NotFoundError):
        access.administrator(ada.actor)


def test_shows_a_person_to_themselves_and_to_administrators_only(alice, bob, ada, strangers):
    assert access.person_for(alice.actor, alice.id).email == alice.email
    assert access.person_for(ada.actor, alice.id).email == alice.email
    for stranger in [bob.actor, *(one for one in strangers if one.id != ada.id)]:
        with pytest.raises(NotFoundError):
            access.person_for(stranger, alice.id)
    with pytest.raises(NotFoundError):
        access.person_for(ada.actor, new_id())


def test_opens_profiles_to_administrators_only_when_there_is_something_to_confirm(charlie, ada):
    from chartkeep.accounts.flows import clinician

    clinician.claim(actor=charlie.actor, name="Dr. C", organisation="Hillside")
    assert access.person_for(ada.actor, charlie.id).profile_name == "Dr. C"
    clinician.refuse(actor=ada.actor, user=charlie.id)
    assert access.person_for(ada.actor, charlie.id).profile_name == ""
    assert access.person_for(charlie.actor, charlie.id).profile_name == "Dr. C"
