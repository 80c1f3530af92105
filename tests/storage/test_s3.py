"""What only a real S3 server shows: outages, kills, refusals, checksums, memory."""

import base64
import hashlib
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

import pytest

from chartkeep.storage import s3_upload
from chartkeep.storage.base import (
    BlobCorrupt,
    BlobExists,
    BlobMissing,
    StorageMisconfigured,
    StorageUnavailable,
)
from chartkeep.storage.factory import open_store

pytestmark = [pytest.mark.services, pytest.mark.slow]

MIB = 2**20
AT_ONCE = timedelta(seconds=-5)
AGE = timedelta(hours=1)


def prefix_of(store):
    return repr(store).partition("s3://records/")[2].rstrip("')")


@contextmanager
def boto(service):
    client = service.client()
    try:
        yield client
    finally:
        client.close()


def unfinished(service, store):
    with boto(service) as client:
        found = client.list_multipart_uploads(Bucket=service.bucket, Prefix=f"{prefix_of(store)}/")
    return [upload["Key"] for upload in found.get("Uploads", [])]


def head(service, store, key):
    with boto(service) as client:
        return client.head_object(
            Bucket=service.bucket, Key=f"{prefix_of(store)}/{key}", ChecksumMode="ENABLED"
        )


HALF_AN_UPLOAD = """
import sys, time
from chartkeep.storage.factory import open_store
store = open_store(sys.argv[1], options={"AWS_ACCESS_KEY_ID": sys.argv[2], "AWS_SECRET_ACCESS_KEY": sys.argv[3]})
writer = store.open_writer("objects/ab/one")
writer.write(bytes(22 * 2**20))
time.sleep(1)
print("half", flush=True)
time.sleep(60)
"""


def test_shows_nothing_after_a_kill_and_sweeps_what_is_left(s3_service):
    url = s3_service.url()
    store, neighbour = (open_store(place, options=s3_service.options) for place in (url, s3_service.url()))
    child = subprocess.Popen(
        [sys.executable, "-c", HALF_AN_UPLOAD, url, s3_service.access_key, s3_service.secret_key],
        stdout=subprocess.PIPE,
    )
    with child:
        try:
            assert child.stdout.readline() == b"half\n"
            assert unfinished(s3_service, store), "parts are there"
        finally:
            child.send_signal(signal.SIGKILL)
    assert list(store.list()) == []
    with pytest.raises(BlobMissing):
        store.size("objects/ab/one")
    assert store.sweep_partial(AGE) == 0
    assert neighbour.sweep_partial(AT_ONCE) == 0, "another prefix is not ours"
    assert len(unfinished(s3_service, store)) == 1
    assert store.sweep_partial(AT_ONCE) == 1
    assert unfinished(s3_service, store) == []
    assert store.sweep_partial(AT_ONCE) == 0


def test_leaves_no_unfinished_upload_after_an_abort(s3_service, s3_store):
    with s3_store.open_writer("one") as writer:
        writer.write(bytes(22 * MIB))
    assert unfinished(s3_service, s3_store) == []


def test_sweeps_more_unfinished_uploads_than_a_page(s3_service, s3_store):
    with boto(s3_service) as client:
        for number in range(1005):
            client.create_multipart_upload(Bucket="records", Key=f"{prefix_of(s3_store)}/one-{number}")
    assert s3_store.sweep_partial(AT_ONCE) == 1005
    assert unfinished(s3_service, s3_store) == []


def test_never_sweeps_what_still_gets_parts_however_long_it_takes(s3_service, s3_store):
    part = bytes(6 * MIB)
    with s3_store.open_writer("one") as writer:
        writer.write(part)
        for _ in range(5):
            sleep(1)
            writer.write(part)
        assert s3_store.sweep_partial(timedelta(seconds=4)) == 0
        writer.commit()
    assert s3_store.size("one") == 36 * MIB


