"""Many at once: uploads against the sweeper, uploads for the last room, edits of one record."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.records.making import PDF, add, body, nothing_left_over

from chartkeep.records.errors import BodyIncompleteError, QuotaExceededError, StorageDownError
from chartkeep.records.flows.edit import edit
from chartkeep.records.flows.sweep import sweep
from chartkeep.records.flows.upload import upload
from chartkeep.records.models import Record
from chartkeep.records.queries import get_record


@pytest.fixture
def people(transactional_db, request):
    return request.getfixturevalue("alice"), request.getfixturevalue("child")


def together(*works) -> list:
    """Run all works in threads that start at once; gives what each returned or raised."""
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(n, work):
        try:
            start.wait()
            results[n] = work()
        except Exception as problem:
            results[n] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_lets_the_sweeper_take_only_what_no_upload_keeps(people):
    alice, child = people
    kept, refused, over = [], [], threading.Event()

    def uploader():
        for _ in range(12):
            try:
                kept.append(add(alice, child))
            except (BodyIncompleteError, StorageDownError) as problem:
                refused.append(problem)

    def sweeper():
        while not over.is_set():
            sweep(older_than=timedelta(seconds=-5))  # takes every upload in flight that it can get

    def uploaders():
        try:
            return together(*[uploader] * 3)
        finally:
            over.set()

    results = together(sweeper, uploaders)
    assert results == [None, [None] * 3]
    assert len(kept) + len(refused) == 36
    assert all(body(alice, record) == PDF for record in kept)
    assert Record.objects.count() == len(kept)
    sweep(older_than=timedelta(seconds=-5))
    assert nothing_left_over()


def test_gives_the_last_room_of_a_quota_to_one(people, settings):
    alice, child = people
    settings.USER_QUOTA = 1000

    def uploader():
        return upload(actor=alice.actor, patient=child.id, content=io.BytesIO(bytes(600)), file_name="a")

    results = together(*[uploader] * 6)
    assert sum(isinstance(result, QuotaExceededError) for result in results) == 5
    assert Record.objects.count() == 1
    assert nothing_left_over()


def test_loses_no_edit_of_another_field(people):
    alice, child = people
    record = add(alice, child)
    changes = {
        "title": "new title",
        "provider": "Dr. Dana",
        "notes": "new notes",
        "tags": ["new"],
        "category": "imaging",
    }

    def editor(field, value):
        return lambda: edit(actor=alice.actor, record=record.id, **{field: value})

    results = together(*[editor(field, value) for field, value in changes.items()])
    assert not [result for result in results if isinstance(result, Exception)]
    view = get_record(actor=alice.actor, record=record.id)
    assert (view.title, view.provider, view.notes) == ("new title", "Dr. Dana", "new notes")
    assert (view.tags, view.category) == (("new",), "imaging")
