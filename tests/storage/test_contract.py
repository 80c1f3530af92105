"""What every store promises, held against all of them."""

import contextlib
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from chartkeep.storage.base import BlobExists, BlobMissing

MIB = 2**20
AT_ONCE = timedelta(seconds=-5)  # whatever the clocks and their rounding: everything is old enough
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB, 16 * MIB + 4711]


def body_of(size):
    """Bytes that differ everywhere, so that a swapped or repeated part shows."""
    pieces = (hashlib.sha256(number.to_bytes(8)).digest() for number in range(size // 32 + 1))
    return b"".join(pieces)[:size]


def keys(store, prefix=""):
    return sorted(blob.key for blob in store.list(prefix))


def write(store, key, body, piece=300_000):
    with store.open_writer(key) as writer:
        for start in range(0, len(body), piece):
            writer.write(body[start : start + piece])
        writer.commit()


@pytest.mark.parametrize("size", SIZES)
def test_gives_back_what_was_written(store, size):
    body = body_of(size)
    write(store, "objects/ab/one", body)
    assert store.size("objects/ab/one") == size
    assert store.read_at("objects/ab/one", 0, size + 10) == body
    assert [(blob.key, blob.size) for blob in store.list()] == [("objects/ab/one", size)]


@pytest.mark.parametrize("size", SIZES)
def test_takes_everything_in_a_single_write(store, size):
    body = body_of(size)
    with store.open_writer("one") as writer:
        assert writer.write(body) == size
        writer.commit()
    assert store.read_at("one", 0, size) == body


def test_puts_a_small_object_in_one_go(store):
    store.put("small", b"sealed")
    assert store.read_at("small", 0, 100) == b"sealed"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_lets_the_caller_use_the_buffer_again(store, kind):
    buffer = bytearray(b"first ")
    with store.open_writer("one") as writer:
        writer.write(kind(buffer))
        buffer[:] = b"second"
        writer.write(kind(buffer))
        buffer[:] = b"------"
        writer.commit()
    assert store.read_at("one", 0, 12) == b"first second"


def test_counts_the_bytes_of_a_view_of_larger_items(store):
    import array

    with store.open_writer("one") as writer:
        assert writer.write(memoryview(array.array("I", [1, 2, 3]))) == 12
        writer.commit()
    assert store.size("one") == 12


@pytest.mark.parametrize("size", [3, 5 * MIB + 3, 16 * MIB])
def test_shows_nothing_before_the_commit(store, size):
    writer = store.open_writer("one")
    writer.write(body_of(size))
    assert keys(store) == []
    with pytest.raises(BlobMissing):
        store.size("one")
    with pytest.raises(BlobMissing):
        store.open_reader("one")
    writer.commit()
    assert keys(store) == ["one"]


@pytest.mark.parametrize("size", [0, 3, 12 * MIB])
def test_leaves_nothing_after_an_abort(store, size):
    writer = store.open_writer("one")
    writer.write(body_of(size))
    writer.abort()
    writer.abort()
    assert keys(store) == []
    assert store.sweep_partial(AT_ONCE) == 0
    store.put("one", b"the name is free")


def test_leaves_nothing_when_the_block_ends_without_a_commit(store):
    with store.open_writer("one") as writer:
        writer.write(body_of(6 * MIB))
    assert keys(store) == []
    assert store.sweep_partial(AT_ONCE) == 0


def test_leaves_nothing_when_the_block_breaks_off(store):
    with contextlib.suppress(ZeroDivisionError), store.open_writer("one") as writer:
        writer.write(body_of(12 * MIB))
        writer.write(bytes(1 // 0))
    assert keys(store) == []
    assert store.sweep_partial(AT_ONCE) == 0


@pytest.mark.parametrize("ending", ["commit", "abort"])
def test_takes_nothing_after_the_end(store, ending):
    writer = store.open_writer("one")
    writer.write(b"sealed")
    getattr(writer, ending)()
    with pytest.raises(ValueError, match="done"):
        writer.write(b"more")
    with pytest.raises(ValueError, match="done"):
        writer.commit()
    writer.abort()
    assert keys(store) == (["one"] if ending == "commit" else [])


def test_never_changes_an_object(store):
    store.put("one", b"first")
    with pytest.raises(BlobExists):
        store.put("one", b"second")
    with pytest.raises(BlobExists):
        write(store, "one", b"second")
    assert store.read_at("one", 0, 10) == b"first"


@pytest.mark.parametrize("size", [6, 12 * MIB])
def test_lets_only_one_of_two_writers_win(store, size):
    body = body_of(size)
    first, second = store.open_writer("one"), store.open_writer("one")
    first.write(body)
    second.write(body[::-1])
    first.commit()
    with pytest.raises(BlobExists):
        second.commit()
    second.abort()
    assert store.read_at("one", 0, size) == body
    assert store.sweep_partial(AT_ONCE) == 0


def test_lets_only_one_of_many_puts_at_once_win(store):
    start = threading.Barrier(8)

    def attempt(number):
        start.wait()
        try:
            store.put("one", str(number).encode())
        except BlobExists:
            return None
        return number

    with ThreadPoolExecutor(8) as threads:
        won = [number for number in threads.map(attempt, range(8)) if number is not None]
    assert len(won) == 1
    assert store.read_at("one", 0, 10) == str(won[0]).encode()


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (0, 1), (0, 100), (99, 1), (99, 5), (100, 1), (100, 0), (5000, 3), (37, 41), (0, 5000)],
)
def test_reads_exactly_the_part_that_is_asked_for(store, offset, length):
    body = body_of(100)
    store.put("one", body)
    assert store.read_at("one", offset, length) == body[offset : offset + length]
    with store.open_reader("one") as reader:
        assert reader.size == 100
        assert reader.read_at(offset, length) == body[offset : offset + length]


def test_reads_across_the_borders_of_parts(store):
    body = body_of(16 * MIB)
    write(store, "one", body)
    with store.open_reader("one") as reader:
        for border in (5 * MIB, 10 * MIB, 15 * MIB):
            assert reader.read_at(border - 7, 15) == body[border - 7 : border + 8]
        assert reader.read_at(16 * MIB - 3, 100) == body[-3:]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (-5, -5)])