def test_lets_two_sweepers_work_at_once(s3_service, s3_store):
    with boto(s3_service) as client:
        for number in range(40):
            client.create_multipart_upload(Bucket="records", Key=f"{prefix_of(s3_store)}/one-{number}")
    with ThreadPoolExecutor(4) as threads:
        swept = list(threads.map(lambda _: s3_store.sweep_partial(AT_ONCE), range(4)))
    assert sum(swept) >= 40
    assert unfinished(s3_service, s3_store) == []


def test_is_unavailable_while_the_server_is_away_and_works_again_afterwards(s3_service):
    store = open_store(s3_service.url(), options=s3_service.options)
    store.put("kept", b"sealed")
    writer = store.open_writer("one")
    writer.write(bytes(11 * MIB))
    s3_service.stop()
    try:
        for act in (
            lambda: store.put("two", b"x"),
            lambda: store.size("kept"),
            lambda: store.read_at("kept", 0, 6),
            lambda: store.open_writer("three"),
            lambda: list(store.list()),
            lambda: store.delete("kept"),
            lambda: store.sweep_partial(AGE),
            store.check,
            lambda: writer.write(bytes(40 * MIB)) and writer.commit(),
        ):
            began = monotonic()
            with pytest.raises(StorageUnavailable) as told:
                act()
            assert monotonic() - began < 60
            assert told.value.reason == "unavailable"
        writer.abort()
    finally:
        s3_service.start()
    assert [blob.key for blob in store.list()] == ["kept"]
    assert store.read_at("kept", 0, 6) == b"sealed"
    store.put("two", b"x")
    with store.open_writer("one") as writer:
        writer.write(bytes(11 * MIB))
        writer.commit()
    assert store.size("one") == 11 * MIB
    store.sweep_partial(AT_ONCE)
    assert unfinished(s3_service, store) == []


@pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_says_that_the_credentials_are_wrong(s3_service, wrong):
    options = {**s3_service.options, wrong: "very-wrong"}
    store = open_store(s3_service.url(), options=options)
    for act in (
        lambda: store.put("one", b"x"),
        lambda: store.size("one"),
        lambda: store.read_at("one", 0, 1),
        lambda: store.open_writer("one"),
        lambda: list(store.list()),
        lambda: store.delete("one"),
        lambda: store.sweep_partial(AT_ONCE),
        store.check,
    ):
        with pytest.raises(StorageMisconfigured, match="credentials") as told:
            act()
        assert "very-wrong" not in str(told.value)


def test_says_that_the_bucket_is_missing(s3_service):
    elsewhere = s3_service.url().replace(f"s3://{s3_service.bucket}/", "s3://no-such-bucket/")
    store = open_store(elsewhere, options=s3_service.options)
    for act in (
        lambda: store.size("one"),
        lambda: store.open_reader("one"),
        lambda: store.read_at("one", 0, 1),
        lambda: list(store.list()),
        lambda: store.delete("one"),
        lambda: store.sweep_partial(AT_ONCE),
    ):  # this server makes a missing bucket for whoever puts something into it
        with pytest.raises(StorageMisconfigured, match="bucket of STORAGE_URL exists"):
            act()


def test_lets_one_of_many_large_writers_of_a_key_win(s3_service, s3_store):
    bodies = [bytes([number]) * (11 * MIB) for number in range(6)]

    def attempt(body):
        try:
            with s3_store.open_writer("one") as writer:
                writer.write(body)
                writer.commit()
        except BlobExists:
            return None
        return body

    with ThreadPoolExecutor(6) as threads:
        won = [body for body in threads.map(attempt, bodies) if body is not None]
    assert won
    assert s3_store.read_at("one", 0, 11 * MIB) in won, "it is whole, of one who was told so"
    assert unfinished(s3_service, s3_store) == []


def test_keeps_the_checksum_of_a_small_object(s3_service, s3_store):
    s3_store.put("one", b"sealed")
    expected = base64.b64encode(hashlib.sha256(b"sealed").digest()).decode()
    assert head(s3_service, s3_store, "one")["ChecksumSHA256"] == expected


