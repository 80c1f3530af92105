"""Check the test vectors with a second implementation, written from the specifications alone.

    python tests/crypto/vectors/check.py         prints the number of vectors, or what disagrees

It imports nothing of chartkeep: HKDF is made of HMAC (RFC 5869), key wrap of single AES blocks (RFC 5649),
Fernet of AES-CBC and HMAC, the Merkle tree of the recursive definitions (RFC 6962). It is slow and plain on
purpose, so that it can be compared with the texts line by line.
"""

import base64
import hashlib
import hmac
import json
import sys
import uuid
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HERE = Path(__file__).parent
PREAMBLE = b"CKEEP\x01"


class Refused(Exception):  # noqa: N818 - an outcome, not an error
    """The message fails with an outcome; ``released`` is the authenticated plaintext before it."""

    def __init__(self, outcome: str, released: bytes = b"") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.released = released


def hkdf_expand(prk: bytes, info: bytes, length: int, digest: str) -> bytes:
    """RFC 5869 section 2.3."""
    okm, block, counter = b"", b"", 1
    while len(okm) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), digest)
        okm += block
        counter += 1
    return okm[:length]


def hkdf_sha256(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 section 2.2 and 2.3."""
    return hkdf_expand(hmac.digest(salt or bytes(32), ikm, "sha256"), info, length, "sha256")


def gcm_open(key: bytes, nonce: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    return decryptor.update(sealed[:-16]) + decryptor.finalize()


def cobblestone_open(message: bytes, key: bytes, context: bytes) -> bytes:
    """C2SP chunked-encryption, "Key derivation" and "Message chunking"."""
    if len(message) < 56:
        raise Refused("header failure")
    salt, commitment, body = message[:24], message[24:56], message[56:]
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_256_GCM" + b"\x00" + salt + context
    material = hkdf_expand(key, info, 76, "sha512")
    if material[44:] != commitment:
        raise Refused("commitment failure")
    plaintext, number = b"", 0
    while True:
        chunk, body = body[:16400], body[16400:]
        if len(chunk) < 16:
            raise Refused("truncated", plaintext)
        nonce = bytes(a ^ b for a, b in zip(material[32:44], number.to_bytes(12, "big"), strict=True))
        try:
            piece = gcm_open(material[:32], nonce, chunk)
        except InvalidTag:
            raise Refused("chunk failure", plaintext) from None
        plaintext += piece
        if len(piece) < 16384:
            if body:
                raise AssertionError("a short chunk is cut at the end of the message only")
            return plaintext
        number += 1


def cobblestone_last_chunk_is_good(message: bytes, key: bytes, context: bytes) -> bool:
    """What random access finds out at opening: header, length and last chunk."""
    body = message[56:]
    whole, rest = divmod(len(body), 16400)
    if len(message) < 56 or rest < 16:
        return False
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + message[:24] + context
    material = hkdf_expand(key, info, 76, "sha512")
    nonce = (int.from_bytes(material[32:44], "big") ^ whole).to_bytes(12, "big")
    try:
        gcm_open(material[:32], nonce, body[whole * 16400 :])
    except InvalidTag:
        return False
    return material[44:] == message[24:56]


def fernet_open(token: bytes, key: bytes) -> bytes:
    """The Fernet specification, "Verifying", and one text only for one token."""
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise Refused("fernet failure") from None
    good = len(data) >= 73 and base64.urlsafe_b64encode(data) == token and data[0] == 0x80
    if not good or hmac.digest(key[:16], data[:-32], "sha256") != data[-32:]:
        raise Refused("fernet failure")
    decryptor = Cipher(algorithms.AES(key[16:]), modes.CBC(data[9:25])).decryptor()
    padded = decryptor.update(data[25:-32]) + decryptor.finalize()
    return padded[: -padded[-1]]


def object_open(stored: bytes, vector: dict[str, Any]) -> bytes:
    """cryptography.md section 2, "Stored object" and "context", and section 7."""
    preamble, message = stored[:8], stored[8:]
    if preamble not in (PREAMBLE + b"\x01\x00", PREAMBLE + b"\x02\x00"):
        raise Refused("preamble failure")
    places = b"".join(uuid.UUID(vector[name]).bytes for name in ("patient", "record", "object"))
    context = b"chartkeep/v1/object\x00" + preamble + places + bytes([vector["role"]])
    key = bytes.fromhex(vector["key"])
    if preamble[6] == 1:
        return cobblestone_open(message, key, context)
    return fernet_open(message, hkdf_sha256(key, context, b"chartkeep/v1/fernet-object", 32))


def field_open(vector: dict[str, Any]) -> bytes:
    """cryptography.md section 3."""
    sealed = bytes.fromhex(vector["sealed"])
    if sealed[:1] != b"\x01" or len(sealed) < 29:
        raise Refused("field failure")
    aad = (
        vector["table"].encode() + b"\0" + vector["column"].encode() + b"\0" + uuid.UUID(vector["row"]).bytes
    )
    try:
        return gcm_open(bytes.fromhex(vector["key"]), sealed[1:13], sealed[13:], aad)
    except InvalidTag:
        raise Refused("field failure") from None


def kwp_unwrap(kek: bytes, blob: bytes) -> bytes:
    """RFC 5649 section 4.2, with the unwrapping of RFC 3394 section 2.2.2."""
    if len(blob) < 16 or len(blob) % 8:
        raise Refused("wrapping failure")
    aes = Cipher(algorithms.AES(kek), modes.ECB()).decryptor()  # noqa: S305 - single blocks, as RFC 3394 says
    blocks = [blob[at : at + 8] for at in range(0, len(blob), 8)]
    first, rest = blocks[0], blocks[1:]
    if len(rest) == 1:
        opened = aes.update(first + rest[0])
        first, rest = opened[:8], [opened[8:]]
    else:
        for step in range(6 * len(rest), 0, -1):
            place = (step - 1) % len(rest)
            opened = aes.update((int.from_bytes(first, "big") ^ step).to_bytes(8, "big") + rest[place])
            first, rest[place] = opened[:8], opened[8:]
    padded, length = b"".join(rest), int.from_bytes(first[4:], "big")
    good = first[:4] == bytes.fromhex("a65959a6") and len(padded) - 8 < length <= len(padded)
    if not good or any(padded[length:]):
        raise Refused("wrapping failure")
    return padded[:length]


def tree_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + tree_root(entries[:k]) + tree_root(entries[k:])).digest()


def audit_path(m: int, entries: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*audit_path(m, entries[:k]), tree_root(entries[k:])]
    return [*audit_path(m - k, entries[k:]), tree_root(entries[:k])]


def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(entries):
        return [] if whole else [tree_root(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), tree_root(entries[k:])]
    return [*subproof(m - k, entries[k:], False), tree_root(entries[:k])]


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def assemble(parts: list[dict[str, Any]], bases: dict[str, str]) -> bytes:
    """The message that the parts of a vector describe."""
    return b"".join(
        bytes.fromhex(part["hex"])
        if "hex" in part
        else bytes.fromhex(bases[part["base"]])[part["start"] : part["stop"]]
        for part in parts
    )


def run_cobblestone(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    message = assemble(vector["parts"], group["bases"])
    key, context = bytes.fromhex(vector["key"]), bytes.fromhex(vector["context"])
    try:
        outcome, released = "success", cobblestone_open(message, key, context)
    except Refused as refused:
        outcome, released = refused.outcome, refused.released
    return (
        outcome == vector["outcome"]
        and len(released) == vector["released"]
        and hashlib.sha256(released).hexdigest() == vector["released_sha256"]
        and cobblestone_last_chunk_is_good(message, key, context) == vector["opens"]
    )


def run_container(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    expected = hashlib.shake_256(b"chartkeep test vector").digest(vector["released"])
    try:
        opened = object_open(assemble(vector["parts"], group["bases"]), vector)
    except Refused as refused:
        return refused.outcome == vector["outcome"]
    return vector["outcome"] == "success" and opened == expected


def run_fields(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    try:
        opened = field_open(vector)
    except Refused as refused:
        return refused.outcome == vector["outcome"]
    return vector["outcome"] == "success" and opened.hex() == vector["plaintext"]


def run_wrapping(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    try:
        opened = kwp_unwrap(bytes.fromhex(vector["kek"]), bytes.fromhex(vector["blob"]))
    except Refused as refused:
        return refused.outcome == vector["outcome"]
    return vector["outcome"] == "success" and opened.hex() == vector["key"]


def run_derivation(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    okm = bytes.fromhex(vector["okm"])
    return okm == hkdf_sha256(bytes.fromhex(vector["key"]), b"", vector["info"].encode(), len(okm))


def run_merkle(group: dict[str, Any], vector: dict[str, Any]) -> bool:
    entries = [bytes.fromhex(entry) for entry in group["entries"]][: vector["size"]]
    if vector["kind"] == "root":
        return tree_root(entries).hex() == vector["root"]
    if vector["kind"] == "inclusion":
        proof = audit_path(vector["index"], entries)
    else:
        proof = subproof(vector["old"], entries, True)
    return [node.hex() for node in proof] == vector["proof"]


RUNNERS = {
    "cobblestone": run_cobblestone,
    "container": run_container,
    "derivation": run_derivation,
    "fields": run_fields,
    "merkle": run_merkle,
    "wrapping": run_wrapping,
}


def check(directory: Path = HERE) -> tuple[int, list[str]]:
    """The number of vectors, and the names of those that this implementation sees otherwise."""
    count, wrong = 0, []
    for name, runner in RUNNERS.items():
        group = json.loads((directory / f"{name}.json").read_text())
        for vector in group["vectors"]:
            count += 1
            if not runner(group, vector):
                wrong.append(f"{name}/{vector['name']}")
    return count, wrong


if __name__ == "__main__":
    total, disagreements = check()
    print(f"{total} vectors", *disagreements, sep="\n")  # noqa: T201 - a script's answer
    sys.exit(bool(disagreements))
