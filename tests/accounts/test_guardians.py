"""Guardians: added, changed, removed; somebody always stays in charge."""

from datetime import timedelta

import pytest
from tests.cast import grant, make_patient, make_person

from chartkeep.accounts import access
from chartkeep.accounts.errors import LastOwnerError, TooManyTriesError
from chartkeep.accounts.flows import add_guardian as adding
from chartkeep.accounts.flows.remove_guardian import remove_guardian
from chartkeep.accounts.models import Guardianship, User
from chartkeep.accounts.queries import guardians_of
from chartkeep.audit.queries import entries_for_patient
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id


def entries(patient):
    return entries_for_patient(patient, sealer=vault_of(patient).fields).items


def guardianship(patient, person):
    return Guardianship.objects.get(patient_id=patient.id, user_id=person.id)


def test_adds_a_guardian_by_address_whatever_its_case(alice, child, charlie):
    added = adding.add_guardian(
        actor=alice.actor, patient=child.id, email="CHARLIE@Example.org", role="editor"
    )
    assert (added.user, added.role) == (charlie.id, "editor")
    entry = entries(child.id)[0]
    assert (entry.tag, entry.object_id, entry.details["email"]) == ("guardian:add", charlie.id, charlie.email)


def test_changes_the_role_of_one_who_is_there(alice, child, bob):
    grant(alice, child.id, bob, "editor")
    assert access.role_of(bob.actor, child.id) == "editor"
    assert len(guardians_of(alice.actor, child.id)) == 2


def test_gives_one_answer_for_unknown_unverified_and_disabled_accounts(alice, child):
    make_person("unverified", verified=False)
    off = make_person("off")
    User.objects.filter(id=off.id).update(is_active=False)
    answers = set()
    for name in ("unknown", "unverified", "off"):
        with pytest.raises(InvalidInputError) as refused:
            adding.add_guardian(
                actor=alice.actor, patient=child.id, email=f"{name}@example.org", role="viewer"
            )
        answers.add(str(refused.value))
        assert entries(child.id)[0].outcome == "refused"
    assert len(answers) == 1


def test_stops_somebody_who_tries_out_addresses(alice, child, charlie):
    for number in range(adding.UNKNOWN_PER_DAY):
        with pytest.raises(InvalidInputError):
            adding.add_guardian(
                actor=alice.actor, patient=child.id, email=f"{number}@example.org", role="viewer"
            )
    with pytest.raises(TooManyTriesError):
        adding.add_guardian(actor=alice.actor, patient=child.id, email=charlie.email, role="viewer")


@pytest.mark.parametrize("ends_in", [timedelta(0), timedelta(days=-1)])
def test_refuses_an_end_that_has_passed(alice, child, charlie, ends_in):
    with pytest.raises(InvalidInputError):
        grant(alice, child.id, charlie, ends_at=database_now() + ends_in)


def test_refuses_a_role_that_does_not_exist(alice, child, charlie):
    with pytest.raises(InvalidInputError):
        grant(alice, child.id, charlie, role="king")


def test_lets_only_owners_add_and_remove_others(alice, child, bob, charlie):
    editor = make_person("editor")
    grant(alice, child.id, editor, "editor")
    for other in (bob, editor, charlie):
        with pytest.raises(NotFoundError):
            grant(other, child.id, charlie)
        with pytest.raises(NotFoundError):
            remove_guardian(actor=other.actor, patient=child.id, guardian=guardianship(child, alice).uuid)


def test_removes_at_once_and_logs_it(alice, child, bob):
    remove_guardian(actor=alice.actor, patient=child.id, guardian=guardianship(child, bob).uuid)
    assert access.role_of(bob.actor, child.id) is None
    entry = entries(child.id)[0]
    assert (entry.tag, entry.object_id) == ("guardian:remove", bob.id)


def test_lets_everybody_leave(child, bob):
    remove_guardian(actor=bob.actor, patient=child.id, guardian=guardianship(child, bob).uuid)
    assert access.role_of(bob.actor, child.id) is None


def test_keeps_the_last_owner(alice, child, bob):
    mine = guardianship(child, alice)
    with pytest.raises(LastOwnerError):
        remove_guardian(actor=alice.actor, patient=child.id, guardian=mine.uuid)
    with pytest.raises(LastOwnerError):
        grant(alice, child.id, alice, "viewer")
    with pytest.raises(LastOwnerError):
        grant(alice, child.id, alice, "owner", ends_at=database_now() + timedelta(days=1))
    grant(alice, child.id, bob, "owner", ends_at=database_now() + timedelta(days=1))
    with pytest.raises(LastOwnerError):
        remove_guardian(actor=alice.actor, patient=child.id, guardian=mine.uuid)
    grant(alice, child.id, bob, "owner")
    remove_guardian(actor=alice.actor, patient=child.id, guardian=mine.uuid)
    assert access.role_of(bob.actor, child.id) == "owner"


def test_leaves_patients_in_charge_of_themselves(alice, alice_self, bob):
    grant(alice, alice_self.id, bob, "owner")
    with pytest.raises(InvalidInputError):
        remove_guardian(actor=bob.actor, patient=alice_self.id, guardian=guardianship(alice_self, alice).uuid)
    with pytest.raises(InvalidInputError):
        grant(bob, alice_self.id, alice, "viewer")


def test_refuses_a_guardian_of_another_patient(alice, alice_self, child, bob):
    with pytest.raises(NotFoundError):
        remove_guardian(actor=alice.actor, patient=alice_self.id, guardian=guardianship(child, bob).uuid)
    with pytest.raises(NotFoundError):
        remove_guardian(actor=alice.actor, patient=child.id, guardian=new_id())


def test_lists_guardians_to_guardians_only(alice, child, bob, charlie):
    assert [view.email for view in guardians_of(bob.actor, child.id)] == [alice.email, bob.email]
    with pytest.raises(NotFoundError):
        guardians_of(charlie.actor, child.id)


def test_lists_no_guardian_whose_time_is_over(alice, child, bob):
    Guardianship.objects.filter(user_id=bob.id).update(ends_at=database_now() - timedelta(hours=1))
    assert [view.email for view in guardians_of(alice.actor, child.id)] == [alice.email]


def test_keeps_patients_of_one_owner_apart(alice, child, charlie):
    other = make_patient(charlie, "Other")
    grant(alice, child.id, charlie)
    with pytest.raises(NotFoundError):
        access.patient_for(alice.actor, other.id)
