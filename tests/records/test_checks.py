"""Each misconfiguration of storage and limits, with its id and its fix."""

import pytest
from django.core.checks import run_checks

from chartkeep import wiring
from chartkeep.records.checks import limits_make_sense, storage_answers, storage_is_configured


def ids(messages):
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_finds_nothing_wrong_with_a_good_storage(storage):
    assert storage_is_configured() == limits_make_sense() == storage_answers() == []


@pytest.mark.parametrize("url", ["", "ftp://somewhere/else", "s3://"])
def test_refuses_a_storage_that_is_none(settings, url):
    settings.STORAGE_URL = url
    wiring.forget()
    assert ids(storage_is_configured()) == ["chartkeep.records.E001"]
    assert storage_answers() == []


def test_refuses_a_limit_that_lets_nothing_in(settings):
    settings.MAX_UPLOAD_SIZE = 0
    assert ids(limits_make_sense()) == ["chartkeep.records.E002"]


def test_says_that_fernet_takes_less_than_the_limit(settings):
    settings.FILE_ENCRYPTION_SUITE = "fernet"
    assert ids(limits_make_sense()) == ["chartkeep.records.W001"]
    settings.MAX_UPLOAD_SIZE = 64 * 2**20
    assert limits_make_sense() == []


def test_says_that_the_storage_does_not_answer(storage_down):
    storage_down()
    assert storage_is_configured() == []
    assert ids(storage_answers()) == ["chartkeep.records.E003"]


def test_says_that_the_directory_cannot_be_written_to(settings, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    settings.STORAGE_URL = (tmp_path / "file").as_uri()
    wiring.forget()
    assert set(ids(storage_is_configured() + storage_answers())) & {
        "chartkeep.records.E001",
        "chartkeep.records.E003",
    }


def test_asks_the_storage_only_before_a_server_starts(settings, storage_down):
    storage_down()
    plain = {message.id for message in run_checks(tags=["chartkeep"])}
    full = {message.id for message in run_checks(tags=["chartkeep"], include_deployment_checks=True)}
    assert "chartkeep.records.E003" in full - plain
