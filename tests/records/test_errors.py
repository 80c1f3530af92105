"""What people are told, and where the storage's own words go."""

import pytest

from chartkeep.crypto.fernet import TooLargeForFernet
from chartkeep.records.errors import (
    QuotaExceededError,
    StorageDownError,
    StorageFullError,
    TooLargeForSuiteError,
    UploadTooLargeError,
    in_words,
    storage_errors,
)
from chartkeep.storage.base import BlobMissing, StorageFull, StorageMisconfigured, StorageUnavailable


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (5 * 2**30, "5 GiB"), (2**50, "1024 TiB")],
)  # fmt: skip
def test_says_sizes_in_words(size, words):
    assert in_words(size) == words


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (StorageFull("no room at /srv/secret-path"), StorageFullError),
        (StorageUnavailable("connection refused by 192.0.2.1"), StorageDownError),
        (StorageMisconfigured("no bucket named x"), StorageDownError),
        (TooLargeForFernet(), TooLargeForSuiteError),
    ],
)
def test_tells_people_what_to_do_and_the_operator_what_happened(raised, told, caplog):
    with pytest.raises(told) as refusal, storage_errors():
        raise raised
    assert str(raised) not in str(refusal.value)
    assert refusal.value.__cause__ is raised
    if told is not TooLargeForSuiteError:
        assert str(raised) in caplog.text


def test_lets_a_missing_object_pass_because_its_row_decides_what_that_means():
    with pytest.raises(BlobMissing), storage_errors():
        raise BlobMissing("objects/ab/x")


def test_names_the_limit():
    assert "at most 5 GiB" in str(UploadTooLargeError(limit=5, most="5 GiB"))
    assert "2 GiB together" in str(QuotaExceededError(limit=5, used=1, most="2 GiB"))