def test_refuses_a_negative_place(store, offset, length):
    store.put("one", b"sealed")
    with pytest.raises(ValueError, match="No part"):
        store.read_at("one", offset, length)
    with store.open_reader("one") as reader, pytest.raises(ValueError, match="No part"):
        reader.read_at(offset, length)


def test_reads_nothing_from_an_empty_object(store):
    store.put("empty", b"")
    assert store.size("empty") == 0
    assert store.read_at("empty", 0, 10) == b""


def test_refuses_to_read_after_closing(store):
    store.put("one", b"sealed")
    reader = store.open_reader("one")
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read_at(0, 1)


def test_serves_many_readers_at_once(store):
    body = body_of(6 * MIB)
    write(store, "one", body)

    def read(number):
        with store.open_reader("one") as reader:
            places = [(number * 7919 * step) % len(body) for step in range(1, 21)]
            return all(reader.read_at(place, 5000) == body[place : place + 5000] for place in places)

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(read, range(1, 33)))


def test_lets_threads_share_a_reader(store):
    body = body_of(MIB)
    store.put("one", body)
    with store.open_reader("one") as reader, ThreadPoolExecutor(8) as threads:
        places = range(0, MIB, 16411)
        parts = threads.map(lambda place: reader.read_at(place, 1000), places)
        assert all(part == body[place : place + 1000] for place, part in zip(places, parts, strict=True))


def test_takes_many_writers_at_once(store):
    def send(number):
        write(store, f"objects/{number:02}", body_of(5 * MIB + number))
        return store.size(f"objects/{number:02}")

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(send, range(6))) == [5 * MIB + number for number in range(6)]


