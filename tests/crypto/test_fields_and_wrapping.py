import os
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crypto.vectors import check

from chartkeep.crypto.digests import Sha256, keyed_digest, sealed_digest
from chartkeep.crypto.errors import CiphertextError, KeyMaterialError
from chartkeep.crypto.fields import OVERHEAD, open_field, seal_field
from chartkeep.crypto.wrapping import unwrap, wrap

KEY = os.urandom(32)
PLACE = {"table": "records_version", "column": "title", "row": uuid4()}


@given(st.binary(max_size=300))
def test_opens_the_field_it_sealed(plaintext: bytes) -> None:
    sealed = seal_field(KEY, plaintext, **PLACE)
    assert len(sealed) == len(plaintext) + OVERHEAD
    assert open_field(KEY, sealed, **PLACE) == plaintext


def test_never_seals_a_field_the_same_way_twice() -> None:
    assert len({seal_field(KEY, b"same", **PLACE) for _ in range(50)}) == 50


def test_refuses_every_single_bit_flip_in_a_field() -> None:
    sealed = seal_field(KEY, b"penicillin", **PLACE)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CiphertextError):
            open_field(KEY, bytes(changed), **PLACE)


def test_refuses_every_shorter_or_longer_field() -> None:
    sealed = seal_field(KEY, b"penicillin", **PLACE)
    for size in range(len(sealed)):
        with pytest.raises(CiphertextError):
            open_field(KEY, sealed[:size], **PLACE)
    with pytest.raises(CiphertextError):
        open_field(KEY, sealed + b"\0", **PLACE)


@pytest.mark.parametrize(
    "other", [{"table": "t"}, {"column": "notes"}, {"row": UUID(int=1)}, {"table": "", "column": "records"}]
)
def test_refuses_a_field_that_was_moved(other) -> None:
    with pytest.raises(CiphertextError):
        open_field(KEY, seal_field(KEY, b"text", **PLACE), **(PLACE | other))


@pytest.mark.parametrize("name", ["table", "column"])
def test_refuses_a_separator_inside_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="zero character"):
        seal_field(KEY, b"", **(PLACE | {name: "a\0b"}))


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_refuses_keys_that_are_not_256_bits(length: int) -> None:
    short = bytes(length)
    for attempt in (
        lambda: seal_field(short, b"", **PLACE),
        lambda: open_field(short, seal_field(KEY, b"", **PLACE), **PLACE),
        lambda: wrap(short, KEY),
        lambda: unwrap(short, wrap(KEY, KEY)),
    ):
        with pytest.raises(KeyMaterialError, match=f"32 bytes, not {length}"):
            attempt()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=70))
def test_unwraps_what_it_wrapped_as_the_second_implementation_does(kek: bytes, key: bytes) -> None:
    blob = wrap(kek, key)
    assert unwrap(kek, blob) == check.kwp_unwrap(kek, blob) == key


def test_refuses_every_single_bit_flip_in_a_wrapped_key() -> None:
    blob = wrap(KEY, os.urandom(32))
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CiphertextError):
            unwrap(KEY, bytes(changed))


def test_wraps_no_empty_key() -> None:
    with pytest.raises(KeyMaterialError, match="no key to wrap"):
        wrap(KEY, b"")


def test_hashes_the_same_in_pieces() -> None:
    state = Sha256(b"a")
    state.update(memoryview(b"bc"))
    assert state.hexdigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert state.digest().hex() == state.hexdigest()


def test_salts_a_digest_with_32_bytes_only() -> None:
    salt = bytes(range(32))
    assert sealed_digest(salt, b"payload") == Sha256(salt + b"payload").digest()
    for length in (0, 31, 33):
        with pytest.raises(ValueError, match=f"not {length}"):
            sealed_digest(bytes(length), b"payload")


def test_keys_a_digest_as_rfc_4231_test_case_1() -> None:
    assert keyed_digest(b"\x0b" * 20, b"Hi There").hex() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )
