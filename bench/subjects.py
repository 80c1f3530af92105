"""What is measured in `bench.sealing`: ways to seal a stream and to open it again from a file."""

import base64
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

CHUNK = 16 * 1024
PIECE = 1024 * 1024
BLOCK = os.urandom(PIECE)


class Source(io.RawIOBase):
    """Gives ``size`` bytes out of one block in memory."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, n: int = -1) -> bytes:
        n = self._left if n < 0 else min(n, self._left)
        self._left -= n
        return BLOCK if n == PIECE else (BLOCK * (n // PIECE + 1))[:n]

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Count(io.RawIOBase):
    """Takes bytes and counts them."""

    def __init__(self) -> None:
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


@dataclass(frozen=True)
class Subject:
    """``seal(source, sink, key)`` and ``open_(file, sink, key)``; ``new_key()`` as bytes to hand over."""

    seal: Callable[[Any, Any, bytes], None]
    open_: Callable[[Any, Any, bytes], None]
    new_key: Callable[[], bytes] = lambda: os.urandom(32)


def _pieces(source: Any, size: int = PIECE) -> Any:
    while data := source.read(size):
        yield data


# ---- the reference: a bare loop over the same chunks, nothing around it


def _bare_seal(source: Any, sink: Any, key: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    encrypt, number, size = AESGCM(key).encrypt, 0, 0
    keep = sink.write if not isinstance(sink, Count) else len
    for piece in _pieces(source):
        view = memoryview(piece)
        for at in range(0, len(view), CHUNK):
            size += keep(encrypt(number.to_bytes(12, "big"), view[at : at + CHUNK], None))
            number += 1
    _counted(sink, size)


def _bare_open(file: Any, sink: Any, key: bytes) -> None:
    """The same number of chunks, but out of memory: the others have to read their file as well."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, chunks = AESGCM(key), os.fstat(file.fileno()).st_size // (CHUNK + 16)
    block = [BLOCK[at : at + CHUNK] for at in range(0, PIECE, CHUNK)]
    nonces = [number.to_bytes(12, "big") for number in range(len(block))]
    sealed = [cipher.encrypt(nonce, chunk, None) for nonce, chunk in zip(nonces, block, strict=True)]
    size = 0
    for number in range(chunks):
        at = number % len(block)
        size += len(cipher.decrypt(at.to_bytes(12, "big"), sealed[at], None))
    _counted(sink, size)


def _counted(sink: Any, size: int) -> None:
    if isinstance(sink, Count):
        sink.size = size


# ---- ours


def _place() -> Any:
    from chartkeep.crypto.container import ObjectRef, Role

    return ObjectRef(UUID(int=1), UUID(int=2), UUID(int=3), Role.ORIGINAL)


def _object_seal(source: Any, sink: Any, key: bytes) -> None:
    from chartkeep.crypto.container import ObjectWriter
    from chartkeep.crypto.keys import DataKey

    writer = ObjectWriter(sink, dek=DataKey(key), ref=_place())
    for piece in _pieces(source):
        writer.write(piece)
    writer.finish()


def _object_open(file: Any, sink: Any, key: bytes) -> None:
    from chartkeep.crypto.container import open_object
    from chartkeep.crypto.keys import DataKey

    def read_at(offset: int, n: int) -> bytes:
        return os.pread(file.fileno(), n, offset)

    length = os.fstat(file.fileno()).st_size
    for piece in open_object(read_at, length, dek=DataKey(key), ref=_place()).stream():
        sink.write(piece)


def _cobblestone_seal(source: Any, sink: Any, key: bytes) -> None:
    from chartkeep.crypto.cobblestone import encrypt_stream

    encrypt_stream(source, sink, key=key, context=b"bench")


def _cobblestone_open(file: Any, sink: Any, key: bytes) -> None:
    from chartkeep.crypto.cobblestone import decrypt_stream

    decrypt_stream(file, sink, key=key, context=b"bench")


# ---- others


