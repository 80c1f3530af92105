"""The one door to records: who gets through, and that all others hear the same."""

import pytest
from tests.cast import make_patient
from tests.records.making import add

from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records import access
from chartkeep.records.flows.trash import trash

PEOPLE = ["alice", "erin", "bob", "charlie", "dana", "ada", "anonymous", "system", "sharer", "other_sharer"]
# who may, of PEOPLE
READ = {"alice", "erin", "bob", "sharer"}
WRITE = {"alice", "erin"}
TABLE = [
    ("record_for", False, READ),
    ("record_for", True, WRITE),
    ("writable_record_for", False, WRITE),
    ("writable_record_for", True, set()),
    ("trashed_record_for", False, set()),
    ("trashed_record_for", True, WRITE),
    ("erasable_record_for", False, set()),
    ("erasable_record_for", True, {"alice"}),
]


@pytest.fixture
def record(alice, child):
    return add(alice, child)


@pytest.fixture
def actors(request, alice, alice_self, child, record, viewer):
    people = ("alice", "erin", "bob", "charlie", "dana", "ada")
    return {name: request.getfixturevalue(name).actor for name in people} | {
        "anonymous": Actor.anonymous(),
        "system": Actor.system(),
        "sharer": viewer(record).actor,
        "other_sharer": viewer(add(alice, child)).actor,
    }


@pytest.mark.parametrize(("door", "in_trash", "may"), TABLE)
def test_opens_to_those_in_the_table_and_to_nobody_else(actors, alice, record, door, in_trash, may):
    if in_trash:
        trash(actor=alice.actor, record=record.id)
    passed = set()
    for name in PEOPLE:
        try:
            passed.add(
                name if getattr(access, door)(actors[name], record.id).uuid == record.id else "wrong row"
            )
        except NotFoundError:
            continue
    assert passed == may


@pytest.mark.parametrize("door", [door for door, in_trash, _ in TABLE if in_trash])
def test_says_the_same_of_a_record_that_never_was(actors, charlie, record, door):
    answers = set()
    for record_id in (record.id, new_id()):
        with pytest.raises(NotFoundError) as refusal:
            getattr(access, door)(charlie.actor, record_id)
        answers.add((type(refusal.value), str(refusal.value), str(refusal.value.facts)))
    assert len(answers) == 1


def test_holds_a_viewer_to_the_patient_of_the_share(alice, alice_self, child, viewer):
    record = add(alice, child)
    stray = viewer(record, patient=alice_self.id).actor
    with pytest.raises(NotFoundError):
        access.record_for(stray, record.id)
    assert not access.readable_among(stray, frozenset({record.id}))
    with pytest.raises(NotFoundError):
        access.records_of(stray, child.id)
    assert not access.records_of(stray, alice_self.id)


def test_lists_for_each_what_they_may_see(actors, child, record):
    seen = {}
    for name in PEOPLE:
        try:
            seen[name] = {row.uuid for row in access.records_of(actors[name], child.id)} >= {record.id}
        except NotFoundError:
            continue
    assert seen == dict.fromkeys(READ, True) | {"other_sharer": False}


def test_lists_the_trash_only_for_those_who_can_empty_it(actors, alice, child, record):
    trash(actor=alice.actor, record=record.id)
    seen = set()
    for name in PEOPLE:
        try:
            seen |= {name} if access.records_of(actors[name], child.id, trashed=True) else set()
        except NotFoundError:
            continue
    assert seen == WRITE
    assert record.id not in {row.uuid for row in access.records_of(alice.actor, child.id)}


def test_leaves_out_what_is_not_the_actors(actors, alice, child, record):
    others = add(alice, make_patient(alice, "Dora Example"))
    wanted = frozenset({record.id, others.id, new_id()})
    found = {name: {row.uuid for row in access.readable_among(actors[name], wanted)} for name in PEOPLE}
    assert found["alice"] == {record.id, others.id}
    assert found["erin"] == found["bob"] == found["sharer"] == {record.id}
    assert not any(found[name] for name in set(PEOPLE) - READ)


def test_shows_nothing_in_the_trash_by_its_id(actors, alice, record):
    trash(actor=alice.actor, record=record.id)
    assert not any(access.readable_among(actors[name], frozenset({record.id})) for name in PEOPLE)


def test_locks_the_row_of_one_who_writes(alice, record):
    assert access.writable_record_for(alice.actor, record.id, lock=True).uuid == record.id
