"""Make the test vectors with chartkeep.crypto; `check.py`, which shares no code with it, checks them.

    python tests/crypto/vectors/make.py          writes the *.json beside this file

One vector, one defect, named after it. Outcomes are of a fixed vocabulary: "success", or a value of
`chartkeep.crypto.errors.Defect`. A message is given in parts: slices of a base message and literal bytes.
Randomness and time are replaced here, so that the files come out the same every time.
"""

import contextlib
import hashlib
import io
import itertools
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from chartkeep.crypto import cobblestone, container, fields, keys, merkle, wrapping
from chartkeep.crypto.derivation import Label, derive

HERE = Path(__file__).parent
CHUNK, SEALED, HEADER = 16384, 16400, 56
KEY = bytes(range(100, 132))
CONTEXT = b"a context"
REF = container.ObjectRef(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), container.Role.ORIGINAL)


@contextlib.contextmanager
def fixed(seed: str) -> Iterator[None]:
    """No randomness, no clock: SHA-256 in counter mode, and the first second of 2026."""
    count = itertools.count()

    def urandom(n: int) -> bytes:
        return hashlib.shake_256(f"{seed}/{next(count)}".encode()).digest(n)

    with mock.patch("os.urandom", urandom), mock.patch("time.time", return_value=1767225600.0):
        yield


def plaintext(size: int) -> bytes:
    """The plaintext of every message: SHAKE-256 of one word, cut to size."""
    return hashlib.shake_256(b"chartkeep test vector").digest(size)


