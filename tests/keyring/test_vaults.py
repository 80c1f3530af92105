"""Vaults: what one key may do, and what it refuses."""

import pickle
import threading

import pytest
from django.db import connection

from chartkeep import wiring
from chartkeep.crypto.errors import CiphertextError
from chartkeep.crypto.keys import MasterKey
from chartkeep.keyring import sealed
from chartkeep.keyring.errors import KeysUnavailableError, VaultMissingError
from chartkeep.keyring.models import Deployment, MasterKeyState, VaultKey
from chartkeep.keyring.vaults import (
    VaultKind,
    create_vault,
    deployment_id,
    system_vault,
    vault_of,
    vaults_of,
)
from chartkeep.lib.ids import new_id

PLACE = {"table": "records_record", "column": "title"}


@pytest.fixture
def keys():
    """Lets a test change the keys; the objects are made anew before and after."""
    wiring.forget()
    yield
    wiring.forget()


def test_opens_again_what_it_sealed(db):
    owner, row = new_id(), new_id()
    blob = create_vault(owner, VaultKind.PATIENT).fields.seal(b"Blood count", row=row, **PLACE)
    assert b"Blood" not in blob
    assert vault_of(owner).fields.open(blob, row=row, **PLACE) == b"Blood count"


@pytest.mark.parametrize("moved", [{"table": "other"}, {"column": "notes"}, {"row": new_id()}])
def test_refuses_a_value_that_was_moved(db, moved):
    vault, row = create_vault(new_id(), VaultKind.PATIENT), new_id()
    blob = vault.fields.seal(b"Blood count", row=row, **PLACE)
    with pytest.raises(CiphertextError):
        vault.fields.open(blob, **({"row": row} | PLACE | moved))


def test_refuses_another_patients_value(db):
    row = new_id()
    blob = create_vault(new_id(), VaultKind.PATIENT).fields.seal(b"x", row=row, **PLACE)
    with pytest.raises(CiphertextError):
        create_vault(new_id(), VaultKind.PATIENT).fields.open(blob, row=row, **PLACE)


def test_keeps_share_copies_under_a_key_of_their_own(db):
    vault, row = create_vault(new_id(), VaultKind.PATIENT), new_id()
    with pytest.raises(CiphertextError):
        vault.share_copies.open(vault.fields.seal(b"x", row=row, **PLACE), row=row, **PLACE)


def test_wraps_each_dek_so_that_only_its_owner_opens_it(db):
    vault = create_vault(new_id(), VaultKind.PATIENT)
    dek, wrapped = vault.new_dek()
    assert dek.reveal() not in wrapped
    assert vault_of(vault.owner).open_dek(wrapped).reveal() == dek.reveal()
    with pytest.raises(CiphertextError):
        create_vault(new_id(), VaultKind.PATIENT).open_dek(wrapped)


def test_shows_no_key_in_its_text_form(db):
    vault = create_vault(new_id(), VaultKind.PATIENT)
    secrets = [vault._key.reveal(), vault.fields._key, vault.share_copies._key]
    for thing in (vault, vault.fields, vault._key):
        shown = f"{thing!r} {thing!s}"
        assert not [secret for secret in secrets if secret.hex() in shown or repr(secret) in shown]
    with pytest.raises(TypeError):
        pickle.dumps(vault)


def test_has_no_vault_for_a_stranger_or_a_destroyed_key(db):
    with pytest.raises(VaultMissingError):
        vault_of(new_id())
    vault = create_vault(new_id(), VaultKind.PATIENT)
    VaultKey.objects.filter(owner=vault.owner).update(
        wrapped=b"", destroyed_at=VaultKey.objects.get().created_at
    )
    with pytest.raises(VaultMissingError):
        vault_of(vault.owner)


def test_opens_many_vaults_in_one_query(db, django_assert_num_queries):
    owners = [create_vault(new_id(), VaultKind.PATIENT).owner for _ in range(20)]
    with django_assert_num_queries(1):
        assert set(vaults_of(owners)) == set(owners)


def test_goes_on_after_a_new_master_key_while_the_old_is_a_fallback(db, settings, keys):
    owner, row = new_id(), new_id()
    blob = create_vault(owner, VaultKind.PATIENT).fields.seal(b"x", row=row, **PLACE)
    settings.ENCRYPTION_KEY_FALLBACKS = [settings.ENCRYPTION_KEY]
    settings.ENCRYPTION_KEY = MasterKey.generate().to_text()
    wiring.forget()
    assert vault_of(owner).fields.open(blob, row=row, **PLACE) == b"x"


def test_names_the_key_that_is_missing(db, settings, keys):
    owner = create_vault(new_id(), VaultKind.PATIENT).owner
    lost = VaultKey.objects.get().key_id
    settings.ENCRYPTION_KEY = MasterKey.generate().to_text()
    wiring.forget()
    with pytest.raises(KeysUnavailableError) as refusal:
        vault_of(owner)
    assert refusal.value.facts == {"key_id": lost}


def test_is_one_deployment_with_one_system_vault(db):
    assert deployment_id() == deployment_id()
    assert system_vault().owner == system_vault().owner == deployment_id()
    assert VaultKey.objects.filter(kind=VaultKind.SYSTEM).count() == 1


def test_makes_one_system_vault_when_many_ask_first(transactional_db):
    found, failures = [], []

    def ask():
        try:
            found.append(system_vault().fields._key)
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(set(found)) == 1
    assert Deployment.objects.count() == 1


def test_reads_and_writes_sealed_columns_of_a_row(db):
    from chartkeep.accounts.models import Patient

    vault = create_vault(new_id(), VaultKind.PATIENT)
    patient = Patient(uuid=vault.owner)
    sealed.write(patient, "name", "Mia Example", vault.fields)
    sealed.write(patient, "birth_date", "", vault.fields)
    assert patient.birth_date is None
    assert sealed.read(patient, "birth_date", vault.fields) == ""
    assert sealed.read(patient, "name", vault.fields) == "Mia Example"


def test_knows_its_rows_by_nothing_personal(db):
    create_vault(new_id(), VaultKind.PATIENT)
    row = VaultKey.objects.get()
    assert str(row) == f"patient vault key {row.owner}"
    assert str(MasterKeyState(key_id="ab")) == "master key ab"
