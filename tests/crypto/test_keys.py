import base64
import copy
import json
import logging
import pickle
from dataclasses import asdict, dataclass

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from tests.crypto.vectors import check

from chartkeep.crypto.derivation import Label
from chartkeep.crypto.errors import CiphertextError, Defect, KeyMaterialError
from chartkeep.crypto.keys import (
    SAMPLE_KEYS,
    DataKey,
    KeyProvider,
    MasterKey,
    MasterKeyring,
    PatientKey,
    SecretBytes,
    WrappedKey,
)

KEY_TYPES = [MasterKey, PatientKey, DataKey]


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_shows_nothing_of_a_key(kind, caplog) -> None:
    key = kind.generate()
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("key %s %r", key, [key])
    for shown in (repr(key), str(key), f"{key}", f"{key!r}", caplog.text, repr({"key": key})):
        assert f"{kind.__name__}(****)" in shown
        assert key.reveal().hex() not in shown
        assert repr(key.reveal())[2:-1] not in shown


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_copies_a_key_nowhere(kind) -> None:
    key = kind.generate()

    @dataclass
    class Holder:
        key: SecretBytes

    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither copied nor pickled"):
            attempt(key)
    with pytest.raises(TypeError, match="neither copied nor pickled"):
        asdict(Holder(key))
    with pytest.raises(TypeError):
        json.dumps(key)
    with pytest.raises(TypeError):
        bytes(key)
    with pytest.raises(TypeError):
        hash(key)
    with pytest.raises(AttributeError):
        key.extra = 1


def test_compares_keys_with_their_own_kind_only() -> None:
    key = DataKey.generate()
    assert key == DataKey(key.reveal())
    assert key != DataKey.generate()
    assert key != PatientKey(key.reveal())
    assert key != key.reveal()


@pytest.mark.parametrize("kind", KEY_TYPES)
@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_refuses_a_key_of_another_length(kind, length: int) -> None:
    with pytest.raises(KeyMaterialError, match=f"{kind.__name__} is 32 bytes, not {length}"):
        kind(bytes(range(length)))


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_makes_a_new_key_every_time(kind) -> None:
    assert kind.generate() != kind.generate()


def test_reads_what_fernet_prints_and_prints_what_fernet_reads() -> None:
    text = Fernet.generate_key().decode()
    key = MasterKey.from_text(text)
    assert key.to_text() == text
    assert Fernet(key.to_text()).decrypt(Fernet(text).encrypt(b"x")) == b"x"


@given(st.binary(min_size=32, max_size=32).filter(lambda value: len(set(value)) > 1), st.booleans())
def test_reads_both_alphabets_padded_or_not(value: bytes, padded: bool) -> None:
    for encode in (base64.urlsafe_b64encode, base64.b64encode):
        text = encode(value).decode()
        text = text if padded else text.rstrip("=")
        if text.rstrip("=") not in {sample.rstrip("=") for sample in SAMPLE_KEYS}:
            assert MasterKey.from_text(f"  {text}\n").reveal() == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "0 bytes"),
        ("not a key!", "not base64"),
        ("schlüssel" * 5, "not base64"),
        ("A" * 42 + "B=", "not base64"),  # a spare bit is set: two texts would be one key
        ("A" * 43 + "==", "not base64"),
        ("A" * 41, "not base64"),
        (base64.urlsafe_b64encode(bytes(range(16))).decode(), "16 bytes"),
        (bytes(range(32)).hex(), "48 bytes"),
        (base64.urlsafe_b64encode(bytes(32)).decode(), "one byte over and over"),
        (base64.b64encode(b"\xff" * 32).decode(), "one byte over and over"),
        *((sample, "sample from the documentation") for sample in SAMPLE_KEYS),
    ],
)
def test_refuses_a_master_key_and_names_the_fix(text: str, complaint: str) -> None:
    with pytest.raises(KeyMaterialError, match=complaint) as refusal:
        MasterKey.from_text(text)
    assert "chartkeep keys generate" in str(refusal.value)
    assert not text or text not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_uses_no_label_twice() -> None:
    labels = [label.value for label in Label]
    assert len(set(labels)) == len(labels)
    assert not any(a != b and a.startswith(b) for a in labels for b in labels)


def test_derives_sub_keys_that_all_differ() -> None:
    master, patient = MasterKey(bytes(range(1, 33))), PatientKey(bytes(range(1, 33)))
    made = [
        master.kek().reveal(),
        master.audit_signing_seed().reveal(),
        patient.dek_wrapping_key().reveal(),
        patient.field_key().reveal(),
        patient.share_copy_key().reveal(),
    ]
    assert len({*made, master.reveal()}) == 6
    assert {len(key) for key in made} == {32}


def test_names_a_key_without_telling_it() -> None:
    key = MasterKey(bytes(range(1, 33)))
    assert key.key_id == check.hkdf_sha256(key.reveal(), b"", b"chartkeep/v1/key-id", 8).hex()
    assert key.check_value == check.hkdf_sha256(key.reveal(), b"", b"chartkeep/v1/key-check", 8)
    assert key.key_id == MasterKey.from_text(key.to_text()).key_id
    assert key.key_id != MasterKey.generate().key_id
    assert len(key.check_value) == 8


def test_wraps_by_the_primary_and_unwraps_by_every_key() -> None:
    old, new = MasterKey.generate(), MasterKey.generate()
    patient = PatientKey.generate()
    before: KeyProvider = MasterKeyring(old)
    wrapped = before.wrap(patient)
    assert (wrapped.key_id, wrapped.version, len(wrapped.blob)) == (old.key_id, "1", 40)
    after: KeyProvider = MasterKeyring(new, [old])
    assert after.unwrap(wrapped) == patient
    assert after.wrap(patient).key_id == after.primary_id == new.key_id
    assert after.key_ids == (new.key_id, old.key_id)
    assert after.check_values() == {new.key_id: new.check_value, old.key_id: old.check_value}
    assert after.version == "1"


def test_names_the_key_that_is_not_configured() -> None:
    wrapped = MasterKeyring(MasterKey.generate()).wrap(PatientKey.generate())
    ring = MasterKeyring(MasterKey.generate())
    with pytest.raises(KeyMaterialError, match=wrapped.key_id):
        ring.unwrap(wrapped)
    with pytest.raises(KeyMaterialError, match="version 2"):
        ring.unwrap(WrappedKey(ring.primary_id, "2", wrapped.blob))


def test_refuses_a_blob_that_was_changed() -> None:
    ring = MasterKeyring(MasterKey.generate())
    wrapped = ring.wrap(PatientKey.generate())
    with pytest.raises(CiphertextError) as failure:
        ring.unwrap(WrappedKey(wrapped.key_id, "1", wrapped.blob[:-1] + bytes([wrapped.blob[-1] ^ 1])))
    assert failure.value.defect is Defect.WRAPPING


def test_refuses_the_same_key_twice() -> None:
    one, two = MasterKey.generate(), MasterKey.generate()
    for primary, fallbacks in ((one, [one]), (one, [two, two])):
        with pytest.raises(KeyMaterialError, match="name each key once"):
            MasterKeyring(primary, fallbacks)


def test_shows_nothing_of_a_keyring() -> None:
    key = MasterKey.generate()
    ring = MasterKeyring(key)
    assert repr(ring) == f"MasterKeyring(primary={key.key_id}, keys=1)"
    with pytest.raises(TypeError):
        pickle.dumps(ring)
