"""Patients: made, edited, sealed, logged."""

from datetime import date

import pytest

from chartkeep.accounts import access
from chartkeep.accounts.errors import SelfExistsError
from chartkeep.accounts.flows.create_patient import create_patient
from chartkeep.accounts.flows.edit_patient import edit_patient
from chartkeep.accounts.models import Patient
from chartkeep.audit.queries import entries_for_patient
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import InvalidInputError, NotFoundError


def tags(patient):
    page = entries_for_patient(patient, sealer=vault_of(patient).fields)
    return [entry.tag for entry in reversed(page.items)]


def test_makes_a_patient_whom_the_maker_owns(alice):
    made = create_patient(actor=alice.actor, name="  Carl \n Example ", birth_date=date(2019, 11, 30))
    assert (made.name, made.role, made.is_self) == ("Carl Example", "owner", False)
    assert access.owned_patient_for(alice.actor, made.id) == made
    assert tags(made.id) == ["patient:create"]


def test_keeps_no_name_and_no_birth_date_in_clear(alice, alice_self):
    row = Patient.objects.get()
    assert b"Alice" not in bytes(row.name)
    assert b"1988" not in bytes(row.birth_date)


def test_makes_one_patient_who_is_oneself(alice, alice_self):
    with pytest.raises(SelfExistsError):
        create_patient(actor=alice.actor, name="Alice again", is_self=True)
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "\x00", "x" * 201])
def test_refuses_a_name_that_is_none(alice, name):
    with pytest.raises(InvalidInputError):
        create_patient(actor=alice.actor, name=name)
    assert not Patient.objects.exists()


def test_takes_out_characters_that_deceive_the_eye(alice):
    made = create_patient(actor=alice.actor, name="Al\u202eice\x07 E\u0301va")
    assert made.name == "Alice Éva"


@pytest.mark.parametrize("born", [date(1849, 12, 31), date(2999, 1, 1)])
def test_refuses_an_impossible_date_of_birth(alice, born):
    with pytest.raises(InvalidInputError):
        create_patient(actor=alice.actor, name="Carl", birth_date=born)


@pytest.mark.parametrize("actor", [Actor.anonymous(), Actor.system()])
def test_makes_no_patient_for_nobody(db, actor):
    with pytest.raises(NotFoundError):
        create_patient(actor=actor, name="Carl")


def test_lets_the_owner_edit(alice, child):
    edit_patient(actor=alice.actor, patient=child.id, name="Carla Example", birth_date=None)
    found = access.patient_for(alice.actor, child.id)
    assert (found.name, found.birth_date) == ("Carla Example", None)
    assert tags(child.id) == ["patient:create", "patient:edit"]


def test_lets_nobody_else_edit(child, bob, charlie, ada):
    for other in (bob, charlie, ada):
        with pytest.raises(NotFoundError):
            edit_patient(actor=other.actor, patient=child.id, name="Mallory", birth_date=None)
