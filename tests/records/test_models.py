"""Rows say nothing about anybody by their names."""

from tests.records.making import add

from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id
from chartkeep.records.models import Arrival, Record, RecordVersion


def test_names_rows_by_ids_alone(alice, child):
    record = add(alice, child, title="Something private")
    version = RecordVersion.objects.get()
    arrival = Arrival(object_uuid=new_id(), started_at=database_now())
    assert str(Record.objects.get()) == str(record.id)
    assert str(version) == f"version 1 of {record.id}"
    assert str(arrival) == f"arrival {arrival.object_uuid}"
