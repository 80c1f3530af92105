"""Every refusal to start that concerns keys, with its id and its fix."""

import base64

import pytest
from django.core.checks import Tags, run_checks

from chartkeep import wiring
from chartkeep.audit.models import LogEntry
from chartkeep.crypto.keys import MasterKey
from chartkeep.keyring.checks import encryption_keys, keys_beside_the_data, keys_of_the_database
from chartkeep.keyring.flows.recognise import recognise
from chartkeep.keyring.models import MasterKeyState
from chartkeep.keyring.queries import key_status
from chartkeep.keyring.vaults import VaultKind, create_vault
from chartkeep.lib.ids import new_id


@pytest.fixture(autouse=True)
def fresh_objects():
    wiring.forget()
    yield
    wiring.forget()


def ids(messages):
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_finds_nothing_wrong_with_good_keys(settings):
    assert encryption_keys() == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "chartkeep.keyring.E001"),
        (text_of(b"short"), "chartkeep.keyring.E002"),
        (text_of(bytes(range(33))), "chartkeep.keyring.E002"),
        (text_of(b"\x07" * 32), "chartkeep.keyring.E002"),
        ("not base64 at all!", "chartkeep.keyring.E002"),
    ],
)
def test_refuses_a_key_that_is_none(settings, text, found):
    settings.ENCRYPTION_KEY = text
    assert ids(encryption_keys()) == [found]


def test_refuses_the_sample_keys_of_the_documents(settings):
    from chartkeep.crypto.keys import SAMPLE_KEYS

    assert SAMPLE_KEYS
    for sample in SAMPLE_KEYS:
        settings.ENCRYPTION_KEY = sample
        assert ids(encryption_keys()) == ["chartkeep.keyring.E002"]


@pytest.mark.parametrize("other", ["SECRET_KEY", "JWT_SIGNING_KEY", "RSA_PRIVATE_KEY_PASSPHRASE"])
def test_refuses_a_key_that_is_another_secret_too(settings, other):
    setattr(settings, other, settings.ENCRYPTION_KEY)
    assert ids(encryption_keys()) == ["chartkeep.keyring.E003"]


def test_refuses_a_key_named_twice(settings):
    settings.ENCRYPTION_KEY_FALLBACKS = [settings.ENCRYPTION_KEY]
    assert ids(encryption_keys()) == ["chartkeep.keyring.E004"]


def test_says_that_keys_lie_beside_the_data(settings):
    settings.ENCRYPTION_KEY_FROM_DATA_DIR = True
    assert ids(keys_beside_the_data()) == ["chartkeep.keyring.W001"]
    settings.ENCRYPTION_KEY_FROM_DATA_DIR = False
    assert keys_beside_the_data() == []


def test_never_shows_a_key_in_a_message(settings):
    settings.ENCRYPTION_KEY = settings.SECRET_KEY = text_of(b"\x07" * 31)
    assert settings.ENCRYPTION_KEY not in str(encryption_keys())


def test_refuses_a_database_of_other_keys(db, settings):
    create_vault(new_id(), VaultKind.PATIENT)
    assert keys_of_the_database(databases=["default"]) == []
    settings.ENCRYPTION_KEY = MasterKey.generate().to_text()
    wiring.forget()
    assert ids(keys_of_the_database(databases=["default"])) == ["chartkeep.keyring.E006"]


def test_refuses_a_changed_key_check_value(db):
    recognise()
    MasterKeyState.objects.update(check_value=b"\0" * 8)
    assert ids(keys_of_the_database(databases=["default"])) == ["chartkeep.keyring.E005"]


def test_looks_into_the_database_only_when_asked(db):
    assert keys_of_the_database() == []
    assert keys_of_the_database(databases=["other"]) == []


def test_leaves_malformed_keys_to_the_other_check(db, settings):
    settings.ENCRYPTION_KEY = "nonsense"
    assert keys_of_the_database(databases=["default"]) == []


def test_is_part_of_djangos_checks(db, settings):
    settings.ENCRYPTION_KEY = ""
    assert "chartkeep.keyring.E001" in [message.id for message in run_checks(tags=[Tags.security])]


def test_notes_a_key_once_and_logs_it(db):
    assert len(recognise()) == 1
    assert recognise() == []
    assert [entry.tag for entry in LogEntry.objects.all()] == ["key:first_seen"]


def test_counts_what_each_key_still_wraps(db, settings):
    create_vault(new_id(), VaultKind.PATIENT)
    (status,) = key_status()
    assert (status.role, status.vault_keys) == ("primary", 1)
    old = settings.ENCRYPTION_KEY
    settings.ENCRYPTION_KEY = MasterKey.generate().to_text()
    wiring.forget()
    assert [(status.role, status.vault_keys) for status in key_status()] == [("primary", 0), ("missing", 1)]
    settings.ENCRYPTION_KEY_FALLBACKS = [old]
    wiring.forget()
    assert [status.role for status in key_status()] == ["primary", "decrypt-only"]
