"""Uploading: what goes in comes out, and what is refused leaves nothing behind."""

import hashlib
import io
import resource
import shutil
from datetime import date, timedelta

import pytest
from tests.cast import grant, make_person
from tests.records.making import PDF, add, body, details, log_of, nothing_left_over, stored_objects

from chartkeep import wiring
from chartkeep.accounts.flows.remove_guardian import remove_guardian
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.records.errors import (
    BodyIncompleteError,
    EmptyFileError,
    QuotaExceededError,
    StorageDownError,
    StorageFullError,
    TooLargeForSuiteError,
    UploadTooLargeError,
)
from chartkeep.records.flows.read import read
from chartkeep.records.flows.receive import receive
from chartkeep.records.flows.sweep import sweep
from chartkeep.records.flows.upload import upload
from chartkeep.records.models import Arrival, Record, RecordVersion
from chartkeep.storage.base import StorageFull

MIB = 2**20


class Counted(io.RawIOBase):
    """A source of zeros that counts what is taken from it, and may break off."""

    def __init__(self, size: int, *, breaks: bool = False) -> None:
        self.left = size
        self.taken = 0
        self.breaks = breaks

    def read(self, size=-1):
        if not self.left and self.breaks:
            raise ConnectionResetError
        count = min(size, self.left)
        self.left -= count
        self.taken += count
        return bytes(count)


def send(person, patient, content, **given):
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    return upload(actor=person.actor, patient=patient.id, content=source, file_name="a.pdf", **given)