def encrypt(name: str, size: int, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    sink = io.BytesIO()
    with fixed(name):
        cobblestone.encrypt_stream(io.BytesIO(plaintext(size)), sink, key=key, context=context)
    return sink.getvalue()


def seal(name: str, size: int, suite: container.Suite, ref: container.ObjectRef = REF) -> bytes:
    sink = io.BytesIO()
    with fixed(name):
        writer = container.ObjectWriter(sink, dek=keys.DataKey(KEY), ref=ref, suite=suite)
        writer.write(plaintext(size))
        writer.finish()
    return sink.getvalue()


def part(base: str, start: int, stop: int) -> dict[str, Any]:
    return {"base": base, "start": start, "stop": stop}


def flip(
    base: str, size: int, offset: int, messages: dict[str, bytes], mask: int = 1
) -> list[dict[str, Any]]:
    changed = bytes([messages[base][offset] ^ mask])
    return [part(base, 0, offset), {"hex": changed.hex()}, part(base, offset + 1, size)]


def cobblestone_vectors() -> dict[str, Any]:
    sizes = {
        "empty": 0,
        "one-byte": 1,
        "one-byte-short-of-a-chunk": CHUNK - 1,
        "one-chunk-exactly": CHUNK,
        "one-byte-over-a-chunk": CHUNK + 1,
        "three-chunks": 2 * CHUNK + 100,
    }
    bases = {name: encrypt(name, size) for name, size in sizes.items()}
    bases["another-salt"] = encrypt("another salt", sizes["three-chunks"])
    bases["empty-context"] = encrypt("empty context", 5, context=b"")
    bases["long-context"] = encrypt("long context", 5, context=b"c" * 1000)
    vectors: list[dict[str, Any]] = []

    def add(name: str, outcome: str, parts: list[dict[str, Any]], released: int, **more: Any) -> None:
        facts = {"name": name, "outcome": outcome, "key": KEY.hex(), "context": CONTEXT.hex(), "opens": False}
        digest = hashlib.sha256(plaintext(released)).hexdigest()
        vectors.append({**facts, "parts": parts, "released": released, "released_sha256": digest, **more})

    def whole(base: str) -> list[dict[str, Any]]:
        return [part(base, 0, len(bases[base]))]

    for name, size in sizes.items():
        add(name, "success", whole(name), size, opens=True)
    add("empty-context", "success", whole("empty-context"), 5, opens=True, context="")
    add("long-context", "success", whole("long-context"), 5, opens=True, context=(b"c" * 1000).hex())

    base, size = "three-chunks", len(bases["three-chunks"])
    second, third = HEADER + SEALED, HEADER + 2 * SEALED

    def flipped(offset: int, mask: int = 1) -> list[dict[str, Any]]:
        return flip(base, size, offset, bases, mask)

    add("nothing", "header failure", [], 0)
    add("header-cut-in-salt", "header failure", [part(base, 0, 23)], 0)
    add("header-cut-before-commitment", "header failure", [part(base, 0, 24)], 0)
    add("header-one-byte-short", "header failure", [part(base, 0, HEADER - 1)], 0)
    add("salt-first-bit-flipped", "commitment failure", flipped(0, 0x80), 0)
    add("salt-last-bit-flipped", "commitment failure", flipped(23), 0)
    add("commitment-first-bit-flipped", "commitment failure", flipped(24, 0x80), 0)
    add("commitment-last-bit-flipped", "commitment failure", flipped(HEADER - 1), 0)
    add("wrong-key", "commitment failure", whole(base), 0, key=bytes(range(32)).hex())
    add("wrong-context", "commitment failure", whole(base), 0, context=b"another context".hex())
    add("context-cut", "commitment failure", whole(base), 0, context=CONTEXT[:-1].hex())
    add("context-missing", "commitment failure", whole(base), 0, context="")
    add(
        "header-of-another-message",
        "commitment failure",
        [part("another-salt", 0, 24), part(base, 24, size)],
        0,
    )
    add("first-chunk-body-flipped", "chunk failure", flipped(HEADER), 0, opens=True)
    add("first-chunk-tag-flipped", "chunk failure", flipped(second - 1), 0, opens=True)
    add("middle-chunk-body-flipped", "chunk failure", flipped(second + 5), CHUNK, opens=True)
    add("middle-chunk-tag-flipped", "chunk failure", flipped(third - 16), CHUNK, opens=True)
    add("last-chunk-body-flipped", "chunk failure", flipped(third), 2 * CHUNK)
    add("last-chunk-tag-flipped", "chunk failure", flipped(size - 1), 2 * CHUNK)
    add("no-chunk", "truncated", [part(base, 0, HEADER)], 0)
    add("cut-before-last-chunk", "truncated", [part(base, 0, third)], 2 * CHUNK)
    add("cut-before-middle-chunk", "truncated", [part(base, 0, second)], CHUNK)
    add("cut-one-byte-before-last-chunk", "chunk failure", [part(base, 0, third - 1)], CHUNK)
    add("cut-one-byte-into-last-chunk", "truncated", [part(base, 0, third + 1)], 2 * CHUNK)
    add("cut-to-less-than-a-tag", "truncated", [part(base, 0, third + 15)], 2 * CHUNK)
    add("cut-to-a-tag", "chunk failure", [part(base, 0, third + 16)], 2 * CHUNK)
    add("last-byte-cut", "chunk failure", [part(base, 0, size - 1)], 2 * CHUNK)
    add("byte-appended", "chunk failure", [*whole(base), {"hex": "00"}], 2 * CHUNK)
    add("last-chunk-appended-again", "chunk failure", [*whole(base), part(base, third, size)], 2 * CHUNK)
    add("first-chunk-dropped", "chunk failure", [part(base, 0, HEADER), part(base, second, size)], 0)
    add("middle-chunk-dropped", "chunk failure", [part(base, 0, second), part(base, third, size)], CHUNK)
    add("first-chunk-doubled", "chunk failure", [part(base, 0, second), part(base, HEADER, size)], CHUNK)
    swapped = [
        part(base, 0, HEADER),
        part(base, second, third),
        part(base, HEADER, second),
        part(base, third, size),
    ]
    add("whole-chunks-swapped", "chunk failure", swapped, 0, opens=True)
    spliced = [part(base, 0, second), part("another-salt", second, third), part(base, third, size)]
    add("chunk-of-another-message", "chunk failure", spliced, CHUNK, opens=True)
    tail = [part(base, 0, third), part("another-salt", third, size)]
    add("last-chunk-of-another-message", "chunk failure", tail, 2 * CHUNK)
    padded = [part("one-chunk-exactly", 0, HEADER + SEALED)]
    add("empty-last-chunk-missing", "truncated", padded, CHUNK)
    return {"bases": {name: data.hex() for name, data in bases.items()}, "vectors": vectors}


def container_vectors() -> dict[str, Any]:
    suites = {"aes-256-gcm": container.Suite.AES_256_GCM, "fernet": container.Suite.FERNET}
    bases = {name: seal(name, 300, suite) for name, suite in suites.items()}
    vectors = [vector for name in suites for vector in suite_vectors(name, bases)]
    return {"bases": {name: data.hex() for name, data in bases.items()}, "vectors": vectors}


def suite_vectors(base: str, bases: dict[str, bytes]) -> list[dict[str, Any]]:
    ids = {"patient": str(REF.patient), "record": str(REF.record), "object": str(REF.object), "role": 1}
    size = len(bases[base])
    vectors: list[dict[str, Any]] = []

    def add(name: str, outcome: str, parts: list[dict[str, Any]] | None = None, **more: Any) -> None:
        body = [part(base, 0, size)] if parts is None else parts
        facts = {"name": f"{base}-{name}", "outcome": outcome, "key": KEY.hex(), **ids}
        vectors.append({**facts, "parts": body, "released": 300 if outcome == "success" else 0, **more})

    def with_suite(number: int) -> list[dict[str, Any]]:
        return [part(base, 0, 6), {"hex": f"{number:02x}"}, part(base, 7, size)]

    outcomes = ("commitment failure", "fernet failure")
    moved, renamed = outcomes if base == "aes-256-gcm" else outcomes[::-1]
    add("intact", "success")
    add("nothing", "preamble failure", [])
    add("preamble-cut", "preamble failure", [part(base, 0, 7)])
    for offset, word in ((0, "magic"), (4, "magic-end"), (5, "version"), (7, "reserved-byte")):
        add(f"preamble-{word}-changed", "preamble failure", flip(base, size, offset, bases))
    add("preamble-unknown-suite", "preamble failure", with_suite(3))
    add("preamble-other-suite", renamed, with_suite(2 if base == "aes-256-gcm" else 1))
    add("wrong-patient", moved, patient=str(uuid.UUID(int=9)))
    add("wrong-record", moved, record=str(uuid.UUID(int=9)))
    add("wrong-object", moved, object=str(uuid.UUID(int=9)))
    add("wrong-role", moved, role=2)
    add("wrong-key", moved, key=bytes(range(32)).hex())
    add("patient-and-record-swapped", moved, patient=ids["record"], record=ids["patient"])
    return vectors


def field_vectors() -> dict[str, Any]:
    place = {"table": "records_version", "column": "title", "row": str(uuid.UUID(int=7))}
    with fixed("field"):
        sealed = fields.seal_field(
            KEY, b"X-ray, left hand", table=place["table"], column=place["column"], row=uuid.UUID(int=7)
        )
    vectors: list[dict[str, Any]] = []

    def add(name: str, outcome: str, data: bytes = sealed, **more: Any) -> None:
        facts = {"name": name, "outcome": outcome, "key": KEY.hex(), **place}
        vectors.append({**facts, "sealed": data.hex(), "plaintext": b"X-ray, left hand".hex(), **more})

    def flipped(offset: int) -> bytes:
        return sealed[:offset] + bytes([sealed[offset] ^ 1]) + sealed[offset + 1 :]

    add("intact", "success")
    add("nothing", "field failure", b"")
    add("shorter-than-nonce-and-tag", "field failure", sealed[:28])
    add("unknown-version", "field failure", b"\x02" + sealed[1:])
    for name, offset in (("nonce", 1), ("body", 13), ("tag", len(sealed) - 1)):
        add(f"{name}-flipped", "field failure", flipped(offset))
    add("last-byte-cut", "field failure", sealed[:-1])
    add("byte-appended", "field failure", sealed + b"\0")
    add("wrong-key", "field failure", key=bytes(range(32)).hex())
    add("other-table", "field failure", table="sharing_share")
    add("other-column", "field failure", column="notes")
    add("other-row", "field failure", row=str(uuid.UUID(int=8)))
    return {"vectors": vectors}


def wrapping_vectors() -> dict[str, Any]:
    key = bytes(range(200, 232))
    blob = wrapping.wrap(KEY, key)
    vectors = [
        {
            "name": f"{n}-bytes",
            "outcome": "success",
            "kek": KEY.hex(),
            "key": key[:n].hex(),
            "blob": wrapping.wrap(KEY, key[:n]).hex(),
        }
        for n in (1, 7, 8, 9, 16, 20, 32)
    ]

    def add(name: str, data: bytes, kek: bytes = KEY) -> None:
        vectors.append(
            {
                "name": name,
                "outcome": "wrapping failure",
                "kek": kek.hex(),
                "key": key.hex(),
                "blob": data.hex(),
            }
        )

    add("nothing", b"")
    add("one-block", blob[:8])
    add("last-byte-cut", blob[:-1])
    add("last-block-cut", blob[:-8])
    add("block-appended", blob + bytes(8))
    add("first-bit-flipped", bytes([blob[0] ^ 0x80]) + blob[1:])
    add("last-bit-flipped", blob[:-1] + bytes([blob[-1] ^ 1]))
    add("blocks-swapped", blob[:8] + blob[16:24] + blob[8:16] + blob[24:])
    add("wrong-kek", blob, bytes(range(32)))
    return {"vectors": vectors}


def derivation_vectors() -> dict[str, Any]:
    lengths = {Label.KEY_CHECK: 8}
    return {
        "vectors": [
            {
                "name": label.value,
                "outcome": "success",
                "key": KEY.hex(),
                "info": label.value,
                "okm": derive(KEY, label, length=lengths.get(label, 32)).hex(),
            }
            for label in Label
        ]
    }


def merkle_vectors() -> dict[str, Any]:
    entries = [f"entry {number}".encode() for number in range(20)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    vectors: list[dict[str, Any]] = [
        {
            "name": f"root-of-{size}",
            "outcome": "success",
            "kind": "root",
            "size": size,
            "root": merkle.root(leaves[:size]).hex(),
        }
        for size in range(len(leaves) + 1)
    ]
    for size, index in ((1, 0), (2, 1), (7, 3), (13, 12), (20, 11)):
        proof = [node.hex() for node in merkle.inclusion_proof(leaves[:size], index)]
        vectors.append(
            {
                "name": f"leaf-{index}-of-{size}",
                "outcome": "success",
                "kind": "inclusion",
                "size": size,
                "index": index,
                "proof": proof,
            }
        )
    for old, new in ((1, 2), (3, 7), (4, 8), (6, 13), (13, 20), (20, 20)):
        proof = [node.hex() for node in merkle.consistency_proof(leaves[:new], old)]
        vectors.append(
            {
                "name": f"from-{old}-to-{new}",
                "outcome": "success",
                "kind": "consistency",
                "old": old,
                "size": new,
                "proof": proof,
            }
        )
    return {"entries": [entry.hex() for entry in entries], "vectors": vectors}


GROUPS = {
    "cobblestone": cobblestone_vectors,
    "container": container_vectors,
    "derivation": derivation_vectors,
    "fields": field_vectors,
    "merkle": merkle_vectors,
    "wrapping": wrapping_vectors,
}


def texts() -> dict[str, str]:
    """File name to content."""
    return {f"{name}.json": json.dumps(make(), indent=1) + "\n" for name, make in GROUPS.items()}


if __name__ == "__main__":
    for file_name, text in texts().items():
        (HERE / file_name).write_text(text)
