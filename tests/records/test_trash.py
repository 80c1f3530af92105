"""The trash: hidden, taken out again, erased by an owner or by time."""

from datetime import timedelta

import pytest
from tests.records.making import PDF, add, body, nothing_left_over, stored_objects, tags_of

from chartkeep import wiring
from chartkeep.keyring.models import VaultKey
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.flows.erase import erase
from chartkeep.records.flows.purge_trash import purge_trash
from chartkeep.records.flows.replace import replace
from chartkeep.records.flows.sweep import sweep
from chartkeep.records.flows.trash import restore, trash
from chartkeep.records.models import Record, RecordVersion
from chartkeep.records.queries import get_record, list_records, records_by_ids
from chartkeep.records.tasks import erase_old_trash


@pytest.fixture
def record(alice, child):
    return add(alice, child)


def lay(record, days):
    Record.objects.filter(uuid=record.id).update(trashed_at=database_now() - timedelta(days=days))


def test_hides_a_record_and_brings_it_back(alice, erin, bob, child, record):
    view = trash(actor=erin.actor, record=record.id)
    assert view.trashed_at
    assert list_records(actor=alice.actor, patient=child.id).items == ()
    assert records_by_ids(alice.actor, [record.id]) == []
    (shown,) = list_records(actor=alice.actor, patient=child.id, trashed=True).items
    assert shown == view == get_record(actor=alice.actor, record=record.id)
    with pytest.raises(NotFoundError):
        list_records(actor=bob.actor, patient=child.id, trashed=True)
    with pytest.raises(NotFoundError):
        get_record(actor=bob.actor, record=record.id)
    assert restore(actor=erin.actor, record=record.id) == record
    assert list_records(actor=bob.actor, patient=child.id).items == (record,)
    assert tags_of(child) == ["record:upload", "record:trash", "record:restore"]


def test_refuses_those_who_may_not(alice, erin, bob, charlie, record, viewer):
    for person in (bob, charlie, viewer(record)):
        with pytest.raises(NotFoundError):
            trash(actor=person.actor, record=record.id)
    for verb in (restore, erase):
        with pytest.raises(NotFoundError):
            verb(actor=alice.actor, record=record.id)
    trash(actor=alice.actor, record=record.id)
    with pytest.raises(NotFoundError):
        trash(actor=alice.actor, record=record.id)
    for person in (bob, charlie, viewer(record)):
        for verb in (restore, erase):
            with pytest.raises(NotFoundError):
                verb(actor=person.actor, record=record.id)
    with pytest.raises(NotFoundError):
        erase(actor=erin.actor, record=record.id)
    assert restore(actor=alice.actor, record=record.id) == record


def test_erases_rows_keys_and_objects(alice, child, record, django_capture_on_commit_callbacks):
    import io

    replace(actor=alice.actor, record=record.id, content=io.BytesIO(b"second"), file_name="b.txt")
    kept = add(alice, child)
    trash(actor=alice.actor, record=record.id)
    with django_capture_on_commit_callbacks(execute=True):
        erase(actor=alice.actor, record=record.id)
    assert not RecordVersion.objects.filter(record=record.id).exists()
    assert stored_objects() == {kept.version.object_id}
    with pytest.raises(NotFoundError):
        get_record(actor=alice.actor, record=record.id)
    assert tags_of(child)[-1] == "record:erase"


def test_keeps_the_objects_until_the_erasure_is_certain(alice, record, django_capture_on_commit_callbacks):
    trash(actor=alice.actor, record=record.id)
    with django_capture_on_commit_callbacks(execute=False):
        erase(actor=alice.actor, record=record.id)
        assert stored_objects() == {record.version.object_id}


def test_erases_though_the_storage_is_down_and_sweeps_later(
    alice, child, record, settings, storage_down, django_capture_on_commit_callbacks
):
    url = settings.STORAGE_URL
    trash(actor=alice.actor, record=record.id)
    storage_down()
    with django_capture_on_commit_callbacks(execute=True):
        erase(actor=alice.actor, record=record.id)
    assert not Record.objects.exists()
    settings.STORAGE_URL = url
    wiring.forget()
    assert stored_objects() == {record.version.object_id}
    sweep(older_than=timedelta(seconds=-5))
    assert nothing_left_over()


def test_erases_what_has_lain_long_enough(alice, child, settings, django_capture_on_commit_callbacks):
    settings.TRASH_DAYS = 30
    old, young, out = add(alice, child), add(alice, child), add(alice, child)
    lay(old, 30.01)
    lay(young, 29.99)
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_trash() == 1
    assert {row.uuid for row in Record.objects.all()} == {young.id, out.id}
    assert stored_objects() == {young.version.object_id, out.version.object_id}
    assert tags_of(child)[-1] == "record:erase"
    assert purge_trash() == 0
    assert body(alice, out) == PDF


def test_works_through_more_than_one_batch(alice, child, monkeypatch):
    monkeypatch.setattr("chartkeep.records.flows.purge_trash._BATCH", 2)
    for _ in range(5):
        lay(add(alice, child), 31)
    assert erase_old_trash.call() == 5


def test_erases_what_is_left_of_a_patient_whose_key_is_destroyed(alice, child, record):
    lay(record, 31)
    VaultKey.objects.filter(owner=child.id).update(destroyed_at=database_now(), wrapped=b"")
    assert purge_trash() == 1
    assert not Record.objects.exists()


def test_leaves_what_cannot_be_erased_for_the_next_time(alice, alice_self, child, record, settings):
    from chartkeep.crypto.keys import MasterKey

    lay(record, 31)
    key, settings.ENCRYPTION_KEY = settings.ENCRYPTION_KEY, MasterKey.generate().to_text()
    wiring.forget()
    assert purge_trash() == 0
    assert Record.objects.count() == 1
    settings.ENCRYPTION_KEY = key
    wiring.forget()
    assert purge_trash() == 1


def test_leaves_what_was_restored_meanwhile(alice, child, record, monkeypatch):
    lay(record, 31)
    flow = __import__("chartkeep.records.flows.purge_trash", fromlist=["x"])
    plain = flow._erase

    def late(actor, record_id, due):
        restore(actor=alice.actor, record=record_id)
        return plain(actor, record_id, due)

    monkeypatch.setattr(flow, "_erase", late)
    assert purge_trash() == 0
    assert get_record(actor=alice.actor, record=record.id).trashed_at is None
