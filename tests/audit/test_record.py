"""The log: dense, bound to its acts, sealed, and right to the last hash."""

import json
import threading

import pytest
from django.db import connection, transaction

from chartkeep.audit.canonical import Entry
from chartkeep.audit.flows.record import OutsideTransactionError, record
from chartkeep.audit.models import LogEntry, LogHead, LogPayload
from chartkeep.audit.queries import entries_for_account, entries_for_patient
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.crypto import merkle
from chartkeep.keyring.vaults import VaultKind, create_vault, system_vault
from chartkeep.lib.actor import Actor, ActorKind, Origin
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.ids import new_id


def write(patient=None, vault=None, **facts):
    vault = vault or system_vault()
    actor = facts.pop("actor", Actor.person(new_id(), origin=Origin("192.0.2.7", "Firefox", "web")))
    with transaction.atomic():
        return record(tag=Tag.RECORD_READ, actor=actor, sealer=vault.fields, patient=patient, **facts)


@pytest.fixture
def patient(db):
    return create_vault(new_id(), VaultKind.PATIENT)


def entry_of(row):
    return Entry(
        uuid=row.uuid,
        at=row.at,
        tag=row.tag,
        actor_kind=ActorKind(row.actor_kind),
        actor=row.actor,
        share=row.share,
        patient=row.patient,
        object=row.object,
        outcome=Outcome(row.outcome),
        payload_digest=bytes(row.payload_digest),
    )


def assert_log_is_whole():
    for head in LogHead.objects.all():
        rows = list(LogEntry.objects.filter(shard=head.shard).order_by("index"))
        assert [row.index for row in rows] == list(range(head.size))
        leaves = [merkle.leaf_hash(entry_of(row).to_bytes()) for row in rows]
        assert leaves == [bytes(row.leaf_hash) for row in rows]
        assert merkle.root(leaves) == bytes(head.root)
        assert merkle.Frontier.from_bytes(head.size, bytes(head.frontier)).root() == bytes(head.root)


def test_keeps_the_root_of_everything_written(patient):
    for _ in range(13):
        write(patient.owner, patient)
    assert_log_is_whole()
    assert sum(head.size for head in LogHead.objects.all()) == 13


def test_refuses_to_stand_outside_the_transaction_of_its_act(transactional_db):
    with pytest.raises(OutsideTransactionError):
        record(tag=Tag.RECORD_READ, actor=Actor.system(), sealer=system_vault().fields)
    assert not LogEntry.objects.exists()


def test_goes_with_its_act_when_that_fails(transactional_db):
    vault = create_vault(new_id(), VaultKind.PATIENT)
    write(vault.owner, vault)

    def act_that_fails():
        with transaction.atomic():
            record(tag=Tag.RECORD_EDIT, actor=Actor.system(), sealer=vault.fields, patient=vault.owner)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_that_fails()
    write(vault.owner, vault)
    assert LogEntry.objects.count() == 2
    assert_log_is_whole()


def test_stays_dense_when_many_write_at_once(transactional_db):
    vault = create_vault(new_id(), VaultKind.PATIENT)
    failures = []

    def writer():
        try:
            for _ in range(8):
                write(vault.owner, vault)
        except Exception as problem:
            failures.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=writer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert LogEntry.objects.count() == 64
    assert_log_is_whole()


def test_seals_what_tells_of_a_person(patient):
    write(patient.owner, patient, reason="expired", details={"recipient": "Dr. Dana, Hillside"})
    stored = b"".join(bytes(payload.sealed) for payload in LogPayload.objects.all())
    for secret in (b"192.0.2.7", b"Firefox", b"Dana", b"expired"):
        assert secret not in stored
    (entry,) = entries_for_patient(patient.owner, sealer=patient.fields).items
    assert (entry.reason, entry.address, entry.user_agent) == ("expired", "192.0.2.7", "Firefox")
    assert entry.details == {"recipient": "Dr. Dana, Hillside"}


def test_binds_the_payload_by_its_salted_digest(patient):
    from hashlib import sha256

    write(patient.owner, patient, reason="because")
    row = LogEntry.objects.get()
    payload = patient.fields.open(row.payload.sealed, table="audit_logpayload", column="sealed", row=row.uuid)
    assert json.loads(payload)["reason"] == "because"
    assert sha256(bytes(row.payload.salt) + payload).digest() == bytes(row.payload_digest)


def test_lets_a_payload_be_erased_without_breaking_the_log(patient):
    write(patient.owner, patient, reason="private")
    LogPayload.objects.all().delete()
    assert_log_is_whole()
    (entry,) = entries_for_patient(patient.owner, sealer=patient.fields).items
    assert entry.erased
    assert entry.reason == ""


def test_shows_a_reader_with_another_key_no_payload(patient):
    write(patient.owner, patient, reason="private")
    (entry,) = entries_for_patient(patient.owner, sealer=system_vault().fields).items
    assert entry.reason == ""


def test_pages_newest_first_in_two_queries_however_long(patient, django_assert_num_queries):
    written = [write(patient.owner, patient) for _ in range(25)]
    seen, cursor = [], None
    for _ in range(3):
        with django_assert_num_queries(1):
            page = entries_for_patient(patient.owner, sealer=patient.fields, cursor=cursor, limit=10)
        seen += [entry.uuid for entry in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == written[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "bm9wZQ", "WyJ4Il0", "W3RydWVd", "[1]", "é"])
def test_refuses_a_cursor_that_no_list_gave(patient, cursor):
    if not cursor:
        assert entries_for_patient(patient.owner, sealer=patient.fields, cursor=cursor).items == ()
        return
    with pytest.raises(InvalidInputError):
        entries_for_patient(patient.owner, sealer=patient.fields, cursor=cursor)


def test_keeps_what_concerns_no_patient_for_the_account(patient):
    account = create_vault(new_id(), VaultKind.ACCOUNT)
    actor = Actor.person(account.owner)
    write(None, account, actor=actor)
    write(patient.owner, patient, actor=actor)
    assert len(entries_for_account(account.owner, sealer=account.fields).items) == 1


def test_spreads_patients_over_logs(db, settings):
    settings.AUDIT_LOG_SHARDS = 4
    for _ in range(12):
        vault = create_vault(new_id(), VaultKind.PATIENT)
        write(vault.owner, vault)
    assert LogHead.objects.count() > 1
    assert_log_is_whole()
