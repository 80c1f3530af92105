"""Reading: the bytes that were written, logged before the first one; anything else ends in an error."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.records.making import CHUNK, add, body, log_of, stored_objects, tags_of

from chartkeep import wiring
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.errors import IntegrityFailureError, RangeInvalidError, StorageDownError
from chartkeep.records.flows.read import read
from chartkeep.records.flows.trash import trash
from chartkeep.records.models import Record, RecordVersion
from chartkeep.records.objects import key_of
from chartkeep.records.queries import get_record

CONTENT = random.Random(7).randbytes(5 * CHUNK + 123)
LONG = random.Random(8).randbytes(4 * 2**20 + 5)
PREAMBLE, HEADER = 8, 8 + 24 + 32
SEALED_CHUNK = CHUNK + 16


@pytest.fixture
def record(alice, child):
    return add(alice, child, CONTENT)


@pytest.fixture
def stored(storage, record):
    """The file of the stored object."""
    (path,) = [path for path in storage.rglob("*") if path.name == record.version.object_id.hex]
    path.chmod(0o600)
    return path


def test_gives_content_and_what_an_answer_needs(alice, record):
    content = read(actor=alice.actor, record=record.id)
    assert content.view == record.version
    assert (content.size, content.start, content.stop) == (len(CONTENT), 0, len(CONTENT))
    assert b"".join(content.stream) == CONTENT


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_gives_any_range(alice, record, data):
    edges = st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, len(CONTENT) - 1])
    start = data.draw(edges | st.integers(0, len(CONTENT) - 1))
    stop = data.draw(st.none() | st.integers(start + 1, len(CONTENT) + 9))
    assert body(alice, record, start=start, stop=stop) == CONTENT[start:stop]


@pytest.mark.parametrize(
    ("start", "stop"), [(-1, 5), (5, 5), (5, 4), (len(CONTENT), None), (10**12, None), (0, 0)]
)
def test_refuses_a_range_outside(alice, child, record, start, stop):
    with pytest.raises(RangeInvalidError) as refusal:
        read(actor=alice.actor, record=record.id, start=start, stop=stop)
    assert refusal.value.facts == {"size": len(CONTENT)}
    assert "record:read" not in tags_of(child)


def test_logs_each_reading_before_its_first_byte(alice, bob, child, record):
    content = read(actor=bob.actor, record=record.id, start=10, stop=20)
    entry = log_of(child)[-1]
    assert (entry.tag, entry.actor, entry.object_id, entry.outcome) == (
        "record:read",
        bob.id,
        record.id,
        "ok",
    )
    assert entry.details == {"version": "1", "bytes": "10-19"}
    assert b"".join(content.stream) == CONTENT[10:20]


def test_logs_a_viewer_with_the_share(child, record, viewer):
    holder = viewer(record)
    assert body(holder, record) == CONTENT
    entry = log_of(child)[-1]
    assert (entry.actor_kind, entry.actor, entry.share) == ("viewer", holder.actor.id, holder.actor.share)
    assert entry.details == {"version": "1"}


def test_reads_nothing_that_cannot_be_logged(alice, record, monkeypatch):
    monkeypatch.setattr("chartkeep.audit.flows.record.leaf_hash", lambda entry: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read(actor=alice.actor, record=record.id)


def test_refuses_strangers_without_a_trace_of_content(alice, charlie, dana, child, record, viewer):
    for person in (charlie, dana, viewer(add(alice, child))):
        with pytest.raises(NotFoundError):
            read(actor=person.actor, record=record.id)
    with pytest.raises(NotFoundError):
        read(actor=alice.actor, record=new_id())
    with pytest.raises(NotFoundError):
        read(actor=alice.actor, record=record.id, version=2)
    assert "record:read" not in tags_of(child)


def test_shows_the_trash_to_owners_and_editors_only(alice, erin, bob, record, viewer):
    trash(actor=alice.actor, record=record.id)
    assert body(alice, record) == body(erin, record) == CONTENT
    for person in (bob, viewer(record)):
        with pytest.raises(NotFoundError):
            read(actor=person.actor, record=record.id)


class Released:
    """What came out of a stream before it failed."""

    data = b""

    def drain(self, stream):
        for piece in stream:
            self.data += piece


def flip(at):
    def damage(data):
        data[at] ^= 1

    return damage


def cut(to):
    def damage(data):
        del data[to:]

    return damage


def swap(data):
    first, second = HEADER, HEADER + SEALED_CHUNK
    data[first:second], data[second : second + SEALED_CHUNK] = (
        data[second : second + SEALED_CHUNK],
        data[first:second],
    )


DAMAGES = {
    **{f"a bit in {name}": flip(at) for name, at in
       {"the preamble": 0, "the version": 5, "the suite": 6, "the reserved byte": 7, "the salt": 9, "the commitment": 33,
        "chunk 0": HEADER, "the tag of chunk 0": HEADER + SEALED_CHUNK - 1, "chunk 3": HEADER + 3 * SEALED_CHUNK,
        "the last byte": -1}.items()},
    **{f"cut to {to}": cut(to) for to in
       (0, 7, 8, HEADER - 1, HEADER, HEADER + SEALED_CHUNK - 1, HEADER + SEALED_CHUNK, HEADER + SEALED_CHUNK + 1,
        HEADER + 5 * SEALED_CHUNK, -1)},
    "two chunks swapped": swap,
    "a chunk dropped": lambda data: data.__delitem__(slice(HEADER, HEADER + SEALED_CHUNK)),
    "a chunk twice": lambda data: data.__setitem__(slice(HEADER, HEADER), data[HEADER : HEADER + SEALED_CHUNK]),
    "a byte more": lambda data: data.append(0),
    "another chunk appended": lambda data: data.extend(data[-SEALED_CHUNK:]),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_refuses_a_damaged_object_logs_it_and_alerts(alice, child, record, stored, damage, caplog):
    data = bytearray(stored.read_bytes())
    damage(data)
    stored.write_bytes(data)
    released = Released()
    with pytest.raises(IntegrityFailureError):
        released.drain(read(actor=alice.actor, record=record.id).stream)
    assert CONTENT.startswith(released.data)
    entry = log_of(child)[-1]
    assert (entry.tag, entry.outcome, entry.object_id) == ("record:integrity_failure", "failed", record.id)
    assert any(
        "integrity_failure" in line.getMessage() and line.levelname == "ERROR" for line in caplog.records
    )


def test_knows_of_a_cut_object_before_the_first_byte(alice, child, record, stored):
    cut(HEADER + 3 * SEALED_CHUNK)(data := bytearray(stored.read_bytes()))
    stored.write_bytes(data)
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)
    assert "record:read" not in tags_of(child)


def test_refuses_the_object_of_another_record_in_its_place(alice, child, record, stored, storage):
    other = add(alice, child, CONTENT)
    (path,) = [path for path in storage.rglob("*") if path.name == other.version.object_id.hex]
    stored.write_bytes(path.read_bytes())
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)


def test_refuses_a_wrapped_key_of_another_version(alice, child, record):
    other = add(alice, child)
    rows = RecordVersion.objects
    rows.filter(record=record.id).update(wrapped_dek=bytes(rows.get(record=other.id).wrapped_dek))
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)
    rows.filter(record=record.id).update(wrapped_dek=b"nothing like a wrapped key, but of some length")
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)


def test_tells_a_lost_object_from_a_storage_that_is_down(alice, child, record, stored, storage_down):
    stored.unlink()
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)
    assert log_of(child)[-1].reason == "missing"
    storage_down()
    with pytest.raises(StorageDownError):
        read(actor=alice.actor, record=record.id)
    assert tags_of(child).count("record:integrity_failure") == 1


def test_breaks_off_when_a_chunk_is_damaged_in_the_middle_of_reading(alice, child, stored, storage):
    record = add(alice, child, LONG)
    (path,) = [path for path in storage.rglob("*") if path.name == record.version.object_id.hex]
    content = read(actor=alice.actor, record=record.id)
    released = Released()
    released.data = next(content.stream)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(HEADER + 200 * SEALED_CHUNK + 5)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(IntegrityFailureError):
        released.drain(content.stream)
    assert len(released.data) < len(LONG)
    assert LONG.startswith(released.data)
    assert tags_of(child)[-2:] == ["record:read", "record:integrity_failure"]
    with pytest.raises(IntegrityFailureError):
        next(content.stream)
    assert tags_of(child).count("record:integrity_failure") == 1


def test_never_ends_cleanly_before_the_last_byte(alice, child, record):
    content = read(actor=alice.actor, record=record.id)
    content.stream._pieces = iter([CONTENT[:100]])
    assert next(content.stream) == CONTENT[:100]
    for _ in range(2):
        with pytest.raises(IntegrityFailureError):
            next(content.stream)
    assert log_of(child)[-1].reason == "short"


def test_refuses_an_object_that_is_whole_but_not_as_long_as_its_row_says(alice, child, record):
    RecordVersion.objects.filter(record=record.id).update(size=len(CONTENT) - 1)
    with pytest.raises(IntegrityFailureError):
        read(actor=alice.actor, record=record.id)
    assert log_of(child)[-1].reason == "length"


def test_reads_only_the_chunks_that_a_range_needs(alice, child, monkeypatch):
    record = add(alice, child, LONG)
    with wiring.blob_store().open_reader(key_of(record.version.object_id)) as opened:
        reader = type(opened)
    fetched, plain = [], reader.read_at

    def counted(self, offset, length):
        data = plain(self, offset, length)
        fetched.append(len(data))
        return data

    monkeypatch.setattr(reader, "read_at", counted)
    at = 100 * CHUNK + 5
    assert body(alice, record, start=at, stop=at + 10) == LONG[at : at + 10]
    assert sum(fetched) <= 8 * SEALED_CHUNK


def test_says_that_there_is_nothing_when_the_record_is_erased_meanwhile(
    alice, child, record, stored, monkeypatch
):
    from chartkeep.records import access
    from chartkeep.records.flows import read as flow

    def slow(actor, record_id):
        row = access.record_for(actor, record_id)
        row.versions.all().delete()
        stored.unlink()
        return row

    opened = flow.version_of
    monkeypatch.setattr(
        flow, "version_of", lambda row, number: (opened(row, number), slow(alice.actor, row.uuid))[0]
    )
    with pytest.raises(NotFoundError):
        read(actor=alice.actor, record=record.id)
    assert "record:integrity_failure" not in tags_of(child)
    assert record.version.object_id not in stored_objects()


def test_refuses_a_field_that_was_moved_between_rows(alice, child, record, caplog):
    other = add(alice, child, title="Another title")
    row = Record.objects.get(uuid=other.id)
    Record.objects.filter(uuid=record.id).update(title=row.title)
    with pytest.raises(IntegrityFailureError):
        get_record(actor=alice.actor, record=record.id)
    assert "integrity_failure" in caplog.text
