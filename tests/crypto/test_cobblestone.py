import io
import os
import tracemalloc

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.crypto import cobblestone
from chartkeep.crypto.cobblestone import CHUNK_BYTES, Encryptor, Reader, decrypt_stream, encrypt_stream
from chartkeep.crypto.cobblestone.scheme import BATCH_CHUNKS, MAX_CHUNKS, ChunkCipher, derive_schedule
from chartkeep.crypto.errors import (
    CiphertextError,
    Defect,
    FinishedError,
    KeyMaterialError,
    MessageTooLongError,
)

KEY = os.urandom(32)
CONTEXT = b"a context"
BATCH = BATCH_CHUNKS * CHUNK_BYTES
EDGES = [
    0,
    1,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    BATCH - 1,
    BATCH,
    BATCH + 1,
    2 * BATCH + CHUNK_BYTES,
]


def encrypt(plaintext: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    sink = io.BytesIO()
    encrypt_stream(io.BytesIO(plaintext), sink, key=key, context=context)
    return sink.getvalue()


def decrypt(message: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    sink = io.BytesIO()
    decrypt_stream(io.BytesIO(message), sink, key=key, context=context)
    return sink.getvalue()


def reader_of(message: bytes, key: bytes = KEY, context: bytes = CONTEXT) -> Reader:
    return Reader(lambda at, n: message[at : at + n], len(message), key=key, context=context)


class Dribble:
    """A source that gives a few bytes at a time, as sockets do."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = io.BytesIO(data), step

    def read(self, n: int) -> bytes:
        return self._data.read(min(n, self._step))


class Miser:
    """A sink that takes less than it is offered, as raw files may, and keeps no views."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: memoryview) -> int:
        taken = data[:1000]
        self.data += taken
        return len(taken)


@pytest.mark.parametrize("size", EDGES)
def test_opens_what_it_sealed_at_every_edge(size: int) -> None:
    plaintext = os.urandom(size)
    message = encrypt(plaintext)
    assert decrypt(message) == plaintext
    assert b"".join(reader_of(message).stream()) == plaintext


@pytest.mark.parametrize("size", EDGES)
def test_understands_and_is_understood_by_another_implementation(size: int) -> None:
    plaintext = os.urandom(size)
    theirs = Cobblestone256Decryptor(KEY, CONTEXT)
    assert theirs.update(encrypt(plaintext)) + theirs.finalize() == plaintext
    maker = Cobblestone256Encryptor(KEY, CONTEXT)
    message = maker.update(plaintext) + maker.finalize()
    assert decrypt(message) == plaintext
    assert b"".join(reader_of(message).stream()) == plaintext


@pytest.mark.parametrize("size", EDGES)
def test_predicts_sizes_both_ways(size: int) -> None:
    message = encrypt(bytes(size))
    assert cobblestone.ciphertext_size(size) == len(message)
    assert cobblestone.plaintext_size(len(message)) == size


@given(st.integers(0, 2**52 - 1))
def test_finds_the_plaintext_size_again(size: int) -> None:
    assert cobblestone.plaintext_size(cobblestone.ciphertext_size(size)) == size


@given(st.integers(0, 10**6))
def test_knows_which_lengths_no_message_has(length: int) -> None:
    if length >= 56 and (length - 56) % 16400 >= 16:
        assert cobblestone.ciphertext_size(cobblestone.plaintext_size(length)) == length
        return
    with pytest.raises(CiphertextError) as failure:
        cobblestone.plaintext_size(length)
    assert failure.value.defect is (Defect.HEADER if length < 56 else Defect.TRUNCATED)


def test_refuses_sizes_beyond_the_limit() -> None:
    limit = MAX_CHUNKS * CHUNK_BYTES - 1
    longest = cobblestone.ciphertext_size(limit)
    assert cobblestone.plaintext_size(longest) == limit
    with pytest.raises(MessageTooLongError):
        cobblestone.ciphertext_size(limit + 1)
    with pytest.raises(CiphertextError) as failure:
        cobblestone.plaintext_size(longest + 17)
    assert failure.value.defect is Defect.TOO_LONG
    with pytest.raises(ValueError, match="not negative"):
        cobblestone.ciphertext_size(-1)


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=12),
    step=st.integers(1, 40_000),
    context=st.binary(max_size=80),
)
def test_does_not_care_how_the_bytes_arrive(pieces: list[int], step: int, context: bytes) -> None:
    plaintext = os.urandom(sum(pieces))
    sink, at = Miser(), 0
    encryptor = Encryptor(sink, key=KEY, context=context)
    for piece in pieces:
        assert encryptor.write(memoryview(plaintext)[at : at + piece]) == piece
        at += piece
    assert encryptor.finish() == len(sink.data) == cobblestone.ciphertext_size(len(plaintext))
    opened = Miser()
    written = decrypt_stream(Dribble(bytes(sink.data), step), opened, key=KEY, context=context)
    assert written == len(plaintext)
    assert opened.data == plaintext


@settings(max_examples=40, deadline=None)
@given(data=st.data(), size=st.integers(0, 2 * BATCH))
def test_reads_any_part(data: st.DataObject, size: int) -> None:
    plaintext = os.urandom(size)
    reader = reader_of(encrypt(plaintext))
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size))
    assert reader.size == size
    assert b"".join(reader.stream(start, stop)) == plaintext[start:stop]
    assert reader.read(start, 3 * CHUNK_BYTES) == plaintext[start : start + 3 * CHUNK_BYTES]


def test_fetches_only_the_chunks_it_needs() -> None:
    message, asked = encrypt(bytes(100 * CHUNK_BYTES)), []

    def read_at(offset: int, n: int) -> bytes:
        asked.append((offset, n))
        return message[offset : offset + n]

    reader = Reader(read_at, len(message), key=KEY, context=CONTEXT)
    assert asked == [(0, 56), (56 + 100 * 16400, 16)]
    del asked[:]
    reader.read(50 * CHUNK_BYTES + 5, CHUNK_BYTES)
    assert asked == [(56 + 50 * 16400, 2 * 16400)]
    del asked[:]
    assert list(reader.stream(5, 5)) == []
    assert asked == []


def test_reads_past_the_end_as_nothing_and_refuses_impossible_parts() -> None:
    reader = reader_of(encrypt(b"0123456789"))
    assert reader.read(10, 5) == b""
    assert reader.read(99, 5) == b""
    assert reader.read(8, 5) == b"89"
    for offset, n in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="not negative"):
            reader.read(offset, n)
    for start, stop in ((0, 11), (5, 4), (-1, 3)):
        with pytest.raises(ValueError, match="No part of 10 bytes"):
            reader.stream(start, stop)


def test_never_makes_the_same_message_twice() -> None:
    assert encrypt(b"one and the same") != encrypt(b"one and the same")


def test_hands_the_sink_a_megabyte_at_a_time() -> None:
    sizes: list[int] = []

    class Sink:
        def write(self, data: memoryview) -> None:
            sizes.append(len(data))

    encryptor = Encryptor(Sink(), key=KEY, context=CONTEXT)
    for _ in range(1000):
        encryptor.write(bytes(5000))
    encryptor.finish()
    assert len(sizes) == 5
    assert sum(sizes) == cobblestone.ciphertext_size(5_000_000)


@pytest.mark.parametrize("way", ["encrypt", "decrypt", "read"])
def test_uses_constant_memory(way: str) -> None:
    class Zeros:
        left = 64 * 1024 * 1024

        def read(self, n: int) -> bytes:
            taken = min(n, self.left)
            self.left -= taken
            return bytes(taken)

    class Drain:
        def write(self, data: memoryview) -> None: ...

    message = encrypt(bytes(Zeros.left)) if way != "encrypt" else b""
    source = io.BytesIO(message)
    reader = reader_of(message) if way == "read" else None
    tracemalloc.start()
    if way == "encrypt":
        encrypt_stream(Zeros(), Drain(), key=KEY, context=CONTEXT)
    elif reader is None:
        decrypt_stream(source, Drain(), key=KEY, context=CONTEXT)
    else:
        for _ in reader.stream():
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * 1024 * 1024


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_refuses_a_key_that_is_not_32_bytes(length: int) -> None:
    with pytest.raises(KeyMaterialError, match=f"32 bytes, not {length}"):
        encrypt(b"", key=bytes(length))
    with pytest.raises(KeyMaterialError):
        decrypt(encrypt(b""), key=bytes(length))


def test_refuses_everything_after_finish() -> None:
    encryptor = Encryptor(io.BytesIO(), key=KEY, context=CONTEXT)
    encryptor.finish()
    with pytest.raises(FinishedError):
        encryptor.write(b"late")
    with pytest.raises(FinishedError):
        encryptor.finish()


def test_refuses_everything_after_the_sink_failed() -> None:
    class Full:
        def write(self, data: memoryview) -> None:
            raise OSError("disk full")

    encryptor = Encryptor(Full(), key=KEY, context=CONTEXT)
    with pytest.raises(OSError, match="disk full"):
        encryptor.write(bytes(2 * BATCH))
    with pytest.raises(FinishedError):
        encryptor.finish()


