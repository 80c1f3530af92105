"""The stored object, and the whole corpus of its mutants, in both suites."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.crypto import container, fernet
from chartkeep.crypto.cobblestone import CHUNK_BYTES
from chartkeep.crypto.container import ObjectRef, ObjectWriter, Role, Suite, open_object, stored_size
from chartkeep.crypto.errors import (
    CiphertextError,
    Defect,
    FinishedError,
    KeyMaterialError,
    MessageTooLongError,
)
from chartkeep.crypto.fernet import TooLargeForFernet, open_foreign_token
from chartkeep.crypto.keys import DataKey

DEK = DataKey.generate()
REF = ObjectRef(uuid4(), uuid4(), uuid4(), Role.ORIGINAL)
SUITES = list(Suite)
CHUNK_STARTS = [64 + number * 16400 for number in range(4)]


def seal(plaintext: bytes, suite: Suite, dek: DataKey = DEK, ref: ObjectRef = REF) -> bytes:
    sink = io.BytesIO()
    writer = ObjectWriter(sink, dek=dek, ref=ref, suite=suite)
    assert writer.write(plaintext) == len(plaintext)
    assert writer.finish() == len(sink.getvalue()) == stored_size(len(plaintext), suite)
    return sink.getvalue()


def unseal(stored: bytes, dek: DataKey = DEK, ref: ObjectRef = REF) -> Iterator[bytes]:
    reader = open_object(lambda at, n: stored[at : at + n], len(stored), dek=dek, ref=ref)
    return reader.stream()


def released_by(stored: bytes, dek: DataKey = DEK, ref: ObjectRef = REF) -> tuple[bytes, bool]:
    """What comes out before the refusal, and whether there was one."""
    released = b""
    try:
        for piece in unseal(stored, dek, ref):
            released += piece
    except CiphertextError:
        return released, True
    return released, False


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, CHUNK_BYTES, 70_000, 1_500_000])
def test_opens_the_object_it_sealed(suite: Suite, size: int) -> None:
    plaintext = os.urandom(size)
    stored = seal(plaintext, suite)
    assert stored[:8] == b"CKEEP\x01" + bytes([suite, 0])
    assert b"".join(unseal(stored)) == plaintext
    reader = open_object(lambda at, n: stored[at : at + n], len(stored), dek=DEK, ref=REF)
    assert reader.size == size
    assert reader.read(size // 3, 100) == plaintext[size // 3 : size // 3 + 100]
    assert b"".join(reader.stream(size // 3, size // 2)) == plaintext[size // 3 : size // 2]


@pytest.mark.parametrize("suite", SUITES)
def test_refuses_impossible_parts(suite: Suite) -> None:
    stored = seal(b"0123456789", suite)
    reader = open_object(lambda at, n: stored[at : at + n], len(stored), dek=DEK, ref=REF)
    for offset, n in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="not negative"):
            reader.read(offset, n)
    for start, stop in ((0, 11), (5, 4), (-1, 3)):
        with pytest.raises(ValueError, match="No part of 10 bytes"):
            reader.stream(start, stop)
    assert reader.read(10, 1) == reader.read(99, 1) == b""


@pytest.mark.parametrize(("size", "calls"), [(10, 1), (65_000, 1), (200_000, 2)])
def test_asks_a_distant_store_as_little_as_it_can(size: int, calls: int) -> None:
    stored, asked = seal(bytes(size), Suite.AES_256_GCM), []

    def read_at(offset: int, n: int) -> bytes:
        asked.append((offset, n))
        return stored[offset : offset + n]

    open_object(read_at, len(stored), dek=DEK, ref=REF)
    assert len(asked) == calls


def seal_three_chunks(suite: Suite) -> tuple[bytes, bytes]:
    plaintext = os.urandom(2 * CHUNK_BYTES + 500)
    return plaintext, seal(plaintext, suite)


@pytest.mark.parametrize("suite", SUITES)
def test_refuses_a_bit_flip_in_every_region(suite: Suite) -> None:
    plaintext, stored = seal_three_chunks(suite)
    edges = {0, 4, 5, 6, 7, 8, 31, 32, 63, len(stored) - 17, len(stored) - 16, len(stored) - 1}
    for start in CHUNK_STARTS[:3]:
        edges |= {start, start + 1, start + 16383, start + 16384, start + 16399}
    for offset in sorted(edge for edge in edges if edge < len(stored)):
        for bit in range(8):
            changed = bytearray(stored)
            changed[offset] ^= 1 << bit
            released, refused = released_by(bytes(changed))
            assert refused, f"byte {offset}, bit {bit}"
            assert plaintext.startswith(released)
            assert len(released) % CHUNK_BYTES == 0


@pytest.mark.parametrize("suite", SUITES)
@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_refuses_a_bit_flip_anywhere(suite: Suite, place: int, bit: int) -> None:
    stored = bytearray(seal(b"x" * 5000, suite))
    stored[place % len(stored)] ^= 1 << bit
    assert released_by(bytes(stored)) == (b"", True)


@pytest.mark.parametrize("suite", SUITES)
def test_releases_nothing_of_an_object_that_was_cut(suite: Suite) -> None:
    _, stored = seal_three_chunks(suite)
    sizes = {0, 1, 7, 8, 9, 31, 32, 33, 63, len(stored) - 1}
    for start in CHUNK_STARTS:
        sizes |= {start - 1, start, start + 1, start + 15, start + 16, start + 17}
    for size in sorted(size for size in sizes if size < len(stored)):
        assert released_by(stored[:size]) == (b"", True), size


def rearranged() -> dict[str, bytes]:
    _, stored = seal_three_chunks(Suite.AES_256_GCM)
    _, other = seal_three_chunks(Suite.AES_256_GCM)
    one, two, three, end = (*CHUNK_STARTS[:3], len(stored))
    head, a, b, c = stored[:one], stored[one:two], stored[two:three], stored[three:end]
    return {
        "first dropped": head + b + c,
        "middle dropped": head + a + c,
        "last dropped": head + a + b,
        "first doubled": head + a + a + b + c,
        "last doubled": stored + c,
        "whole object doubled": stored + stored,
        "first two swapped": head + b + a + c,
        "last two swapped": head + a + c + b,
        "first of another object": head + other[one:two] + b + c,
        "middle of another object": head + a + other[two:three] + c,
        "last of another object": head + a + b + other[three:],
        "header of another object": other[:one] + a + b + c,
        "preamble and salt of another object": other[:32] + stored[32:],
        "byte appended": stored + b"\0",
        "tag appended": stored + bytes(16),
        "chunk appended": stored + bytes(16400),
        "empty chunk inserted": head + bytes(16) + a + b + c,
    }


@pytest.mark.parametrize("name", list(rearranged()))
def test_refuses_chunks_out_of_place(name: str) -> None:
    mutant = rearranged()[name]
    released, refused = released_by(mutant)
    assert refused
    assert len(released) in {0, CHUNK_BYTES}


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("appended", [b"\0", b"A", b"=", b"\n", b"AAAA", b"===="])
def test_refuses_what_was_appended(suite: Suite, appended: bytes) -> None:
    assert released_by(seal(b"text", suite) + appended) == (b"", True)


@pytest.mark.parametrize("size", range(40, 52))
def test_refuses_every_other_text_of_the_same_fernet_token(size: int) -> None:
    stored = seal(bytes(size), Suite.FERNET)
    for at in (8, 20, len(stored) - 1):
        for inserted in (b" ", b"\n", b"!", b"="):
            assert released_by(stored[:at] + inserted + stored[at:]) == (b"", True)
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="
    last = len(stored.rstrip(b"=")) - 1  # the character that may have spare bits
    for character in alphabet.replace(stored[last : last + 1], b""):
        changed = bytearray(stored)
        changed[last] = character
        assert released_by(bytes(changed)) == (b"", True)


@pytest.mark.parametrize("suite", SUITES)
def test_opens_an_object_in_its_place_only(suite: Suite) -> None:
    stored = seal(b"text", suite)
    assert released_by(stored) == (b"text", False)
    for other in (
        replace(REF, patient=uuid4()),
        replace(REF, record=uuid4()),
        replace(REF, object=uuid4()),
        *(replace(REF, role=role) for role in Role if role is not REF.role),
        replace(REF, patient=REF.record, record=REF.patient),
    ):
        assert released_by(stored, ref=other) == (b"", True)
    assert released_by(stored, dek=DataKey.generate()) == (b"", True)


def test_takes_no_suite_for_another() -> None:
    gcm, token = seal(b"text", Suite.AES_256_GCM), seal(b"text", Suite.FERNET)
    assert released_by(gcm[:8] + token[8:]) == (b"", True)
    assert released_by(token[:8] + gcm[8:]) == (b"", True)


@pytest.mark.parametrize("suite", SUITES)
def test_refuses_a_writer_after_finish(suite: Suite) -> None:
    writer = ObjectWriter(io.BytesIO(), dek=DEK, ref=REF, suite=suite)
    writer.finish()
    with pytest.raises(FinishedError):
        writer.write(b"late")
    with pytest.raises(FinishedError):
        writer.finish()


def test_takes_64_mib_and_no_more_with_fernet(monkeypatch) -> None:
    assert stored_size(64 * 2**20, Suite.FERNET) == 8 + 89_478_584
    with pytest.raises(TooLargeForFernet, match="64 MiB: use the suite aes-256-gcm"):
        stored_size(64 * 2**20 + 1, Suite.FERNET)
    with pytest.raises(MessageTooLongError):
        stored_size(2**52, Suite.AES_256_GCM)
    monkeypatch.setattr(fernet, "MAX_BYTES", 1000)
    writer = ObjectWriter(io.BytesIO(), dek=DEK, ref=REF, suite=Suite.FERNET)
    writer.write(bytes(600))
    with pytest.raises(TooLargeForFernet):
        writer.write(bytes(401))
    with pytest.raises(FinishedError):  # a part of the file is not the file
        writer.finish()
    with pytest.raises(TooLargeForFernet):
        fernet.seal_token(bytes(32), bytes(1001))
    exact = seal(bytes(1000), Suite.FERNET)
    assert released_by(exact) == (bytes(1000), False)
    too_long = exact + bytes(40)
    with pytest.raises(CiphertextError) as failure:
        unseal(too_long)
    assert failure.value.defect is Defect.TOO_LONG


def test_notices_a_store_that_gives_less_than_it_said() -> None:
    stored = seal(bytes(90_000), Suite.FERNET)
    with pytest.raises(CiphertextError) as failure:
        open_object(lambda at, n: stored[at : at + n][:70_000], len(stored), dek=DEK, ref=REF)
    assert failure.value.defect is Defect.TRUNCATED


def test_opens_tokens_of_an_earlier_application() -> None:
    text = Fernet.generate_key().decode()
    token = Fernet(text).encrypt(b"old file")
    assert open_foreign_token(text + "\n", token + b"\n") == b"old file"
    with pytest.raises(KeyMaterialError, match="not a Fernet key"):
        open_foreign_token("short", token)
    for wrong_key, wrong_token in ((Fernet.generate_key().decode(), token), (text, token[:-1]), (text, b"")):
        with pytest.raises(CiphertextError):
            open_foreign_token(wrong_key, wrong_token)


def test_never_changes_the_numbers_that_are_stored() -> None:
    assert {suite.name: suite.value for suite in Suite} == {"AES_256_GCM": 1, "FERNET": 2}
    assert [role.value for role in Role] == [1, 2, 3, 4, 5]
    assert container.PREAMBLE_BYTES == 8
