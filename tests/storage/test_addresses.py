"""From ``STORAGE_URL`` to a store: what is understood, what is refused, and that each refusal names its fix."""

from datetime import timedelta

import pytest

from chartkeep.storage.base import StorageFull, StorageMisconfigured
from chartkeep.storage.factory import open_store
from chartkeep.storage.local import LocalDirectory
from chartkeep.storage.memory import MemoryStore
from chartkeep.storage.s3 import ObjectStoreBackend
from chartkeep.storage.s3_upload import MOST_PARTS, PART_SIZE, part_size

KEYS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "very-secret"}
MIB, GIB, TIB = 2**20, 2**30, 2**40


@pytest.mark.parametrize("form", ["{0}/a%20b", "file://{0}/a%20b", "file://localhost{0}/a%20b"])
def test_opens_a_directory(tmp_path, form):
    store = open_store(form.format(tmp_path))
    assert isinstance(store, LocalDirectory)
    store.put("one", b"sealed")
    folder = "a b" if form.startswith("file") else "a%20b"
    assert (tmp_path / folder / "objects" / "one").read_bytes() == b"sealed"


def test_takes_a_path_as_it_is_written(tmp_path):
    for form in (f"{tmp_path}/a?b#c", f"file://{tmp_path}/a%3Fb%23c"):
        assert open_store(form).root == tmp_path / "a?b#c"


def test_hands_on_how_much_room_has_to_stay(tmp_path):
    with pytest.raises(StorageFull, match=f"{2**60} have to stay free"):
        open_store(str(tmp_path), min_free_bytes=2**60).put("one", b"sealed")


def test_gives_each_memory_a_store_of_its_own():
    first, second = open_store("memory:"), open_store("memory:")
    assert isinstance(first, MemoryStore)
    first.put("one", b"sealed")
    assert list(second.list()) == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/some/prefix?region=eu-central-1",
        "s3://bucket?endpoint=https://storage.example:9000&path_style=true",
        "s3://bucket?endpoint=https://storage.example&path_style=false&checksum=none",
        "s3://bucket?endpoint=http://127.0.0.1:8333",
        "s3://bucket?endpoint=http://[::1]:8333&checksum=crc64nvme",
        "s3://bucket?endpoint=http://localhost:8333",
        "s3://bucket?endpoint=http://storage.internal:8333&allow_http=true",
        "s3://bucket?sse=aws:kms&sse_kms_key_id=alias/ours",
    ],
)
def test_opens_a_bucket(url):
    store = open_store(url, options=KEYS)
    assert isinstance(store, ObjectStoreBackend)
    assert store.free_bytes() is None
    assert "very-secret" not in repr(store)


def test_opens_a_container_of_azure():
    key = {"AZURE_STORAGE_ACCOUNT_KEY": "c2VjcmV0"}
    store = open_store("az://container/prefix?account=ours", options=key)
    assert repr(store) == "ObjectStoreBackend('az://container/prefix')"
    assert store.sweep_partial(timedelta(0)) == 0


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("", "give a path from the root"),
        ("objects", "give a path from the root"),
        ("./objects", "give a path from the root"),
        ("file:objects", "give a path from the root"),
        ("file:///srv/a#b", "%23"),
        ("file:///srv/a?b=c", "%3F"),
        ("file://", "give a path"),
        ("file://other-host/path", "give a path"),
        ("ftp://host/path", "use file, s3, gs or az"),
        ("https://bucket.example/path", "use file, s3, gs or az"),
        ("s3://", "name a bucket"),
        ("s3:///prefix", "name a bucket"),
        ("gs://", "name a bucket"),
        ("s3://bucket?enpoint=https://storage.example", "'enpoint' is unknown"),
        ("gs://bucket?endpoint=https://storage.example", "'endpoint' is unknown"),
        ("s3://bucket?path_style=yes", "path_style is true or false"),
        ("s3://bucket?checksum=md5", "sha256, crc64nvme or none"),
        ("s3://bucket?sse=rot13", "rot13"),
        ("s3://bucket?endpoint=storage.example:9000", "https://host:port"),
        ("s3://AK:very-secret@bucket", "credentials by variables"),
        ("s3://bucket#prefix", "s3://bucket/prefix"),
        ("s3://bucket?endpoint=http://storage.example", "allow_http=true"),
        ("s3://bucket?endpoint=http://10.0.0.7:8333", "allow_http=true"),
        ("s3://bucket?endpoint=http://127.0.0.1.example.org", "allow_http=true"),
        ("s3://bucket?endpoint=http://storage.example&allow_http=false", "allow_http=true"),
        ("az://container?account=ours&endpoint=http://storage.example", "allow_http=true"),
    ],
)
def test_refuses_an_address_and_names_the_fix(url, fix):
    with pytest.raises(StorageMisconfigured) as told:
        open_store(url, options=KEYS)
    assert fix in str(told.value)
    assert "STORAGE_URL" in str(told.value)
    assert "very-secret" not in str(told.value)
    assert told.value.reason == "misconfigured"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"])
def test_refuses_plain_http_in_a_variable_too(name):
    with pytest.raises(StorageMisconfigured, match="allow_http=true"):
        open_store("s3://bucket", options=KEYS | {name: "http://storage.example"})
    with pytest.raises(StorageMisconfigured, match="allow_http=true"):
        open_store("s3://bucket", options=KEYS | {name: "http://storage.example", "AWS_ALLOW_HTTP": "true"})


@pytest.mark.parametrize("alone", sorted(KEYS))
def test_refuses_half_of_the_credentials(alone):
    with pytest.raises(StorageMisconfigured, match="Set both") as told:
        open_store("s3://bucket", options={alone: KEYS[alone]})
    assert KEYS[alone] not in str(told.value)


def test_passes_over_variables_that_are_not_about_storage():
    others = {
        "AWS_PROFILE": "default",
        "AWS_EXECUTION_ENV": "x",
        "AWS_RETRY_MODE": "standard",
        "GOOGLE_CLOUD_PROJECT": "x",
        "AZURE_HTTP_USER_AGENT": "x",
        "AWS_SESSION_TOKEN": "",
    }
    assert open_store("s3://bucket", options=KEYS | others)


@pytest.mark.parametrize(
    "size", [0, 1, PART_SIZE, 5 * GIB, 48 * GIB, 49 * GIB, 500 * GIB, TIB, 5 * TIB - 1, 5 * TIB]
)
def test_makes_parts_so_large_that_everything_fits(size):
    part = part_size(size)
    assert part >= 5 * MIB
    assert part * MOST_PARTS >= size * 1.005
    assert part <= max(5 * MIB, size / 9_900 + MIB)


def test_uploads_5_gib_in_the_smallest_parts():
    assert part_size(5 * GIB) == part_size(None) == PART_SIZE


def test_refuses_what_no_object_store_takes():
    with pytest.raises(StorageMisconfigured, match="lower MAX_UPLOAD_SIZE"):
        part_size(5 * TIB + 1)
