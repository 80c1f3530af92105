"""Changing what is said about a record."""

from datetime import date

import pytest
from tests.records.making import add, body, log_of, tags_of

from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.flows.edit import edit
from chartkeep.records.flows.trash import trash
from chartkeep.records.models import Record
from chartkeep.records.queries import get_record


@pytest.fixture
def record(alice, child):
    return add(alice, child, provider="Hillside Clinic", tags=("blood",), notes="fasting")


def test_changes_everything_that_is_given(erin, child, record):
    given = {
        "title": "Blood count, repeated",
        "category": "visit_note",
        "service_date": date(2026, 4, 1),
        "provider": "Dr. Dana",
        "tags": ["iron", "Iron", " "],
        "notes": "not fasting",
    }
    view = edit(actor=erin.actor, record=record.id, **given)
    assert {name: getattr(view, name) for name in given} == given | {"tags": ("iron",)}
    assert get_record(actor=erin.actor, record=record.id) == view
    assert view.updated_at > record.updated_at
    assert view.version == record.version
    entry = log_of(child)[-1]
    assert (entry.tag, entry.actor, entry.object_id) == ("record:edit", erin.id, record.id)
    assert set(entry.details["changed"].split()) == set(given)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"notes": "new"}, {"title": "Blood count", "tags": ("blood",), "notes": "new"}),
        ({"tags": []}, {"tags": (), "notes": "fasting"}),
        ({"provider": ""}, {"provider": "", "title": "Blood count"}),
        ({"notes": ""}, {"notes": ""}),
        ({"category": "other"}, {"category": "other", "service_date": date(2026, 3, 12)}),
    ],
)
def test_leaves_the_rest_as_it_is(alice, record, given, left):
    view = edit(actor=alice.actor, record=record.id, **given)
    assert {name: getattr(view, name) for name in left} == left


def test_writes_nothing_when_nothing_is_given(alice, child, record):
    assert edit(actor=alice.actor, record=record.id) == record
    assert tags_of(child) == ["record:upload"]


def test_seals_the_same_text_anew_each_time(alice, record):
    before = bytes(Record.objects.get(uuid=record.id).notes)
    edit(actor=alice.actor, record=record.id, notes="fasting")
    assert bytes(Record.objects.get(uuid=record.id).notes) != before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "  "), ("title", "x" * 201), ("title", "a\nb"), ("category", "gossip"),
        ("service_date", date(1, 1, 1)), ("provider", "\x1b"), ("tags", ["a\x00"]), ("notes", "\u202e"),
    ],
)  # fmt: skip
def test_refuses_what_cannot_be_and_changes_nothing(alice, record, field, value):
    with pytest.raises(InvalidInputError) as refusal:
        edit(actor=alice.actor, record=record.id, **({"notes": "other"} | {field: value}))
    assert refusal.value.facts["field"] == field
    assert get_record(actor=alice.actor, record=record.id) == record


def test_refuses_those_who_may_not(alice, bob, charlie, record, viewer):
    for person in (bob, charlie, viewer(record)):
        with pytest.raises(NotFoundError):
            edit(actor=person.actor, record=record.id, notes="mine")
    with pytest.raises(NotFoundError):
        edit(actor=alice.actor, record=new_id(), notes="mine")
    trash(actor=alice.actor, record=record.id)
    with pytest.raises(NotFoundError):
        edit(actor=alice.actor, record=record.id, notes="mine")
    assert get_record(actor=alice.actor, record=record.id).notes == "fasting"
    assert body(alice, record)