def test_keeps_the_checksums_of_the_parts(s3_service, s3_store):
    body = bytes(range(256)) * 4096 * 12
    with s3_store.open_writer("one") as writer:
        writer.write(body)
        writer.commit()
    part = s3_upload.PART_SIZE
    digests = [hashlib.sha256(body[at : at + part]).digest() for at in range(0, len(body), part)]
    combined = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert head(s3_service, s3_store, "one")["ChecksumSHA256"] == f"{combined}-{len(digests)}"


@pytest.mark.parametrize("checksum", ["none", "crc64nvme"])
def test_writes_with_other_checksums(s3_service, checksum):
    store = open_store(f"{s3_service.url()}&checksum={checksum}", options=s3_service.options)
    body = bytes(range(256)) * 4096 * 11
    with store.open_writer("one") as writer:
        writer.write(body)
        writer.commit()
    assert store.read_at("one", 0, len(body)) == body
    assert "ChecksumSHA256" not in head(s3_service, store, "one")


@pytest.mark.parametrize(("expected", "parts"), [(None, 5), (25 * MIB, 5), (100 * 2**30, 3)])
def test_makes_larger_parts_for_what_is_announced_as_large(s3_service, s3_store, expected, parts):
    with s3_store.open_writer("one", expected_size=expected) as writer:
        writer.write(bytes(25 * MIB))
        writer.commit()
    assert head(s3_service, s3_store, "one")["ETag"].strip('"').endswith(f"-{parts}")
    assert s3_store.size("one") == 25 * MIB


def test_names_the_fix_when_an_object_outgrows_its_parts(s3_service, s3_store, monkeypatch):
    monkeypatch.setattr(s3_upload, "MOST_PARTS", 2)
    with s3_store.open_writer("one") as writer, pytest.raises(StorageMisconfigured, match="Content-Length"):
        writer.write(bytes(16 * MIB))
    assert list(s3_store.list()) == []
    assert unfinished(s3_service, s3_store) == []


def test_removes_an_object_that_did_not_arrive_whole(s3_store, monkeypatch):
    plain = s3_store.put_parts

    def loses_the_last_part(key, parts, size):
        whole = list(parts)
        plain(key, iter(whole[:-1]), size)

    monkeypatch.setattr(s3_store, "put_parts", loses_the_last_part)
    with s3_store.open_writer("one") as writer:
        writer.write(bytes(12 * MIB))
        with pytest.raises(BlobCorrupt, match="look at the store"):
            writer.commit()
    assert list(s3_store.list()) == []


UPLOAD = """
import sys, time
from chartkeep.storage.factory import open_store

def memory(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) * 1024

store = open_store(sys.argv[1], options={"AWS_ACCESS_KEY_ID": sys.argv[2], "AWS_SECRET_ACCESS_KEY": sys.argv[3]})
store.put("warm", b"x")
piece = bytearray(range(256)) * 1024
before = memory("VmRSS")
with store.open_writer("one", expected_size=5 * 2**30) as writer:
    for _ in range(int(sys.argv[4]) * 4):
        writer.write(piece)
    writer.commit()
print(memory("VmHWM") - before)
"""


def test_uploads_in_bounded_memory(s3_service):
    url = s3_service.url()
    done = subprocess.run(
        [sys.executable, "-c", UPLOAD, url, s3_service.access_key, s3_service.secret_key, "400"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) < 40 * MIB
    assert open_store(url, options=s3_service.options).size("one") == 400 * MIB


def test_streams_to_many_threads_at_once(s3_store):
    body = bytes(range(256)) * 4096 * 30
    with s3_store.open_writer("one") as writer:
        writer.write(body)
        writer.commit()

    def digest(_number):
        found = hashlib.sha256()
        with s3_store.open_reader("one") as reader:
            for offset in range(0, reader.size, MIB):
                found.update(reader.read_at(offset, MIB))
        return found.digest()

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(digest, range(24))) == {hashlib.sha256(body).digest()}