@pytest.mark.parametrize("left", [1, 2])
def test_encrypts_no_chunk_beyond_the_limit(left: int) -> None:
    encryptor = Encryptor(io.BytesIO(), key=KEY, context=CONTEXT)
    encryptor._index = MAX_CHUNKS - left
    with pytest.raises(MessageTooLongError):
        encryptor.write(bytes((left + 1) * CHUNK_BYTES))


def test_refuses_an_empty_last_chunk_beyond_the_limit() -> None:
    encryptor = Encryptor(io.BytesIO(), key=KEY, context=CONTEXT)
    encryptor._index = MAX_CHUNKS - 1
    encryptor.write(bytes(CHUNK_BYTES))
    with pytest.raises(MessageTooLongError):
        encryptor.finish()


def test_decrypts_no_chunk_beyond_the_limit() -> None:
    cipher = ChunkCipher(derive_schedule(KEY, salt=bytes(24), context=CONTEXT))
    sealed, out = memoryview(bytearray(2 * 16400)), memoryview(bytearray(2 * CHUNK_BYTES))
    cipher.encrypt_run(MAX_CHUNKS - 2, out, sealed)
    assert cipher.decrypt_run(MAX_CHUNKS - 2, sealed, out) == 2 * CHUNK_BYTES
    with pytest.raises(CiphertextError) as failure:
        cipher.decrypt_run(MAX_CHUNKS, sealed, out)
    assert failure.value.defect is Defect.TOO_LONG
    last_and_one_more = memoryview(bytes(sealed[16400:]) + bytes(16400))
    with pytest.raises(CiphertextError) as failure:
        cipher.decrypt_run(MAX_CHUNKS - 1, last_and_one_more, out)
    assert (failure.value.defect, failure.value.chunk) == (Defect.TOO_LONG, MAX_CHUNKS)


@pytest.mark.parametrize("chunk", [0, 1, 63, 64, 65, 130])
def test_releases_whole_authentic_chunks_only_before_a_failure(chunk: int) -> None:
    plaintext = os.urandom(131 * CHUNK_BYTES + 7)
    message = bytearray(encrypt(plaintext))
    message[56 + chunk * 16400 + 9] ^= 4
    sink = io.BytesIO()
    with pytest.raises(CiphertextError) as failure:
        decrypt_stream(io.BytesIO(message), sink, key=KEY, context=CONTEXT)
    assert failure.value.chunk == chunk
    assert f"chunk {chunk}" in str(failure.value)
    assert sink.getvalue() == plaintext[: chunk * CHUNK_BYTES]


def test_refuses_every_read_after_the_first_failure() -> None:
    message = bytearray(encrypt(bytes(200 * CHUNK_BYTES)))
    message[56 + 150 * 16400] ^= 1
    reader = reader_of(bytes(message))
    earlier = reader.stream()
    assert next(earlier)  # the first batch is intact
    with pytest.raises(CiphertextError):
        reader.read(150 * CHUNK_BYTES, 1)
    with pytest.raises(CiphertextError):
        reader.read(0, 1)
    with pytest.raises(CiphertextError):
        next(earlier)
    with pytest.raises(CiphertextError):
        list(reader.stream(reader.size, reader.size))


def test_refuses_a_store_that_gives_too_little() -> None:
    message = encrypt(bytes(3 * CHUNK_BYTES))
    short = False

    def read_at(offset: int, n: int) -> bytes:
        return message[offset : offset + n - short]

    reader = Reader(read_at, len(message), key=KEY, context=CONTEXT)
    short = True
    with pytest.raises(CiphertextError) as failure:
        reader.read(0, 1)
    assert failure.value.defect is Defect.TRUNCATED
    short = False
    with pytest.raises(CiphertextError):
        reader.read(0, 1)


def test_survives_a_store_that_was_away() -> None:
    message, away = encrypt(bytes(3 * CHUNK_BYTES)), False

    def read_at(offset: int, n: int) -> bytes:
        if away:
            raise ConnectionError("away")
        return message[offset : offset + n]

    reader = Reader(read_at, len(message), key=KEY, context=CONTEXT)
    away = True
    with pytest.raises(ConnectionError):
        reader.read(0, 1)
    away = False
    assert reader.read(0, 1) == b"\0"


def test_compares_the_commitment_before_it_makes_a_cipher(monkeypatch) -> None:
    def cipher(schedule: object) -> None:
        raise AssertionError("a chunk could have been opened")

    message = encrypt(b"text")
    monkeypatch.setattr("chartkeep.crypto.cobblestone.decrypting.ChunkCipher", cipher)
    with pytest.raises(CiphertextError) as failure:
        decrypt(message, context=b"another")
    assert failure.value.defect is Defect.COMMITMENT


def test_does_not_print_the_key_schedule() -> None:
    assert repr(derive_schedule(KEY, salt=bytes(24), context=b"")) == "Schedule(****)"