@pytest.mark.parametrize("act", ["size", "open_reader"])
def test_says_that_an_object_is_missing(store, act):
    store.put("objects/ab/one", b"sealed")
    for key in ("objects/ab/two", "objects/cd/one", "objects/ab/one/more", "objects/ab", "objects"):
        with pytest.raises(BlobMissing) as told:
            getattr(store, act)(key)
        assert told.value.reason == "missing"
    with pytest.raises(BlobMissing):
        store.read_at("objects/ab/two", 0, 1)


def test_deletes_once_and_for_all(store):
    store.put("objects/ab/one", b"sealed")
    store.put("objects/ab/two", b"stays")
    store.delete("objects/ab/one")
    store.delete("objects/ab/one")
    store.delete("objects/ab")
    store.delete("never/there")
    store.delete("objects/ab/two/below")
    assert keys(store) == ["objects/ab/two"]
    with pytest.raises(BlobMissing):
        store.read_at("objects/ab/one", 0, 1)
    store.put("objects/ab/one", b"the name is free")


def test_lists_nothing_in_an_empty_store(store):
    assert list(store.list()) == []
    assert list(store.list("objects/")) == []


def test_lists_by_any_prefix(store):
    names = ["a", "ab/one", "ab/two", "abc/one", "b/x/y/z", "objects/ab/one"]
    for name in names:
        store.put(name, name.encode())
    for prefix in ("", "a", "ab", "ab/", "ab/o", "abc", "b/x/y/z", "b/x/", "c", "objects/ab/one", "ab/one/"):
        assert keys(store, prefix) == [name for name in names if name.startswith(prefix)], prefix


def test_lists_more_than_a_page(store):
    names = [f"objects/{number % 16:02x}/{number:04}" for number in range(1234)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda name: store.put(name, b"x"), names))
    assert keys(store, "objects/") == sorted(names)
    assert keys(store, "objects/0a/") == sorted(name for name in names if name.startswith("objects/0a/"))


def test_tells_when_an_object_was_committed(store):
    store.put("one", b"sealed")
    modified = next(store.list()).modified
    assert modified.tzinfo is UTC
    assert abs(datetime.now(UTC) - modified) < timedelta(seconds=30)


@pytest.mark.parametrize(
    "key",
    ["", "/", "/one", "one/", "a//b", ".", "..", "../one", "a/../b", "a/./b", "a..b", ".hidden", "One", "ä",
     "a b", "a\\b", "a\nb", "one\n", "one\0", "%2e%2e", "-a", "_a", "a?b", "a#b", "a:b", "x" * 201],
)  # fmt: skip
def test_refuses_a_name_that_is_no_key(store, key):
    acts = [
        lambda: store.put(key, b"x"),
        lambda: store.open_writer(key),
        lambda: store.open_reader(key),
        lambda: store.size(key),
        lambda: store.read_at(key, 0, 1),
        lambda: store.delete(key),
    ]
    for act in acts:
        with pytest.raises(ValueError, match="storage key"):
            act()
    assert keys(store) == []


@pytest.mark.parametrize("key", ["a", "0", "a.b", "a_b-c.d/e", "9/.h", "x" * 200])
def test_takes_every_name_that_is_a_key(store, key):
    store.put(key, b"sealed")
    assert keys(store) == [key]
    assert store.read_at(key, 0, 6) == b"sealed"


def test_never_sweeps_what_is_there(store):
    store.put("one", b"sealed")
    write(store, "two", body_of(6 * MIB))
    assert store.sweep_partial(AT_ONCE) == 0
    assert keys(store) == ["one", "two"]


def test_takes_a_size_that_turns_out_wrong(store):
    body = body_of(11 * MIB)
    for key, expected in (("more", 10), ("fewer", 40 * MIB), ("right", len(body))):
        with store.open_writer(key, expected_size=expected) as writer:
            writer.write(body)
            writer.commit()
        assert store.read_at(key, 0, len(body)) == body


def test_is_usable_and_leaves_no_trace_of_the_look(store):
    store.check()
    assert keys(store) == []


def test_knows_its_room_or_says_that_it_has_no_notion_of_it(store):
    room = store.free_bytes()
    assert room is None or room > 0