def _aws(mode: str, key: bytes, source: Any, sink: Any, **options: Any) -> None:
    warnings.simplefilter("ignore")
    import aws_encryption_sdk
    from aws_encryption_sdk.identifiers import EncryptionKeyType, WrappingAlgorithm
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

    class Keys(RawMasterKeyProvider):
        provider_id = "bench"

        def _get_raw_key(self, key_id: str) -> WrappingKey:  # noqa: ARG002 - the SDK's signature
            return WrappingKey(
                wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
                wrapping_key=key,
                wrapping_key_type=EncryptionKeyType.SYMMETRIC,
            )

    provider = Keys()
    provider.add_master_key("bench")
    client = aws_encryption_sdk.EncryptionSDKClient()
    with client.stream(mode=mode, source=source, key_provider=provider, **options) as stream:
        for piece in _pieces(stream):
            sink.write(piece)


def _aws_seal(source: Any, sink: Any, key: bytes) -> None:
    _aws("e", key, source, sink)


def _aws_open(file: Any, sink: Any, key: bytes) -> None:
    _aws("d", key, file, sink)


def _aws_best_seal(source: Any, sink: Any, key: bytes) -> None:
    from aws_encryption_sdk.identifiers import Algorithm

    suite = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY  # still committing, but unsigned
    _aws("e", key, source, sink, frame_length=PIECE, algorithm=suite)


def _tink(key: bytes) -> Any:
    from tink import json_proto_keyset_format, secret_key_access, streaming_aead

    streaming_aead.register()
    handle = json_proto_keyset_format.parse(key.decode(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def _tink_key() -> bytes:
    from tink import json_proto_keyset_format, new_keyset_handle, secret_key_access, streaming_aead

    streaming_aead.register()
    handle = new_keyset_handle(streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB)
    return json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN).encode()


def _tink_seal(source: Any, sink: Any, key: bytes) -> None:
    with _tink(key).new_encrypting_stream(sink, b"bench") as stream:
        for piece in _pieces(source):
            stream.write(piece)


def _tink_open(file: Any, sink: Any, key: bytes) -> None:
    with _tink(key).new_decrypting_stream(file, b"bench") as stream:
        for piece in _pieces(stream):
            sink.write(piece)


def _age_key() -> bytes:
    import pyrage

    return str(pyrage.x25519.Identity.generate()).encode()


def _age_seal(source: Any, sink: Any, key: bytes) -> None:
    import pyrage

    pyrage.encrypt_io(source, sink, [pyrage.x25519.Identity.from_str(key.decode()).to_public()])


def _age_open(file: Any, sink: Any, key: bytes) -> None:
    import pyrage

    pyrage.decrypt_io(file, sink, [pyrage.x25519.Identity.from_str(key.decode())])


def _secretstream_seal(source: Any, sink: Any, key: bytes) -> None:
    from nacl import bindings as sodium

    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sink.write(sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key))
    for piece in _pieces(source):
        sink.write(sodium.crypto_secretstream_xchacha20poly1305_push(state, piece))


def _secretstream_open(file: Any, sink: Any, key: bytes) -> None:
    from nacl import bindings as sodium

    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = file.read(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    for piece in _pieces(file, PIECE + sodium.crypto_secretstream_xchacha20poly1305_ABYTES):
        sink.write(sodium.crypto_secretstream_xchacha20poly1305_pull(state, piece)[0])


_SLICE = 64 * PIECE


def _fernet_seal(source: Any, sink: Any, key: bytes) -> None:
    from cryptography.fernet import Fernet

    cipher = Fernet(base64.urlsafe_b64encode(key))
    for piece in _pieces(source, _SLICE):
        sink.write(cipher.encrypt(piece) + b"\n")


def _fernet_open(file: Any, sink: Any, key: bytes) -> None:
    from cryptography.fernet import Fernet

    cipher = Fernet(base64.urlsafe_b64encode(key))
    for line in file:
        sink.write(cipher.decrypt(line[:-1]))


SUBJECTS = {
    "bare": Subject(_bare_seal, _bare_open),
    "object": Subject(_object_seal, _object_open),
    "cobblestone": Subject(_cobblestone_seal, _cobblestone_open),
    "aws": Subject(_aws_seal, _aws_open),
    "aws-best": Subject(_aws_best_seal, _aws_open),
    "tink": Subject(_tink_seal, _tink_open, _tink_key),
    "age": Subject(_age_seal, _age_open, _age_key),
    "secretstream": Subject(_secretstream_seal, _secretstream_open),
    "fernet": Subject(_fernet_seal, _fernet_open),
}
