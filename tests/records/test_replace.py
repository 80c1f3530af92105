"""New versions: numbered, kept, one after the other."""

import io
import threading

import pytest
from django.db import connection
from tests.records.making import PDF, add, body, nothing_left_over, tags_of

from chartkeep.lib.errors import NotFoundError
from chartkeep.records.errors import EmptyFileError
from chartkeep.records.flows.receive import receive, receive_version
from chartkeep.records.flows.replace import replace
from chartkeep.records.flows.trash import trash
from chartkeep.records.queries import get_record, version, versions

NEW = b"%PDF-1.7 newer" * 5000


def put(person, record, content=NEW, **given):
    return replace(
        actor=person.actor, record=record.id, content=io.BytesIO(content), file_name="new.pdf", **given
    )


def test_makes_a_version_and_keeps_the_earlier_ones(alice, child):
    record = add(alice, child)
    view = put(alice, record, declared=len(NEW))
    assert (view.id, view.title, view.version.number) == (record.id, record.title, 2)
    assert view.updated_at > record.updated_at
    assert view.version.file_name == "new.pdf"
    assert [found.number for found in versions(alice.actor, record.id)] == [2, 1]
    assert body(alice, record) == NEW
    assert body(alice, record, version=1) == PDF
    assert version(actor=alice.actor, record=record.id) == view.version
    assert version(actor=alice.actor, record=record.id, number=1) == record.version
    with pytest.raises(NotFoundError):
        version(actor=alice.actor, record=record.id, number=3)
    assert tags_of(child) == ["record:upload", "record:replace", "record:read", "record:read"]
    assert nothing_left_over()


def test_takes_a_received_version(alice, child):
    record = add(alice, child)
    with receive_version(actor=alice.actor, record=record.id, declared=len(NEW)) as receiver:
        receiver.write(NEW)
        view = replace(actor=alice.actor, record=record.id, content=receiver, file_name="new.pdf")
    assert view.version.number == 2
    assert body(alice, record) == NEW


def test_refuses_a_file_received_for_something_else(alice, erin, child):
    record, other = add(alice, child), add(alice, child)
    for actor, receiver in (
        (alice.actor, receive(actor=alice.actor, patient=child.id)),
        (alice.actor, receive_version(actor=alice.actor, record=other.id)),
        (erin.actor, receive_version(actor=alice.actor, record=record.id)),
    ):
        receiver.write(NEW)
        with pytest.raises(NotFoundError):
            replace(actor=actor, record=record.id, content=receiver, file_name="new.pdf")
    assert nothing_left_over()
    assert body(alice, record) == PDF


def test_refuses_those_who_may_not_change_the_record(alice, bob, charlie, child, viewer):
    record = add(alice, child)
    for person in (bob, charlie, viewer(record)):
        with pytest.raises(NotFoundError):
            put(person, record)
    trash(actor=alice.actor, record=record.id)
    with pytest.raises(NotFoundError):
        put(alice, record)
    assert nothing_left_over()


def test_leaves_the_record_as_it_was_when_the_file_is_refused(alice, child):
    record = add(alice, child)
    with pytest.raises(EmptyFileError):
        put(alice, record, b"")
    assert get_record(actor=alice.actor, record=record.id) == record
    assert nothing_left_over()


def test_drops_the_file_when_the_record_goes_into_the_trash_meanwhile(alice, child):
    record = add(alice, child)
    receiver = receive_version(actor=alice.actor, record=record.id)
    receiver.write(NEW)
    trash(actor=alice.actor, record=record.id)
    with pytest.raises(NotFoundError):
        replace(actor=alice.actor, record=record.id, content=receiver, file_name="new.pdf")
    assert nothing_left_over()


def test_numbers_versions_that_come_at_once(transactional_db, request):
    alice, child = request.getfixturevalue("alice"), request.getfixturevalue("child")
    record = add(alice, child)
    failures, start = [], threading.Barrier(6)

    def putter(mark):
        try:
            start.wait()
            put(alice, record, NEW + mark)
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=putter, args=(bytes([n]),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [found.number for found in versions(alice.actor, record.id)] == [7, 6, 5, 4, 3, 2, 1]
    assert {body(alice, record, version=number)[-1] for number in range(2, 8)} == set(range(6))
    assert nothing_left_over()