def test_keeps_a_file_and_what_is_said_of_it(alice, child):
    view = add(
        alice, child, provider="Hillside Clinic", tags=("blood", "Blood", "2026"), notes="line\r\nline"
    )
    assert (view.patient, view.title, view.category) == (child.id, "Blood count", "lab_result")
    assert (view.service_date, view.provider, view.tags) == (
        date(2026, 3, 12),
        "Hillside Clinic",
        ("blood", "2026"),
    )
    assert view.notes == "line\nline"
    assert view.trashed_at is None
    version = view.version
    assert (version.number, version.file_name, version.media_type) == (1, "blood.pdf", "application/pdf")
    assert (version.size, version.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert not version.extension_mismatch
    assert body(alice, view) == PDF
    assert nothing_left_over()


def test_writes_it_into_the_patients_log(alice, child):
    view = add(alice, child)
    (entry,) = log_of(child)
    assert (entry.tag, entry.object_id, entry.actor, entry.outcome) == (
        "record:upload",
        view.id,
        alice.id,
        "ok",
    )
    assert entry.address == "192.0.2.7"


def test_makes_up_what_was_not_said(alice, child):
    view = upload(
        actor=alice.actor, patient=child.id, content=io.BytesIO(PDF), file_name="blood_test-2024.pdf"
    )
    assert (view.title, view.category) == ("blood test 2024", "other")
    assert view.service_date == database_now().date()
    nameless = upload(actor=alice.actor, patient=child.id, content=io.BytesIO(PDF), file_name="\u202e\x00/")
    assert (nameless.title, nameless.version.file_name) == ("document", "document.pdf")


def test_goes_by_content_and_flags_a_name_that_lies(alice, child):
    view = add(alice, child, b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, file_name="blood.pdf")
    assert (view.version.media_type, view.version.extension_mismatch) == ("image/png", True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b\x1b[31m.pdf", "ab[31m.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("../../../etc/cron.d/x.pdf", "x.pdf"),
        ("x" * 4092 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_keeps_a_hostile_name_harmless(alice, child, given, kept):
    assert add(alice, child, file_name=given).version.file_name == kept


@pytest.mark.parametrize("size", [1, 16383, 16384, 16385, 3 * 16384, MIB + 7])
def test_keeps_any_size(alice, child, size):
    content = bytes(n % 251 for n in range(size))
    assert body(alice, add(alice, child, content)) == content


@pytest.mark.parametrize("declared", [0, None])
def test_refuses_an_empty_file(alice, child, declared):
    with pytest.raises(EmptyFileError):
        send(alice, child, b"", declared=declared)
    assert nothing_left_over()


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("title", {"title": "a\x07b"}),
        ("title", {"title": "a\u202eb"}),
        ("title", {"title": "x" * 201}),
        ("title", {"title": "x" * 10_000_000}),
        ("title", {"title": "two\nlines"}),
        ("provider", {"provider": "x" * 201}),
        ("tags", {"tags": ("x" * 65,)}),
        ("tags", {"tags": tuple(str(n) for n in range(33))}),
        ("notes", {"notes": "x" * 20_001}),
        ("notes", {"notes": "bell\x07"}),
        ("notes", {"notes": "lone \ud800"}),
        ("category", {"category": "gossip"}),
        ("service_date", {"service_date": date(1849, 12, 31)}),
        ("service_date", {"service_date": date(9999, 12, 31)}),
    ],
)
def test_refuses_details_that_cannot_be_and_names_the_field(alice, child, field, given):
    source = Counted(10)
    with pytest.raises(InvalidInputError) as refusal:
        send(alice, child, source, details=details(**given))
    assert refusal.value.facts["field"] == field
    assert source.taken == 0
    assert nothing_left_over()


def test_drops_a_received_file_when_its_details_cannot_be(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(PDF)
    receiver.finish()
    assert stored_objects() == {receiver.object_uuid}
    with pytest.raises(InvalidInputError):
        upload(
            actor=alice.actor,
            patient=child.id,
            content=receiver,
            file_name="a",
            details=details(category="x"),
        )
    assert nothing_left_over()


def test_takes_a_received_file(alice, child):
    with receive(actor=alice.actor, patient=child.id, declared=len(PDF)) as receiver:
        for at in range(0, len(PDF), 1000):
            receiver.write(memoryview(PDF)[at : at + 1000])
        view = upload(actor=alice.actor, patient=child.id, content=receiver, file_name="a.pdf")
    assert body(alice, view) == PDF
    assert nothing_left_over()


def test_refuses_too_much_before_the_first_byte_when_it_was_announced(alice, child, settings):
    settings.MAX_UPLOAD_SIZE = MIB
    source = Counted(MIB + 1)
    with pytest.raises(UploadTooLargeError) as refusal:
        send(alice, child, source, declared=MIB + 1)
    assert source.taken == 0
    assert refusal.value.facts == {"limit": MIB, "most": "1 MiB"}


def test_refuses_too_much_as_soon_as_it_is_too_much(alice, child, settings):
    settings.MAX_UPLOAD_SIZE = MIB
    source = Counted(64 * MIB)
    with pytest.raises(UploadTooLargeError):
        send(alice, child, source)
    assert source.taken <= 2 * MIB
    assert nothing_left_over()


def test_takes_exactly_as_much_as_the_limit(alice, child, settings):
    settings.MAX_UPLOAD_SIZE = MIB
    assert send(alice, child, Counted(MIB), declared=MIB).version.size == MIB


@pytest.mark.parametrize("sent", [99, 101])
def test_refuses_a_file_that_is_not_as_long_as_announced(alice, child, sent):
    with pytest.raises(BodyIncompleteError):
        send(alice, child, bytes(sent), declared=100)
    assert nothing_left_over()


def test_refuses_a_file_that_breaks_off(alice, child):
    with pytest.raises(BodyIncompleteError):
        send(alice, child, Counted(3 * MIB, breaks=True))
    assert nothing_left_over()


def test_takes_nothing_more_after_a_refusal(alice, child, settings):
    settings.MAX_UPLOAD_SIZE = 10
    receiver = receive(actor=alice.actor, patient=child.id)
    with pytest.raises(UploadTooLargeError):
        receiver.write(bytes(11))
    for again in (lambda: receiver.write(b"x"), receiver.finish):
        with pytest.raises(BodyIncompleteError):
            again()
    with pytest.raises(BodyIncompleteError):
        upload(actor=alice.actor, patient=child.id, content=receiver, file_name="a")
    assert nothing_left_over()


def test_leaves_nothing_when_it_is_given_up(alice, child):
    with receive(actor=alice.actor, patient=child.id) as receiver:
        receiver.write(PDF)
    with receive(actor=alice.actor, patient=child.id) as receiver:
        receiver.write(PDF)
        receiver.finish()
        receiver.finish()
    assert nothing_left_over()
    assert not Record.objects.exists()


def test_refuses_everybody_who_may_not_write(bob, charlie, dana, ada, child):
    for person in (bob, charlie, dana, ada):
        source = Counted(10)
        with pytest.raises(NotFoundError):
            send(person, child, source)
        assert source.taken == 0
    assert nothing_left_over()


def test_refuses_a_file_received_for_another_patient_or_by_another_person(alice, erin, child, alice_self):
    for actor, patient in ((alice.actor, alice_self), (erin.actor, child)):
        receiver = receive(actor=alice.actor, patient=child.id)
        receiver.write(PDF)
        with pytest.raises(NotFoundError):
            upload(actor=actor, patient=patient.id, content=receiver, file_name="a.pdf")
    assert nothing_left_over()


def test_asks_again_at_the_end_whether_the_actor_may(alice, child):
    frank = make_person("frank")
    guardian = grant(alice, child.id, frank, role="editor")
    receiver = receive(actor=frank.actor, patient=child.id)
    receiver.write(PDF)
    remove_guardian(actor=alice.actor, patient=child.id, guardian=guardian.id)
    with pytest.raises(NotFoundError):
        upload(actor=frank.actor, patient=child.id, content=receiver, file_name="a.pdf")
    assert nothing_left_over()


def test_counts_the_quota_of_each_user(alice, erin, child, settings):
    settings.USER_QUOTA = 1000
    add(alice, child, bytes(600))
    for declared in (401, None):
        source = Counted(401)
        with pytest.raises(QuotaExceededError) as refusal:
            send(alice, child, source, declared=declared)
        assert refusal.value.facts == {"limit": 1000, "used": 600, "most": "1000 bytes"}
    send(alice, child, bytes(400))
    send(erin, child, bytes(1000))
    assert nothing_left_over()


def test_gives_the_last_room_of_a_quota_once(alice, child, settings):
    settings.USER_QUOTA = 1000
    receivers = [receive(actor=alice.actor, patient=child.id, declared=600) for _ in range(2)]
    for receiver in receivers:
        receiver.write(bytes(600))
    upload(actor=alice.actor, patient=child.id, content=receivers[0], file_name="a")
    with pytest.raises(QuotaExceededError):
        upload(actor=alice.actor, patient=child.id, content=receivers[1], file_name="b")
    assert Record.objects.count() == 1
    assert nothing_left_over()


def test_refuses_at_once_when_the_disk_has_no_room(alice, child, settings):
    settings.STORAGE_MIN_FREE = 2**60
    wiring.forget()
    source = Counted(10)
    with pytest.raises(StorageFullError):
        send(alice, child, source, declared=10)
    assert source.taken == 0
    assert nothing_left_over()


def test_refuses_more_than_the_disk_has_room_for(alice, child, settings):
    settings.MAX_UPLOAD_SIZE = 2**62
    with pytest.raises(StorageFullError):
        receive(actor=alice.actor, patient=child.id, declared=2**61)
    assert nothing_left_over()


@pytest.fixture
def small_files():
    """The kernel refuses to let any file grow beyond 24 MiB, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 * MIB, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_says_so_when_the_disk_fills_in_the_middle(alice, child, small_files):
    with pytest.raises(StorageFullError):
        send(alice, child, Counted(32 * MIB))
    assert nothing_left_over()
    assert not Record.objects.exists()


def test_says_so_when_the_storage_does_not_answer_and_loses_nothing(alice, child, settings, storage_down):
    before, url = add(alice, child), settings.STORAGE_URL
    storage_down()
    with pytest.raises(StorageDownError):
        send(alice, child, PDF)
    assert not Arrival.objects.exists()
    settings.STORAGE_URL = url
    wiring.forget()
    assert body(alice, before) == PDF
    assert RecordVersion.objects.count() == 1


def test_leaves_no_trace_when_the_folder_of_the_storage_is_gone(alice, child, storage):
    wiring.blob_store().put("objects/probe", b"")
    shutil.rmtree(storage)
    storage.write_text("a file where the folder was")
    with pytest.raises((StorageDownError, StorageFullError)):
        send(alice, child, PDF)
    assert not Arrival.objects.exists()
    assert not Record.objects.exists()


def test_leaves_to_the_sweeper_what_it_cannot_take_back(alice, child, settings, storage_down, caplog):
    url = settings.STORAGE_URL
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(PDF)
    receiver.finish()
    storage_down()
    receiver.abort()
    assert "abort_left_to_sweeper" in caplog.text
    settings.STORAGE_URL = url
    wiring.forget()
    assert stored_objects() == {receiver.object_uuid}
    sweep(older_than=timedelta(seconds=-5))
    assert nothing_left_over()


def test_leaves_no_trace_when_not_even_the_preamble_can_be_written(alice, child, monkeypatch):
    with wiring.blob_store().open_writer("probe") as writer:
        kind = type(writer)

    def full(_writer, _data):
        raise StorageFull("no room")

    monkeypatch.setattr(kind, "write", full)
    with pytest.raises(StorageFullError):
        send(alice, child, PDF)
    assert nothing_left_over()


def test_keeps_and_reads_fernet_files_too(alice, child, settings):
    settings.FILE_ENCRYPTION_SUITE = "fernet"
    old = add(alice, child, PDF)
    settings.FILE_ENCRYPTION_SUITE = "aes-256-gcm"
    new = add(alice, child, PDF)
    assert set(RecordVersion.objects.values_list("suite", flat=True)) == {1, 2}
    for view in (old, new):
        assert body(alice, view) == PDF
        assert body(alice, view, start=5, stop=70_000) == PDF[5:70_000]


@pytest.mark.parametrize("declared", [64 * MIB + 1, None])
def test_says_that_fernet_takes_no_such_file(alice, child, settings, declared):
    settings.FILE_ENCRYPTION_SUITE = "fernet"
    with pytest.raises(TooLargeForSuiteError, match="FILE_ENCRYPTION_SUITE"):
        send(alice, child, Counted(64 * MIB + 1), declared=declared)
    assert nothing_left_over()


def test_refuses_a_file_that_came_so_slowly_that_the_sweeper_took_it(alice, child):
    receiver = receive(actor=alice.actor, patient=child.id)
    receiver.write(PDF)
    receiver.finish()
    sweep(older_than=timedelta(seconds=-5))
    with pytest.raises(BodyIncompleteError):
        upload(actor=alice.actor, patient=child.id, content=receiver, file_name="a")
    assert not Record.objects.exists()
    assert nothing_left_over()


def test_uses_no_more_memory_for_a_larger_file(alice, child):
    import tracemalloc

    def peak(size):
        tracemalloc.start()
        view = send(alice, child, Counted(size))
        for _ in read(actor=alice.actor, record=view.id).stream:
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(MIB)
    assert peak(96 * MIB) < peak(16 * MIB) + 4 * MIB
