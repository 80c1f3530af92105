"""The sweeper: removes what nothing names, and nothing else."""

import os
from datetime import timedelta

import pytest
from tests.records.making import PDF, add, body, nothing_left_over, stored_objects

from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id
from chartkeep.records.errors import StorageDownError
from chartkeep.records.flows.receive import receive
from chartkeep.records.flows.sweep import SweepReport, sweep
from chartkeep.records.flows.upload import upload
from chartkeep.records.models import Arrival
from chartkeep.records.objects import key_of, object_of
from chartkeep.records.tasks import sweep_storage
from chartkeep.wiring import blob_store

NOW = timedelta(seconds=-5)  # whatever the clocks and their rounding: everything is old enough


def left_over(count=1):
    ids = [new_id() for _ in range(count)]
    for object_uuid in ids:
        blob_store().put(key_of(object_uuid), b"sealed")
    return set(ids)


def test_removes_orphans_and_keeps_what_rows_name(alice, child):
    record = add(alice, child)
    left_over(3)
    assert sweep(older_than=NOW) == SweepReport(looked_at=4, orphans=3, partial=0)
    assert stored_objects() == {record.version.object_id}
    assert body(alice, record) == PDF


def test_leaves_young_orphans_alone(db):
    orphans = left_over()
    assert sweep() == SweepReport(looked_at=1, orphans=0, partial=0)
    assert stored_objects() == orphans
    assert sweep_storage.call() == 0


def test_never_touches_an_upload_in_flight_however_old_its_object_looks(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(PDF)
    receiver.finish()
    # an object that a storage with a wrong clock, or a long multipart upload, dates back by days
    from chartkeep.records.flows import sweep as flow

    batch = list(blob_store().list())
    assert flow._remove_orphans(batch, database_now() + timedelta(days=9)) == 0
    view = upload(actor=alice.actor, patient=child.id, content=receiver, file_name="a.pdf")
    assert flow._remove_orphans(batch, database_now() + timedelta(days=9)) == 0
    assert body(alice, view) == PDF


def test_forgets_uploads_that_never_ended(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(PDF)
    Arrival.objects.update(started_at=database_now() - timedelta(days=3))
    sweep()
    assert not Arrival.objects.exists()
    receiver.abort()


def test_removes_what_a_crash_left_half_written(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(bytes(2**20))
    os.close(receiver._blob._file)  # what the end of a process does: the file stays, the lock on it goes
    receiver._blob._file = None
    assert sweep(older_than=NOW).partial == 1
    assert nothing_left_over()
    receiver.abort()


def test_leaves_alone_what_is_being_written(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(bytes(2**20))
    assert sweep(older_than=NOW).partial == 0
    receiver.abort()
    assert nothing_left_over()


def test_works_through_more_than_one_batch(alice, child, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("chartkeep.records.flows.sweep._BATCH", 10)
    record = add(alice, child)
    left_over(35)
    with django_assert_max_num_queries(12):
        assert sweep(older_than=NOW).orphans == 35
    assert stored_objects() == {record.version.object_id}


def test_says_so_when_the_storage_is_down(db, storage_down):
    storage_down()
    with pytest.raises(StorageDownError):
        sweep()


def test_leaves_alone_what_it_did_not_name(db):
    blob_store().put("objects/ab/readme", b"not ours")
    blob_store().put("elsewhere/thing", b"not ours")
    assert sweep(older_than=NOW).orphans == 0
    assert {blob.key for blob in blob_store().list()} == {"objects/ab/readme", "elsewhere/thing"}


@pytest.mark.parametrize(
    "key", ["objects/ab/cd", "objects/00/" + "ab" * 16, "ab" * 16, "other/ab/" + "ab" * 16]
)
def test_knows_its_own_keys_only(key):
    assert object_of(key) is None


def test_names_an_object_by_its_uuid_alone():
    object_uuid = new_id()
    assert object_of(key_of(object_uuid)) == object_uuid
    assert key_of(object_uuid).count(object_uuid.hex) == 1
