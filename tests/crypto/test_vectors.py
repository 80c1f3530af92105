"""The vectors: made by one implementation, agreed to by a second, met by the first in every way of reading."""

import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from tests.crypto.vectors import check, make

from chartkeep.crypto import cobblestone, container, fields, wrapping
from chartkeep.crypto.cobblestone import Reader
from chartkeep.crypto.errors import CiphertextError, Defect
from chartkeep.crypto.keys import DataKey


def load(group: str) -> dict[str, Any]:
    return json.loads((make.HERE / f"{group}.json").read_text())


def cases(group: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in load(group)["vectors"]]


def test_comes_out_the_same_when_made_again() -> None:
    for file_name, text in make.texts().items():
        assert text == (make.HERE / file_name).read_text(), f"run make.py: {file_name} is out of date"


def test_agrees_with_the_second_implementation() -> None:
    total, wrong = check.check()
    assert total > 130
    assert wrong == []


def test_second_implementation_notices_a_wrong_vector(tmp_path) -> None:
    for name in check.RUNNERS:
        group = load(name)
        for vector in group["vectors"]:
            vector["outcome"] = "chunk failure" if vector["outcome"] != "chunk failure" else "success"
            for member in ("okm", "root", "proof"):
                if member in vector:
                    vector[member] = "00" * 32
        (tmp_path / f"{name}.json").write_text(json.dumps(group))
    total, wrong = check.check(tmp_path)
    assert len(wrong) == total


def test_gives_every_vector_a_name_of_its_own_and_an_outcome_of_the_vocabulary() -> None:
    vocabulary = {"success", *Defect}
    for name in make.GROUPS:
        vectors = load(name)["vectors"]
        assert len({vector["name"] for vector in vectors}) == len(vectors)
        assert {vector["outcome"] for vector in vectors} <= vocabulary


COBBLESTONE = load("cobblestone")


def message_of(vector: dict[str, Any], group: dict[str, Any] = COBBLESTONE) -> bytes:
    return check.assemble(vector["parts"], group["bases"])


def secrets_of(vector: dict[str, Any]) -> dict[str, bytes]:
    return {"key": bytes.fromhex(vector["key"]), "context": bytes.fromhex(vector["context"])}


@pytest.mark.parametrize("vector", cases("cobblestone"))
def test_decrypts_a_stream_as_the_vector_says(vector: dict[str, Any]) -> None:
    sink, outcome = io.BytesIO(), "success"
    try:
        written = cobblestone.decrypt_stream(io.BytesIO(message_of(vector)), sink, **secrets_of(vector))
    except CiphertextError as failure:
        outcome = failure.defect
    else:
        assert written == vector["released"]
    assert outcome == vector["outcome"]
    assert hashlib.sha256(sink.getvalue()).hexdigest() == vector["released_sha256"]


@pytest.mark.parametrize("vector", cases("cobblestone"))
def test_reads_at_random_as_the_vector_says(vector: dict[str, Any]) -> None:
    message = message_of(vector)

    def read_at(offset: int, n: int) -> bytes:
        return message[offset : offset + n]

    if not vector["opens"]:
        with pytest.raises(CiphertextError):
            Reader(read_at, len(message), **secrets_of(vector))
        return
    reader = Reader(read_at, len(message), **secrets_of(vector))
    released, outcome = b"", "success"
    try:
        for offset in range(0, reader.size, cobblestone.CHUNK_BYTES):
            released += reader.read(offset, cobblestone.CHUNK_BYTES)
    except CiphertextError as failure:
        outcome = failure.defect
        with pytest.raises(CiphertextError):  # also the chunks that are good
            reader.read(reader.size - 1, 1)
    assert outcome == vector["outcome"]
    assert hashlib.sha256(released).hexdigest() == vector["released_sha256"]


CONTAINER = load("container")


@pytest.mark.parametrize("vector", cases("container"))
def test_opens_an_object_as_the_vector_says(vector: dict[str, Any]) -> None:
    stored = message_of(vector, CONTAINER)
    places = [uuid.UUID(vector[name]) for name in ("patient", "record", "object")]
    ref = container.ObjectRef(*places, container.Role(vector["role"]))
    dek = DataKey(bytes.fromhex(vector["key"]))
    released, outcome = b"", "success"
    try:
        reader = container.open_object(lambda at, n: stored[at : at + n], len(stored), dek=dek, ref=ref)
        released = b"".join(reader.stream())
    except CiphertextError as failure:
        outcome = failure.defect
    assert outcome == vector["outcome"]
    assert released == make.plaintext(vector["released"])


@pytest.mark.parametrize("vector", cases("fields"))
def test_opens_a_field_as_the_vector_says(vector: dict[str, Any]) -> None:
    place = {"table": vector["table"], "column": vector["column"], "row": uuid.UUID(vector["row"])}
    outcome = "success"
    try:
        opened = fields.open_field(bytes.fromhex(vector["key"]), bytes.fromhex(vector["sealed"]), **place)
    except CiphertextError as failure:
        outcome = failure.defect
    else:
        assert opened.hex() == vector["plaintext"]
    assert outcome == vector["outcome"]


@pytest.mark.parametrize("vector", cases("wrapping"))
def test_unwraps_a_key_as_the_vector_says(vector: dict[str, Any]) -> None:
    outcome = "success"
    try:
        opened = wrapping.unwrap(bytes.fromhex(vector["kek"]), bytes.fromhex(vector["blob"]))
    except CiphertextError as failure:
        outcome = failure.defect
    else:
        assert opened.hex() == vector["key"]
    assert outcome == vector["outcome"]
